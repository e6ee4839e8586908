/** A stop, in whatever words, holds before the carrier's call is answered; it is confirmed once; nothing but the phone itself lifts it. */
import { newId } from '@wardline/platform/server'
import { addVisit, sendReminders } from '@wardline/product/patients/appointments/contract'
import { consentState, recordOptOut } from '@wardline/product/patients/consent/contract'
import { addNumber, startVerification } from '@wardline/product/patients/roster/contract'
import { listThreads, previewText, sendText } from '@wardline/product/patients/texting/contract'
import { afterEach, describe, expect, test } from 'vitest'
import { newSid, openClinic, own } from './clinic.ts'
import type { Clinic, Patient } from './clinic.ts'

const phone = '+13125550117'
let clinic: Clinic
afterEach(() => clinic.close())

const stops = () => clinic.count("select count(*) from consent_receipt where kind = 'opt-out'")
const write = (to: Patient, body = 'We have your form, thank you.') =>
  clinic.desk.ask(sendText, { body: { text: newId(), patient: to.patient, number: to.number, body } })
const codes = async (to: Patient) => (await write(to)).decision.reasons.map((it) => it.code)
const ana = async (language: 'en' | 'es' = 'en') => {
  const one = await clinic.patient({ given: 'Ana', e164: phone, language })
  await clinic.consented(one, { basis: 'intake' })
  return one
}

describe('a stop holds before the webhook is answered', () => {
  test('in English and Spanish, as a word and as a phrase', async () => {
    clinic = await openClinic({ optOut: 'none' })
    const said = ['STOP', 'stop.', 'Alto', 'please stop texting me', 'ya no me manden nada', 'CANCEL', 'Opt-Out']
    for (const [i, words] of said.entries()) {
      const one = await clinic.patient({ given: 'Ana', e164: `+1312555011${i}` })
      await clinic.consented(one, { basis: 'intake' })
      const answer = await clinic.calls('inbound', clinic.inbound(one.e164, words))
      expect([answer.status, answer.body]).toEqual([200, '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'])
      // No sweep, no listener, nothing ran in between.
      expect(await stops(), words).toBe(i + 1)
      expect(await codes(one), words).toContain('opted-out')
    }
  })

  test('what waits for the number is taken back in the same breath', async () => {
    clinic = await openClinic({ optOut: 'none' })
    const one = await ana()
    await clinic.advance(12 * 3_600_000)
    const visit = newId()
    await clinic.desk.ask(addVisit, { body: { visit, patient: one.patient, startsAt: Date.UTC(2026, 2, 11, 20, 0) } })
    await clinic.desk.ask(sendReminders, { body: { visits: [visit] } })
    await clinic.calls('inbound', clinic.inbound(phone, 'Stop'))
    expect((await clinic.world.owner.query("select state, codes from outbound_text where purpose = 'reminder'")).rows).toEqual([
      { state: 'withdrawn', codes: ['opted-out'] },
    ])
  })

  test('in the middle of thirty texts: none is handed over after the answer', async () => {
    clinic = await openClinic({ optOut: 'none' })
    const one = await ana()
    for (let i = 0; i < 30; i += 1) await write(one, `Note ${i}`)
    const sent = () => clinic.count("select count(*) from outbound_text where attempt > 0 and purpose <> 'stop-confirmation'")
    const drain = clinic.world.settle()
    await clinic.calls('inbound', clinic.inbound(phone, 'STOP'))
    const atAnswer = await sent()
    await drain
    await clinic.settle()
    expect(await sent()).toBe(atAnswer)
    expect(await clinic.count("select count(*) from outbound_text where state in ('queued', 'held', 'sending')")).toBe(0)
  })
})

describe('exactly one confirmation, counted over the carrier and us', () => {
  test.each([
    ['the carrier answers STOP', 'standard', 'STOP', /^You have successfully been unsubscribed/],
    ['the carrier does not know Spanish: we answer, in Spanish', 'standard', 'Alto', /^Maple Street Dental: no le enviaremos más mensajes/],
    [
      'the carrier does not know phrases: we answer',
      'standard',
      'please stop texting me',
      /^Maple Street Dental: you will get no more texts/,
    ],
    ['the carrier says that it knew the word', 'advanced', 'STOP', /^You have successfully been unsubscribed/],
    ['the carrier does none of it', 'none', 'STOP', /^Maple Street Dental: you will get no more texts/],
  ] as const)('%s', async (_, optOut, words, says) => {
    clinic = await openClinic({ optOut })
    const one = await ana()
    await clinic.says(phone, words)
    expect(clinic.shows(phone)).toEqual([expect.stringMatching(says)])
    // Where the carrier answers we do not even try.
    expect(await clinic.count('select count(*) from outbound_text')).toBe(says.source.startsWith('^Maple') ? 1 : 0)
    // Again and again: stopped already, nothing to confirm (the carrier may say its own).
    const before = clinic.shows(phone).length
    await clinic.calls('inbound', clinic.inbound(phone, words))
    await clinic.calls('inbound', clinic.inbound(phone, 'unsubscribe me'))
    await clinic.settle()
    expect(clinic.shows(phone).length).toBe(before)
    expect(await stops()).toBe(1)
    expect(await codes(one)).toContain('opted-out')
  })

  test('a patient of Spanish gets it in Spanish whatever the word', async () => {
    clinic = await openClinic({ optOut: 'none' })
    await ana('es')
    await clinic.says(phone, 'STOP')
    expect(clinic.shows(phone)).toEqual([expect.stringMatching(/Responda ALTA/)])
  })
})

