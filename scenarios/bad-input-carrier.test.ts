/** The carrier's webhooks, forged, bent and replayed: only what the carrier signed for this number changes anything, and only once. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { must } from '@wardline/dev/staff'
import { newId } from '@wardline/platform/server'
import { getThread, sendText } from '@wardline/product/patients/texting/contract'
import { changed, knock, openNeighbours } from './neighbours.ts'
import type { Answer, Neighbours } from './neighbours.ts'

let street: Neighbours
beforeAll(async () => {
  street = await openNeighbours()
}, 120_000)
afterAll(async () => {
  expect(street.world.logged.filter((line) => /"http\.failed"|"level":50/.test(line))).toEqual([])
  await street.close()
})
beforeEach(() => street.settle())

const count = async (table: string, where = 'true') =>
  (await street.world.owner.query<{ n: number }>(`select count(*)::int as n from ${table} where ${where}`)).rows[0]!.n

describe('a forged text', () => {
  test.each<[string, () => Promise<Answer>]>([
    ['without a signature', () => post({ signature: null })],
    ['with an empty one', () => post({ signature: '' })],
    ['with one of another account', () => post({ token: 'not-the-token-of-this-account' })],
    ['signed for the neighbour’s address', () => post({ url: address(street.theirs, 'inbound') })],
    ['signed for the address of reports', () => post({ url: address(street.ours, 'status') })],
    ['signed for another host', () => post({ url: address(street.ours, 'inbound').replace('127.0.0.1', 'localhost') })],
    ['with another body', () => post({ body: form({ Body: 'STOP ' }) })],
    ['with a member more', () => post({ body: `${form({})}&Body=STOP` })],
    ['with members that were not signed', () => post({ body: `${form({})}&OptOutType=STOP` })],
    ['without a body', () => post({ body: '' })],
    ['as JSON with its hash in the address', () => bodyHash('{"Body":"STOP"}')],
    ['as JSON with an empty hash', () => bodyHash('', '')],
    ['of another account', () => post({}, { AccountSid: 'AC00000000000000000000000000000000' })],
    ['to the neighbour’s number', () => post({}, { To: '+13125550200' })],
    ['from nobody', () => post({}, { From: '' })],
    ['from no number', () => post({}, { From: '+1' })],
    ['with an id that is none', () => post({}, { MessageSid: 'SM1', SmsSid: 'SM1' })],
    ['without an id', () => post({}, { MessageSid: '', SmsSid: '' })],
    ['with a million letters', () => post({}, { Body: 'x'.repeat(1_000_000) })],
  ])('%s changes nothing', async (_label, send) => {
    const before = await street.rows()
    const answer = await send()
    expect(answer.status).toBeOneOf([400, 403, 413])
    expect(changed(before, await street.rows())).toEqual([])
    expect(street.world.logged.join('')).not.toContain('STOP')
  })

  const form = (more: Record<string, string>) => new URLSearchParams({ ...street.inbound(street.ours, 'STOP'), ...more }).toString()
  const address = (house: Neighbours['ours'], which: string) => `${street.world.url}/api/v1/webhooks/sms/${house.ids['channel']!}/${which}`
  const post = (how: Parameters<Neighbours['webhook']>[3], more: Record<string, string> = {}) =>
    street.webhook(street.ours, 'inbound', { ...street.inbound(street.ours, 'STOP'), ...more }, how)
  const bodyHash = (body: string, hash = createHash('sha256').update(body).digest('hex')) =>
    knock(street.world.url, 'POST', `/api/v1/webhooks/sms/${street.ours.ids['channel']!}/inbound?bodySHA256=${hash}`, {
      body,
      headers: { 'x-twilio-signature': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' },
    })

  test('and the same to a channel that there is not looks the same', async () => {
    const path = (channel: string) => `/api/v1/webhooks/sms/${channel}/inbound`
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': 'AAAA' }
    const real = await knock(street.world.url, 'POST', path(street.ours.ids['channel']!), { body: 'Body=STOP', headers })
    const none = await knock(street.world.url, 'POST', path(newId()), { body: 'Body=STOP', headers })
    const told = (it: Answer) => [it.status, it.body.replace(/"request":"[^"]+"/, '')]
    expect(told(real)).toEqual(told(none))
  })
})

describe('a replay', () => {
  test('of a text, twenty at once and later, is taken once', async () => {
    const params = street.inbound(street.ours, 'I am on my way')
    const texts = await count('inbound_text')
    const answers = await Promise.all(Array.from({ length: 20 }, () => street.webhook(street.ours, 'inbound', params)))
    expect(answers.map((it) => it.status)).toEqual(Array(20).fill(200))
    expect(await count('inbound_text')).toBe(texts + 1)
    await street.settle()
    const before = await street.rows()
    expect((await street.webhook(street.ours, 'inbound', params)).status).toBe(200)
    expect(changed(before, await street.rows())).toEqual([])
  })

  test('of a stop is one stop and one confirmation, also after the phone has started again', async () => {
    const stop = street.inbound(street.theirs, 'STOP')
    await Promise.all(Array.from({ length: 10 }, () => street.webhook(street.theirs, 'inbound', stop)))
    await street.settle()
    expect(await count('outbound_text', `purpose = 'stop-confirmation'`)).toBe(1)
    await street.webhook(street.theirs, 'inbound', street.inbound(street.theirs, 'START'))
    await street.settle()
    await street.webhook(street.theirs, 'inbound', stop)
    await street.settle()
    expect(await count('outbound_text', `purpose = 'stop-confirmation'`)).toBe(1)
    expect(await count('consent_receipt', `kind = 'opt-out'`)).toBe(1)
  })
})

describe('a report', () => {
  test('about the neighbour’s text, signed for our address, says nothing to them', async () => {
    const desk = street.ours.staff['front-desk']
    const { patient, number } = street.ours.ids
    const text = newId()
    const sent = must(await desk.call(sendText, { body: { text, patient: patient!, number: number!, body: 'See you at nine.' } }))
    await street.settle()
    const { rows } = await street.world.owner.query<{ provider_id: string }>('select provider_id from outbound_text where text = $1', [
      text,
    ])
    const sid = rows[0]!.provider_id
    const before = await street.rows(street.ours.org)
    const accountSid = street.inbound(street.ours, '')['AccountSid']!
    const status = {
      AccountSid: accountSid,
      MessageSid: sid,
      SmsSid: sid,
      MessageStatus: 'failed',
      SmsStatus: 'failed',
      ErrorCode: '21610',
    }
    await street.webhook(street.theirs, 'status', status)
    await knock(street.world.url, 'POST', `/api/v1/webhooks/sms/${street.ours.ids['channel']!}/status?hint=${text}`, {
      body: new URLSearchParams(status).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': 'AAAA' },
    })
    expect(changed(before, await street.rows(street.ours.org))).toEqual([])
    const thread = must(await desk.call(getThread, { params: { thread: sent.thread! } }))
    expect(thread.optedOut).toBe(false)
  })

  test('that comes late, twice and backwards never takes back what was known', async () => {
    const { rows } = await street.world.owner.query<{ provider_id: string; delivery: string; text: string }>(
      `select text, provider_id, delivery from outbound_text where org = $1 and provider_id is not null order by created_at desc limit 1`,
      [street.ours.org],
    )
    const { provider_id: sid, text } = rows[0]!
    const accountSid = street.inbound(street.ours, '')['AccountSid']!
    const say = (status: string) =>
      street.webhook(street.ours, 'status', {
        AccountSid: accountSid,
        MessageSid: sid,
        SmsSid: sid,
        MessageStatus: status,
        SmsStatus: status,
      })
    for (const status of ['delivered', 'sent', 'queued', 'sent', 'delivered', 'nonsense', '']) await say(status)
    expect((await street.world.owner.query('select delivery from outbound_text where text = $1', [text])).rows).toEqual([
      { delivery: 'delivered' },
    ])
  })
})
