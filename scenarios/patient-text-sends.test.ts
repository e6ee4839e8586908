/** A text is handed over once; what became of it is looked up and never guessed; reports in any order end the same. */
import { newId } from '@wardline/platform/server'
import { getThread, sendText } from '@wardline/product/patients/texting/contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newSid, openClinic } from './clinic.ts'
import type { Clinic, Patient } from './clinic.ts'

const minute = 60_000
const phone = '+13125550117'
let clinic: Clinic
let ana: Patient
beforeEach(async () => {
  clinic = await openClinic()
  ana = await clinic.patient({ given: 'Ana', e164: phone })
  await clinic.consented(ana, { basis: 'intake' })
})
afterEach(() => clinic.close())

const write = async (body = 'Your form is ready.') => {
  const text = newId()
  const sent = await clinic.desk.ask(sendText, { body: { text, patient: ana.patient, number: ana.number, body } })
  expect(sent.decision.kind).toBe('send')
  return { text, thread: sent.thread! }
}
const row = async (text: string) =>
  (
    await clinic.world.owner.query('select state, delivery, problem, attempt, look_ups, provider_id from outbound_text where text = $1', [
      text,
    ])
  ).rows[0]!
const posts = () => clinic.twilio.control.requests.filter((it) => it.method === 'POST').length
const onPhone = () => clinic.shows(phone).length

describe('one hand-over', () => {
  test('accepted and delivered, on the phone once', async () => {
    const { text, thread } = await write()
    await clinic.settle()
    expect(await row(text)).toMatchObject({ state: 'accepted', delivery: 'delivered', attempt: 1, problem: null })
    expect([posts(), onPhone()]).toEqual([1, 1])
    // The first text in thirty days says who writes and how to stop; the next one need not.
    await write('And the parking is free.')
    await clinic.settle()
    expect(clinic.shows(phone)).toEqual(['Your form is ready.\nMaple Street Dental. Reply STOP to end.', 'And the parking is free.'])
    const page = await clinic.desk.ask(getThread, { params: { thread }, body: {} })
    expect(page.texts.map((it) => it.out?.by)).toEqual([clinic.desk.person, clinic.desk.person])
  })

  test('the same request again sends nothing again; another text under its id is refused', async () => {
    const text = newId()
    const body = { text, patient: ana.patient, number: ana.number, body: 'Once.' }
    const answers = await Promise.all([1, 2, 3].map(() => clinic.desk.ask(sendText, { body })))
    expect(new Set(answers.map((it) => it.thread)).size).toBe(1)
    await clinic.settle()
    expect(onPhone()).toBe(1)
    const ben = await clinic.patient({ given: 'Ben', e164: '+13125550118' })
    expect(await clinic.desk.refused(sendText, { body: { ...body, patient: ben.patient, number: ben.number } })).toBe('id-taken')
  })

  test('a carrier that says "later" is asked again later, and only then', async () => {
    clinic.twilio.control.failNextSend('too-many-requests')
    const { text } = await write()
    await clinic.settle()
    expect(await row(text)).toMatchObject({ state: 'queued', problem: 'rate-limited', attempt: 1 })
    await clinic.advance(minute)
    expect(await row(text)).toMatchObject({ state: 'accepted', attempt: 2 })
    expect(onPhone()).toBe(1)
  })

  test('a refusal for good stays refused, and says what it says about the number', async () => {
    clinic.twilio.control.setReach(phone, 'landline')
    const { text } = await write()
    await clinic.settle()
    expect(await row(text)).toMatchObject({ state: 'refused', problem: 'not-textable', attempt: 1 })
    const again = await clinic.desk.ask(sendText, { body: { text: newId(), patient: ana.patient, number: ana.number, body: 'Hello?' } })
    expect(again.decision.reasons.map((it) => it.code)).toEqual(['not-textable'])
    await clinic.advance(24 * 60 * minute)
    expect([posts(), onPhone()]).toEqual([1, 0])
  })

  test('a number that the carrier no longer knows is frozen', async () => {
    clinic.twilio.control.setReach(phone, 'unknown')
    const { text } = await write()
    await clinic.settle()
    expect(await row(text)).toMatchObject({ state: 'accepted', delivery: 'undelivered', problem: 'number-unknown' })
    const again = await clinic.desk.ask(sendText, { body: { text: newId(), patient: ana.patient, number: ana.number, body: 'Hello?' } })
    expect(again.decision.reasons.map((it) => it.code)).toEqual(['number-frozen'])
  })
})