describe('final', () => {
  test('for everybody at the number, whatever consents are recorded, codes included', async () => {
    clinic = await openClinic({ optOut: 'none' })
    const one = await ana()
    const mateo = await clinic.patient({ given: 'Mateo', e164: phone })
    await clinic.consented(mateo, { basis: 'intake' })
    await clinic.says(phone, 'Alto')
    for (const it of [one, mateo]) {
      await clinic.consented(it, { basis: 'written', scopes: ['care-logistics', 'clinical'] })
      expect(await codes(it)).toContain('opted-out')
    }
    const started = await clinic.desk.ask(startVerification, { params: one, body: { verification: newId() } })
    expect(started).toMatchObject({ sent: false, refused: expect.arrayContaining(['opted-out']) as string[] })
    const before = clinic.shows(phone).length
    await clinic.settle()
    expect(clinic.shows(phone).length).toBe(before)
    const state = await clinic.desk.ask(consentState, { params: { patient: one.patient } })
    expect(state.numbers).toMatchObject([{ optedOut: { source: 'text' }, live: [] }])
  })

  test('until the phone itself says START, which makes no consent of its own', async () => {
    clinic = await openClinic({ optOut: 'none' })
    const one = await ana()
    const ben = await clinic.patient({ given: 'Ben', e164: '+13125550118' })
    await clinic.says(phone, 'STOP')
    await clinic.says(phone, 'START')
    expect(await codes(one)).not.toContain('opted-out')
    expect(clinic.shows(phone).at(-1)).toMatch(/^Maple Street Dental: you will get our texts again/)
    await clinic.says(ben.e164, 'START')
    expect(await codes(ben)).toContain('no-consent')
    expect(clinic.shows(ben.e164)).toEqual([])
    // And STOP again is confirmed again: it is another stop.
    const before = clinic.shows(phone).length
    await clinic.says(phone, 'Stop')
    expect(clinic.shows(phone).length).toBe(before + 1)
  })

  test('when the desk was told, in any way: what waits is taken back too', async () => {
    clinic = await openClinic()
    const one = await ana()
    await clinic.advance(12 * 3_600_000)
    expect((await write(one)).decision.kind).toBe('hold')
    const params = { patient: one.patient, number: one.number }
    const receipt = newId()
    await clinic.desk.ask(recordOptOut, { params, body: { receipt, told: 'phone' } })
    await clinic.desk.ask(recordOptOut, { params, body: { receipt, told: 'phone' } })
    expect(await stops()).toBe(1)
    expect(await clinic.count("select count(*) from outbound_text where state = 'withdrawn' and codes = '{opted-out}'")).toBe(1)
    expect(await codes(one)).toContain('opted-out')
    await clinic.settle()
    expect(clinic.shows(phone)).toEqual([])
  })

  test('when only the carrier heard it: its refusal 21610 is mirrored, for the household too', async () => {
    clinic = await openClinic()
    const one = await ana()
    const mateo = await clinic.patient({ given: 'Mateo', e164: phone })
    await clinic.consented(mateo, { basis: 'intake' })
    const owned = clinic.twilio.numbers.get(own)!
    const { smsUrl: _, ...silent } = owned
    clinic.twilio.control.addNumber(silent)
    await clinic.says(phone, 'STOP')
    expect(await stops()).toBe(0)
    clinic.twilio.control.addNumber(owned)
    await write(one)
    await clinic.settle()
    expect((await clinic.world.owner.query("select source from consent_receipt where kind = 'opt-out'")).rows).toEqual([
      { source: 'carrier' },
    ])
    expect(await codes(mateo)).toContain('opted-out')
    expect(clinic.shows(phone)).toHaveLength(1)
  })
})

