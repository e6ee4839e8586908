/** One computer on a ward and the people of a shift: they take turns in seconds, and whoever comes next finds nothing of whoever was there. */
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readSettings } from '@wardline/app-server'
import { castMember, codeOf, startDemo } from '@wardline/dev'
import type { CastMember, Demo } from '@wardline/dev'
import { bySystem, openConnection, openLog } from '@wardline/platform/server'
import { beginSession } from '@wardline/product/access/sessions/server'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, launchBrowser } from '../testing/browser.ts'
import { root } from '../tools/lib/root.ts'
import { buildWeb } from '../tools/lib/web.ts'
import { canary, findIn, formsOf } from './lib/canary.ts'
import type { Canary, Find } from './lib/canary.ts'
import { complaints, isAccessible, openBrowser, openTab, openThread, patience, said, searchBrowser, skip, write } from './lib/window.ts'

const [kim, ada, raj, hana] = ['kim', 'ada', 'raj', 'hana'].map((it) => castMember(it).member) as [
  CastMember,
  CastMember,
  CastMember,
  CastMember,
]
const pins = { kim: '482139', ada: '903517' }

describe.skipIf(!hasBrowser())(hasBrowser() ? 'a shared workstation' : 'a shared workstation: skipped, no browser was found', () => {
  let folder: string
  let demo: Demo
  let browser: Browser
  let keys: Record<string, string>
  let ward: BrowserContext
  let page: Page
  let phone: Page
  const kims: Canary[] = []
  const draw = (begins: string): string => {
    const made = canary(begins)
    kims.push(made)
    return made.text
  }
  const [message, half] = [draw('Bed 7 asks for you'), draw('and his wife wants to know whether')]
  /** What she typed to get in: as much hers as what she wrote. */
  const secret = (text: string): Canary => ({ text, forms: formsOf(Buffer.from(text)), drawn: 0 })

  beforeAll(async () => {
    const built = await buildWeb()
    if (built.code !== 0) throw new Error(`The web app does not build: ${built.output}`)
    folder = await mkdtemp(path.join(tmpdir(), 'wardline-station-'))
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
    ward = await newWindow()
    page = await openTab(ward, 'ward')
    // A phone of the ward, with a session of the administrator's of its own: a code of theirs is good once.
    const { token } = await demo.server.db.write(castMember('hana').organisation.org, bySystem, (tx) =>
      beginSession(tx, { person: hana.person, place: 'phone' }),
    )
    const pocket = await openBrowser(browser, demo.url, `wl=${token}`)
    phone = await openTab(pocket, 'phone')
  }, 180_000)
  afterEach(() => {
    // A PIN that is refused and a browser that is no workstation yet: the browser tells these by itself.
    expect(complaints.splice(0).filter((it) => !/status of 4(04|22|29)/.test(it))).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    await demo?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const newWindow = () => browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', timezoneId: 'America/Chicago' })
  const inbox = () => page.getByRole('list', { name: /^Inbox/ }).waitFor()
  const lockScreen = () => page.getByRole('heading', { name: 'Who is here?' }).waitFor()
  const tile = (who: CastMember) => page.getByRole('list', { name: 'People of this shift' }).getByRole('button', { name: who.name })

  async function signInFully(who: CastMember): Promise<void> {
    await page.getByLabel('Sign-in name').fill(who.signInName)
    await page.getByRole('textbox', { name: 'Password' }).fill(who.password)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByLabel('Code from your authenticator').fill(codeOf(who, demo.server.clock.ms()).code)
  }
  async function beginShift(who: CastMember, pin: string): Promise<void> {
    await page.getByRole('button', { name: 'I’m someone else: full sign-in' }).click()
    await signInFully(who)
    await page.getByLabel('Recovery key').fill(keys[who.signInName]!)
    await page.getByRole('button', { name: 'Add this browser' }).click()
    await inbox()
    await page.getByRole('button', { name: 'Set a PIN' }).click()
    await page.getByRole('textbox', { name: 'PIN', exact: true }).fill(pin)
    await page.getByLabel('The same again').fill(pin)
    await page.getByRole('button', { name: 'Set PIN' }).click()
    await expect.poll(() => page.getByRole('button', { name: 'Set a PIN' }).count()).toBe(0)
  }
  /** Comes back by tile and PIN; ms from the press on the tile until the inbox stands there. */
  async function comeBack(who: CastMember, pin: string): Promise<number> {
    await tile(who).waitFor()
    const from = performance.now()
    await tile(who).click()
    await page.getByRole('textbox', { name: 'PIN', exact: true }).fill(pin)
    await inbox()
    return performance.now() - from
  }
  async function lock(): Promise<void> {
    await page.keyboard.press('Control+Shift+L')
    await lockScreen()
  }
  /** Everything that the page's script holds, as the browser writes it down: objects, texts, what closures keep. */
  async function heap(): Promise<Buffer> {
    const cdp = await ward.newCDPSession(page)
    const pieces: string[] = []
    cdp.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => pieces.push(chunk))
    await cdp.send('HeapProfiler.enable')
    await cdp.send('HeapProfiler.collectGarbage')
    await cdp.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
    await cdp.detach()
    return Buffer.from(pieces.join(''))
  }
  async function findInPage(canaries: readonly Canary[]): Promise<Find[]> {
    const { found } = await searchBrowser(page, canaries)
    const shown = await page.evaluate(() => `${document.documentElement.outerHTML} ${location.href} ${document.title}`)
    return [...found, ...findIn(Buffer.from(shown), canaries, 'the page'), ...findIn(await heap(), canaries, 'the heap')]
  }

  test('an administrator makes one of this browser, and it knows nobody', async () => {
    await page.goto(`${demo.url}/sign-in`)
    await signInFully(hana)
    await skip(page)
    await page.goto(`${demo.url}/settings/workstations`)
    await page.getByText('There is no shared workstation yet').waitFor()
    await isAccessible(page, 'workstations')
    await page.getByRole('button', { name: 'Make this browser one' }).click()
    await page.getByLabel('Name').fill('4W left')
    await isAccessible(page, 'workstation set-up')
    await page.getByRole('button', { name: 'Set it up and sign me out' }).click()
    await lockScreen()
    await page.getByText('Nobody has begun a shift here.').waitFor()
    expect(await page.title()).toBe('Wardline')
    expect(await page.evaluate(() => Object.keys(localStorage).toSorted())).toEqual(['wl-place', 'wl-workstation'])
  }, 120_000)

  test('a phone of the ward becomes one too', async () => {
    await phone.goto(`${demo.url}/settings/workstations`)
    await phone.getByText('4W left').waitFor()
    await phone.getByRole('button', { name: 'Make this browser one' }).click()
    await phone.getByLabel('Name').fill('4W phone')
    await phone.getByRole('button', { name: /Where it stands/ }).click()
    await phone.getByRole('option', { name: 'Shared phone or tablet' }).click()
    await phone.getByRole('button', { name: 'Set it up and sign me out' }).click()
    await phone.getByRole('heading', { name: 'Who is here?' }).waitFor()
  }, 120_000)

  test('a nurse begins her shift, writes, and covers the screen in the middle of a sentence', async () => {
    await beginShift(kim, pins.kim)
    await page.goto(`${demo.url}/?open=new`)
    await page.getByRole('searchbox', { name: 'To' }).fill('Raj')
    await page.getByRole('checkbox', { name: new RegExp(raj.name) }).focus()
    await page.keyboard.press('Space')
    await page.getByRole('dialog').getByRole('button', { name: 'Write', exact: true }).click()
    await page.getByRole('textbox', { name: `Message to ${raj.name}` }).waitFor()
    await write(page, message)
    await expect
      .poll(
        () =>
          said(page, message)
            .getByText(/Sent|Delivered|Shown/)
            .count(),
        { timeout: patience },
      )
      .toBeGreaterThan(0)
    await page.getByRole('textbox', { name: /^Message to/ }).fill(half)
    await lock()
    await tile(kim).waitFor()
    expect(new URL(page.url()).pathname).toBe('/sign-in')
    await isAccessible(page, 'lock screen')
    expect(await findInPage(kims)).toEqual([])
  }, 120_000)

  test('a doctor signs in after her; neither page, storage, history nor memory holds anything that was hers', async () => {
    await beginShift(ada, pins.ada)
    await lock()
    // First that the search finds what is there.
    await comeBack(kim, pins.kim)
    await openThread(page, raj.name)
    await expect.poll(() => page.getByRole('textbox', { name: /^Message to/ }).inputValue()).toBe(half)
    await said(page, message).waitFor()
    expect(findIn(await heap(), kims, 'the heap').length).toBeGreaterThan(0)
    const address = page.url()
    await lock()
    await comeBack(ada, pins.ada)
    const hers = [...kims, secret(keys['kim']!), secret(kim.password), secret(pins.kim)]
    expect(await findInPage(hers)).toEqual([])
    await page.goBack()
    await page.waitForLoadState()
    await expect.poll(() => page.getByText('Opening').count()).toBe(0)
    expect(await findInPage(kims)).toEqual([])
    await page.goto(address)
    await page.getByText('There is no such conversation here for you').waitFor()
    expect(await findInPage(kims)).toEqual([])
    await lock()
  }, 180_000)

  test('by PIN she is back in a moment: what she wrote, what she was writing, the same device as before', async () => {
    const took = await comeBack(kim, pins.kim)
    if (process.env['WARDLINE_FIGURES']) console.info(`switch: ${Math.round(took)} ms`)
    await openThread(page, raj.name)
    await said(page, message).waitFor()
    await expect.poll(() => page.getByRole('textbox', { name: /^Message to/ }).inputValue()).toBe(half)
    await page.getByRole('textbox', { name: /^Message to/ }).press('Control+Enter')
    await said(page, half)
      .getByText(/Sent|Delivered|Shown/)
      .waitFor()
    const owner = await openConnection(demo.databaseUrl, 'scenario')
    const { rows } = await owner.query<{ n: number }>(
      'select count(*)::int as n from device d join device_care c using (org, device) where d.person = $1 and c.storage = $2',
      [kim.person, 'memory'],
    )
    await owner.end()
    expect(rows).toEqual([{ n: 1 }])
    await lock()
  }, 120_000)

  test('on the phone her PIN opens the same work, and after a minute without a touch it is covered by itself', async () => {
    await phone.setViewportSize({ width: 390, height: 844 })
    await phone.clock.install()
    await phone.reload()
    await phone.getByRole('button', { name: 'My shift began elsewhere' }).click()
    await phone.getByRole('textbox', { name: 'Sign-in name' }).fill(kim.signInName)
    await isAccessible(phone, 'name and PIN')
    await phone.setViewportSize({ width: 390, height: 844 })
    await phone.getByRole('textbox', { name: 'PIN', exact: true }).fill(pins.kim)
    await phone.getByRole('list', { name: /^Inbox/ }).waitFor()
    await openThread(phone, raj.name)
    await said(phone, half).waitFor()
    await phone.clock.fastForward(61_000)
    await phone.getByRole('heading', { name: 'Who is here?' }).waitFor()
    const { found } = await searchBrowser(phone, kims)
    expect([...found, ...findIn(Buffer.from(await phone.content()), kims, 'the phone')]).toEqual([])
  }, 120_000)

  test('a badge that its reader types asks for its person’s PIN; a wrong PIN opens nothing', async () => {
    const badge = '04A2241B9C5E80'
    await comeBack(kim, pins.kim)
    await page.goto(`${demo.url}/settings`)
    await page.getByRole('button', { name: 'Register a badge' }).waitFor()
    await isAccessible(page, 'settings at a workstation')
    await lock()
    await page.getByRole('button', { name: 'I’m someone else: full sign-in' }).click()
    await page.getByRole('button', { name: 'Back to who is here' }).click()
    await lockScreen()
    await page.keyboard.type(`${badge}\n`)
    await page.getByText('This badge is nobody’s who has signed in for this shift.').waitFor()
    await tile(kim).click()
    await page.getByRole('textbox', { name: 'PIN', exact: true }).fill('771204')
    await page.getByText('This PIN does not open anything.').first().waitFor()
    await isAccessible(page, 'wrong PIN')
    await page.getByRole('button', { name: 'Somebody else' }).click()
    await lockScreen()
  }, 120_000)

  test('without a connection the lock screen shows nobody’s work and opens nobody', async () => {
    await ward.setOffline(true)
    await page.evaluate(() => location.reload())
    await page.getByText('The server cannot be reached.').first().waitFor()
    await page.getByText('Nobody can be opened here until the connection is back.').first().waitFor()
    await isAccessible(page, 'lock screen without a connection')
    await ward.setOffline(false)
    await page.getByRole('button', { name: 'Try again' }).click()
    await tile(kim).waitFor()
  }, 120_000)
})
