/** Signing in at the organisation's provider in a real browser: OpenID Connect (oidc-provider) and SAML (samlp), from button to inbox. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { webPages } from '@wardline/app-server'
import { openIntune } from '@wardline/dev/mdm'
import type { PretendIntune } from '@wardline/dev/mdm'
import { bySystem } from '@wardline/platform/server'
import { deactivatePerson } from '@wardline/product/access/provisioning/server'
import * as sso from '@wardline/product/access/sso/contract'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, launchBrowser } from '../testing/browser.ts'
import { openOidcPeer } from '../testing/oidc-peer.ts'
import type { OidcPeer } from '../testing/oidc-peer.ts'
import { openSamlPeer } from '../testing/saml-peer.ts'
import type { SamlPeer } from '../testing/saml-peer.ts'
import { root } from '../tools/lib/root.ts'
import { buildWeb } from '../tools/lib/web.ts'
import { fieldsOf, must, openSsoWorld } from './lib/sso-world.ts'
import type { Member, SsoWorld } from './lib/sso-world.ts'
import { fullSignIn, lockScreen, makeSharedPhone, setPinHere } from './lib/station.ts'
import { complaints, isAccessible, openBrowser, openTab, patience } from './lib/window.ts'

describe.skipIf(!hasBrowser())('in a browser (skipped where there is none)', () => {
  let folder: string
  let it: SsoWorld
  let browser: Browser
  let oidc: OidcPeer
  let mdm: PretendIntune
  let saml: SamlPeer
  let admin: Member
  const contexts: BrowserContext[] = []

  beforeAll(async () => {
    const built = await buildWeb()
    if (built.code !== 0) throw new Error(`The web app does not build: ${built.output}`)
    folder = await mkdtemp(path.join(tmpdir(), 'wardline-sso-'))
    // A copy: who builds meanwhile changes nothing here.
    await cp(path.join(root, 'apps/web/dist'), folder, { recursive: true })
    it = await openSsoWorld({ pages: webPages(folder) })
    browser = await launchBrowser()
    oidc = await openOidcPeer(`${it.world.url}/sso/return`)
    mdm = await openIntune()
    saml = await openSamlPeer()
    admin = await it.found()
  }, 180_000)
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close()
    // A form that is refused: the browser tells it by itself.
    expect(complaints.splice(0).filter((one) => !/status of 4(09|22)/.test(one))).toEqual([])
  })
  afterAll(async () => {
    await browser.close()
    await oidc.close()
    await mdm.close()
    await saml.close()
    await it.world.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function tab(who: string, cookie?: string): Promise<Page> {
    const context = await openBrowser(browser, it.world.url, cookie === undefined ? undefined : `wl=${cookie}`)
    contexts.push(context)
    return openTab(context, who)
  }
  const cookieOf = async (who: Member) => (await it.signedIn(who.person)).jar.get('wl')!

  test('the administrator sets both up by keyboard-sized forms, tests them, and sees what the provider said', async () => {
    mdm.devices.push({
      id: 'd1',
      deviceName: 'PC of Ana',
      userPrincipalName: 'ana@mercy.example',
      operatingSystem: 'Windows',
      osVersion: '10.0.26100.1',
      managedDeviceOwnerType: 'company',
      complianceState: 'noncompliant',
      lastSyncDateTime: '2026-11-21T08:00:00Z',
    })
    const leaver = await it.person(['nurse'])
    await it.world.owner.query('insert into device (org, device, person, sign_key) values ($1, gen_random_uuid(), $2, $3)', [
      it.org,
      leaver.person,
      Buffer.alloc(32, 7),
    ])
    await it.world.server.db.write(it.org, bySystem, (tx) => deactivatePerson(tx, leaver.person))
    await it.world.settle()
    await it.world.owner.query('insert into device (org, device, person, sign_key) values ($1, gen_random_uuid(), $2, $3)', [
      it.org,
      (await it.person(['nurse'])).person,
      Buffer.alloc(32, 8),
    ])
    const page = await tab('admin', await cookieOf(admin))
    await page.goto(`${it.world.url}/admin/sign-in`)
    await page.getByText('1 device not wiped').waitFor()
    await page.getByRole('button', { name: 'Add a connection' }).click()
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Mercy OIDC')
    await page.getByRole('textbox', { name: 'Address word' }).fill('mercy-oidc')
    await page.getByRole('textbox', { name: 'Issuer' }).fill(oidc.issuer)
    await page.getByRole('textbox', { name: 'Client ID' }).fill(oidc.clientId)
    await page.getByLabel('Client secret').first().fill(oidc.secret)
    await page.getByRole('button', { name: 'Add, turned off' }).click()
    await page.getByRole('button', { name: 'Turn Mercy OIDC on' }).click()
    await page.getByRole('button', { name: 'Turn Mercy OIDC off' }).waitFor()

    await page.getByRole('button', { name: 'Add a connection' }).click()
    await page.getByText('SAML 2.0', { exact: true }).click()
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Mercy SAML')
    await page.getByRole('textbox', { name: 'Address word' }).fill('mercy-saml')
    await page.getByRole('textbox', { name: 'Metadata' }).fill(saml.metadataUrl)
    await page.getByRole('button', { name: 'Add, turned off' }).click()
    await page.getByRole('button', { name: 'Turn Mercy SAML on' }).click()
    await page.getByRole('button', { name: 'Turn Mercy SAML off' }).waitFor()

    await page.getByRole('heading', { name: 'Groups and roles' }).waitFor()
    await page.getByRole('textbox', { name: 'Directory (tenant) ID' }).fill(mdm.tenant)
    await page.getByRole('textbox', { name: 'Application (client) ID' }).fill(mdm.clientId)
    await page.getByLabel('Client secret').last().fill('wrong')
    await page.getByRole('textbox', { name: 'Sign-in address' }).fill(mdm.url)
    await page.getByRole('textbox', { name: 'Graph address' }).fill(mdm.url)
    await page.getByRole('button', { name: 'Test device management' }).click()
    await page.getByText('AADSTS7000215: Invalid client secret provided.').waitFor()
    await page.getByLabel('Client secret').last().fill(mdm.secret)
    await page.getByText('Synchronise devices').click()
    await page.getByRole('button', { name: 'Store device management' }).click()
    await page.getByText('Whose messages may lie on managed, compliant devices only').waitFor()
    await it.world.settle()
    await page.reload()
    await page.getByRole('row', { name: /PC of Ana.*None/ }).waitFor()

    // Of whom management knows nothing is shown; the administrator says for whose device a machine vouches, and takes it back.
    await page.getByRole('checkbox', { name: 'Nurse' }).last().press('Space')
    await page.getByRole('button', { name: 'Store the rule' }).click()
    await page.getByText('Nobody vouches for 1 device').waitFor()
    const vouching = page.getByRole('button', { name: 'Change for which device PC of Ana vouches' })
    await vouching.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'For which device does PC of Ana vouch?' })
    await dialog.getByRole('radio', { name: /: Device/ }).press('Space')
    await isAccessible(page, 'managed-device-dialog')
    await dialog.getByRole('button', { name: 'Store' }).click()
    await page.getByRole('row', { name: /PC of Ana.*Person \d+: Device/ }).waitFor()
    await isAccessible(page, 'managed-devices')
    await vouching.press('Enter')
    await dialog.getByRole('radio', { name: /None/ }).press('Space')
    await dialog.getByRole('button', { name: 'Store' }).press('Enter')
    await page.getByRole('row', { name: /PC of Ana.*None/ }).waitFor()

    await page.getByRole('button', { name: 'Test Mercy OIDC' }).click()
    oidc.says.subject = 'admin-there'
    await page.getByRole('button', { name: 'Try it with your own account' }).click()
    await page.getByText('It works.').waitFor()
    await page.getByText('amr pwd, mfa; acr none').waitFor()
    expect(new URL(page.url()).search).toBe('')

    // What was not tried by anybody is not demanded; without an exempt administrator nothing is.
    await page.goto(`${it.world.url}/admin/sign-in`)
    await page.getByText('Nobody: who has a password').waitFor()
    await page.getByRole('button', { name: 'Change who must use it' }).click()
    await page.getByRole('radio', { name: 'Mercy SAML' }).press('Space')
    await page.getByRole('button', { name: 'Demand it of everybody' }).click()
    await page.getByRole('link', { name: /Nobody (could come in|has signed in)/ }).waitFor()
    await isAccessible(page, 'demand')
    await page.getByRole('button', { name: 'Cancel' }).click()

    // On a phone every page of the settings leads back to them.
    await page.setViewportSize({ width: 390, height: 844 })
    for (const at of ['/admin/sign-in', '/settings/notices', '/settings/workstations', '/settings/units', '/settings/training']) {
      await page.goto(it.world.url + at)
      await page.getByRole('button', { name: 'Back to Settings' }).click()
      await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor()
    }
  }, 120_000)

  test('somebody links themselves once in their settings, and then comes in by one button; one factor there asks for ours here', async () => {
    // Somebody without conversations: nothing stands between them and their settings.
    const auditor = await it.person(['auditor'])
    const linking = await tab('links', await cookieOf(auditor))
    oidc.says.subject = 'auditor-there'
    await linking.goto(`${it.world.url}/settings`)
    await linking.getByRole('button', { name: 'Link Mercy OIDC' }).click()
    await linking.getByText('Linked.', { exact: true }).waitFor()
    saml.says.nameId = 'auditor-0001'
    await linking.getByRole('button', { name: 'Back to settings' }).click()
    await linking.getByRole('button', { name: 'Link Mercy SAML' }).click()
    await linking.getByRole('button', { name: 'Sign in as auditor-0001' }).click()
    await linking.getByText('Linked.', { exact: true }).waitFor()
    await linking.getByRole('button', { name: 'Back to settings' }).click()
    await linking.getByRole('button', { name: 'End link to Mercy SAML' }).waitFor()

    const inside = (page: Page) => page.getByRole('link', { name: 'Settings' }).first().waitFor({ timeout: patience })
    const page = await tab('by OpenID Connect')
    await page.goto(it.world.url)
    await page.getByRole('button', { name: 'Sign in with Mercy OIDC' }).click()
    await inside(page)
    expect(new URL(page.url()).pathname).toBe('/')

    saml.says.context = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'
    const other = await tab('by SAML')
    await other.goto(`${it.world.url}/sso/mercy-saml`)
    await other.getByRole('button', { name: 'Sign in with Mercy SAML' }).click()
    await other.getByRole('button', { name: 'Sign in as auditor-0001' }).click()
    const submit = other.getByRole('button', { name: 'Sign in', exact: true })
    await submit.waitFor()
    await isAccessible(other)
    await other.getByRole('textbox').first().pressSequentially(it.codeNow(auditor.key))
    await inside(other)
  }, 120_000)

  test('at a lock screen the provider asks anew who it is: whoever comes next is themselves, and PINs go on from there', async () => {
    const nurse = await it.person(['auditor'])
    const linking = await tab('links too', await cookieOf(nurse))
    oidc.says.subject = 'nurse-there'
    await linking.goto(`${it.world.url}/settings`)
    await linking.getByRole('button', { name: 'Link Mercy OIDC' }).click()
    await linking.getByText('Linked.', { exact: true }).waitFor()

    const shared = await tab('shared phone', await cookieOf(admin))
    await makeSharedPhone(shared, it.world.url, 'Ward phone')
    const nameHere = (page: Page) => page.getByRole('button', { name: /, settings and signing out$/ }).getAttribute('aria-label')
    const come = async () => {
      await shared.getByRole('button', { name: fullSignIn }).click()
      await shared.getByRole('button', { name: 'Sign in with Mercy OIDC' }).click()
      await shared.getByRole('button', { name: 'Lock and switch user' }).waitFor()
      return nameHere(shared)
    }
    const lock = async () => {
      await shared.getByRole('button', { name: 'Lock and switch user' }).click()
      await lockScreen(shared)
    }
    const first = await come()
    await setPinHere(shared, '739104')
    await lock()
    // Who linked themselves in the test before: the provider still has the nurse's cookie in this browser.
    oidc.says.subject = 'auditor-there'
    const second = await come()
    expect(second).not.toBe(first)
    await lock()
    const tiles = shared.getByRole('list', { name: 'People of this shift' }).getByRole('button')
    await tiles.click()
    await shared.getByRole('textbox', { name: 'PIN', exact: true }).fill('739104')
    await shared.getByRole('button', { name: 'Lock and switch user' }).waitFor()
    expect(await nameHere(shared)).toBe(first)
    await lock()
  }, 120_000)

  test('who is linked to nobody is told what to do, and nothing of them stays in the address', async () => {
    oidc.says.subject = 'somebody-else'
    const page = await tab('stranger')
    await page.goto(it.world.url)
    await page.getByRole('button', { name: 'Sign in with Mercy OIDC' }).click()
    await page.getByText('nobody here is linked to it').waitFor()
    await page.getByRole('button', { name: 'Back to the sign-in page' }).waitFor()
    await isAccessible(page)
    expect(page.url()).toBe(`${it.world.url}/sso/return`)
    const shown = must(await (await it.signedIn(admin.person)).call(sso.connections, {}))
    expect(shown.connections.map((one) => fieldsOf(one).label).toSorted()).toEqual(['Mercy OIDC', 'Mercy SAML'])
    // The browser's own line about a refused request.
    complaints.splice(0)
  }, 60_000)
})