describe('calls that are not the carrier’s', () => {
  const forged: [string, Parameters<Clinic['calls']>[2]][] = [
    ['without a signature', { signature: null }],
    ['with an empty signature', { signature: '' }],
    ['signed with another token', { token: 'guess' }],
    ['signed for another address', { signedUrl: 'https://clinic.example/api/v1/webhooks/sms/x/inbound' }],
    ['with one byte of the body flipped', { body: 'AccountSid=x&Body=STOQ' }],
    ['for a channel that is not there', { channel: '00000000-0000-4000-8000-000000000000' }],
  ]
  test('change nothing and are refused by a code', async () => {
    clinic = await openClinic()
    await ana()
    const before = await clinic.rows()
    for (const [what, how] of forged) {
      const answer = await clinic.calls('inbound', clinic.inbound(phone, 'STOP'), how)
      expect([answer.status, (JSON.parse(answer.body) as { error: { code: string } }).error.code], what).toEqual([403, 'not-believed'])
      const status = await clinic.calls('status', { MessageSid: newSid(), MessageStatus: 'delivered' }, how)
      expect(status.status, what).toBe(403)
    }
    expect(await clinic.rows()).toBe(before)
  })

  test('another account’s, another number’s and malformed ones are refused too', async () => {
    clinic = await openClinic()
    await ana()
    const before = await clinic.rows()
    const form = clinic.inbound(phone, 'STOP')
    expect((await clinic.calls('inbound', { ...form, AccountSid: `AC${'2'.repeat(32)}` })).status).toBe(403)
    expect((await clinic.calls('inbound', { ...form, To: '+13125550199' })).status).toBe(403)
    expect((await clinic.calls('inbound', { ...form, MessageSid: 'x', SmsSid: 'x' })).status).toBe(400)
    expect(await clinic.rows()).toBe(before)
  })

  test('a replay is answered like the first time and changes nothing', async () => {
    clinic = await openClinic({ optOut: 'none' })
    await ana()
    for (const words of ['STOP', 'see you at 3', 'wrong number']) {
      const form = clinic.inbound(phone, words)
      const first = await clinic.calls('inbound', form)
      await clinic.settle()
      const before = await clinic.rows()
      expect(await clinic.calls('inbound', form)).toEqual(first)
      await Promise.all([clinic.calls('inbound', form), clinic.calls('inbound', form)])
      expect(await clinic.rows()).toBe(before)
    }
    // Nor once the number has got another patient, so that the text would belong elsewhere today.
    const form = clinic.inbound(phone, 'see you')
    await clinic.calls('inbound', form)
    await clinic.patient({ given: 'Mateo', e164: phone })
    const before = await clinic.rows()
    await clinic.calls('inbound', form)
    expect(await clinic.rows()).toBe(before)
  })

  test('the same text brought twice at once is stored once', async () => {
    clinic = await openClinic({ optOut: 'none' })
    await ana()
    const form = clinic.inbound(phone, 'Stop')
    const answers = await Promise.all(Array.from({ length: 5 }, () => clinic.calls('inbound', form)))
    expect(answers.map((it) => it.status)).toEqual([200, 200, 200, 200, 200])
    await clinic.settle()
    expect(await clinic.count('select count(*) from inbound_text')).toBe(1)
    expect(clinic.shows(phone)).toHaveLength(1)
  })

  test('text that no database takes is taken', async () => {
    clinic = await openClinic()
    await ana()
    await clinic.calls('inbound', clinic.inbound(phone, 'nul \u0000 and long ' + 'x'.repeat(3_000)))
    const { threads } = await clinic.desk.ask(listThreads)
    expect(threads[0]?.line.startsWith('nul \uFFFD and long')).toBe(true)
  })
})

describe('what is no stop', () => {
  test.each([
    ['ok \u{1F44D} see u', false],
    ['Liked "Reply C to confirm or STOP to end"', false],
    ['too many texts lately', true],
  ])('%s pauses automation: %s', async (words, pauses) => {
    clinic = await openClinic()
    const one = await ana()
    await clinic.says(phone, words)
    const { threads } = await clinic.desk.ask(listThreads)
    expect(threads).toMatchObject([{ paused: pauses, optedOut: false, patient: { given: 'Ana' } }])
    expect((await clinic.desk.ask(previewText, { body: { patient: one.patient, number: one.number, body: 'Hello' } })).decision.kind).toBe(
      'send',
    )
  })

  test('a stranger’s "wrong number" freezes the number for all until somebody knows better', async () => {
    clinic = await openClinic()
    const one = await ana()
    await clinic.says(phone, 'wrong number lol')
    expect(await codes(one)).toContain('number-frozen')
    const again = await clinic.desk.ask(addNumber, { params: { patient: one.patient }, body: { number: phone } })
    expect(again.state).toBe('frozen')
  })
})
