/** One computer on a ward and the people of a shift: they take turns in seconds, and whoever comes next finds nothing of whoever was there. */
import { castMember } from '@wardline/dev'
import type { CastMember, Demo } from '@wardline/dev'
import { openConnection } from '@wardline/platform/server'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser } from '../testing/browser.ts'
import { canary, findIn, secretCanary } from './lib/canary.ts'
import type { Canary } from './lib/canary.ts'
import * as station from './lib/station.ts'
import { complaints, isAccessible, openTab, openThread, patience, said, searchBrowser, skip, write } from './lib/window.ts'

const [kim, ada, raj, hana] = ['kim', 'ada', 'raj', 'hana'].map((it) => castMember(it).member) as [
  CastMember,
  CastMember,
  CastMember,
  CastMember,
]
const pins = { kim: '482139', ada: '903517', raj: '615920' }
const badge = '04A2241B9C5E80'

describe.skipIf(!hasBrowser())(hasBrowser() ? 'a shared workstation' : 'a shared workstation: skipped, no browser was found', () => {
  let stage: station.Stage
  let demo: Demo
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

  beforeAll(async () => {
    stage = await station.openStage()
    demo = stage.demo
    ward = await newWindow()
    page = await openTab(ward, 'ward')
    // A phone of the ward, with a session of the administrator's of its own: a code of theirs is good once.
    const pocket = await station.openSignedIn(stage, castMember('hana').organisation, hana)
    phone = await openTab(pocket, 'phone')
  }, 180_000)
  afterEach(() => {
    // A PIN that is refused and a browser that is no workstation yet: the browser tells these by itself.
    expect(complaints.splice(0).filter((it) => !/status of 4(04|22|29)/.test(it))).toEqual([])
  })
  afterAll(() => stage?.close())

  const newWindow = () =>
    stage.browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', timezoneId: 'America/Chicago' })
  const lockScreen = () => station.lockScreen(page)
  const tile = (who: CastMember) => station.tileOf(page, who)
  const now = () => demo.server.clock.ms()
  const beginShift = (who: CastMember, pin: string) =>
    station.beginShift(page, { ...who, recoveryKey: stage.keys[who.signInName]! }, pin, now())
  const comeBack = (who: CastMember, pin: string) => station.comeBack(page, who, pin)
  const findInPage = (canaries: readonly Canary[]) => station.findAtPage(page, canaries)
  async function lock(): Promise<void> {
    await page.keyboard.press('Control+Shift+L')
    await lockScreen()
  }

  test('an administrator makes one of this browser, and it knows nobody', async () => {
    await page.goto(`${demo.url}/sign-in`)
    await station.signInFully(page, hana, now())
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
    await station.makeSharedPhone(phone, demo.url, '4W phone')
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
    await page
      .getByRole('list', { name: /^Inbox/ })
      .getByRole('link')
      .filter({ hasText: 'Draft' })
      .filter({ hasText: raj.name })
      .first()
      .waitFor()
    await isAccessible(page, 'a draft in the inbox')
    await openThread(page, raj.name)
    await expect.poll(() => page.getByRole('textbox', { name: /^Message to/ }).inputValue()).toBe(half)
    await said(page, message).waitFor()
    expect(findIn(await station.heapOf(page), kims, 'the heap').length).toBeGreaterThan(0)
    const address = page.url()
    await lock()
    await comeBack(ada, pins.ada)
    const hers = [...kims, ...[stage.keys['kim']!, kim.password, pins.kim].map(secretCanary)]
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

  test('an administrator registers a colleague’s badge; until he has held it himself it is nobody’s', async () => {
    const office = await station.openSignedIn(stage, castMember('hana').organisation, hana)
    const admin = await openTab(office, 'office')
    await admin.goto(`${demo.url}/settings/people`)
    await admin.getByRole('button', { name: `Change ${raj.name}` }).click()
    await admin.getByRole('button', { name: `Badges of ${raj.name}` }).click()
    await admin.getByText(`${raj.name} has no badge.`).waitFor()
    await admin.getByRole('button', { name: 'Register a badge' }).click()
    await admin.getByRole('textbox', { name: 'Badge' }).waitFor()
    await isAccessible(admin, 'badge of a colleague')
    await station.holdBadge(admin, badge)
    await admin.getByText(`Waits for ${raj.name}`).waitFor()
    await isAccessible(admin, 'badges of a colleague')
    await office.close()

    await page.getByRole('button', { name: station.fullSignIn }).click()
    await page.getByRole('button', { name: 'Back to who is here' }).click()
    await lockScreen()
    await station.holdBadge(page, badge)
    await page.getByText('This badge is nobody’s who has signed in for this shift.').waitFor()
    await tile(ada).click()
    await page.getByRole('textbox', { name: 'PIN', exact: true }).fill('771204')
    await page.getByText('This PIN does not open anything.').first().waitFor()
    await isAccessible(page, 'wrong PIN')
    await page.getByRole('button', { name: 'Somebody else' }).click()
    await lockScreen()
  }, 120_000)

  test('he makes a passkey there and comes in by it alone, to his messages; his badge is his from then on', async () => {
    await station.plugIn(page)
    await beginShift(raj, pins.raj)
    await page.goto(`${demo.url}/settings`)
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('My key')
    await page.getByRole('button', { name: 'Make the passkey' }).click()
    await page.getByRole('list', { name: 'Your passkeys' }).getByText('My key').waitFor()
    await page.getByRole('button', { name: 'Use badge 1' }).waitFor()
    await isAccessible(page, 'settings at a workstation')
    await lock()
    await page.getByRole('button', { name: station.fullSignIn }).click()
    await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
    await isAccessible(page, 'full sign-in at a workstation')
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await openThread(page, kim.name)
    await said(page, message).waitFor()
    await page.getByText('An administrator registered a badge for you.').waitFor()
    await isAccessible(page, 'a badge waits')
    await page.getByRole('button', { name: 'Use it' }).click()
    await page.getByRole('dialog').getByRole('textbox', { name: 'Badge' }).waitFor()
    await isAccessible(page, 'hold your badge')
    await station.holdBadge(page, badge)
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await expect.poll(() => page.getByText('An administrator registered a badge for you.').count()).toBe(0)
    await lock()
  }, 180_000)

  test('his badge at a reader that types, and at the phone’s own, asks for his PIN and opens his work, nobody else’s', async () => {
    await station.holdBadge(page, badge)
    await page.getByRole('heading', { name: raj.name }).waitFor()
    await isAccessible(page, 'PIN after a badge')
    await page.getByRole('textbox', { name: 'PIN', exact: true }).fill(pins.raj)
    await openThread(page, kim.name)
    await said(page, message).waitFor()
    // Whoever holds a badge to it next covers what stands there; nothing of the badge gets into what he was writing.
    await page.getByRole('textbox', { name: /^Message to/ }).fill('Coming at ')
    await station.holdBadge(page, '04FF241B9C5E99')
    await lockScreen()
    expect(await findInPage(kims)).toEqual([])
    await comeBack(raj, pins.raj)
    await openThread(page, kim.name)
    await expect.poll(() => page.getByRole('textbox', { name: /^Message to/ }).inputValue()).toBe('Coming at ')
    await page.getByRole('textbox', { name: /^Message to/ }).fill('')
    await lock()

    // Web NFC as the platform gives it: a reader that is asked to scan, and events with a badge's serial number.
    await phone.addInitScript(() => {
      class PretendReader extends EventTarget {
        onreading: ((event: Event) => void) | null = null
        async scan({ signal }: { signal: AbortSignal }) {
          const read = (event: Event) => {
            const { detail } = event as CustomEvent<string>
            this.onreading?.(Object.assign(new Event('reading'), { serialNumber: detail }))
          }
          window.addEventListener('held', read, { signal })
        }
      }
      Object.assign(globalThis, { NDEFReader: PretendReader })
    })
    await phone.reload()
    await phone.getByRole('button', { name: 'Read badges with this phone' }).click()
    await phone.getByRole('button', { name: 'Read badges with this phone' }).waitFor({ state: 'detached' })
    const serial = badge.toLowerCase().match(/../g)!.join(':')
    await phone.evaluate((detail) => window.dispatchEvent(new CustomEvent('held', { detail })), serial)
    await phone.getByRole('heading', { name: raj.name }).waitFor()
    await phone.getByRole('textbox', { name: 'PIN', exact: true }).fill(pins.raj)
    await openThread(phone, kim.name)
    await said(phone, message).waitFor()
    await phone.getByRole('button', { name: 'Lock and switch user' }).click()
    await station.lockScreen(phone)
  }, 120_000)

  test('without a connection the lock screen shows nobody’s work and opens nobody', async () => {
    await ward.setOffline(true)
    await page.evaluate(() => location.reload())
    await page.getByText('The server cannot be reached.').first().waitFor()
    await page.getByText('Nobody can be opened here until the connection is back.').first().waitFor()
    await isAccessible(page, 'lock screen without a connection')
    await ward.setOffline(false)
    await page.getByRole('button', { name: 'Try again' }).click()
    await tile(ada).waitFor()
  }, 120_000)

  test('who ends their shift is on no tile and comes back by no PIN; the next person finds nothing of theirs', async () => {
    const byName = async () => {
      await page.getByRole('button', { name: 'My shift began elsewhere' }).click()
      await page.getByRole('textbox', { name: 'Sign-in name' }).fill(kim.signInName)
      await page.getByRole('textbox', { name: 'PIN', exact: true }).fill(pins.kim)
    }
    await byName()
    await openThread(page, raj.name)
    await said(page, message).waitFor()
    await page.getByRole('button', { name: `${kim.name}, settings and signing out` }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await lockScreen()
    await tile(ada).waitFor()
    expect(await tile(kim).count()).toBe(0)
    await byName()
    await page.getByText('This PIN does not open anything.').first().waitFor()
    await page.getByRole('button', { name: 'Somebody else' }).click()
    await comeBack(ada, pins.ada)
    expect(await findInPage(kims)).toEqual([])
  }, 120_000)

  test('a shift is said to end, and ends by itself in the middle of work', async () => {
    // A browser that forgot what it is hears it from the server, and is a workstation again before it shows or keeps anything.
    await page.evaluate(() => localStorage.removeItem('wl-workstation'))
    await page.reload()
    await page.getByRole('button', { name: /^Lock/ }).first().waitFor()
    expect(await page.evaluate(() => localStorage.getItem('wl-workstation'))).toContain('4W left')
    expect(await page.evaluate(async () => (await indexedDB.databases()).map((it) => it.name))).toEqual(['workstation'])
    const minutesOn = (minutes: number) =>
      page.request.post(`${demo.url}/demo/api/clock`, { data: { minutes }, headers: { 'x-wardline': '1', origin: demo.url } })
    await minutesOn(11 * 60 + 40)
    // Nobody touched it for as long: it is covered.
    await lockScreen()
    await comeBack(ada, pins.ada)
    await page.getByText(/^Your shift here ends in \d+ minutes\.$/).waitFor()
    await isAccessible(page, 'end of a shift')
    await minutesOn(30)
    await lockScreen()
    await page.getByText('Nobody has begun a shift here.').waitFor()
    expect(await findInPage(kims)).toEqual([])
  }, 120_000)
})
