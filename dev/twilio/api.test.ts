import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { replyProblems, requestProblems } from './openapi.ts'
import type { OpenApi } from './openapi.ts'
import { manualScheduler, startPretendTwilio } from './index.ts'
import type { Account, PretendTwilio } from './index.ts'

const data = path.resolve(import.meta.dirname, '../..', process.env['WARDLINE_VECTORS'] ?? '../shared/data')
const openApiFile = path.join(data, 'openapi-sms/twilio_api_v2010.json')
const openApi = existsSync(openApiFile) ? (JSON.parse(readFileSync(openApiFile, 'utf8')) as OpenApi) : undefined

const own = '+13125550100'
const phone = '+13125550117'
let now = new Date('2026-03-10T14:40:00Z')
const running: PretendTwilio[] = []
afterEach(async () => {
  for (const twilio of running.splice(0)) await twilio.stop()
})

const start = async (more: Partial<Account> = {}) => {
  now = new Date('2026-03-10T14:40:00Z')
  const twilio = await startPretendTwilio({ port: 0, clock: () => now, scheduler: manualScheduler() })
  running.push(twilio)
  const account = twilio.control.addAccount(more)
  twilio.control.addNumber({ number: own, accountSid: account.sid })
  const path = `/2010-04-01/Accounts/${account.sid}/Messages.json`
  const call = async (method: string, at: string, form?: Record<string, string>, login = `${account.sid}:${account.authToken}`) => {
    const reply = await fetch(twilio.url + at, {
      method,
      headers: { authorization: `Basic ${btoa(login)}` },
      ...(form && { body: new URLSearchParams(form) }),
    })
    return { status: reply.status, headers: reply.headers, json: (await reply.json()) as Record<string, unknown> }
  }
  const send = (form: Record<string, string>) => call('POST', path, { To: phone, From: own, Body: 'Hello', ...form })
  return { twilio, account, path, call, send }
}

describe('what it takes', () => {
  test('creates a message as the real one answers: 201, queued, dated, not sent yet', async () => {
    const { twilio, account, send } = await start()
    const { status, json } = await send({ Body: 'x'.repeat(161) })
    expect(status).toBe(201)
    expect(json).toMatchObject({
      account_sid: account.sid,
      status: 'queued',
      direction: 'outbound-api',
      num_segments: '2',
      date_created: 'Tue, 10 Mar 2026 14:40:00 +0000',
      date_sent: null,
      error_code: null,
    })
    expect(json['sid']).toMatch(/^SM[0-9a-f]{32}$/)
    expect(twilio.control.messages).toHaveLength(1)
  })

  test('forgives punctuation in a number', async () => {
    const { send } = await start()
    expect((await send({ To: '+1 (312) 555-0117' })).json).toMatchObject({ to: phone })
  })

  test('lists newest first, by To, From, day and page, and fetches one', async () => {
    const { twilio, path, call, send } = await start()
    for (const Body of ['one', 'two', 'three']) await send({ Body })
    await send({ To: '+13125550118' })
    await twilio.settled()
    const bodies = async (query: Record<string, string>) => {
      const { json } = await call('GET', `${path}?${new URLSearchParams(query).toString()}`)
      return (json['messages'] as { body: string }[]).map(({ body }) => body)
    }
    expect(await bodies({ To: phone })).toEqual(['three', 'two', 'one'])
    expect(await bodies({ To: phone, From: '+13125550101' })).toEqual([])
    expect(await bodies({ To: phone, 'DateSent>': '2026-03-10' })).toHaveLength(3)
    expect(await bodies({ To: phone, 'DateSent>': '2026-03-11' })).toEqual([])
    expect(await bodies({ To: phone, 'DateSent<': '2026-03-09' })).toEqual([])
    expect(await bodies({ To: phone, DateSent: '2026-03-10' })).toHaveLength(3)
    const first = await call('GET', `${path}?To=${encodeURIComponent(phone)}&PageSize=2`)
    expect(first.json).toMatchObject({ start: 0, end: 1, page: 0, page_size: 2, previous_page_uri: null })
    const second = await call('GET', String(first.json['next_page_uri']))
    expect(second.json).toMatchObject({ start: 2, page: 1, next_page_uri: null })
    const [row] = second.json['messages'] as { uri: string; body: string }[]
    expect((await call('GET', row?.uri ?? '')).json).toMatchObject({ body: 'one', status: 'delivered' })
  })

  test('a message that is still queued has no date sent, and no date filter finds it', async () => {
    const { path, call, send } = await start()
    await send({})
    expect((await call('GET', `${path}?DateSent%3E=2026-03-10`)).json['messages']).toEqual([])
    expect((await call('GET', path)).json['messages']).toHaveLength(1)
  })
})

