/** People and roles in a real browser: a colleague comes, becomes administrator by two people, and leaves; who can do what; places. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { webPages } from '@wardline/app-server'
import { must } from '@wardline/dev/staff'
import type { Session } from '@wardline/dev/staff'
import { approvePending, listPending } from '@wardline/product/access/dual-control/contract'
import { me as whoAmI } from '@wardline/product/access/provisioning/contract'
import { devicesOf } from '@wardline/product/team/devices/contract'
import { listUnits } from '@wardline/product/access/care/contract'
import { closeLocation, listLocations } from '@wardline/product/access/locations/contract'
import { patientCare, setPlace } from '@wardline/product/patients/roster/contract'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, launchBrowser } from '../testing/browser.ts'
import { root } from '../tools/lib/root.ts'
import { buildWeb } from '../tools/lib/web.ts'
import { complaints, isAccessible, openBrowser, openTab, skip } from './lib/window.ts'
import { openNeighbours } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'

describe.skipIf(!hasBrowser())(hasBrowser() ? 'people and roles' : 'people and roles: skipped, no browser was found', () => {
  let folder: string
  let all: Neighbours
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    const built = await buildWeb()
    if (built.code !== 0) throw new Error(`The web app does not build: ${built.output}`)
    folder = await mkdtemp(path.join(tmpdir(), 'wardline-people-'))
    await cp(path.join(root, 'apps/web/dist'), folder, { recursive: true })
    ;[all, browser] = await Promise.all([openNeighbours({ pages: webPages(folder), beatMs: 10_000 }), launchBrowser()])
    page = await windowOf(await all.ours.employ(['administrator']), 'administrator')
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await all?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const windowOf = async (session: Session, who: string): Promise<Page> =>
    openTab(await openBrowser(browser, all.world.url, session.cookie), who)

  const holds = (name: string, it: Page = page) => isAccessible(it, name)

  test('a colleague is added with a one-time code, made administrator by two people, and leaves', async () => {
    await page.goto(`${all.world.url}/settings/people`)
    await page.getByRole('heading', { name: 'People and roles' }).waitFor()
    await page.getByRole('button', { name: 'Change Maple Street Dental nurse' }).waitFor()
    await holds('people')
    await page.getByRole('button', { name: 'Add a colleague' }).click()
    const add = page.getByRole('button', { name: 'Add colleague' })
    expect(await add.evaluate((it) => document.getElementById(it.getAttribute('aria-describedby') ?? '')?.textContent)).toMatch(
      /^Enter a name/,
    )
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Kim Lee')
    await page.getByRole('textbox', { name: 'Sign-in name' }).fill('kim.lee')
    await page.getByRole('checkbox', { name: 'nurse' }).press('Space')
    await holds('people-add')
    await add.click()
    await page.getByRole('heading', { name: 'One-time code for Kim Lee' }).waitFor()
    await page.getByText('Sign-in name: kim.lee').waitFor()
    expect(await page.locator('.people__code').innerText()).toMatch(/^[0-9A-Z-]{31}$/)
    await holds('people-code')
    await page.getByRole('button', { name: 'I have handed it over' }).click()

    await page.getByRole('button', { name: 'Change Kim Lee' }).click()
    await page.getByRole('checkbox', { name: 'auditor' }).press('Space')
    await page.getByRole('checkbox', { name: 'administrator' }).press('Space')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.getByText('These roles cannot be held by one person').first().waitFor()
    await page.getByRole('checkbox', { name: 'auditor' }).press('Space')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.getByText('Waits for a second person: administrator').waitFor()
    await holds('people-change')
    await page.getByRole('button', { name: 'Close' }).last().click()
    await page
      .getByText(/^To agree that somebody becomes administrator/)
      .first()
      .waitFor()

    const officer = await all.ours.employ(['privacy-officer'])
    const { acts } = must(await officer.call(listPending, {}))
    must(await officer.call(approvePending, { params: { act: acts[0]!.act }, body: {} }))

    await page.reload()
    await page
      .getByRole('row', { name: /Kim Lee/ })
      .getByText('administrator, nurse')
      .waitFor()
    await page.getByRole('button', { name: 'Change Kim Lee' }).click()
    await page.getByRole('button', { name: 'End access' }).click()
    await page.getByRole('button', { name: 'End the access of Kim Lee' }).click()
    await page.getByRole('button', { name: 'Change Kim Lee' }).waitFor({ state: 'detached' })
  }, 120_000)

  test('a guest is let in until a day, stays longer, and leaves; denied people do not see guests', async () => {
    // Days are chosen by the window's clock: it shows the world's time.
    await page.clock.setFixedTime(all.world.server.clock.ms())
    await page.goto(`${all.world.url}/settings/people`)
    await page.getByRole('heading', { name: 'No guests' }).waitFor()
    await page.getByRole('button', { name: 'Add a guest' }).click()
    await page.getByRole('button', { name: 'Add the guest' }).click()
    const summary = page.getByRole('alert', { name: 'There is a problem' })
    await summary.getByText('Say how you made sure who they are.').waitFor()
    await holds('guests-problems')
    await summary.getByRole('link', { name: 'Enter where they come from.' }).press('Enter')
    await page.keyboard.type('Elm Imaging')
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Dr. Kim')
    await page.getByRole('textbox', { name: 'Sign-in name' }).fill('dr.kim')
    await page.getByRole('checkbox', { name: 'clinician' }).press('Space')
    await page.getByRole('textbox', { name: 'Last day' }).fill('2027-08-01')
    await page.getByRole('radio', { name: 'I saw them and a document of theirs' }).press('Space')
    await page.getByRole('textbox', { name: 'Last day' }).press('Enter')
    await summary.getByText('Enter a day within a year. It can be moved later.').waitFor()
    await page.getByRole('textbox', { name: 'Last day' }).fill('2026-03-14')
    await holds('guests-add')
    await page.getByRole('textbox', { name: 'Last day' }).press('Enter')
    await page.getByRole('heading', { name: 'One-time code for Dr. Kim (guest, Elm Imaging)' }).waitFor()
    await page.getByRole('button', { name: 'I have handed it over' }).click()
    const guest = page.getByRole('region', { name: 'Guests' }).getByRole('row', { name: /Dr. Kim \(guest, Elm Imaging\)/ })
    await guest.getByText(/Sat, Mar 14, 2026, 23:59/).waitFor()
    await guest.getByText('5 days left').waitFor()
    await holds('guests')
    await guest.getByRole('button', { name: /^Move the end/ }).press('Enter')
    await page.getByRole('textbox', { name: 'Last day' }).fill('2026-04-30')
    await holds('guests-move')
    await page.getByRole('textbox', { name: 'Last day' }).press('Enter')
    await page.getByText('now ends after Thu, Apr 30, 2026, 23:59.').first().waitFor()
    await guest.getByRole('button', { name: /^End now/ }).click()
    await page.getByRole('button', { name: 'End the access of Dr. Kim (guest, Elm Imaging)' }).click()
    await page.getByRole('heading', { name: 'No guests' }).waitFor()
    const nurse = await windowOf(await all.ours.employ(['nurse']), 'nurse')
    await nurse.goto(`${all.world.url}/settings/people`)
    await skip(nurse)
    await nurse.getByRole('heading', { name: 'There is no such page for you' }).waitFor()
    expect(await nurse.getByText('Guests').count()).toBe(0)
  }, 120_000)

  test('a second place makes the first one the main location, and colleagues are put somewhere', async () => {
    await page.getByRole('button', { name: 'Add a location' }).click()
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Harbor office')
    await page.getByRole('button', { name: 'Add location' }).click()
    await page.getByRole('row', { name: /Maple Street Dental \(main\)/ }).waitFor()
    await page.getByRole('button', { name: 'Change Maple Street Dental nurse' }).click()
    await page.getByRole('checkbox', { name: 'Harbor office' }).press('Space')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page
      .getByRole('row', { name: /Maple Street Dental nurse/ })
      .getByText('Harbor office, Maple Street Dental')
      .waitFor()
    await holds('people-places')

    // A night's role: it counts from the evening to the morning, and stays limited when something else is changed.
    await page.getByRole('button', { name: 'Change Maple Street Dental nurse' }).click()
    await page.getByRole('button', { name: 'Limit: nurse' }).press('Enter')
    await page.getByRole('checkbox', { name: 'Friday' }).press('Space')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.getByRole('link', { name: 'nurse: enter two different times, for example 07:00 and 19:00.' }).press('Enter')
    await page.keyboard.type('19:00')
    await page.getByRole('textbox', { name: 'To' }).fill('07:00')
    await page.getByText('counts Fri 19:00–07:00').waitFor()
    await holds('people-times')
    await page.getByRole('button', { name: 'Save changes' }).click()
    const nurses = page.getByRole('row', { name: /Maple Street Dental nurse/ })
    await nurses.getByText('None', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Change Maple Street Dental nurse' }).click()
    expect(await page.getByRole('checkbox', { name: 'nurse' }).isChecked()).toBe(true)
    await page.getByText('counts Fri 19:00–07:00').waitFor()
    await page.getByRole('button', { name: 'Save changes' }).click()
    await nurses.getByText('None', { exact: true }).waitFor()

    // Closed, a location's patients and units belong to the main one.
    const desk = await all.ours.employ(['front-desk'])
    const patient = all.ours.ids['patient']!
    const { locations } = must(await desk.call(listLocations, {}))
    const harbor = locations.find((it) => !it.main)!.location
    must(await desk.call(setPlace, { params: { patient }, body: { location: harbor } }))
    await page.getByRole('button', { name: 'Change the location Harbor office' }).click()
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Harbor clinic')
    await holds('places-change')
    await page.getByRole('textbox', { name: 'Name', exact: true }).press('Enter')
    await page.getByRole('button', { name: 'Change the location Harbor clinic' }).click()
    await page.getByRole('button', { name: 'Close this location' }).click()
    await page.getByText('2 colleagues work there and will not any more.').waitFor()
    await holds('places-close')
    await page.getByRole('button', { name: 'Close Harbor clinic' }).click()
    await page.getByText('Harbor clinic was closed.').first().waitFor()
    await all.settle()
    expect(must(await desk.call(patientCare, { params: { patient } })).location).toBeNull()
    expect(await desk.call(setPlace, { params: { patient }, body: { location: harbor } })).toMatchObject({ code: 'not-found' })
    const main = locations.find((it) => it.main)!.location
    const admin = await all.ours.employ(['administrator'])
    expect(await admin.call(closeLocation, { params: { location: main }, body: {} })).toMatchObject({ code: 'is-main' })
  }, 120_000)

  test('a colleague’s lost device is reported by a security officer, who sees it until it is wiped', async () => {
    const officer = await windowOf(await all.ours.employ(['security-officer']), 'security officer')
    await officer.clock.setFixedTime(all.world.server.clock.ms())
    await officer.goto(`${all.world.url}/settings/people`)
    await officer.getByRole('button', { name: 'Change Maple Street Dental second' }).click()
    const devices = officer.getByRole('list', { name: 'Devices of Maple Street Dental second' })
    await devices.getByRole('button', { name: /^Report as lost/ }).press('Enter')
    await holds('colleague-lost', officer)
    await officer.getByRole('button', { name: /^Cut off and wipe/ }).click()
    await devices.getByText('Lost: not wiped yet').waitFor()
    await holds('colleague-devices', officer)
    expect(await all.ours.second.call(whoAmI, {})).toMatchObject({ code: 'signed-out' })
    // A colleague without the right finds nothing.
    const nurse = await all.ours.employ(['nurse'])
    expect(await nurse.call(devicesOf, { params: { person: all.ours.second.person } })).toMatchObject({ code: 'not-found' })
  }, 120_000)

  test('a unit is added, staffed until a moment and from later on, renamed and closed', async () => {
    const at = all.world.server.clock.ms()
    await page.goto(`${all.world.url}/settings/units`)
    await page.getByRole('heading', { name: 'No units' }).waitFor()
    await page.getByRole('button', { name: 'Add a unit' }).click()
    await page.getByRole('button', { name: 'Add the unit' }).click()
    await page.getByRole('link', { name: 'Enter the name of the unit.' }).press('Enter')
    await page.keyboard.type('4 West')
    await page.keyboard.press('Enter')
    await page.getByText('4 West was added.').first().waitFor()
    await page.getByText('Nobody is on the roster.').waitFor()
    for (const [who, begins, ends] of [
      ['Maple Street Dental nurse', '', '2026-03-10 19:00'],
      ['Maple Street Dental clinician', '2026-03-11 07:00', ''],
    ] as const) {
      await page.getByRole('button', { name: 'Add to the roster of 4 West' }).click()
      await page.getByRole('combobox', { name: 'Colleague' }).fill(who)
      await page.getByRole('option', { name: who }).click()
      await page.getByRole('textbox', { name: 'Begins' }).fill(begins)
      await page.getByRole('textbox', { name: 'Ends' }).fill('tomorrow')
      await page.getByRole('textbox', { name: 'Ends' }).press('Enter')
      await page.getByRole('link', { name: 'Enter a day and a time like 2026-03-10 07:00.' }).waitFor()
      if (begins === '') await holds('units-shift')
      await page.getByRole('textbox', { name: 'Ends' }).fill(ends)
      await page.getByRole('textbox', { name: 'Ends' }).press('Enter')
      await page.getByText(`${who} is on the roster of 4 West.`).first().waitFor()
    }
    await page.getByText('on it now, until Tue, Mar 10, 2026, 19:00').waitFor()
    await page.getByText('from Wed, Mar 11, 2026, 07:00, until they are taken off').waitFor()
    await holds('units')
    await page.getByRole('button', { name: 'Take off the roster of 4 West: Maple Street Dental clinician' }).click()
    await page.getByText('Maple Street Dental clinician is off the roster of 4 West.').first().waitFor()

    // A unit on which a patient is stays.
    const desk = await all.ours.employ(['front-desk'])
    const patient = all.ours.ids['patient']!
    const { units } = must(await desk.call(listUnits, {}))
    must(await desk.call(setPlace, { params: { patient }, body: { unit: units[0]!.unit } }))
    await page.getByRole('button', { name: 'Rename 4 West' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('4 East')
    await page.getByRole('textbox', { name: 'Name' }).press('Enter')
    await page.getByRole('button', { name: 'Close 4 East' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Close 4 East' }).click()
    await page.getByText('There are patients on this unit.').waitFor()
    must(await desk.call(setPlace, { params: { patient }, body: { unit: null } }))
    await page.getByRole('alertdialog').getByRole('button', { name: 'Close 4 East' }).click()
    await page.getByRole('heading', { name: 'No units' }).waitFor()
    expect(must(await desk.call(listUnits, {})).shifts.filter((it) => (it.until ?? Infinity) > at)).toEqual([])
  }, 120_000)

  test('who can do what is the matrix, found by word and by one’s own roles', async () => {
    await page.goto(`${all.world.url}/settings/permissions`)
    await page.getByRole('row', { name: /^add a colleague everything in the organisation, soon after/ }).waitFor()
    await holds('permissions')
    await page.getByRole('searchbox', { name: 'Find an act' }).fill('patient’s texts')
    await expect.poll(() => page.getByRole('rowheader').count()).toBe(1)
    await page.getByRole('checkbox', { name: 'My roles only' }).press('Space')
    await expect.poll(() => page.getByRole('columnheader').count()).toBe(2)
    expect(complaints.splice(0).filter((it) => !/status of 4(04|09|22)/.test(it))).toEqual([])
  }, 120_000)
})
