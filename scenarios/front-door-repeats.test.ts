/** The same id twice: repeated as it was it changes nothing and gives the same answer; with other content it is refused, never swallowed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { must } from '@wardline/dev/staff'
import { newId } from '@wardline/platform/server'
import { exportReceipt, recordConsent, revokeConsent } from '@wardline/product/patients/consent/contract'
import { createPatient } from '@wardline/product/patients/roster/contract'
import { getThread, sendText, setSmsChannel } from '@wardline/product/patients/texting/contract'
import { openNeighbours } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'

let street: Neighbours
beforeAll(async () => {
  street = await openNeighbours()
}, 120_000)
afterAll(() => street.close())

describe('a consent', () => {
  const body = () => ({
    receipt: newId(),
    number: street.ours.ids['number']!,
    scopes: ['care-logistics' as const],
    channels: ['sms' as const],
    basis: 'written' as const,
    warning: 'sms-1-en' as const,
  })
  const params = () => ({ patient: street.ours.ids['patient']! })

  test('is the same only for the same purposes and until the same day', async () => {
    const desk = street.ours.staff['front-desk']
    const asked = body()
    const first = must(await desk.call(recordConsent, { params: params(), body: asked }))
    expect(must(await desk.call(recordConsent, { params: params(), body: asked }))).toEqual(first)
    for (const other of [
      { scopes: ['care-logistics' as const, 'marketing' as const] },
      { expiresOn: '2026-12-31' },
      { basis: 'spoken' as const },
    ])
      expect(await desk.call(recordConsent, { params: params(), body: { ...asked, ...other } })).toMatchObject({
        ok: false,
        code: 'id-taken',
      })
    const kept = must(await desk.call(exportReceipt, { params: { ...params(), consent: asked.receipt } }))
    expect(JSON.parse(kept.document)).toMatchObject({ scopes: ['care-logistics'], expiresAt: null })
  })

  test('ends once: a second end, under another id too, gives the first back', async () => {
    const desk = street.ours.staff['front-desk']
    const asked = body()
    must(await desk.call(recordConsent, { params: params(), body: asked }))
    const path = { ...params(), consent: asked.receipt }
    const receipts = [newId(), newId(), newId()]
    const answers = await Promise.all(
      receipts.map((receipt) => desk.call(revokeConsent, { params: path, body: { receipt, told: 'phone' } })),
    )
    const ends = new Set(answers.map((it) => must(it).receipt))
    expect(ends.size).toBe(1)
    expect(receipts).toContain([...ends][0])
    expect(must(await desk.call(revokeConsent, { params: path, body: { receipt: newId(), told: 'spoken' } })).receipt).toBe([...ends][0])
  })

  test('cannot last until a day that the calendar has not', async () => {
    const desk = street.ours.staff['front-desk']
    const asked = { ...body(), expiresOn: '2027-02-29' }
    expect(await desk.call(recordConsent, { params: params(), body: asked })).toMatchObject({ code: 'bad-request', field: 'expiresOn' })
  })
})

test('nobody is born on a day that the calendar has not', async () => {
  const body = { patient: newId(), given: 'A', family: 'B', birthDate: '1981-02-30', language: 'en' as const }
  expect(await street.ours.staff['front-desk'].call(createPatient, { body })).toMatchObject({ code: 'bad-request', field: 'birthDate' })
})

describe('a text', () => {
  test('under an id that was used is sent again only if it says the same; what a patient writes in between does not matter', async () => {
    const desk = street.ours.staff['front-desk']
    const { patient, number } = street.ours.ids
    const sent = { text: newId(), patient: patient!, number: number!, body: 'Yes, come at eleven.' }
    const first = must(await desk.call(sendText, { body: sent }))
    expect(first.decision).toMatchObject({ kind: 'send' })
    await street.webhook(street.ours, 'inbound', street.inbound(street.ours, 'Thank you'))
    expect(must(await desk.call(sendText, { body: sent })).thread).toBe(first.thread)
    expect(await desk.call(sendText, { body: { ...sent, body: 'No, it is cancelled.' } })).toMatchObject({ ok: false, code: 'id-taken' })
    await street.settle()
    const { texts } = must(await desk.call(getThread, { params: { thread: first.thread! } }))
    expect(texts.filter((it) => it.text === sent.text).length).toBe(1)
    expect(texts.some((it) => it.body.includes('cancelled'))).toBe(false)
  })
})

test('nobody texts from a number that another organisation texts from', async () => {
  const body = { number: '+13125550200', practiceName: 'Maple Street', phone: '(312) 555-0100' }
  const before = await street.rows()
  expect(await street.ours.staff.administrator.call(setSmsChannel, { body })).toMatchObject({ ok: false, code: 'number-taken' })
  expect([...(await street.rows())].filter(([table, digest]) => before.get(table) !== digest && table !== 'session')).toEqual([])
})