describe('what it refuses', () => {
  test.each([
    ['no To', { To: '' }, 21604],
    ['no From', { From: '' }, 21603],
    ['an empty body', { Body: '' }, 21602],
    ['a body over 1600 characters', { Body: 'x'.repeat(1601) }, 21617],
    ['a To that is no number', { To: 'Ana' }, 21211],
    ['a To that cannot be dialled', { To: '+11235550117' }, 21211],
    ['a From nobody owns', { From: '+13125550199' }, 21659],
    ['a From of another account', { From: '+13125550150' }, 21660],
    ['a From that cannot text', { From: '+13125550151' }, 21606],
    ['itself', { To: own }, 21266],
    ['a callback that is no URL', { StatusCallback: 'here' }, 21609],
    ['a landline', { To: '+13125550160' }, 21614],
    ['a region that is not enabled', { To: '+15005550003' }, 21408],
    ['a number without a route', { To: '+15005550002' }, 21612],
  ] as const)('%s', async (_, form, code) => {
    const { twilio, account, send } = await start()
    const other = twilio.control.addAccount({})
    twilio.control.addNumber({ number: '+13125550150', accountSid: other.sid })
    twilio.control.addNumber({ number: '+13125550151', accountSid: account.sid, smsCapable: false })
    twilio.control.addPhone({ number: '+13125550160', reach: 'landline' })
    const { status, json } = await send(form)
    expect({ status, json }).toEqual({
      status: 400,
      json: { code, message: expect.any(String) as string, more_info: `https://www.twilio.com/docs/errors/${code}`, status: 400 },
    })
    expect(twilio.control.messages).toHaveLength(0)
  })

  test('a recipient who said STOP, until START', async () => {
    const { twilio, send } = await start()
    twilio.control.addPhone({ number: phone })
    twilio.control.reply(phone, ' stop ', own)
    expect((await send({})).json).toMatchObject({ code: 21610, status: 400 })
    twilio.control.reply(phone, 'START', own)
    expect((await send({})).status).toBe(201)
  })

  test('a wrong login with 401 and an account that is not ours with 404', async () => {
    const { account, path, call } = await start()
    for (const login of [`${account.sid}:guess`, `AC${'0'.repeat(32)}:${account.authToken}`, ''])
      expect(await call('GET', path, undefined, login)).toMatchObject({ status: 401, json: { code: 20003 } })
    expect(await call('GET', path.replace(account.sid, `AC${'0'.repeat(32)}`))).toMatchObject({ status: 404, json: { code: 20404 } })
    expect(await call('GET', path.replace('.json', `/SM${'0'.repeat(32)}.json`))).toMatchObject({ status: 404, json: { code: 20404 } })
  })

  test('more sends a second than the account may, with Retry-After', async () => {
    const { send } = await start({ sendsPerSecond: 2 })
    expect([(await send({})).status, (await send({})).status]).toEqual([201, 201])
    const third = await send({})
    expect(third).toMatchObject({ status: 429, json: { code: 20429 } })
    expect(third.headers.get('retry-after')).toBe('1')
    now = new Date(now.getTime() + 1000)
    expect((await send({})).status).toBe(201)
  })

  test('a body over 64 KB and a method it does not have', async () => {
    const { path, call, send } = await start()
    expect((await send({ Body: 'x'.repeat(70_000) })).status).toBe(413)
    const { json } = await send({})
    expect(await call('POST', String(json['uri']), { Body: '' })).toMatchObject({ status: 405 })
    expect(await call('DELETE', path)).toMatchObject({ status: 404 })
  })
})

describe.skipIf(openApi === undefined)("held against Twilio's own description", () => {
  const api = openApi ?? { paths: {}, components: { schemas: {} } }
  const none = new URLSearchParams()

  test('the description refuses what it should, so that the checks below mean something', () => {
    const path = `/2010-04-01/Accounts/AC${'0'.repeat(32)}/Messages.json`
    expect(requestProblems(api, 'POST', path, none, new URLSearchParams({ To: phone, Nonsense: 'x' }))).toEqual([
      'form.Nonsense: not described',
    ])
    expect(requestProblems(api, 'POST', path, none, new URLSearchParams({ From: own }))).toEqual(['form.To: missing'])
    expect(requestProblems(api, 'POST', path.replace('AC', 'XX'), none, new URLSearchParams({ To: phone }))).toEqual([
      'AccountSid: not the pattern',
    ])
    expect(requestProblems(api, 'GET', path, new URLSearchParams({ PageSize: '1001' }), none)).toEqual(['PageSize: no integer in range'])
    expect(replyProblems(api, 'POST', path, 201, { sid: 'x', status: 'gone', num_segments: 1 })).toHaveLength(3)
  })

  test('every reply has the described shape, in every state of a message', async () => {
    const { twilio, path, call, send } = await start()
    twilio.control.addPhone({ number: '+13125550118', reach: 'unreachable' })
    const created = await send({ StatusCallback: 'http://127.0.0.1:9/none' })
    expect(replyProblems(api, 'POST', path, created.status, created.json)).toEqual([])
    await send({ To: '+13125550118' })
    await twilio.settled()
    twilio.control.reply(phone, 'C')
    const list = await call('GET', `${path}?PageSize=2`)
    expect(replyProblems(api, 'GET', path, list.status, list.json)).toEqual([])
    const one = await call('GET', String(created.json['uri']))
    expect(replyProblems(api, 'GET', String(created.json['uri']), one.status, one.json)).toEqual([])
    const all = await call('GET', path)
    expect((all.json['messages'] as { status: string }[]).map(({ status }) => status)).toEqual(['received', 'undelivered', 'delivered'])
  })
})
