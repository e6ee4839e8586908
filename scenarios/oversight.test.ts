/** In a real browser: an officer opens a record in an emergency, another one reviews it, both change the security policy. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { webPages } from '@wardline/app-server'
import { must, signIn } from '@wardline/dev/staff'
import type { Session } from '@wardline/dev/staff'
import { ownNotices } from '@wardline/product/access/mfa/contract'
import { approvePending } from '@wardline/product/access/dual-control/contract'
import { keepRecords, recordNetworks } from '@wardline/product/access/networks/contract'
import { patientCare } from '@wardline/product/patients/roster/contract'
import { reportLost } from '@wardline/product/team/devices/contract'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, launchBrowser } from '../testing/browser.ts'
import { root } from '../tools/lib/root.ts'
import { buildWeb } from '../tools/lib/web.ts'
import { isAccessible, openBrowser, skip } from './lib/window.ts'
import { openNeighbours } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'

describe.skipIf(!hasBrowser())(hasBrowser() ? 'oversight' : 'oversight: skipped, no browser was found', () => {
  let folder: string
  let street: Neighbours
  let browser: Browser
  const open = async (session: Session, at: string): Promise<Page> => {
    const page = await (await openBrowser(browser, street.world.url, session.cookie)).newPage()
    await page.goto(street.world.url + at)
    return page
  }

  beforeAll(async () => {
    const built = await buildWeb()
    if (built.code !== 0) throw new Error(`The web app does not build: ${built.output}`)
    folder = await mkdtemp(path.join(tmpdir(), 'wardline-oversight-'))
    await cp(path.join(root, 'apps/web/dist'), folder, { recursive: true })
    ;[street, browser] = await Promise.all([openNeighbours({ pages: webPages(folder), behindProxy: true }), launchBrowser()])
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await street?.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('a record is opened for an hour under a bar on every screen, reviewed by another officer, and closed', async () => {
    // In a hospital a clinician has patients by care relationship only.
    await street.world.owner.query("update org set preset = 'hospital' where org = $1", [street.ours.org])
    const page = await open(await street.ours.employ(['clinician']), '/patients')
    await skip(page)
    await page.getByRole('link', { name: 'Not in this list' }).click()
    const find = page.getByRole('dialog', { name: 'Find a patient who is not in your list' })
    await find.getByRole('textbox', { name: 'Family name' }).fill('Rivera')
    await find.getByRole('textbox', { name: 'Given name' }).fill('Ana')
    await find.getByRole('textbox', { name: 'Birth date' }).fill('1981-07-15')
    await find.getByRole('button', { name: 'Find', exact: true }).click()
    await find.getByText('Nobody has this name and birth date').waitFor()
    await find.getByRole('textbox', { name: 'Birth date' }).fill('1981-07-14')
    await find.getByRole('textbox', { name: 'Birth date' }).press('Enter')
    await find.getByText(/Not open to you/).waitFor()
    await isAccessible(page, 'look-up')
    expect(page.url()).not.toMatch(/rivera|1981/i)
    await find.getByRole('button', { name: /^Open .*Rivera/i }).click()
    await page.getByText('This record is not open to you.').waitFor()
    await isAccessible(page, 'offer')
    await page.getByRole('button', { name: 'Open in an emergency' }).click()
    const dialog = page.getByRole('dialog')
    const act = dialog.getByRole('button', { name: 'Open the record for one hour' })
    expect(await act.isDisabled()).toBe(true)
    await dialog.getByText('Emergency care').click()
    await dialog.getByLabel('Why you need it now').fill('unconscious in bay 4, allergies')
    await isAccessible(page, 'dialog')
    await act.click()
    await page.getByText(/Emergency access to a patient’s record: (60:00|59:\d\d) left/).waitFor()
    await page
      .getByRole('heading', { name: /rivera/i })
      .first()
      .waitFor()
    await isAccessible(page, 'opened')
    expect(page.url()).not.toMatch(/rivera|unconscious/i)
    // On a phone the bars share a strip: the emergency in one line, with its end at hand; the rest opens.
    await page.setViewportSize({ width: 320, height: 640 })
    const bars = page.getByRole('region', { name: 'Notices' })
    await bars.getByRole('button', { name: 'and 1 more' }).waitFor()
    expect(await bars.getByRole('button', { name: 'Close it now' }).isVisible()).toBe(true)
    expect((await bars.boundingBox())!.height).toBeLessThan(64)
    expect(await bars.getByRole('button', { name: 'Set it up' }).count()).toBe(0)
    await bars.getByRole('button', { name: 'and 1 more' }).click()
    await bars.getByRole('button', { name: 'Set it up' }).waitFor()
    await isAccessible(page, 'bars')

    const reviewer = await open(await street.ours.employ(['clinician', 'privacy-officer']), '/oversight')
    await skip(reviewer)
    await reviewer.getByText('“unconscious in bay 4, allergies”').waitFor()
    await isAccessible(reviewer, 'queue')
    await reviewer.getByRole('button', { name: 'Review it' }).click()
    await reviewer.getByRole('button', { name: 'Record the review' }).click()
    await reviewer.getByText('Appropriate', { exact: true }).waitFor()
    await reviewer.getByRole('tab', { name: 'Unusual access' }).click()
    await reviewer.getByText('Nothing unusual').waitFor()
    await isAccessible(reviewer, 'unusual')

    await page.getByRole('button', { name: 'Close it now' }).click()
    await page.getByText('This record is not open to you.').waitFor()
    expect(await page.getByText(/Emergency access/).count()).toBe(0)
  }, 120_000)

  test('a care team is put together, a record is restricted, and whoever is refused finds the doors that are there', async () => {
    const patient = street.ours.ids['patient']!
    const nurse = await street.ours.employ(['nurse'])
    const page = await open(nurse, `/patients/${patient}?pane=details`)
    await skip(page)
    await page.getByRole('button', { name: 'Say that you cover' }).press('Enter')
    await page.getByRole('button', { name: 'Open the record', exact: true }).click()
    await page.getByRole('link', { name: 'Say in at least ten characters why you need it.' }).press('Enter')
    await page.keyboard.type('for Sam, who is in theatre')
    await isAccessible(page, 'cover')
    await page.getByRole('button', { name: 'Open the record', exact: true }).click()
    const team = page.getByRole('list', { name: 'Care team' })
    await page.getByRole('heading', { name: 'Care team' }).waitFor()

    await page.getByRole('button', { name: 'Add to the care team' }).click()
    const add = page.getByRole('dialog', { name: 'Add to the care team' })
    await add.getByRole('button', { name: 'Add to the care team' }).click()
    await add.getByRole('link', { name: 'Choose a colleague.' }).press('Enter')
    await page.keyboard.type('Maple Street Dental second')
    await page.getByRole('option', { name: 'Maple Street Dental second' }).click()
    await add.getByRole('textbox', { name: 'Last day' }).fill('2099-03-31')
    await isAccessible(page, 'care-add')
    await add.getByRole('textbox', { name: 'Last day' }).press('Enter')
    await team.getByText(/assigned until/).waitFor()
    await isAccessible(page, 'care-team')
    await page.getByRole('button', { name: 'Take off the care team: Maple Street Dental second' }).click()
    await page.getByText('Maple Street Dental second is off the care team.').first().waitFor()
    // A nurse sees who may look, and does not say it.
    expect(await page.getByRole('button', { name: 'Restrict' }).count()).toBe(0)

    const officer = await open(await street.ours.employ(['clinician', 'privacy-officer']), `/patients/${patient}?pane=details`)
    await skip(officer)
    await officer.getByRole('button', { name: 'Restrict' }).click()
    await officer.getByRole('radio', { name: 'Somebody who works here' }).press('Space')
    await isAccessible(officer, 'restrict')
    await officer.getByRole('button', { name: 'Restrict the record' }).click()
    await officer.getByText('Works here. Only the care team opens the record').waitFor()
    await isAccessible(officer, 'restricted')

    // Covering ends, and does not open what is restricted; an emergency does.
    await street.world.advance(16 * 60_000)
    const late = await street.ours.employ(['nurse'])
    const refused = await open(late, `/patients/${patient}?pane=details`)
    await skip(refused)
    await refused.getByRole('button', { name: 'Say that you cover' }).click()
    await refused.getByRole('textbox', { name: 'For whom, and why you need it' }).fill('for Sam, who is in theatre')
    // The page asks for the record again when somebody comes back to it; the same refusal does not close what they are writing.
    const again = refused.waitForResponse((it) => it.url().endsWith(`/patients/${patient}`))
    await refused.evaluate(() => window.dispatchEvent(new Event('visibilitychange')))
    await again
    expect(await refused.getByRole('textbox', { name: 'For whom, and why you need it' }).inputValue()).toMatch(/Sam/)
    await refused.getByRole('button', { name: 'Open the record', exact: true }).click()
    await refused.getByText('Covering does not open this record.').waitFor()
    await isAccessible(refused, 'cover-refused')
    await refused.getByRole('button', { name: 'Cancel' }).click()
    await refused.getByRole('button', { name: 'Open in an emergency' }).waitFor()
    expect(await late.call(patientCare, { params: { patient } })).toMatchObject({ code: 'not-found' })
  }, 120_000)

  test('a figure is proposed by one and approved by another; the history says who', async () => {
    const owner = await open(await street.ours.employ(['administrator']), '/oversight?tab=policy')
    await skip(owner)
    await owner.getByRole('button', { name: 'Change: Hours until a session ends whatever happens' }).click()
    await owner.getByLabel(/New figure/).fill('30')
    await owner.getByText('Weaker than the floor.').waitFor()
    await owner.getByLabel(/New figure/).fill('10')
    await owner.getByLabel('Why').fill('shifts of ten hours are enough')
    await isAccessible(owner, 'propose')
    await owner.getByRole('button', { name: 'Propose it' }).click()
    await owner.getByText('“shifts of ten hours are enough”').waitFor()
    expect(await owner.getByRole('button', { name: 'Approve 10' }).count()).toBe(0)
    const officer = await open(await street.ours.employ(['clinician', 'security-officer']), '/oversight?tab=policy')
    await skip(officer)
    await officer.getByRole('button', { name: 'Approve 10' }).click()
    await officer.getByRole('button', { name: 'Take back version 1' }).waitFor()
    await isAccessible(officer, 'policy')
    await officer.getByRole('searchbox', { name: 'Find a setting' }).fill('overdue')
    await officer.getByText(/^1 of \d+ settings$/).waitFor()
    expect(await officer.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual(['Training'])
    await isAccessible(officer, 'policy-found')
  }, 120_000)

  test('officers come in without making their browser a device, say from where they administer, and read what was told', async () => {
    const officer = await street.ours.employ(['security-officer'])
    const page = await open(officer, '/oversight?tab=networks')
    await page.getByText('Administration is done from everywhere').waitFor()
    await isAccessible(page, 'networks-none')
    await page.getByRole('button', { name: 'Name networks' }).click()
    const list = page.getByRole('textbox', { name: 'Networks' })
    await list.fill('203.0.113.0/24 Main office\n203.0.113.7/24')
    await page.getByRole('button', { name: 'Save the list' }).click()
    await page.getByRole('link', { name: /This is no network.*203\.0\.113\.7/ }).waitFor()
    await list.fill('203.0.113.0/24 Main office')
    await page.getByRole('button', { name: 'Save the list' }).click()
    await page.getByRole('link', { name: /this would lock you out/ }).waitFor()
    await isAccessible(page, 'networks-lock-out')
    await list.fill('127.0.0.0/8 Main office')
    await page.getByRole('checkbox', { name: /Only try it/ }).press('Space')
    await page.getByRole('button', { name: 'Try it for 15 minutes' }).click()
    // It hides administration from elsewhere, so an officer inside it agrees before it is even tried.
    await page.getByText('It counts once a second person agrees, from one of its networks.').first().waitFor()
    const agreeing = await street.ours.employ(['privacy-officer'])
    const other = await open(agreeing, '/oversight?tab=networks')
    await other.getByText(/Administration would be done from Main office \(127\.0\.0\.0\/8\) only/).waitFor()
    await isAccessible(other, 'networks-waiting')
    await other.getByRole('button', { name: 'Agree' }).click()
    await other.getByText('It counts from now on.').first().waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Keep this list' }).waitFor()
    await isAccessible(page, 'networks-trial')
    await page.getByRole('button', { name: 'Keep this list' }).click()
    await page.getByText('The list is kept.').first().waitFor()
    await page.getByRole('button', { name: 'Keep this list' }).waitFor({ state: 'detached' })
    // To open it to everybody again takes a second person too.
    await page.getByRole('button', { name: 'Change the list' }).click()
    await list.fill('')
    await page.getByRole('button', { name: 'Save the list' }).click()
    await page.getByText('It counts once a second person agrees.').first().waitFor()
    await other.reload()
    await other.getByText('Administration would be done from everywhere.').waitFor()
    await other.getByRole('button', { name: 'Decline' }).click()
    await other.getByText('Declined. Nothing was changed.').first().waitFor()
    await page.reload()

    // From elsewhere an administrator reads once why nothing is offered, and finds no button that the server would refuse.
    const away = await open(await street.ours.employ(['administrator']), '/settings')
    await skip(away)
    await away.context().setExtraHTTPHeaders({ 'x-forwarded-for': '198.51.100.9' })
    await away.goto(`${street.world.url}/settings/people`)
    const reason = away.getByText('Your organisation is administered from its own networks only')
    await reason.waitFor()
    expect(await reason.count()).toBe(1)
    expect(await away.getByRole('button', { name: 'Add a colleague' }).isDisabled()).toBe(true)
    expect(await away.getByRole('button', { name: /^(Change|Add a place|Add a guest)/ }).count()).toBe(0)
    expect(await away.getByText('There is no such thing here').count()).toBe(0)
    await isAccessible(away, 'people-elsewhere')
    for (const at of [
      '/settings/workstations',
      '/settings/training',
      '/admin/sign-in',
      '/oversight?tab=policy',
      '/oversight?tab=networks',
    ]) {
      await away.goto(street.world.url + at)
      await away.getByRole('heading', { name: 'Administration is closed on this network' }).waitFor()
      expect({ at, refused: await away.getByText('There is no such thing here').count() }).toEqual({ at, refused: 0 })
    }
    await isAccessible(away, 'administration-elsewhere')
    await away.context().close()

    // Records are kept to the staff's Wi-Fi by two officers; a nurse elsewhere finds one calm page, and the way in an emergency.
    const nurse = await street.ours.employ(['nurse'])
    await page.getByRole('button', { name: 'Keep records to networks' }).click()
    await page.getByRole('textbox', { name: 'Networks' }).fill('203.0.113.0/24 Staff Wi-Fi')
    await isAccessible(page, 'records-networks')
    await page.getByRole('button', { name: 'Ask for it' }).click()
    await page.getByRole('link', { name: /from here this would close records to you and to whoever else is here/ }).waitFor()
    await page.getByRole('checkbox', { name: /I mean it/ }).press('Space')
    await page.getByRole('button', { name: 'Ask for it' }).click()
    await page.getByText('It counts once a second person agrees.').first().waitFor()
    await other.reload()
    await other.getByText(/Records would be opened from Staff Wi-Fi \(203\.0\.113\.0\/24\) only/).waitFor()
    await isAccessible(other, 'records-networks-waiting')
    await other.getByRole('button', { name: 'Agree' }).click()
    await other
      .getByText(/Who agrees stands in one of them/)
      .first()
      .waitFor()
    await other.context().setExtraHTTPHeaders({ 'x-forwarded-for': '203.0.113.5' })
    await other.getByRole('button', { name: 'Agree' }).click()
    await other.getByText('Version 1, asked for by').waitFor()
    await other.context().setExtraHTTPHeaders({})
    await other.getByRole('tab', { name: 'Emergency openings' }).click()
    await other.getByRole('heading', { name: 'Records are closed on this network' }).waitFor()
    const ward = await open(nurse, `/patients/${street.ours.ids['patient']!}`)
    await skip(ward)
    await ward.getByRole('heading', { name: 'Records are closed on this network' }).waitFor()
    await ward.getByRole('button', { name: 'Open in an emergency' }).waitFor()
    expect(await ward.getByText(/rivera/i).count()).toBe(0)
    await isAccessible(ward, 'elsewhere')
    const [asker, agrees] = [await street.ours.employ(['security-officer']), await street.ours.employ(['privacy-officer'])]
    must(await asker.call(keepRecords, { body: { networks: [], roles: ['nurse'], locations: [] } }))
    const { waiting } = must(await agrees.call(recordNetworks, {}))
    must(await agrees.call(approvePending, { params: { act: waiting!.act }, body: {} }))
    // The window notices by itself within a minute.
    const closed = ward.getByRole('heading', { name: 'Records are closed on this network' })
    await closed.waitFor({ state: 'detached', timeout: 75_000 })
    await ward.getByRole('link', { name: 'Not in this list' }).waitFor()
    await Promise.all([ward.close(), other.close()])

    // The way to messages is there for an officer who wants it, and nobody is sent to it.
    await page.goto(`${street.world.url}/settings`)
    await page.getByRole('link', { name: 'Notices: what was changed about you' }).click()
    await page.getByRole('heading', { name: 'Nothing was changed' }).waitFor()
    expect(await page.getByText('Keep messages on this').count()).toBe(0)

    // Whom something was done to reads it, also after putting it away; it stands in nobody else's own list.
    const { second } = street.ours
    const admin = await street.ours.employ(['administrator'])
    must(await admin.call(reportLost, { params: { device: second.device.device } }))
    const told = await open(await signIn(street.world, street.ours.org, second.person), '/settings/notices')
    await skip(told)
    await told.getByText('A device was reported as lost.').first().waitFor()
    await told.getByText(/, by A person/).waitFor()
    await isAccessible(told, 'notices')
    await told.getByRole('button', { name: /^Put away: A device was reported as lost/ }).click()
    await told.getByText('Read', { exact: true }).waitFor()
    expect(must(await admin.call(ownNotices, {})).notices).toEqual([])
  }, 240_000)

  test('an officer asks for a training and records who did it; who is held back finds one calm page, and the way in an emergency', async () => {
    const session = await street.ours.employ(['clinician', 'privacy-officer'])
    const officer = await open(session, '/settings/training')
    await skip(officer)
    await officer.getByRole('button', { name: 'Ask for it: Privacy and security in daily work' }).click()
    await officer.getByLabel('Version').fill('2026')
    await isAccessible(officer, 'training-ask')
    await officer.getByRole('dialog').getByRole('button', { name: 'Ask for it' }).click()
    await officer.getByText(/2026, since/).waitFor()
    // Two months go by for the training alone.
    await street.world.owner.query("update training_required set first_since = first_since - interval '60 days' where org = $1", [
      street.ours.org,
    ])
    await street.world.owner.query("update person set created_at = created_at - interval '60 days' where org = $1", [street.ours.org])
    const late = await street.ours.employ(['clinician'])
    await street.world.owner.query(
      "update person set created_at = created_at - interval '60 days', name = 'Nora Late' where org = $1 and person = $2",
      [street.ours.org, late.person],
    )
    const page = await open(late, `/patients/${street.ours.ids['patient']!}`)
    await skip(page)
    await page.getByRole('heading', { name: 'A training of yours is overdue' }).waitFor()
    await page.getByRole('button', { name: 'Open in an emergency' }).waitFor()
    expect(await page.getByText(/rivera/i).count()).toBe(0)
    await isAccessible(page, 'held-back')
    const overdue = await street.ours.employ(['privacy-officer'])
    await street.world.owner.query("update person set created_at = created_at - interval '60 days' where org = $1 and person = $2", [
      street.ours.org,
      overdue.person,
    ])
    const review = await open(overdue, '/oversight')
    await review.getByRole('heading', { name: 'A training of yours is overdue' }).waitFor()
    expect(await review.getByText('training-overdue').count()).toBe(0)
    await isAccessible(review, 'held-back-review')
    await review.getByRole('link', { name: 'Your trainings' }).click()
    await review.getByRole('heading', { name: 'Your trainings' }).waitFor()
    await review.close()
    await officer.reload()
    await skip(officer)
    await officer.getByRole('button', { name: 'Record it: Nora Late, Privacy and security in daily work' }).click()
    await officer.getByRole('dialog').getByRole('button', { name: 'Record it' }).click()
    await officer
      .getByText(/, 2026$/)
      .first()
      .waitFor()
    await isAccessible(officer, 'training')
    await page.goto(`${street.world.url}/settings`)
    await skip(page)
    await page.getByRole('heading', { name: 'Your trainings' }).waitFor()
    await page.getByText('Done', { exact: true }).waitFor()
  }, 120_000)
})
