/** Every screen and dialog of the staff application in a real browser: axe-core in light and dark, wide and narrow; nothing beyond the edge, nobody named in title or address, no complaint of the page. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { webPages } from '@wardline/app-server'
import { codeOf } from '@wardline/dev'
import type { CastMember } from '@wardline/dev'
import { must } from '@wardline/dev/staff'
import type { Session } from '@wardline/dev/staff'
import { newId } from '@wardline/platform/server'
import { addPerson } from '@wardline/product/access/provisioning/contract'
import { addNumber, createPatient } from '@wardline/product/patients/roster/contract'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, launchBrowser } from '../testing/browser.ts'
import { root } from '../tools/lib/root.ts'
import { buildWeb } from '../tools/lib/web.ts'
import { complaints, isAccessible, openBrowser, openTab, said, write } from './lib/window.ts'
import { openNeighbours } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'

/** The authenticator key of an otpauth address (RFC 4648 base 32). */
function keyOf(uri: string): Buffer {
  const text = new URL(uri).searchParams.get('secret') ?? ''
  const bits = [...text].map((sign) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

describe.skipIf(!hasBrowser())(hasBrowser() ? 'the screens' : 'the screens: skipped, no browser was found', () => {
  let folder: string
  let all: Neighbours
  let browser: Browser
  let officer: Session
  let page: Page
  let recoveryKey: string

  beforeAll(async () => {
    const built = await buildWeb()
    if (built.code !== 0) throw new Error(`The web app does not build: ${built.output}`)
    folder = await mkdtemp(path.join(tmpdir(), 'wardline-screens-'))
    // A copy: who builds meanwhile changes nothing here.
    await cp(path.join(root, 'apps/web/dist'), folder, { recursive: true })
    ;[all, browser] = await Promise.all([openNeighbours({ pages: webPages(folder), beatMs: 10_000 }), launchBrowser()])
    // Treats patients and reads the audit log: no other person of the matrix sees more screens.
    officer = await all.ours.employ(['clinician', 'privacy-officer'])
    page = await openTab(await signedIn(officer), 'officer')
  }, 180_000)
  afterEach(() => {
    // An address that is nothing, a form that is refused: the browser tells these by itself.
    expect(complaints.splice(0).filter((it) => !/status of 4(04|09|22)/.test(it))).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    await all?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const window = () => openBrowser(browser, all.world.url)
  const signedIn = (session: Session) => openBrowser(browser, all.world.url, session.cookie)

  /** The screen breaks nothing in any look, and has one title that names nobody. */
  async function holds(name: string, it: Page = page): Promise<void> {
    await isAccessible(it, name)
    expect(await it.title()).toMatch(/^(Error: )?[A-Z][\w ’-]+ · Wardline$/)
    expect(await it.title()).not.toMatch(/rivera|ana|dental/i)
    expect(it.url()).not.toMatch(/rivera|ana\b|recovery/i)
  }

  const heading = (name: string, it: Page = page) => it.getByRole('heading', { name, level: 1, exact: true }).waitFor()
  /** The summary of a form's problems, saying this. */
  const problem = (text = /./, it: Page = page) => it.getByRole('alert', { name: 'There is a problem' }).filter({ hasText: text }).waitFor()
  const press = (name: string | RegExp, it: Page = page) => it.getByRole('button', { name, exact: true }).click()
  const dialog = (name: string | RegExp) => page.getByRole('dialog', { name })
  const patientAt = (search: string) => `/patients/${all.ours.ids['patient']!}?pane=details${search}`
  const numberAt = () => `&number=${all.ours.ids['number']!}`
  const closeDialog = async () => {
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }

  test('a first sign-in by one-time code, then by password and authenticator, with each refusal in between', async () => {
    const { administrator } = all.ours.staff
    const given = must(
      await administrator.call(addPerson, { body: { signInName: 'new.auditor', name: 'New Auditor', title: '', roles: ['auditor'] } }),
    )
    const it = await openTab(await window(), 'new auditor')
    await it.goto(`${all.world.url}/audit`)
    await it.getByLabel('Sign-in name').waitFor()
    await it.waitForFunction(() => document.activeElement?.getAttribute('autocomplete') === 'username')
    await holds('sign in', it)
    await press('Continue', it)
    await problem(/Enter your sign-in name.*Enter your password/s, it)
    await holds('sign in, nothing typed', it)
    await it.getByLabel('Sign-in name').fill('new.auditor')
    await it.getByRole('textbox', { name: 'Password' }).fill('not my password')
    await press('Continue', it)
    await problem(/The name or the password is not right/, it)
    await holds('sign in, refused', it)

    await press('I have a one-time code from my administrator', it)
    await it.getByLabel('Sign-in name').fill('new.auditor')
    await it.getByRole('textbox', { name: 'One-time code' }).fill('not my code')
    await press('Continue', it)
    await problem(/code/, it)
    await holds('one-time code, refused', it)
    await it.getByRole('textbox', { name: 'One-time code' }).fill(given.secret)
    await press('Continue', it)
    const key = keyOf((await it.getByRole('link', { name: 'Open in an authenticator app' }).getAttribute('href')) ?? '')
    const code = () => codeOf({ totpKey: key } as unknown as CastMember, all.world.server.clock.ms()).code
    await it.getByRole('img', { name: /^QR code of this account/ }).waitFor()
    const wrong = () => code().replace(/^./, (digit) => String((Number(digit) + 1) % 10))
    await holds('password and authenticator', it)
    await it.getByRole('textbox', { name: 'Choose a password' }).fill('seven quiet lanterns')
    await it.getByLabel('Code from your authenticator').fill(wrong())
    await press('Finish and sign in', it)
    await problem(/code/i, it)
    await holds('authenticator, refused', it)
    await it.getByLabel('Code from your authenticator').fill(code())
    await press('Finish and sign in', it)
    await heading('Audit log', it)
    // To whom it was done is said by name, once the entry has its place in the log.
    await all.settle()
    await it.reload()
    await it
      .getByRole('listitem')
      .filter({ hasText: /added a colleague: New Auditor/ })
      .waitFor()

    await press('New Auditor, settings and signing out', it)
    await it.getByRole('menuitem', { name: 'Sign out' }).click()
    // A code works once: the next one comes after 30 s.
    await all.world.advance(30_000)
    await it.getByLabel('Sign-in name').fill('New.Auditor ')
    await it.getByRole('textbox', { name: 'Password' }).fill('seven quiet lanterns')
    await press('Continue', it)
    await it.getByLabel('Code from your authenticator').waitFor()
    await holds('code', it)
    await it.getByLabel('Code from your authenticator').fill(wrong())
    await problem(/code/, it)
    await holds('code, refused', it)
    await it.getByLabel('Code from your authenticator').fill(code())
    await heading('Audit log', it)

    // From another browser: it is told, and ended from there.
    await all.world.advance(30_000)
    const other = await openTab(await window(), 'another browser')
    await other.goto(all.world.url)
    await other.getByLabel('Sign-in name').fill('new.auditor')
    await other.getByRole('textbox', { name: 'Password' }).fill('seven quiet lanterns')
    await press('Continue', other)
    await other.getByLabel('Code from your authenticator').fill(code())
    await other.getByText('Your sign-in: Somebody signed in from a browser that was not known.').waitFor()
    await holds('signed in anew', other)
    await it.reload()
    await press('This was not me', it)
    await holds('not me', it)
    await press('Sign out everywhere else', it)
    await it.getByText('One other session has ended.').waitFor()
    await holds('not me, ended', it)
    await it.getByRole('dialog').getByRole('link', { name: 'settings' }).click()
    await it.getByRole('dialog').waitFor({ state: 'detached' })
    await heading('Settings', it)
    await other.reload()
    await other.getByLabel('Sign-in name').waitFor()
    await other.context().close()
    await it.context().close()
  }, 180_000)

  test('a new person makes keys, must read the recovery key back, and is in', async () => {
    await page.goto(all.world.url)
    await page.getByRole('button', { name: 'Create my keys' }).waitFor()
    await holds('create keys')
    await press('Create my keys')
    const kit = page.locator('.recovery-kit__group')
    await kit.first().waitFor()
    await holds('recovery kit')
    const groups = (await kit.allTextContents()).map((it) => it.trim())
    expect(groups).toHaveLength(8)
    recoveryKey = groups.join(' ')
    await press('I have kept it')
    const asked = await page.getByRole('textbox', { name: /^Group \d/ }).all()
    expect(asked).toHaveLength(2)
    for (const field of asked) await field.fill('AAAA')
    await press('Done')
    await problem()
    await holds('recovery key read back wrongly')
    for (const field of asked) {
      const label = await field.evaluate((it) => (it as HTMLInputElement).labels?.[0]?.textContent ?? '')
      await field.fill(groups[Number(label.replace(/\D/g, '')) - 1]!.toLowerCase())
    }
    await press('Done')
    await heading('Inbox')
    expect(await page.getByText('You have not confirmed your recovery key').count()).toBe(0)
    await page.getByRole('link', { name: /RIVERA, Ana/ }).waitFor()
    await holds('inbox')
    await page
      .getByRole('radio', { name: 'Team' })
      .or(page.getByRole('tab', { name: 'Team' }))
      .click()
    await page.getByRole('heading', { name: 'No conversation yet' }).waitFor()
    await holds('inbox, nothing from colleagues')
  }, 180_000)

  test('another browser of the same person is added by the recovery key, and shut out from the settings of the first', async () => {
    const second = await openTab(await signedIn(officer), 'officer, second browser')
    await second.goto(all.world.url)
    const field = second.getByLabel('Recovery key')
    await field.waitFor()
    await holds('add this browser', second)
    await field.fill('AAAA BBBB')
    await press('Add this browser', second)
    await problem(/This is not a recovery key/, second)
    await holds('add this browser, wrong key', second)
    await field.fill(recoveryKey.toLowerCase())
    await press('Add this browser', second)
    await heading('Inbox', second)

    await page.goto(`${all.world.url}/settings`)
    await press(/^Remove (Device|Chrome)/)
    await page.getByRole('alertdialog').waitFor()
    await holds('remove a device')
    await page
      .getByRole('alertdialog')
      .getByRole('button', { name: /^Remove (Device|Chrome)/ })
      .click()
    await page.getByRole('alertdialog').waitFor({ state: 'detached' })
    await press('Show 1 earlier device')
    await page.getByRole('list', { name: 'Your earlier devices' }).getByText('Removed', { exact: true }).waitFor()
    await holds('earlier devices')
    await heading('This browser was removed', second)
    await holds('this browser was removed', second)
    await second.context().close()
  }, 180_000)

  test('a group is begun by keyboard alone, and its people and the archive’s officers stand beside it', async () => {
    await page.goto(all.world.url)
    await heading('Inbox')
    await page.keyboard.press('c')
    await page.getByRole('searchbox', { name: 'To' }).waitFor()
    await press('Write')
    await page.getByText('Choose at least one person.').waitFor()
    await holds('new message, to nobody')
    await page.getByRole('searchbox', { name: 'To' }).focus()
    for (const name of ['front-desk', 'second']) {
      await page.keyboard.type(name)
      await page.keyboard.press('Enter')
    }
    await page.getByRole('button', { name: 'Write to 2 people' }).waitFor()
    await holds('new message')
    await press('Write to 2 people')
    await page.getByRole('textbox', { name: /^Message to/ }).waitFor()
    expect(new URL(page.url()).pathname).toMatch(/^\/t\/[0-9a-f-]{36}$/)
    await page.getByRole('heading', { name: 'No message yet' }).waitFor()
    await holds('thread, empty')
    await page.keyboard.press('r')
    // In a field letters are letters.
    await page.keyboard.type('jkcu? The recall list is ready')
    await page.keyboard.press('Control+Enter')
    await said(page, 'jkcu? The recall list is ready').getByText('Sent', { exact: true }).waitFor()
    await page.getByText(/\d of \d officers/).waitFor()
    await holds('thread')
    await said(page, 'jkcu? The recall list is ready').getByRole('button', { name: /Sent/ }).click()
    await dialog('Who has it').waitFor()
    await holds('receipts')
    await closeDialog()
    await page.goto(`${page.url()}?pane=people`)
    await press('Add')
    await dialog('Add people').waitFor()
    await holds('add people')
    await closeDialog()
    await page
      .getByRole('button', { name: /^More about .* second$/ })
      .first()
      .click()
    await page.getByRole('menuitem', { name: /^Safety number/ }).click()
    await dialog(/^Safety number/).waitFor()
    await holds('safety number')
    await closeDialog()
    await page.keyboard.press('u')
    await page.waitForURL(`${all.world.url}/`)
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1')
  }, 180_000)

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
    await box.focus()
    await send.hover()
    await page.mouse.down()
    // Until it is pressed too: on a phone the page would move under the finger.
    expect(await box.evaluate((it) => it === document.activeElement)).toBe(true)
    await page.mouse.up()
    const answer = page.getByRole('article').filter({ hasText: 'Yes, 15:30 is free.' })
    await answer.waitFor()
    // The next one is written where this one was.
    expect(await box.evaluate((it) => it === document.activeElement)).toBe(true)
    await all.settle()
    await answer.getByText('Delivered').waitFor()
    const phone = all.twilio.control.phones.get(all.ours.phone)!
    expect(phone.bubbles.filter((it) => it.direction === 'received').at(-1)?.body).toContain('Yes, 15:30 is free.')

    const dialogs = [
      ['&open=consent', 'Record consent'],
      ['&open=verify', /^Verify the /],
      ['&open=stop', /^Stop all texts/],
    ] as const
    for (const [search, title] of dialogs) {
      await page.goto(all.world.url + patientAt(search + numberAt()))
      await page.getByRole('heading', { name: title }).waitFor()
      await holds(`patient, ${search}`)
    }
    await page.goto(all.world.url + patientAt(''))
    await page.getByRole('complementary').getByRole('button', { name: 'Add', exact: true }).click()
    await dialog('Add a number').waitFor()
    await press('Add the number')
    await page.getByText('Enter a number.').waitFor()
    await holds('add a number, nothing typed')
    await closeDialog()
    await press('Book')
    await press('Book the visit')
    await problem()
    await holds('book a visit, nothing typed')
    await closeDialog()
    // The phone stops it: the composer knows without a reload.
    const answered = await all.webhook(all.ours, 'inbound', all.inbound(all.ours, 'STOP'))
    expect(answered.status).toBe(200)
    await page.getByText('Stopped by the patient').waitFor()
    expect(await send.getAttribute('aria-disabled')).toBe('true')
    // What nobody here can lift is said alone: to record a consent would lead nowhere.
    await page.getByText('Only the phone itself can lift that').first().waitFor()
    expect(await page.getByText('record a new one').count()).toBe(0)
    await holds('patient, stopped')
  }, 180_000)

  test('an answer from a number of several patients is told at each of them, and can be put away', async () => {
    const desk = all.ours.staff['front-desk']
    const brother = newId()
    must(
      await desk.call(createPatient, {
        body: { patient: brother, language: 'en', given: 'Cy', family: 'Walker', birthDate: '2016-09-14' },
      }),
    )
    must(await desk.call(addNumber, { params: { patient: brother }, body: { number: all.ours.phone } }))
    expect((await all.webhook(all.ours, 'inbound', all.inbound(all.ours, 'Can we both come at four?'))).status).toBe(200)
    await page.goto(all.world.url + patientAt(''))
    await page.getByText('An answer came from this number.').waitFor()
    await holds('patient, an answer waits elsewhere')
    await page.getByRole('link', { name: 'Open the answer' }).click()
    await page.getByText('Several patients share this number.').waitFor()
    await page.getByRole('list', { name: /^Inbox|^Patients/ }).waitFor()
    await holds('number of several patients')
    await press('No answer needed')
    await page.getByText('Waits for an answer').waitFor({ state: 'detached' })
  }, 120_000)

  test('patients, reminders, audit log, settings, and what is not there', async () => {
    const none = '00000000-0000-4000-8000-000000000000'
    const screens: readonly (readonly [string, string])[] = [
      ['/patients', 'Patients'],
      ['/reminders?day=2026-03-11', 'Tomorrow’s reminders'],
      ['/reminders?day=2027-01-02', 'Reminders for 2027-01-02'],
      ['/audit', 'Audit log'],
      ['/settings', 'Settings'],
      ['/nowhere', 'Not here'],
      [`/t/${none}`, 'Conversation'],
      [`/patients/${none}`, 'Patient'],
      [`/texts/${none}`, 'Texts'],
    ]
    for (const [address, title] of screens) {
      await page.goto(all.world.url + address)
      await heading(title)
      await page.waitForFunction(() => document.querySelector('.wl-skeleton, .wl-spinner') === null)
      await holds(address)
    }
    await page.goto(`${all.world.url}/settings`)
    for (const [button, opens] of [
      ['New recovery key', 'dialog'],
      ['Sign out and forget my messages here', 'alertdialog'],
    ] as const) {
      await press(button)
      await page.getByRole(opens).waitFor()
      await holds(button)
      await page.keyboard.press('Escape')
      await page.getByRole(opens).waitFor({ state: 'detached' })
    }
    await page.goto(`${all.world.url}/patients`)
    await page.getByRole('searchbox', { name: 'Find a patient' }).fill('Nobodyofthatname')
    await page.getByRole('heading', { name: 'Nobody found' }).waitFor()
    await holds('patients, nobody found')
    await page.goto(`${all.world.url}/patients?open=new`)
    await press('Add the patient')
    await problem()
    await holds('add a patient, nothing typed')
  }, 180_000)

  test('commands are found by name, and nobody is shown what is not theirs', async () => {
    await page.goto(all.world.url)
    await heading('Inbox')
    await page.keyboard.press('Control+k')
    await page.getByPlaceholder('Command or person').waitFor()
    await holds('palette')
    await page.getByPlaceholder('Command or person').fill('Nothingofthatname')
    await page.getByText('Nothing found').waitFor()
    await holds('palette, nothing found')
    await page.getByPlaceholder('Command or person').fill('rivera')
    await page.getByRole('menuitem', { name: 'RIVERA, Ana' }).waitFor()
    // Once for what was typed, once for the palette.
    await page.keyboard.press('Escape')
    await closeDialog()
    await page.keyboard.press('?')
    await dialog('Keyboard').waitFor()
    await holds('keyboard')
    await closeDialog()
    const auditor = await openTab(await signedIn(await all.ours.employ(['auditor'])), 'auditor')
    await auditor.goto(all.world.url)
    await heading('Audit log', auditor)
    expect(await auditor.getByRole('navigation', { name: 'Places' }).getByRole('link').allTextContents()).toEqual([
      'Audit',
      'Review',
      'Settings',
    ])
    await auditor.goto(`${all.world.url}/patients/${all.ours.ids['patient']!}`)
    await heading('Not here', auditor)
    await auditor.context().close()
  }, 180_000)

  test('without a connection the page says so, keeps what is written, and sends it by itself afterwards', async () => {
    await page.goto(`${all.world.url}/?show=team`)
    await page
      .getByRole('list', { name: /^Inbox/ })
      .getByRole('link')
      .first()
      .click()
    await said(page, 'jkcu? The recall list is ready').waitFor()
    await page.context().setOffline(true)
    await all.world.server.services.live.end({ person: officer.person })
    await page
      .getByText(/^Offline/)
      .first()
      .waitFor()
    await write(page, 'Written on the stairs')
    await said(page, 'Written on the stairs').getByText('Waiting for connection').waitFor()
    await holds('thread, offline')
    await page.context().setOffline(false)
    await said(page, 'Written on the stairs').getByText('Sent', { exact: true }).waitFor()
  }, 180_000)

  test('a minute before an idle session ends the page says so, and one press keeps it', async () => {
    const idle = await openTab(await signedIn(await all.ours.employ(['auditor'])), 'idle')
    await idle.clock.install()
    await idle.goto(`${all.world.url}/settings`)
    await idle.getByText('This one').waitFor()
    await idle.clock.fastForward(14 * 60_000 + 10_000)
    await idle.getByText(/^You will be signed out in 0:\d\d\.$/).waitFor()
    await press('Stay signed in', idle)
    await idle.getByText(/^You will be signed out/).waitFor({ state: 'detached' })
    await idle.clock.fastForward(14 * 60_000 + 10_000)
    await idle.getByText(/^You will be signed out in 0:\d\d\.$/).waitFor()
    // Last: on a slow machine the session may end while it is looked at.
    await holds('session near its end', idle)
    await idle.context().close()
  }, 60_000)
})
