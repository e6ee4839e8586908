/** A nurse and a doctor in two real browser windows, from signing in to signing out, with what goes wrong in between. */
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readSettings } from '@wardline/app-server'
import { castMember, codeOf, startDemo } from '@wardline/dev'
import type { Demo } from '@wardline/dev'
import { openConnection, openLog } from '@wardline/platform/server'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, launchBrowser } from '../testing/browser.ts'
import { root } from '../tools/lib/root.ts'
import { buildWeb } from '../tools/lib/web.ts'
import { canary } from './lib/canary.ts'
import type { Canary } from './lib/canary.ts'
import { complaints, endsWith, isAccessible, openTab, openThread, patience, said, searchBrowser, thread, write } from './lib/window.ts'

const [nurse, doctor] = [castMember('kim').member, castMember('ada').member]

describe.skipIf(!hasBrowser())(hasBrowser() ? 'two windows' : 'two windows: skipped, no browser was found', () => {
  let folder: string
  let demo: Demo
  let browser: Browser
  let keys: Record<string, string>
  let [kims, adas]: BrowserContext[] = []
  let kim: Page
  let ada: Page
  const written: Canary[] = []
  const draw = (begins: string): string => {
    const made = canary(begins)
    written.push(made)
    return made.text
  }

  beforeAll(async () => {
    const built = await buildWeb()
    if (built.code !== 0) throw new Error(`The web app does not build: ${built.output}`)
    folder = await mkdtemp(path.join(tmpdir(), 'wardline-windows-'))
    // Under root PostgreSQL runs as another user, who must get through.
    await chmod(folder, 0o711)
    // A copy: who builds meanwhile changes nothing here.
    await cp(path.join(root, 'apps/web/dist'), path.join(folder, 'web'), { recursive: true })
    ;[demo, browser] = await Promise.all([
      startDemo({
        settings: readSettings({ PORT: '0', WARDLINE_DATA: path.join(folder, 'data') }, folder),
        log: openLog({ level: 'error' }),
        web: path.join(folder, 'web'),
      }),
      launchBrowser(),
    ])
    keys = JSON.parse(await readFile(path.join(demo.folder, 'recovery-keys.json'), 'utf8')) as Record<string, string>
    ;[kims, adas] = [await window(), await window()]
    ;[kim, ada] = [await openTab(kims, 'kim'), await openTab(adas, 'ada')]
  }, 180_000)
  afterEach(() => {
    expect(complaints.splice(0)).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    await demo?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const window = () => browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', timezoneId: 'America/Chicago' })
  const inbox = (page: Page) => page.getByRole('list', { name: /^Inbox/ }).waitFor()

  /** How many devices a person has. */
  async function devicesOf(person: string): Promise<number> {
    const owner = await openConnection(demo.databaseUrl, 'scenario')
    const { rowCount } = await owner.query('select from device where person = $1 and revoked_at is null', [person])
    await owner.end()
    return rowCount!
  }

  /** The demonstration's door, as its first screen opens it: a cookie, and the recovery key in the address. */
  async function throughTheDoor(context: BrowserContext, page: Page, door: 'nurse' | 'doctor'): Promise<void> {
    const answer = await context.request.post(`${demo.url}/demo/api/door`, {
      data: { door },
      headers: { 'x-wardline': '1', origin: demo.url },
    })
    const { to, recoveryKey } = (await answer.json()) as { to: string; recoveryKey: string }
    await page.goto(`${demo.url}${to}#recovery-key=${encodeURIComponent(recoveryKey)}`)
    await page.getByRole('button', { name: 'Add this browser' }).waitFor()
    // The key is in the field, and in the address no more.
    expect(page.url()).toBe(`${demo.url}${to}`)
    await page.getByRole('button', { name: 'Add this browser' }).click()
    await inbox(page)
  }

  test('they sign in, one with password and code, one through the door, and add their browsers', async () => {
    await kim.goto(`${demo.url}/sign-in`)
    await kim.getByLabel('Sign-in name').waitFor()
    await kim.getByLabel('Sign-in name').waitFor()
    await isAccessible(kim)
    await kim.getByLabel('Sign-in name').fill(nurse.signInName)
    await kim.getByRole('textbox', { name: 'Password' }).fill(nurse.password)
    await kim.getByRole('button', { name: 'Continue' }).click()
    await kim.getByLabel('Code from your authenticator').fill(codeOf(nurse, demo.server.clock.ms()).code)
    await kim.getByLabel('Recovery key').fill(keys[nurse.signInName]!.toLowerCase().replaceAll('-', ' '))
    await kim.getByRole('button', { name: 'Add this browser' }).click()
    await inbox(kim)
    expect(kim.url()).toBe(`${demo.url}/`)
    await throughTheDoor(adas!, ada, 'doctor')
    await inbox(ada)
    await isAccessible(ada)
  }, 120_000)

  test('they talk both ways; how far a message has got is told; neither address nor title says whom or what it is about', async () => {
    await openThread(kim, doctor.name)
    await openThread(ada, nurse.name)
    const [asked, answered] = [draw('K+ 6.8 bed 12'), draw('calcium now, on my way')]
    await write(kim, asked)
    await said(ada, asked).waitFor()
    await said(kim, asked).getByText('Shown').waitFor()
    await write(ada, answered)
    await said(kim, answered).waitFor()
    await said(ada, answered).getByText('Shown').waitFor()
    await said(kim, answered).waitFor()
    await isAccessible(kim)

    // Nobody looks: it has arrived, and nobody has seen it.
    await ada.getByRole('link', { name: 'Settings' }).click()
    await ada.getByRole('heading', { name: 'Settings' }).waitFor()
    const unseen = draw('potassium is 6.1 now')
    await write(kim, unseen)
    await said(kim, unseen).getByText('Delivered').waitFor()
    expect(await said(kim, unseen).getByText('Shown').count()).toBe(0)
    await ada.getByRole('link', { name: /Inbox/ }).first().click()
    await openThread(ada, nurse.name)
    await endsWith(ada, [asked, answered, unseen])
    await said(kim, unseen).getByText('Shown').waitFor()
    for (const page of [kim, ada]) {
      expect(new URL(page.url()).pathname).toMatch(/^\/t\/[0-9a-f-]{36}$/)
      expect(await page.title()).toBe('Conversation · Wardline')
    }
  }, 120_000)

  test('two tabs of one browser are one device: closed or killed, the other goes on, and nothing is lost or doubled', async () => {
    const devices = await devicesOf(nurse.person)
    const address = kim.url()
    const second = await openTab(kims!, 'kim, second tab')
    await second.goto(address)
    await thread(second).first().waitFor()
    const lines = [
      'from the second tab',
      'from the first',
      'while the first is closed',
      'after it was closed',
      'after a tab was killed',
    ].map(draw)
    await write(second, lines[0]!)
    await said(kim, lines[0]!).waitFor()
    await write(kim, lines[1]!)
    await said(second, lines[1]!).waitFor()
    // The leading tab goes while the other one writes.
    await Promise.all([kim.close(), write(second, lines[2]!)])
    await write(second, lines[3]!)
    await said(second, lines[3]!).getByText('Shown').waitFor()

    kim = await openTab(kims!, 'kim, third tab')
    await kim.goto(address)
    await thread(kim).first().waitFor()
    const crash = await kims!.newCDPSession(second)
    const crashed = second.waitForEvent('crash')
    void crash.send('Page.crash').catch(() => undefined)
    await crashed
    await write(kim, lines[4]!)
    await endsWith(ada, lines)
    await endsWith(kim, lines)
    await second.close()
    expect(await devicesOf(nurse.person)).toBe(devices)
  }, 120_000)

  test('three messages written without a connection survive a reload and go out once each, in order', async () => {
    const worker = () => kim.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state ?? 'none')
    await expect.poll(worker, { timeout: patience }).toBe('activated')
    await kims!.setOffline(true)
    await demo.server.services.live.end({ person: nurse.person })
    await kim
      .getByText(/^Offline/)
      .first()
      .waitFor()
    const lines = ['first of three', 'second of three', 'third of three'].map(draw)
    for (const line of lines) await write(kim, line)
    await kim.getByText('Offline, 3 waiting').first().waitFor()
    await kim.reload()
    await endsWith(kim, lines)
    for (const line of lines) await said(kim, line).getByText('Waiting for connection').waitFor()
    expect(await said(ada, lines[0]!).count()).toBe(0)
    await kims!.setOffline(false)
    await endsWith(ada, lines)
    await endsWith(kim, lines)
    await said(kim, lines[2]!).getByText('Shown').waitFor()
  }, 120_000)

  test('what lies in the browser is readable neither before signing out nor after it', async () => {
    const draft = draw('not sent yet')
    await kim.getByRole('textbox', { name: /^Message to/ }).fill(draft)
    // The search sees what is readable: a word that somebody puts into each store.
    const control = canary('in the clear')
    await kim.evaluate(async (text) => {
      localStorage.setItem('control', text)
      const db = await new Promise<IDBDatabase>((resolve) => {
        const asked = indexedDB.open('control', 1)
        asked.onupgradeneeded = () => asked.result.createObjectStore('control').put(new TextEncoder().encode(btoa(text)), 1)
        asked.onsuccess = () => resolve(asked.result)
      })
      db.close()
    }, control.text)
    const seen = (await searchBrowser(kim, [control])).found.map((it) => it.form.replace(/ at \d/, ''))
    expect(seen.toSorted()).toEqual(['base64', 'plain'])
    await kim.evaluate(() => {
      localStorage.removeItem('control')
      indexedDB.deleteDatabase('control')
    })

    const before = await searchBrowser(kim, written)
    expect(before.found).toEqual([])
    expect(before.read).toBeGreaterThan(200)
    const address = kim.url()
    await kim.getByRole('button', { name: /settings and signing out$/ }).click()
    await kim.getByRole('menuitem', { name: 'Sign out' }).click()
    await kim.getByLabel('Sign-in name').waitFor()
    expect((await searchBrowser(kim, written)).found).toEqual([])
    expect(await kim.locator('body').innerText()).not.toContain(doctor.name)
    await kim.goto(address)
    await kim.getByLabel('Sign-in name').waitFor()
    for (const { text } of written) expect(await kim.content()).not.toContain(text)
  }, 120_000)

  test('cleared storage: with the recovery key everything that was written can be read again', async () => {
    const crash = await kims!.newCDPSession(kim)
    await crash.send('Storage.clearDataForOrigin', { origin: demo.url, storageTypes: 'all' })
    await throughTheDoor(kims!, kim, 'nurse')
    await openThread(kim, doctor.name)
    const all = written.filter((it) => !it.text.startsWith('not sent yet')).map((it) => it.text)
    await endsWith(kim, all)
    const fresh = draw('from a browser that had forgotten everything')
    await write(kim, fresh)
    await endsWith(ada, [...all, fresh])
  }, 120_000)
})
