/** In a real browser: an officer opens a record in an emergency, another one reviews it, both change the security policy. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { webPages } from '@wardline/app-server'
import type { Session } from '@wardline/dev/staff'
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
    ;[street, browser] = await Promise.all([openNeighbours({ pages: webPages(folder) }), launchBrowser()])
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await street?.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('a record is opened for an hour under a bar on every screen, reviewed by another officer, and closed', async () => {
    // In a hospital a clinician has patients by care relationship only.
    await street.world.owner.query("update org set preset = 'hospital' where org = $1", [street.ours.org])
    const page = await open(await street.ours.employ(['clinician']), `/patients/${street.ours.ids['patient']!}`)
    await skip(page)
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
  }, 120_000)

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
