/** A reminder reaches a phone only with a live consent and a number that is the patient's; the answer lands in the thread. */
import { newId } from '@wardline/platform/server'
import { addVisit, cancelVisit, previewReminders, sendReminders } from '@wardline/product/patients/appointments/contract'
import { revokeConsent } from '@wardline/product/patients/consent/contract'
import { getThread, listThreads } from '@wardline/product/patients/texting/contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openClinic } from './clinic.ts'
import type { Clinic, Patient } from './clinic.ts'

const hour = 3_600_000
let clinic: Clinic
beforeEach(async () => {
  clinic = await openClinic()
})
afterEach(() => clinic.close())

/** Tomorrow at 15:00 in Chicago, five time zones west of London in March. */
const tomorrow3pm = Date.UTC(2026, 2, 11, 20, 0)
const book = async (to: Patient, startsAt = tomorrow3pm) => {
  const visit = newId()
  await clinic.desk.ask(addVisit, { body: { visit, patient: to.patient, startsAt, reason: 'crown prep, upper left' } })
  return visit
}
const remind = async (visit: string) => (await clinic.desk.ask(sendReminders, { body: { visits: [visit] } })).reminders[0]!
const codesOf = (it: { decision: { reasons: { code: string }[] } }) => it.decision.reasons.map((reason) => reason.code)

describe('a reminder', () => {
  test('goes out with consent and a verified number, says when and not why, and the answer lands in the thread', async () => {
    const ana = await clinic.patient({ given: 'Ana', e164: '+13125550117' })
    await clinic.consented(ana)
    await clinic.verified(ana)
    const visit = await book(ana)
    expect(await remind(visit)).toMatchObject({ decision: { kind: 'send' }, alreadySent: false })
    await clinic.settle()
    const [, text] = clinic.shows(ana.e164)
    expect(text).toBe(
      'Maple Street Dental: your visit is Wed Mar 11 at 3:00 PM. Reply C to confirm, or call (312) 555-0100. Reply STOP to end.',
    )
    await clinic.says(ana.e164, 'C')
    const { threads, waiting } = await clinic.desk.ask(listThreads)
    expect(waiting).toBe(1)
    expect(threads[0]).toMatchObject({ patient: { given: 'Ana' }, line: 'C', lastDirection: 'in', optedOut: false })
    const page = await clinic.desk.ask(getThread, { params: { thread: threads[0]!.thread }, body: {} })
    expect(page.texts.map((it) => [it.direction, it.out?.purpose, it.out?.delivery])).toEqual([
      ['out', 'code', 'delivered'],
      ['out', 'reminder', 'delivered'],
      ['in', undefined, undefined],
    ])
    // Nobody reads a code off the screen: it would prove nothing.
    expect(page.texts[0]!.body).toContain('••••••')
  })

  test('without a consent is refused with the reason, and nothing reaches the phone', async () => {
    const ana = await clinic.patient({ given: 'Ana', e164: '+13125550117' })
    const reminder = await remind(await book(ana))
    expect(reminder.decision.kind).toBe('refuse')
    expect(codesOf(reminder)).toEqual(['no-consent', 'number-unverified'])
    await clinic.settle()
    expect(clinic.shows(ana.e164)).toEqual([])
    expect(await clinic.count('select count(*) from outbound_text')).toBe(0)
  })

  test('to a number that nobody verified is refused, unless it was given at intake', async () => {
    const ana = await clinic.patient({ given: 'Ana', e164: '+13125550117' })
    await clinic.consented(ana)
    expect(codesOf(await remind(await book(ana)))).toEqual(['number-unverified'])
    const ben = await clinic.patient({ given: 'Ben', e164: '+13125550118' })
    await clinic.consented(ben, { basis: 'intake' })
    expect(codesOf(await remind(await book(ben)))).toEqual(['allowed', 'on-intake'])
    await clinic.settle()
    expect([clinic.shows(ana.e164).length, clinic.shows(ben.e164).length]).toEqual([0, 1])
  })

  test('that waits for the morning is not sent once the consent has ended', async () => {
    const ana = await clinic.patient({ given: 'Ana', e164: '+13125550117' })
    const consent = await clinic.consented(ana, { basis: 'intake' })
    await clinic.advance(12 * hour)
    const reminder = await remind(await book(ana))
    expect(reminder.decision).toMatchObject({ kind: 'hold', until: Date.UTC(2026, 2, 11, 13, 0) })
    await clinic.desk.ask(revokeConsent, { params: { patient: ana.patient, consent }, body: { receipt: newId(), told: 'phone' } })
    await clinic.advance(12 * hour)
    expect(clinic.shows(ana.e164)).toEqual([])
    const { rows } = await clinic.world.owner.query<{ state: string; codes: string[] }>('select state, codes from outbound_text')
    expect(rows).toMatchObject([{ state: 'withdrawn', codes: expect.arrayContaining(['consent-revoked']) as string[] }])
  })

  test('that waits for the morning goes out in the morning', async () => {
    const ana = await clinic.patient({ given: 'Ana', e164: '+13125550117' })
    await clinic.consented(ana, { basis: 'intake' })
    await clinic.advance(12 * hour)
    await remind(await book(ana))
    await clinic.settle()
    expect(clinic.shows(ana.e164)).toEqual([])
    await clinic.advance(12 * hour)
    expect(clinic.shows(ana.e164)).toHaveLength(1)
  })

  test('is sent once, however often the button is pressed, and not at all for a cancelled visit', async () => {
    const ana = await clinic.patient({ given: 'Ana', e164: '+13125550117' })
    await clinic.consented(ana, { basis: 'intake' })
    const visit = await book(ana)
    const both = await Promise.all([remind(visit), remind(visit)])
    expect(both.map((it) => it.alreadySent).toSorted()).toEqual([false, true])
    expect((await remind(visit)).alreadySent).toBe(true)
    await clinic.settle()
    expect(clinic.shows(ana.e164)).toHaveLength(1)
    const { reminders } = await clinic.desk.ask(previewReminders, { body: { day: '2026-03-11' } })
    expect(reminders).toMatchObject([{ visit, alreadySent: true }])
    await clinic.advance(12 * hour)
    const held = await book(ana, tomorrow3pm + hour)
    await remind(held)
    await clinic.desk.ask(cancelVisit, { params: { visit: held } })
    await clinic.advance(12 * hour)
    expect(clinic.shows(ana.e164)).toHaveLength(1)
    expect((await clinic.desk.ask(sendReminders, { body: { visits: [held] } })).reminders).toEqual([])
  })

  test('needs an agreement with the carrier; an invented patient does not', async () => {
    await clinic.endAgreement()
    const ana = await clinic.patient({ given: 'Ana', e164: '+13125550117' })
    const test = await clinic.patient({ given: 'Test', e164: '+13125550118', test: true })
    await clinic.consented(ana, { basis: 'intake' })
    await clinic.consented(test, { basis: 'intake' })
    expect(codesOf(await remind(await book(ana)))).toEqual(['agreement-missing'])
    expect(codesOf(await remind(await book(test)))).toEqual(['allowed', 'test-patient', 'on-intake'])
  })

  test('of Spanish goes out in Spanish', async () => {
    const rosa = await clinic.patient({ given: 'Rosa', e164: '+13125550119', language: 'es' })
    await clinic.consented(rosa, { basis: 'intake' })
    await remind(await book(rosa))
    await clinic.settle()
    expect(clinic.shows(rosa.e164)[0]).toContain('su cita es el mié 11 de mar a las 3:00 p.m.')
  })
})
