/** Signing in with a passkey, and a phone that is lost: real browsers, Chromium's own virtual authenticator with PRF. */
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readSettings } from '@wardline/app-server'
import { castMember, codeOf, startDemo } from '@wardline/dev'
import type { Demo } from '@wardline/dev'
import { openConnection, openLog } from '@wardline/platform/server'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, launchBrowser } from '../testing/browser.ts'
import { freePort } from '../testing/command-line.ts'
import { root } from '../tools/lib/root.ts'
import { buildWeb } from '../tools/lib/web.ts'
import { canary } from './lib/canary.ts'
import { complaints, isAccessible, keptBy, openTab, openThread, patience, said, write } from './lib/window.ts'

const [nurse, doctor] = [castMember('kim').member, castMember('ada').member]

describe.skipIf(!hasBrowser())(hasBrowser() ? 'a lost phone' : 'a lost phone: skipped, no browser was found', () => {
  let folder: string
  let demo: Demo
  let browser: Browser
  let keys: Record<string, string>
  let phone: BrowserContext
  let kim: Page
  let authenticator: { readonly cdp: CDPSession; readonly id: string }
  const secret = canary('K+ 6.9 bed 4')

  beforeAll(async () => {
    const built = await buildWeb()
    if (built.code !== 0) throw new Error(`The web app does not build: ${built.output}`)
    folder = await mkdtemp(path.join(tmpdir(), 'wardline-lost-'))
    // Under root PostgreSQL runs as another user, who must get through.
    await chmod(folder, 0o711)
    await cp(path.join(root, 'apps/web/dist'), path.join(folder, 'web'), { recursive: true })
    const port = String(await freePort())
    ;[demo, browser] = await Promise.all([
      startDemo({
        // Passkeys are of names: at 127.0.0.1 there are none.
        settings: readSettings({ PORT: port, WARDLINE_DATA: path.join(folder, 'data'), WARDLINE_URL: `http://localhost:${port}` }, folder),
        log: openLog({ level: 'error' }),
        web: path.join(folder, 'web'),
      }),
      launchBrowser(),
    ])
    keys = JSON.parse(await readFile(path.join(demo.folder, 'recovery-keys.json'), 'utf8')) as Record<string, string>
    phone = await window()
    kim = await openTab(phone, 'kim’s phone')
  }, 180_000)
  afterEach(() => {
    // A refusal that asks for a fresh proof is told by the browser, and that a picture has no picture.
    expect(complaints.splice(0).filter((it) => !/status of 40[34]/.test(it))).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    await demo?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const window = () => browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', timezoneId: 'America/Chicago' })
  const inbox = (page: Page) => page.getByRole('list', { name: /^Inbox/ }).waitFor()
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })

  /** An authenticator with a fingerprint that is always right, in this page's browser. `credentials`: what another one holds. */
  async function plugIn(page: Page): Promise<{ readonly cdp: CDPSession; readonly id: string }> {
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('WebAuthn.enable')
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        hasPrf: true,
      },
    })
    return { cdp, id: authenticatorId }
  }

  async function enterByPassword(page: Page, member: typeof nurse, second: { code: string } | { recovery: string }): Promise<void> {
    await page.goto(`${demo.url}/sign-in`)
    await page.getByLabel('Sign-in name').fill(member.signInName)
    await page.getByRole('textbox', { name: 'Password' }).fill(member.password)
    await button(page, 'Continue').click()
    if ('code' in second) return page.getByLabel('Code from your authenticator').fill(second.code)
    await button(page, 'Use a recovery code').click()
    await page.getByRole('textbox', { name: 'Recovery code' }).waitFor()
    await isAccessible(page)
    await page.getByRole('textbox', { name: 'Recovery code' }).fill(second.recovery)
    await button(page, 'Sign in').click()
  }
  const typeKey = async (page: Page, member: typeof nurse) => {
    await page.getByLabel('Recovery key').fill(keys[member.signInName]!)
    await button(page, /^(Add this browser|Open my messages)$/).click()
  }
  const openBrowser = async (page: Page, member: typeof nurse) => {
    await typeKey(page, member)
    await inbox(page)
  }
  async function moveClock(ms: number): Promise<void> {
    const owner = await openConnection(demo.databaseUrl, 'scenario')
    await owner.query("update demo_clock set shift = shift + $1 * interval '1 millisecond'", [ms])
    await owner.end()
    await demo.server.clock.read(demo.server.db)
  }
  /** The databases of this origin: their names say whose device it was. */
  const databases = async (page: Page) => (await keptBy(page)).databases
  /** Exactly this, and nothing else, is in a browser that keeps nothing; what is in its storage names nobody. */
  async function keepsOnly(page: Page, local: readonly string[], cookies: readonly string[], ...words: string[]): Promise<void> {
    await expect.poll(() => databases(page), { timeout: patience }).toEqual([])
    const { values, requests, ...names } = await keptBy(page)
    expect(names).toEqual({
      databases: [],
      local,
      session: [],
      caches: [expect.stringMatching(/^wardline [\w-]+$/)],
      workers: [`${demo.url}/`],
      files: [],
      cookies,
    })
    // The page's own files: the same in every browser.
    expect(requests.filter((it) => !/^\/(assets\/[\w.-]+|[\w-]+\.(svg|webmanifest|css)|settings)$/.test(it))).toEqual([])
    for (const word of words) expect(values).not.toContain(word)
  }
  const codes: string[] = []

  test('the nurse adds a passkey that also opens her messages, and prints recovery codes', async () => {
    authenticator = await plugIn(kim)
    await enterByPassword(kim, nurse, { code: codeOf(nurse, demo.server.clock.ms()).code })
    await openBrowser(kim, nurse)
    await kim.getByRole('link', { name: 'Settings' }).click()
    await button(kim, 'Add a passkey').click()
    await kim.getByRole('textbox', { name: 'Name' }).fill('My phone')
    await button(kim, 'Make the passkey').waitFor()
    await isAccessible(kim)
    await button(kim, 'Make the passkey').click()
    await kim.getByText('It signs you in, and opens your messages on a new device.').waitFor()
    await kim.getByRole('list', { name: 'Your passkeys' }).getByText('Opens your messages.').waitFor()

    await button(kim, 'Make recovery codes').click()
    const list = kim.getByRole('list', { name: 'Recovery codes' })
    await list.waitFor()
    await isAccessible(kim)
    codes.push(...(await list.getByRole('listitem').allTextContents()).map((it) => it.trim()))
    expect(codes).toHaveLength(10)
    await button(kim, 'I have kept them').click()
    await kim.getByText('10 of 10 are left.').waitFor()
    await kim.getByRole('heading', { name: 'Settings' }).waitFor()
    await isAccessible(kim)
  }, 120_000)

  test('what is delicate asks her once more after five minutes, and goes on by itself', async () => {
    await moveClock(6 * 60_000)
    await button(kim, 'Make new ones; the old ones end').click()
    const ask = kim.getByRole('dialog', { name: 'Confirm that it is you' })
    await ask.waitFor()
    await isAccessible(kim)
    await ask.getByRole('button', { name: 'Cancel' }).click()
    await ask.waitFor({ state: 'detached' })
    await button(kim, 'Make new ones; the old ones end').click()
    await ask.getByRole('button', { name: 'Confirm with a passkey' }).click()
    const list = kim.getByRole('list', { name: 'Recovery codes' })
    await list.waitFor()
    codes.splice(0, codes.length, ...(await list.getByRole('listitem').allTextContents()).map((it) => it.trim()))
    await button(kim, 'I have kept them').click()
  }, 60_000)

  test('with the passkey alone she opens another browser, in less than thirty seconds', async () => {
    const { credentials } = await authenticator.cdp.send('WebAuthn.getCredentials', { authenticatorId: authenticator.id })
    expect(credentials).toHaveLength(1)
    // The very passkey as its maker copies it to the next device: signing out and losing what is stored is the same to the product.
    await kim.getByRole('link', { name: /Inbox/ }).first().click()
    await openThread(kim, doctor.name)
    await write(kim, secret.text)
    // Nothing of the application is open: the stores can go.
    await kim.goto(`${demo.url}/icon.svg`)
    await kim.evaluate(async () => {
      for (const { name } of await indexedDB.databases())
        await new Promise((resolve) => (indexedDB.deleteDatabase(name!).onsuccess = resolve))
    })
    await phone.clearCookies()
    const began = Date.now()
    await kim.goto(`${demo.url}/sign-in`)
    await button(kim, 'Sign in with a passkey').waitFor()
    await isAccessible(kim)
    await button(kim, 'Sign in with a passkey').click()
    await inbox(kim)
    await openThread(kim, doctor.name)
    await said(kim, secret.text).waitFor()
    expect(Date.now() - began).toBeLessThan(30_000)
  }, 90_000)

  test('she loses it: from a colleague’s browser, by a recovery code, she cuts it off; it wipes itself and signs for it', async () => {
    const colleague = await window()
    const other = await openTab(colleague, 'a colleague’s browser')
    await enterByPassword(other, nurse, { recovery: codes[0]! })
    await button(other, 'I have lost a device').waitFor()
    await isAccessible(other)
    await button(other, 'I have lost a device').click()
    const list = other.getByRole('list', { name: 'Your devices' })
    await list.waitFor()
    await list.waitFor()
    await isAccessible(other)
    const began = Date.now()
    // The newest device is the one that she has just opened.
    await list
      .getByRole('button', { name: /^Report as lost/ })
      .first()
      .click()
    await button(other, /^Cut off and wipe/).click()
    // Its screen is closed, wherever it lies.
    await kim.getByText('Your session has ended.').waitFor()
    expect(Date.now() - began).toBeLessThan(5_000)
    await list.getByText(/^Wiped /).waitFor()
    await expect.poll(() => databases(kim), { timeout: patience }).toEqual([])

    // Whoever finds it has the passkey too, if they have her finger: it is taken away, and what she has left opens her messages again.
    await other.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).click()
    await openBrowser(other, nurse)
    await openThread(other, doctor.name)
    await said(other, secret.text).waitFor()
    await other.getByRole('link', { name: 'Settings' }).click()
    await other.getByText('9 of 10 are left.').waitFor()
    await button(other, 'Remove My phone').click()
    await button(other, 'Remove My phone').last().click()
    await other.getByText('With a passkey you sign in by fingerprint').waitFor()
    await button(kim, 'Sign in with a passkey').click()
    await kim.getByText('The passkey was not accepted').waitFor()
    await colleague.close()
  }, 120_000)

  test('a browser that keeps nothing: opened anew at each visit as the same device; nothing is copied, printed or left on an idle screen', async () => {
    const draft = 'a draft of mine '.repeat(150).trim()
    const ward = await window()
    const page = await openTab(ward, 'a browser that keeps nothing')
    await moveClock(60_000)
    await enterByPassword(page, nurse, { code: codeOf(nurse, demo.server.clock.ms()).code })
    const nothing = page.getByRole('switch', { name: /^Keep nothing in this browser/ })
    await nothing.waitFor()
    await isAccessible(page, 'add-browser')
    await page.getByText('Keep nothing in this browser').click()
    await expect.poll(() => nothing.isChecked()).toBe(true)
    await openBrowser(page, nurse)
    await openThread(page, doctor.name)
    await said(page, secret.text).waitFor()
    const owner = await openConnection(demo.databaseUrl, 'scenario')
    const size = async () => {
      const { rows } = await owner.query<{ n: number }>('select octet_length(sealed) as n from device_kept')
      return rows[0]?.n ?? 0
    }
    await expect.poll(size, { timeout: patience }).toBeGreaterThan(0)
    const before = await size()
    await page.getByRole('textbox', { name: /^Message to/ }).fill(draft)
    // Its sealed text, in what this device leaves at the server: nothing else that it writes by itself is so long.
    await expect.poll(size, { timeout: patience }).toBeGreaterThan(before + draft.length)
    await owner.query(
      `insert into policy_change (org, change, setting, before_value, value, data_key, sealed, state, decided_by, decided_at, version)
       select p.org, gen_random_uuid(), it.setting, 0, 1, gen_random_uuid(), '', 'approved', p.person, now(), 900 + it.n
       from person p, (values ('thread.copying', 1), ('thread.watermark', 2)) as it(setting, n) where p.sign_in_name = $1`,
      [nurse.signInName],
    )
    const { rows } = await owner.query<{ person: string }>('select person from person where sign_in_name = any($1)', [
      [nurse.signInName, doctor.signInName],
    ])
    await owner.end()
    const told = [secret.text, draft, doctor.name, nurse.name, nurse.signInName, ...rows.map((it) => it.person)]
    await keepsOnly(page, ['wl-acted', 'wl-passing', 'wl-place'], ['wl', 'wlk'], ...told)

    // Closed and opened again: the time is the test's from here on.
    await page.clock.install()
    await page.reload()
    await page.getByLabel('Recovery key').waitFor()
    await isAccessible(page, 'each-visit')
    await openBrowser(page, nurse)
    await openThread(page, doctor.name)
    await said(page, secret.text).waitFor()
    await expect.poll(() => page.getByRole('textbox', { name: /^Message to/ }).inputValue(), { timeout: patience }).toBe(draft)
    await keepsOnly(page, ['wl-acted', 'wl-passing', 'wl-place'], ['wl', 'wlk'], ...told)
    await page.locator(`.watermark [data-text^="${nurse.name} · "]`).first().waitFor({ state: 'attached' })
    const isStopped = await page.evaluate(() => {
      const log = document.querySelector('.wl-log')!
      getSelection()!.selectAllChildren(log)
      const copy = new ClipboardEvent('copy', { cancelable: true, bubbles: true })
      log.dispatchEvent(copy)
      return copy.defaultPrevented
    })
    expect(isStopped).toBe(true)
    await page.getByText('Nothing was copied:').first().waitFor()
    await isAccessible(page, 'copying')
    await page.getByRole('region', { name: 'Copying' }).getByRole('button').click()
    await page.emulateMedia({ media: 'print' })
    expect(await said(page, secret.text).isVisible()).toBe(false)
    await page.emulateMedia({ media: 'screen' })
    await isAccessible(page, 'watermark')

    await page.clock.fastForward(15 * 60_000 + 1_000)
    await page.getByRole('heading', { name: 'Covered' }).waitFor()
    expect(await page.getByText(secret.text).count()).toBe(0)
    await isAccessible(page, 'covered')
    await page.reload()
    await typeKey(page, nurse)
    await page.getByRole('heading', { name: 'Covered' }).waitFor()
    await button(page, 'Open again').click()
    await moveClock(60_000)
    await page.getByLabel('Code from your authenticator').fill(codeOf(nurse, demo.server.clock.ms()).code)
    await page.getByRole('textbox', { name: `Message to ${doctor.name}` }).waitFor()
    await page.getByRole('link', { name: 'Settings' }).click()
    const list = page.getByRole('list', { name: 'Your devices' })
    await list.getByText(/^Keeps nothing/).waitFor()
    expect(await list.getByText(/^Keeps nothing/).count()).toBe(1)
    await list.scrollIntoViewIfNeeded()
    await isAccessible(page, 'devices')
    // Signed out, it knows of no session either; its next visit is the same device again.
    await button(page, 'Sign out here').click()
    await button(page, 'Sign in with a passkey').waitFor()
    await keepsOnly(page, ['wl-passing', 'wl-place'], ['wlk'], ...told)
    await ward.close()
  }, 180_000)
})
