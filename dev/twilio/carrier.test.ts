import { existsSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { advance } from '@wardline/product/integrations/sms/rules'
import type { CarrierStatus, InboundText, OutboundText, StatusUpdate } from '@wardline/product/integrations/sms/contract'
import { emptyTwiml, twilioCarrier } from '@wardline/product/integrations/sms/server'
import { afterEach, describe, expect, test } from 'vitest'
import { manualScheduler, startPretendTwilio } from './index.ts'
import { requestProblems } from './openapi.ts'
import type { OpenApi } from './openapi.ts'

const data = path.resolve(import.meta.dirname, '../..', process.env['WARDLINE_VECTORS'] ?? '../shared/data')
const openApiFile = path.join(data, 'openapi-sms/twilio_api_v2010.json')
const openApi = existsSync(openApiFile) ? (JSON.parse(readFileSync(openApiFile, 'utf8')) as OpenApi) : undefined

const own = '+13125550100'
const phone = '+13125550117'
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** The product's adapter, the pretend Twilio and a server with the two webhooks, all over real HTTP. */
const start = async (optOut: 'standard' | 'advanced' = 'standard') => {
  const twilio = await startPretendTwilio({ port: 0, clock: () => new Date('2026-03-10T14:40:00Z'), scheduler: manualScheduler() })
  stops.push(twilio.stop)
  const account = twilio.control.addAccount({ optOut })
  const carrier = twilioCarrier({ accountSid: account.sid, authToken: account.authToken, baseUrl: twilio.url, timeoutMs: 2000 }, { fetch })
  const updates: StatusUpdate[] = []
  const texts: InboundText[] = []
  const rejected: string[] = []
  let origin = ''
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk)
    const webhook = {
      url: origin + (req.url ?? ''),
      rawBody: Buffer.concat(chunks),
      contentType: req.headers['content-type'],
      signature: req.headers['x-twilio-signature'] as string | undefined,
    }
    if (req.url?.startsWith('/status')) {
      const read = carrier.readStatus(webhook)
      if (read.kind === 'believed') updates.push(read.value)
      else rejected.push(read.code)
    } else {
      const read = carrier.readInbound(webhook)
      if (read.kind === 'believed') texts.push(read.value)
      else rejected.push(read.code)
    }
    res.writeHead(200, { 'content-type': emptyTwiml.contentType }).end(emptyTwiml.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  stops.push(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  twilio.control.addNumber({ number: own, accountSid: account.sid, smsUrl: `${origin}/inbound#rc=5&rp=ct,rt,5xx` })
  twilio.control.addPhone({ number: phone })
  const text: OutboundText = {
    from: own,
    to: phone,
    body: 'Maple Street Dental, Tue 3:00 PM. ¿Reply C? \u{1F44D}',
    statusCallback: `${origin}/status#rc=5&rp=ct,rt,5xx`,
    idempotencyHint: 'row-1',
  }
  const query = { from: text.from, to: text.to, body: text.body, sentAfter: '2026-03-10T14:39:55.000Z' }
  return { twilio, account, carrier, updates, texts, rejected, text, query, origin }
}

const end = (updates: readonly StatusUpdate[]) =>
  updates.reduce((status: CarrierStatus, update) => advance(status, update.status), 'queued')

describe('the Twilio adapter against the pretend Twilio', () => {
  test('a text is accepted, delivered, reported with its hint, and answered', async () => {
    const { twilio, carrier, updates, texts, rejected, text } = await start()
    const outcome = await carrier.send(text)
    expect(outcome).toMatchObject({ kind: 'accepted', status: 'queued', segments: 1 })
    await twilio.settled()
    const providerId = outcome.kind === 'accepted' ? outcome.providerId : ''
    expect(updates).toEqual([
      { providerId, status: 'sent', hint: 'row-1' },
      { providerId, status: 'delivered', hint: 'row-1' },
    ])
    twilio.control.reply(phone, 'C \u{1F642} ñ & <ok>')
    await twilio.settled()
    expect(texts).toMatchObject([{ from: phone, to: own, body: 'C \u{1F642} ñ & <ok>', mediaCount: 0 }])
    expect(rejected).toEqual([])
  })

  test.skipIf(openApi === undefined)('every request is one that the real API describes', async () => {
    const { twilio, carrier, text, query } = await start()
    await carrier.send(text)
    await carrier.lookUp(query)
    await carrier.lookUp({ ...query, body: 'other' })
    const api = openApi ?? { paths: {}, components: { schemas: {} } }
    expect(twilio.control.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'GET', 'GET'])
    for (const { method, path: at, query: search, form } of twilio.control.requests)
      expect(requestProblems(api, method, at, search, form)).toEqual([])
  })

  test.each([
    ['an empty body', { body: '' }, 'empty-body'],
    ['a body that is too long', { body: 'x'.repeat(1601) }, 'too-long'],
    ['a number that cannot be dialled', { to: '+11235550117' }, 'invalid-number'],
    ['a landline', { to: '+13125550160' }, 'not-textable'],
    ['a sender that is not ours', { from: '+13125550199' }, 'sender-not-ours'],
    ['a region that is not enabled', { to: '+15005550003' }, 'region-not-enabled'],
    ['a number without a route', { to: '+15005550002' }, 'unroutable'],
  ] as const)('%s is refused as %s', async (_, change, code) => {
    const { twilio, carrier, text } = await start()
    twilio.control.addPhone({ number: '+13125550160', reach: 'landline' })
    expect(await carrier.send({ ...text, ...change })).toMatchObject({ kind: 'refused', code, optedOut: false })
    expect(twilio.control.messages).toEqual([])
  })

  test('wrong credentials and the rate are refusals that may pass', async () => {
    const { twilio, account, carrier, text } = await start()
    const stranger = twilioCarrier({ accountSid: account.sid, authToken: 'guess', baseUrl: twilio.url }, { fetch })
    expect(await stranger.send(text)).toMatchObject({ code: 'not-authorised', permanent: false })
    twilio.control.failNextSend('too-many-requests')
    expect(await carrier.send(text)).toMatchObject({ code: 'rate-limited', permanent: false, retryAfterSeconds: 1, providerCode: 20429 })
  })

  test.each(['standard', 'advanced'] as const)(
    'STOP (%s): the carrier answers once, tells us, and refuses the next text as opted out',
    async (optOut) => {
      const { twilio, carrier, texts, text } = await start(optOut)
      twilio.control.reply(phone, 'Stop', own)
      await twilio.settled()
      expect(texts).toMatchObject([{ body: 'Stop' }])
      expect(texts[0]?.optOutType).toBe(optOut === 'advanced' ? 'STOP' : undefined)
      expect(await carrier.send(text)).toEqual({ kind: 'refused', code: 'opted-out', permanent: true, optedOut: true, providerCode: 21610 })
      expect(twilio.control.phones.get(phone)?.bubbles.filter(({ direction }) => direction === 'received')).toHaveLength(1)
    },
  )

  test('stored but never answered: unknown, found by look-up, on the phone once', async () => {
    const { twilio, account, text, query } = await start()
    const hasty = twilioCarrier({ accountSid: account.sid, authToken: account.authToken, baseUrl: twilio.url, timeoutMs: 100 }, { fetch })
    twilio.control.failNextSend('times-out')
    expect(await hasty.send(text)).toEqual({ kind: 'unknown', why: 'timed-out' })
    const patient = twilioCarrier({ accountSid: account.sid, authToken: account.authToken, baseUrl: twilio.url }, { fetch })
    const queued = await patient.lookUp(query)
    expect(queued).toMatchObject({ kind: 'found', status: 'queued' })
    await twilio.settled()
    expect(await patient.lookUp(query)).toEqual({ ...queued, status: 'delivered' })
    expect(twilio.control.phones.get(phone)?.bubbles).toHaveLength(1)
  })

  test.each([
    ['reset-after-storing', 'connection-lost', 'found'],
    ['reset-before-storing', 'connection-lost', 'absent'],
    ['error-after-storing', 'server-error', 'found'],
    ['error-before-storing', 'server-error', 'absent'],
  ] as const)('%s: unknown, then looked up as %s -> %s', async (fault, why, kind) => {
    const { twilio, carrier, text, query } = await start()
    twilio.control.failNextSend(fault)
    expect(await carrier.send(text)).toEqual({ kind: 'unknown', why })
    expect(await carrier.lookUp(query)).toMatchObject({ kind })
  })

  test('the callback of a text whose answer was lost names its row', async () => {
    const { twilio, carrier, updates, text } = await start()
    twilio.control.failNextSend('reset-after-storing')
    await carrier.send(text)
    await twilio.settled()
    expect(updates.map(({ hint }) => hint)).toEqual(['row-1', 'row-1'])
  })

  test('two unknown texts that are equal are told apart', async () => {
    const { twilio, carrier, text, query } = await start()
    twilio.control.failNextSend('reset-after-storing')
    twilio.control.failNextSend('reset-after-storing')
    await carrier.send(text)
    await carrier.send({ ...text, idempotencyHint: 'row-2' })
    const first = await carrier.lookUp(query)
    const known = first.kind === 'found' ? [first.providerId] : []
    const second = await carrier.lookUp({ ...query, known })
    expect(second).toMatchObject({ kind: 'found' })
    expect(second).not.toEqual(first)
  })

  test.each(['duplicate', 'reversed', undefined] as const)('callbacks %s end as delivered', async (fault) => {
    const { twilio, carrier, updates, text } = await start()
    if (fault) twilio.control.disturbNextCallbacks(fault)
    await carrier.send(text)
    await twilio.settled()
    expect(end(updates)).toBe('delivered')
  })

  test('a text that cannot be delivered says why', async () => {
    const { twilio, carrier, updates, text } = await start()
    twilio.control.setReach(phone, 'unknown')
    await carrier.send(text)
    await twilio.settled()
    expect(updates.at(-1)).toMatchObject({ status: 'undelivered', problem: { code: 'number-unknown', providerCode: 30005 } })
  })

  test('a forged webhook is not believed', async () => {
    const { origin, account, texts, rejected } = await start()
    const forged = new URLSearchParams({
      AccountSid: account.sid,
      MessageSid: `SM${'0'.repeat(32)}`,
      From: phone,
      To: own,
      Body: 'START',
      NumMedia: '0',
    })
    await fetch(`${origin}/inbound`, { method: 'POST', body: forged, headers: { 'x-twilio-signature': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' } })
    await fetch(`${origin}/inbound`, { method: 'POST', body: forged })
    expect(rejected).toEqual(['bad-signature', 'bad-signature'])
    expect(texts).toEqual([])
  })
})
