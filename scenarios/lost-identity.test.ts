/** A nurse who lost everything that opens her messages, two administrators who sign her new identity, and a doctor who is told of it: real browsers. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { wardlineFeatures, webPages } from '@wardline/app-server'
import { empower, foundOrganisation, signIn, sit } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem } from '@wardline/platform/server'
import { createPerson } from '@wardline/product/access/provisioning/server'
import type { Role } from '@wardline/product/access/roles/server'
import { newUuid } from '@wardline/product/team/messages/client'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, launchBrowser } from '../testing/browser.ts'
import { root } from '../tools/lib/root.ts'
import { buildWeb } from '../tools/lib/web.ts'
import { complaints, isAccessible, openBrowser, openTab, openThread, said, write } from './lib/window.ts'

describe.skipIf(!hasBrowser())(hasBrowser() ? 'a new identity' : 'a new identity: skipped, no browser was found', () => {
  let folder: string
  let world: World
  let organisation: Organisation
  let browser: Browser
  let [kim, ada, hana, leo]: Somebody[] = []

  /** Somebody with keys, a recovery key and a browser window. */
  interface Somebody {
    readonly person: string
    readonly name: string
    readonly desk: Desk
    readonly recoveryKey: string
    readonly context: BrowserContext
    readonly page: Page
  }
  async function somebody(name: string, roles: readonly Role[]): Promise<Somebody> {
    const signInName = name.toLowerCase().replace(' ', '.')
    const person = await world.server.db.write(organisation.org, bySystem, (tx) => createPerson(tx, { signInName, name, title: '', roles }))
    const desk = await sit(world, await signIn(world, organisation.org, person))
    await desk.state((it) => it.status === 'needs-new-person')
    const made = await desk.engine.createIdentity()
    if (!made.ok || !(await desk.engine.confirmRecoveryKey()).ok) throw new Error('no keys')
    await desk.state((it) => it.status === 'ready' && it.connection === 'open')
    const context = await openBrowser(browser, world.url)
    return { person, name, desk, recoveryKey: made.value.recoveryKey, context, page: await openTab(context, name) }
  }
  /** Signs in in this window, without password and code. */
  async function enter({ person, context }: Somebody): Promise<void> {
    const [name = '', value = ''] = (await signIn(world, organisation.org, person)).cookie.split('=')
    await context.addCookies([{ name, value, url: world.url, httpOnly: true, sameSite: 'Strict' }])
  }
  /** Opens messages here with the recovery key. */
  async function addBrowser(it: Somebody): Promise<void> {
    await it.page.getByLabel('Recovery key').fill(it.recoveryKey)
    await it.page.getByRole('button', { name: 'Add this browser' }).click()
    await it.page.getByRole('navigation', { name: 'Places' }).waitFor()
  }
  /** The phone that she lost wakes: nobody can sign before she has reported it from where she asked. */
  async function wakes(): Promise<void> {
    const found = await sit(world, await signIn(world, organisation.org, kim!.person), { store: kim!.desk.store.copy() })
    await found.state((it) => it.status === 'ready' && it.connection === 'open')
    await found.engine.stop()
  }
  async function refused(sign: Locator, mine: Locator): Promise<void> {
    const { page } = kim!
    await sign.getByText('Messages of Kim Tran open on a device that is in use.').waitFor()
    expect(await sign.getByRole('button', { name: 'Sign it' }).count()).toBe(0)
    await isAccessible(leo!.page, 'identities-keys-work')
    await mine.getByText('A device that opens your messages has been in use since you asked.').waitFor()
    await isAccessible(page, 'identity-keys-work')
    await page.getByRole('button', { name: 'I have lost a device' }).click()
    const lost = page.getByRole('dialog', { name: 'Which device have you lost?' })
    await lost.getByRole('button', { name: /^Report as lost: / }).click()
    await page.getByRole('button', { name: /^Cut off and wipe / }).click()
    await lost.getByText('Lost: not wiped yet').waitFor()
    await page.keyboard.press('Escape')
    await mine.getByText('A device that opens your messages has been in use since you asked.').waitFor({ state: 'detached' })
    await sign.getByRole('button', { name: 'Sign it' }).waitFor()
  }
  async function open(it: Somebody): Promise<void> {
    await enter(it)
    await it.page.goto(world.url)
    await addBrowser(it)
  }

  beforeAll(async () => {
    const built = await buildWeb()
    if (built.code !== 0) throw new Error(`The web app does not build: ${built.output}`)
    folder = await mkdtemp(path.join(tmpdir(), 'wardline-identity-'))
    // A copy: who builds meanwhile changes nothing here.
    await cp(path.join(root, 'apps/web/dist'), folder, { recursive: true })
    const features = wardlineFeatures({ carrier: null, publicOrigin: () => world.url })
    ;[world, browser] = await Promise.all([openWorld({ features, server: { pages: webPages(folder), beatMs: 1_000 } }), launchBrowser()])
    // Real browsers have the real clock.
    await world.advance(Date.now() - world.server.clock.ms())
    organisation = await foundOrganisation(world)
    kim = await somebody('Kim Tran', ['nurse'])
    ada = await somebody('Ada Okafor', ['clinician'])
    hana = await somebody('Hana Sato', ['administrator', 'clinician'])
    leo = await somebody('Leo Brandt', ['administrator'])
    await empower(world, organisation, 'administrator', [hana.person, leo.person])
    const conversation = newUuid()
    await ada.desk.engine.createConversation({ conversation, kind: 'direct', people: [kim.person] })
    await kim.desk.conversation(conversation)
    await ada.desk.say(conversation, 'K+ 6.8')
    await kim.desk.thread(conversation, (it) => it.length === 1)
    for (const it of [kim, ada, hana, leo]) await it.desk.engine.stop()
  }, 180_000)
  afterEach(() => {
    // What was typed wrong is told by the browser, and that a picture has no picture.
    expect(complaints.splice(0).filter((it) => !/status of 404/.test(it))).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('she asks for it, keeps a new recovery key, and reads thirty digits; two administrators type them and sign; the doctor sees it coming', async () => {
    const { page } = kim!
    await enter(kim!)
    await page.goto(world.url)
    await page.getByRole('button', { name: 'I have none of these any more' }).waitFor()
    await isAccessible(page, 'identity-browser')
    await page.getByRole('button', { name: 'I have none of these any more' }).click()
    const ask = page.getByRole('dialog', { name: 'Is everything gone?' })
    await ask.waitFor()
    await isAccessible(page, 'identity-ask')
    await ask.getByRole('button', { name: 'Make new keys and ask' }).click()
    const keep = page.getByRole('dialog', { name: 'Your new recovery key' })
    await keep.waitFor()
    await isAccessible(page, 'identity-key')
    const groups = (await keep.locator('.recovery-kit__group').allInnerTexts()).map((it) => it.trim())
    await keep.getByRole('button', { name: 'I have kept it' }).click()
    await isAccessible(page, 'identity-kept')
    for (const [i, group] of groups.entries()) {
      const field = keep.getByRole('textbox', { name: `Group ${i + 1}`, exact: true })
      if ((await field.count()) > 0) await field.fill(group)
    }
    await keep.getByRole('button', { name: 'Done' }).click()
    const mine = page.locator('.wl-panel', { hasText: 'Your new identity' })
    await mine.getByText('Waits for two administrators.').waitFor()
    await isAccessible(page, 'identity-digits')
    const digits = ((await mine.locator('.lost-keys__digits').textContent()) ?? '').trim()
    expect(digits).toMatch(/^(\d{5} ){5}\d{5}$/)

    for (const [it, standing] of [
      [hana!, /^Signed by Hana Sato; a second administrator must sign/],
      [leo!, /^Signed by Hana Sato and Leo Brandt\. Counts from/],
    ] as const) {
      if (it === hana) await open(it)
      else {
        await wakes()
        await enter(it)
      }
      await it.page.goto(`${world.url}/settings/people`)
      const list = it.page.getByRole('list', { name: 'New identities under way' })
      await list.getByText(kim!.name).waitFor()
      // The digits are nowhere on the screen of whoever signs.
      expect(await it.page.locator('body').innerText()).not.toContain(digits.slice(0, 5))
      await isAccessible(it.page, it === hana ? 'identities-asked' : 'identities-signed')
      await list.getByRole('button', { name: 'Compare and sign: Kim Tran' }).click()
      const sign = it.page.getByRole('dialog', { name: 'A new identity for Kim Tran' })
      if (it === leo) {
        // Who writes no messages is asked for a device only here.
        await sign.getByText('This browser is none of your devices.').waitFor()
        await isAccessible(it.page, 'identities-no-device')
        await sign.getByRole('button', { name: 'Set it up' }).click()
        await addBrowser(it)
        await list.getByRole('button', { name: 'Compare and sign: Kim Tran' }).click()
      }
      const field = sign.getByRole('textbox', { name: 'Digits that Kim Tran reads out' })
      if (it === leo) await refused(sign, mine)
      else await sign.getByText('Ask Kim Tran where their devices are.').waitFor()
      if (it === hana) {
        await field.fill(digits.replace(/^./, (one) => String((Number(one) + 1) % 10)))
        await sign.getByRole('button', { name: 'Sign it' }).click()
        await sign.getByRole('alert').waitFor()
        await isAccessible(it.page, 'identities-wrong')
      } else await isAccessible(it.page, 'identities-sign')
      await field.fill(digits)
      await sign.getByRole('button', { name: 'Sign it' }).click()
      await it.page.getByText('You have signed the new identity of Kim Tran.').first().waitFor()
      await list.getByText(standing).waitFor()
    }
    await isAccessible(leo!.page, 'identities-waits')
    await page.reload()
    await mine.getByText(/^Signed by Hana Sato and Leo Brandt\. Counts from/).waitFor()
    await isAccessible(page, 'identity-waits')
    await open(ada!)
    await openThread(ada!.page, kim!.name)
    await said(ada!.page, 'K+ 6.8').waitFor()
    await ada!.page.getByText('Kim Tran is getting a new identity.').waitFor()
    await isAccessible(ada!.page, 'identity-coming')
  }, 240_000)

  test('a day later her keys are in place: the conversation says so until the doctor has compared; what was before stays closed', async () => {
    await world.advance(24 * 3_600_000 + 11 * 60_000)
    for (const it of [kim!, ada!]) await enter(it)
    await kim!.page.goto(world.url)
    // The keys go in place by themselves.
    await kim!.page.getByRole('list', { name: /^Inbox/ }).waitFor()
    const { page } = ada!
    await page.goto(world.url)
    await openThread(page, kim!.name)
    await page.getByText('Kim Tran has a new identity.').waitFor()
    await page.getByText(/Confirmed by (Hana Sato and Leo Brandt|Leo Brandt and Hana Sato), since/).waitFor()
    await isAccessible(page, 'identity-bar')
    await page.getByRole('button', { name: 'Safety number' }).click()
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'I have compared it' }).click()
    await page.getByText('Kim Tran has a new identity.').waitFor({ state: 'detached' })
    await write(page, 'after the change')

    await openThread(kim!.page, ada!.name)
    await said(kim!.page, 'after the change').waitFor()
    await kim!.page.getByText('Written before your new identity: it stays closed.').waitFor()
    await isAccessible(kim!.page, 'identity-after')
    expect(await kim!.page.getByText('K+ 6.8').count()).toBe(0)
    await write(kim!.page, 'it is me')
    await said(page, 'it is me').waitFor()
  }, 240_000)

  test('both administrators name who signs for leavers, where nobody had thought of it at the beginning', async () => {
    for (const it of [hana!, leo!]) {
      await enter(it)
      await it.page.goto(`${world.url}/admin/sign-in`)
      const panel = it.page.locator('.wl-panel', { hasText: 'Who signs for leavers' })
      await panel.getByText('Nobody signs for leavers yet.').waitFor()
      if (it === leo) await isAccessible(it.page, 'hand-signed')
      await panel.getByRole('button', { name: it === hana ? 'Sign as the first' : 'Sign as the second' }).click()
      await panel
        .getByText(it === hana ? /You have signed; another administrator must sign too\./ : /The directory’s own signer takes leavers out/)
        .waitFor()
    }
  }, 240_000)
})