describe('what nobody knows is looked up, never sent again by itself', () => {
  test.each(['times-out', 'reset-after-storing', 'error-after-storing'] as const)('%s: it was taken', async (fault) => {
    clinic.twilio.control.failNextSend(fault)
    clinic.twilio.control.disturbNextCallbacks('lost')
    const { text } = await write()
    await clinic.settle()
    expect(await row(text)).toMatchObject({ state: 'unknown' })
    await clinic.advance(minute)
    expect(await row(text)).toMatchObject({ state: 'accepted', attempt: 1, look_ups: 1 })
    expect([posts(), onPhone()]).toEqual([1, 1])
  })

  test.each(['reset-before-storing', 'error-before-storing'] as const)(
    '%s: it was not taken, believed the third time only',
    async (fault) => {
      clinic.twilio.control.failNextSend(fault)
      const { text } = await write()
      await clinic.settle()
      for (const [after, state] of [
        [1, 'unknown'],
        [2, 'unknown'],
        [30, 'not-taken'],
      ] as const) {
        await clinic.advance(after * minute)
        expect(await row(text)).toMatchObject({ state })
      }
      await clinic.advance(48 * 60 * minute)
      expect([posts(), onPhone()]).toEqual([1, 0])
    },
  )

  test('a report that names our row settles it before any look-up', async () => {
    clinic.twilio.control.failNextSend('reset-after-storing')
    const { text } = await write()
    await clinic.settle()
    expect(await row(text)).toMatchObject({ state: 'accepted', delivery: 'delivered', look_ups: 0 })
  })

  test('a server that dies between its claim and the carrier’s answer: looked up, not sent', async () => {
    // Nobody looks for due texts meanwhile: the look that follows a commit would claim this one first, some of the time.
    await clinic.world.owner.query('revoke select on outbound_text from wardline_sweeper')
    const { text } = await write()
    // What the crash leaves: the claim is committed, the answer is not. Whether the carrier was called nobody knows.
    await clinic.world.owner.query("update outbound_text set state = 'sending', attempt = 1, sent_at = wl_now() where text = $1", [text])
    await clinic.world.owner.query('grant select on outbound_text to wardline_sweeper')
    await clinic.world.restart()
    await clinic.settle()
    expect(await row(text)).toMatchObject({ state: 'sending' })
    await clinic.advance(2 * minute)
    expect(await row(text)).toMatchObject({ state: 'unknown', problem: 'interrupted' })
    for (let i = 0; i < 3; i += 1) await clinic.advance(60 * minute)
    expect(await row(text)).toMatchObject({ state: 'not-taken', attempt: 1 })
    expect(posts()).toBe(0)
  })

  test('two equal texts of which nobody knows are told apart', async () => {
    for (const fault of ['reset-after-storing', 'reset-after-storing'] as const) {
      clinic.twilio.control.failNextSend(fault)
      clinic.twilio.control.disturbNextCallbacks('lost')
    }
    const [one, two] = [await write('Same.'), await write('Same.')]
    await clinic.settle()
    await clinic.advance(minute)
    const rows = [await row(one.text), await row(two.text)]
    expect(rows.map((it) => it['state'])).toEqual(['accepted', 'accepted'])
    expect(new Set(rows.map((it) => it['provider_id'])).size).toBe(2)
  })
})

describe('reports', () => {
  test.each(['duplicate', 'reversed'] as const)('%s end as delivered', async (fault) => {
    clinic.twilio.control.disturbNextCallbacks(fault)
    const { text } = await write()
    await clinic.settle()
    expect(await row(text)).toMatchObject({ state: 'accepted', delivery: 'delivered' })
  })

  test('two that claim the same row under different ids: one is believed', async () => {
    clinic.twilio.control.failNextSend('reset-before-storing')
    const { text } = await write()
    await clinic.world.settle()
    const form = { AccountSid: [...clinic.twilio.accounts.keys()][0]!, hint: text }
    const said = ['sent', 'delivered', 'sent', 'delivered']
    await Promise.all(said.map((MessageStatus) => clinic.calls('status', { ...form, MessageStatus, MessageSid: newSid() })))
    expect(await clinic.count("select count(*) from fact where kind = 'patients.text.delivery'")).toBe(1)
  })

  test('a replayed or late one changes nothing, one about nothing neither', async () => {
    const { text } = await write()
    await clinic.settle()
    const sid = (await row(text))['provider_id'] as string
    const before = await clinic.rows()
    const form = { AccountSid: [...clinic.twilio.accounts.keys()][0]!, MessageSid: sid, MessageStatus: 'delivered' }
    for (const params of [
      form,
      form,
      { ...form, MessageStatus: 'sent' },
      { ...form, MessageSid: newSid() },
      { ...form, MessageSid: newSid(), hint: text },
    ])
      expect((await clinic.calls('status', params)).status).toBe(200)
    expect(await clinic.rows()).toBe(before)
  })
})
