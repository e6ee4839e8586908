/** Every screen of the staff application in a real browser: keys made, a text sent, a session that nears its end; axe-core, the narrowest width and the page's own complaints. */
import path from 'node:path'
import { webPages } from '@wardline/app-server'
import type { Session } from '@wardline/dev/staff'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations, hasBrowser, launchBrowser } from '../testing/browser.ts'
import { root } from '../tools/lib/root.ts'
import { buildWeb } from '../tools/lib/web.ts'
import { complaints, openTab } from './lib/window.ts'
import { openNeighbours } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'

describe.skipIf(!hasBrowser())('the screens (skipped: no browser was found)', () => {
  let all: Neighbours
  let browser: Browser
  let officer: Session
  let page: Page

  beforeAll(async () => {
    const built = await buildWeb()
    if (built.code !== 0) throw new Error(`The web app does not build: ${built.output}`)
    ;[all, browser] = await Promise.all([openNeighbours({ pages: webPages(path.join(root, 'apps/web/dist')) }), launchBrowser()])
    // Treats patients and reads the audit log: no other person of the matrix sees more screens.
    officer = await all.ours.employ(['clinician', 'privacy-officer'])
    page = await signedIn(officer, 'officer')
  }, 120_000)
  afterEach(() => {
    expect(complaints.splice(0)).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    await all?.close()
  })

  /** A window of a person who has signed in; it is not a device yet. */
  async function signedIn(session: Session, who: string): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', reducedMotion: 'reduce' })
    const [name = '', value = ''] = session.cookie.split('=')
    await context.addCookies([{ name, value, url: all.world.url }])
    const tab = await openTab(context, who)
    tab.setDefaultTimeout(15_000)
    return tab
  }

  /** Light on a wide screen, dark on the narrowest: nothing for axe-core, nothing beyond the edge, one title that names nobody. */
  async function holds(name: string, it: Page = page): Promise<void> {
    for (const [width, height, colorScheme] of [
      [1440, 900, 'light'],
      [320, 640, 'dark'],
    ] as const) {
      await it.setViewportSize({ width, height })
      await it.emulateMedia({ colorScheme })
      // A sheet on a phone waits for the keyboard before it shows itself.
      await it.waitForFunction(() => [...document.querySelectorAll('.wl-modal')].every((box) => getComputedStyle(box).opacity === '1'))
      const beyond = await it.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect({ name, width, beyond, violations: await axeViolations(it) }).toEqual({ name, width, beyond: 0, violations: [] })
    }
    expect(await it.title()).not.toMatch(/rivera|ana|dental/i)
    expect(it.url()).not.toMatch(/rivera|ana\b|recovery/i)
    await it.setViewportSize({ width: 1440, height: 900 })
    await it.emulateMedia({ colorScheme: 'light' })
  }

  test('a new person makes keys, must read the recovery key back, and is in', async () => {
    await page.goto(all.world.url)
    await page.getByRole('button', { name: 'Create my keys' }).waitFor()
    await holds('create keys')
    await page.getByRole('button', { name: 'Create my keys' }).click()
    const kit = page.locator('.recovery-kit__group')
    await kit.first().waitFor()
    await holds('recovery kit')
    const groups = (await kit.allTextContents()).map((it) => it.trim())
    expect(groups).toHaveLength(8)
    await page.getByRole('button', { name: 'I have kept it' }).click()
    const asked = await page.getByRole('textbox', { name: /^Group \d/ }).all()
    expect(asked).toHaveLength(2)
    for (const field of asked) await field.fill('AAAA')
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByText('There is a problem').waitFor()
    await holds('recovery key read back wrongly')
    for (const field of asked) {
      const label = await field.evaluate((it) => (it as HTMLInputElement).labels?.[0]?.textContent ?? '')
      await field.fill(groups[Number(label.replace(/\D/g, '')) - 1]!.toLowerCase())
    }
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('heading', { name: 'Inbox' }).waitFor()
    expect(await page.getByText('You have not confirmed your recovery key').count()).toBe(0)
    await holds('inbox')
  }, 60_000)

  test('a group is begun by keyboard alone, and its people and the archive’s officers stand beside it', async () => {
    await page.keyboard.press('c')
    await page.getByRole('searchbox', { name: 'To' }).waitFor()
    for (const name of ['front-desk', 'second']) {
      await page.keyboard.type(name)
      await page.keyboard.press('Enter')
    }
    await holds('new message')
    await page.getByRole('button', { name: 'Write to 2 people' }).click()
    const box = page.getByRole('textbox', { name: /^Message to/ })
    await box.waitFor()
    expect(new URL(page.url()).pathname).toMatch(/^\/t\/[0-9a-f-]{36}$/)
    await page.keyboard.press('r')
    // In a field letters are letters.
    await page.keyboard.type('jkcu? The recall list is ready')
    const began = await page.evaluate(() => performance.now())
    await page.keyboard.press('Control+Enter')
    await page.getByRole('article').filter({ hasText: 'jkcu? The recall list is ready' }).waitFor()
    expect((await page.evaluate(() => performance.now())) - began).toBeLessThan(2_000)
    await page
      .getByText(/^Sent$/)
      .first()
      .waitFor()
    await page.getByText(/2 of 3 officers|\d of \d officers/).waitFor()
    await holds('thread')
    await page.keyboard.press('Escape')
    await page.keyboard.press('u')
    await page.waitForURL(`${all.world.url}/`)
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1')
  }, 60_000)

  test('a patient who waits is found in the inbox, answered by text, and the phone has it', async () => {
    await page.goto(`${all.world.url}/?show=needs-me`)
    await page.getByRole('link', { name: /RIVERA, Ana/ }).click()
    const box = page.getByRole('textbox', { name: /^Text about RIVERA, Ana, born 14-Jul-1981, to the / })
    await box.waitFor()
    await holds('patient')
    await box.fill('Your biopsy was positive')
    const send = page.getByRole('button', { name: /^Send SMS to / })
    await page.getByText('A text is not secure. Take these words out').waitFor()
    expect(await send.getAttribute('aria-disabled')).toBe('true')
    await holds('patient, words that do not belong into a text')
    await box.fill('Yes, 15:30 is free.')
    await page.waitForFunction(() => document.querySelector('.wl-composer button[aria-disabled]') === null)
    await send.click()
    await page.getByRole('article').filter({ hasText: 'Yes, 15:30 is free.' }).waitFor()
    await all.settle()
    await page.getByRole('article').filter({ hasText: 'Yes, 15:30 is free.' }).getByText('Delivered').waitFor()
    const phone = all.twilio.control.phones.get(all.ours.phone)!
    expect(phone.bubbles.filter((it) => it.direction === 'received').at(-1)?.body).toContain('Yes, 15:30 is free.')
    // The phone stops it: the composer knows without a reload.
    const answered = await all.webhook(all.ours, 'inbound', all.inbound(all.ours, 'STOP'))
    expect(answered.status).toBe(200)
    await page.getByText('Stopped by the patient').waitFor()
    expect(await send.getAttribute('aria-disabled')).toBe('true')
  }, 60_000)

  test('patients, reminders, audit log, settings, and an address that is none', async () => {
    const screens: readonly (readonly [string, string])[] = [
      ['/patients', 'Patients'],
      ['/reminders?day=2026-03-11', 'Tomorrow’s reminders'],
      ['/audit', 'Audit log'],
      ['/settings', 'Settings'],
      ['/nowhere', 'Not here'],
    ]
    for (const [address, title] of screens) {
      await page.goto(all.world.url + address)
      await page.getByRole('heading', { name: title, level: 1 }).waitFor()
      await page.locator('.wl-skeleton').first().waitFor({ state: 'detached' })
      await holds(address)
    }
    await page.goto(`${all.world.url}/patients/${all.ours.ids['patient']!}?pane=details&open=consent&number=${all.ours.ids['number']!}`)
    await page.getByRole('heading', { name: 'Record consent' }).waitFor()
    await holds('record consent')
  }, 90_000)

  test('commands are found by name, and nobody is shown what is not theirs', async () => {
    await page.goto(all.world.url)
    await page.getByRole('heading', { name: 'Inbox' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByPlaceholder('Type a command or a person').fill('front-desk')
    await holds('palette')
    // Once for what was typed, once for the palette.
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
    await holds('keyboard')
    await page.keyboard.press('Escape')
    const auditor = await signedIn(await all.ours.employ(['auditor']), 'auditor')
    await auditor.goto(all.world.url)
    await auditor.getByRole('heading', { name: 'Audit log' }).waitFor()
    expect(await auditor.getByRole('navigation', { name: 'Places' }).getByRole('link').allTextContents()).toEqual(['Audit', 'Settings'])
    await auditor.goto(`${all.world.url}/patients/${all.ours.ids['patient']!}`)
    await auditor.getByRole('heading', { name: 'Not here' }).waitFor()
    await auditor.context().close()
  }, 60_000)

  test('a minute before an idle session ends the page says so, and one press keeps it', async () => {
    const idle = await signedIn(await all.ours.employ(['auditor']), 'idle')
    await idle.clock.install()
    await idle.goto(`${all.world.url}/settings`)
    await idle.getByText('This one').waitFor()
    await idle.clock.fastForward(14 * 60_000 + 10_000)
    await idle.getByText(/^You will be signed out in 0:\d\d\.$/).waitFor()
    await holds('session near its end', idle)
    await idle.getByRole('button', { name: 'Stay signed in' }).click()
    await idle.getByText(/^You will be signed out/).waitFor({ state: 'detached' })
    await idle.context().close()
  }, 60_000)
})
