import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { OutboundText, Webhook } from '../contract.ts'
import { twilioCarrier } from './index.ts'

const accountSid = `AC${'1'.repeat(32)}`
const authToken = 'token-that-must-not-leak'
const sid = `SM${'0a'.repeat(16)}`
const text: OutboundText = {
  from: '+13125550100',
  to: '+13125550117',
  body: 'Maple Street Dental: reply C to confirm.',
  statusCallback: 'https://clinic.example/hooks/status#rc=5&rp=all',
  idempotencyHint: 'row-1',
}
const query = { from: text.from, to: text.to, body: text.body, sentAfter: '2026-03-10T14:40:00.000Z' }

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
})

/** A server that answers as it is told, on loopback; its URL. */
const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const carrierAt = (baseUrl: string, more: { readonly timeoutMs?: number; readonly answersStop?: boolean } = {}) =>
  twilioCarrier({ accountSid, authToken, baseUrl, ...more }, { fetch })

const answering = async (status: number, body: string, headers: Record<string, string> = {}) =>
  carrierAt(await serve((_, res) => res.writeHead(status, headers).end(body)))

const created = JSON.stringify({ sid, status: 'queued', num_segments: '2' })

describe('send', () => {
  test('posts one form with Basic auth, the hint in the callback', async () => {
    const seen: unknown[] = []
    const url = await serve(async (req, res) => {
      let body = ''
      for await (const chunk of req) body += String(chunk)
      seen.push(req.method, req.url, req.headers.authorization, Object.fromEntries(new URLSearchParams(body)))
      res.writeHead(201).end(created)
    })
    expect(await carrierAt(url).send(text)).toEqual({ kind: 'accepted', providerId: sid, status: 'queued', segments: 2 })
    expect(seen).toEqual([
      'POST',
      `/2010-04-01/Accounts/${accountSid}/Messages.json`,
      `Basic ${btoa(`${accountSid}:${authToken}`)}`,
      { To: text.to, From: text.from, Body: text.body, StatusCallback: 'https://clinic.example/hooks/status?hint=row-1#rc=5&rp=all' },
    ])
  })

  test('an API key replaces the token as login', async () => {
    const seen: (string | undefined)[] = []
    const url = await serve((req, res) => {
      seen.push(req.headers.authorization)
      res.writeHead(201).end(created)
    })
    await twilioCarrier({ accountSid, authToken, baseUrl: url, apiKey: { sid: 'SK1', secret: 's' } }, { fetch }).send(text)
    expect(seen).toEqual([`Basic ${btoa('SK1:s')}`])
  })

  test.each([
    ['5xx', 500, '{}', 'server-error'],
    ['503 with a refusal inside', 503, '{"code":21610}', 'server-error'],
    ['408', 408, '', 'server-error'],
    ['2xx that is no JSON', 201, '<html>', 'unreadable-reply'],
    ['2xx without a sid', 201, '{"status":"queued"}', 'unreadable-reply'],
    ['2xx with a foreign sid', 201, '{"sid":"x","status":"queued"}', 'unreadable-reply'],
    ['2xx longer than allowed', 201, created.padEnd(70_000), 'unreadable-reply'],
  ] as const)('%s is unknown', async (_, status, body, why) => {
    expect(await (await answering(status, body)).send(text)).toEqual({ kind: 'unknown', why })
  })

  test('a redirect is not followed', async () => {
    let followed = 0
    const elsewhere = await serve((_, res) => {
      followed += 1
      res.writeHead(201).end(created)
    })
    const carrier = await answering(307, '', { location: elsewhere })
    expect(await carrier.send(text)).toEqual({ kind: 'unknown', why: 'unreadable-reply' })
    expect(followed).toBe(0)
  })

  test('silence is unknown after the time-out, also in the middle of the answer', async () => {
    const silent = await serve(() => undefined)
    expect(await carrierAt(silent, { timeoutMs: 50 }).send(text)).toEqual({ kind: 'unknown', why: 'timed-out' })
    const halfway = await serve((_, res) => void res.writeHead(201).write('{"sid":'))
    expect(await carrierAt(halfway, { timeoutMs: 50 }).send(text)).toEqual({ kind: 'unknown', why: 'timed-out' })
  })

  test('a reset after the request is unknown, and is not sent again', async () => {
    let requests = 0
    const url = await serve((req) => {
      requests += 1
      req.socket.resetAndDestroy()
    })
    expect(await carrierAt(url).send(text)).toEqual({ kind: 'unknown', why: 'connection-lost' })
    expect(requests).toBe(1)
  })

  test('no connection at all is a refusal: nothing was sent', async () => {
    const url = await serve(() => undefined)
    const [server] = servers.splice(0)
    server?.close()
    expect(await carrierAt(url).send(text)).toEqual({
      kind: 'refused',
      code: 'carrier-down',
      permanent: false,
      optedOut: false,
      providerCode: null,
    })
  })

  test('a refusal carries our code, and how long to wait', async () => {
    const limited = await answering(429, '{"code":20429}', { 'retry-after': '7' })
    expect(await limited.send(text)).toMatchObject({ kind: 'refused', code: 'rate-limited', permanent: false, retryAfterSeconds: 7 })
    const bare = await answering(429, 'slow down')
    expect(await bare.send(text)).toMatchObject({ code: 'rate-limited', retryAfterSeconds: 1, providerCode: null })
    const gone = await answering(400, '{"code":21610,"message":"Attempt to send to unsubscribed recipient"}')
    expect(await gone.send(text)).toEqual({ kind: 'refused', code: 'opted-out', permanent: true, optedOut: true, providerCode: 21610 })
  })

  test.each([
    ['a number that is not E.164', { to: '3125550117' }, 'invalid-number'],
    ['a sender that is not E.164', { from: 'CLINIC' }, 'invalid-number'],
    ['a lone surrogate', { body: '\uD83D' }, 'bad-request'],
    ['U+0000', { body: 'a\u0000' }, 'bad-request'],
    ['a hint that does not belong in a URL', { idempotencyHint: 'Ana Rivera' }, 'bad-request'],
    ['a callback in clear across a network', { statusCallback: 'http://clinic.example/hooks' }, 'bad-request'],
    ['a callback that is no URL', { statusCallback: 'hooks' }, 'bad-request'],
  ] as const)('%s never leaves', async (_, change, code) => {
    const carrier = twilioCarrier({ accountSid, authToken }, { fetch: () => Promise.reject(new Error('must not be called')) })
    expect(await carrier.send({ ...text, ...change })).toMatchObject({ kind: 'refused', code, permanent: true })
  })

  test('no outcome, error or property shows the token, a number or the body', async () => {
    const url = await serve((_, res) => res.writeHead(500).end(JSON.stringify({ message: `${authToken} ${text.body} ${text.to}` })))
    const leaky = twilioCarrier(
      { accountSid, authToken, baseUrl: url },
      { fetch: () => Promise.reject(new Error(`${authToken} ${text.body}`)) },
    )
    const carrier = carrierAt(url)
    const shown = JSON.stringify([
      carrier,
      leaky,
      await carrier.send(text),
      await leaky.send(text),
      await carrier.lookUp(query),
      await leaky.lookUp(query),
    ])
    for (const secret of [authToken, btoa(`${accountSid}:${authToken}`), text.body, text.to]) expect(shown).not.toContain(secret)
  })
})

describe('lookUp', () => {
  const row = (more: object) => ({
    sid,
    status: 'sent',
    to: text.to,
    from: text.from,
    body: text.body,
    date_created: 'Tue, 10 Mar 2026 14:40:00 +0000',
    ...more,
  })
  const listing = async (...messages: object[]) => answering(200, JSON.stringify({ messages, next_page_uri: null }))

  test('finds the text by numbers, body and time', async () => {
    expect(await (await listing(row({}))).lookUp(query)).toEqual({ kind: 'found', providerId: sid, status: 'sent' })
  })

  test.each([
    ['another body', { body: 'other' }],
    ['another recipient', { to: '+13125550118' }],
    ['another sender', { from: '+13125550101' }],
    ['an earlier time', { date_created: 'Tue, 10 Mar 2026 14:39:59 +0000' }],
    ['an unreadable time', { date_created: null }],
  ])('%s is another text', async (_, change) => {
    expect(await (await listing(row(change))).lookUp(query)).toEqual({ kind: 'absent' })
  })

  test('two equal texts: the oldest that belongs to no other row', async () => {
    const other = `SM${'0b'.repeat(16)}`
    const carrier = await listing(row({ sid: other, date_created: 'Tue, 10 Mar 2026 14:41:00 +0000' }), row({}))
    expect(await carrier.lookUp(query)).toMatchObject({ providerId: sid })
    expect(await carrier.lookUp({ ...query, known: [sid] })).toMatchObject({ providerId: other })
    expect(await carrier.lookUp({ ...query, known: [sid, other] })).toEqual({ kind: 'absent' })
  })

  test('filters by To, From and day, then lists what has no date yet', async () => {
    const seen: string[] = []
    const carrier = carrierAt(
      await serve((req, res) => {
        seen.push(decodeURIComponent(req.url ?? ''))
        res.end('{"messages":[],"next_page_uri":null}')
      }),
    )
    await carrier.lookUp(query)
    const list = `/2010-04-01/Accounts/${accountSid}/Messages.json?To=+13125550117&From=+13125550100`
    expect(seen).toEqual([`${list}&DateSent>=2026-03-10&PageSize=100`, `${list}&PageSize=100`])
  })

  test('a next page elsewhere is not followed: it would carry the credentials there', async () => {
    let asked = 0
    const carrier = carrierAt(
      await serve((_, res) => {
        asked += 1
        res.end(JSON.stringify({ messages: [], next_page_uri: '@evil.example/2010-04-01' }))
      }),
    )
    expect(await carrier.lookUp(query)).toEqual({ kind: 'unknown', why: 'unreadable-reply' })
    expect(asked).toBe(1)
  })

  test('never says absent without having read the whole list', async () => {
    const endless = await answering(
      200,
      JSON.stringify({ messages: [row({ body: 'x' })], next_page_uri: `/2010-04-01/Accounts/${accountSid}/Messages.json?Page=1` }),
    )
    expect(await endless.lookUp(query)).toEqual({ kind: 'unknown', why: 'too-many' })
    expect(await (await answering(200, '{}')).lookUp(query)).toEqual({ kind: 'unknown', why: 'unreadable-reply' })
    expect(await (await answering(500, '')).lookUp(query)).toEqual({ kind: 'unknown', why: 'server-error' })
    expect(await (await answering(401, '{"code":20003}')).lookUp(query)).toEqual({ kind: 'unknown', why: 'refused' })
    const local = await listing()
    expect(await local.lookUp({ ...query, sentAfter: '10 March 2026' })).toEqual({ kind: 'unknown', why: 'bad-query' })
  })
})

describe('webhooks', () => {
  const url = 'https://clinic.example/hooks/inbound'
  const webhook = (form: Record<string, string>, token = authToken): Webhook => {
    const base =
      url +
      Object.keys(form)
        .sort()
        .map((name) => name + form[name])
        .join('')
    return {
      url,
      rawBody: Buffer.from(new URLSearchParams(form).toString()),
      contentType: 'application/x-www-form-urlencoded',
      signature: createHmac('sha1', token).update(base).digest('base64'),
    }
  }
  const inbound = { AccountSid: accountSid, MessageSid: sid, From: text.to, To: text.from, Body: 'STOP', NumMedia: '0' }
  const carrier = carrierAt('https://api.twilio.com')

  test('believes what is signed for our account', () => {
    expect(carrier.readInbound(webhook(inbound))).toMatchObject({ kind: 'believed', value: { body: 'STOP' } })
    const status = { AccountSid: accountSid, MessageSid: sid, MessageStatus: 'delivered' }
    expect(carrier.readStatus(webhook(status))).toMatchObject({ kind: 'believed', value: { status: 'delivered' } })
  })

  test('checks the signature before anything else', () => {
    expect(carrier.readInbound(webhook(inbound, 'guess'))).toEqual({ kind: 'rejected', code: 'bad-signature' })
    expect(carrier.readStatus({ ...webhook(inbound), signature: undefined })).toEqual({ kind: 'rejected', code: 'bad-signature' })
  })

  test('another account of the same owner is not ours', () => {
    expect(carrier.readInbound(webhook({ ...inbound, AccountSid: `AC${'2'.repeat(32)}` }))).toEqual({
      kind: 'rejected',
      code: 'wrong-account',
    })
  })

  test('a token being rotated still counts', () => {
    const rotating = twilioCarrier({ accountSid, authToken: 'next', previousAuthToken: authToken }, { fetch })
    expect(rotating.readInbound(webhook(inbound)).kind).toBe('believed')
  })
})

describe('configuration', () => {
  test.each([
    ['bad-account', { accountSid: 'me' }],
    ['bad-token', { authToken: '' }],
    ['bad-token', { previousAuthToken: '' }],
    ['insecure-url', { baseUrl: 'http://api.twilio.com' }],
    ['insecure-url', { baseUrl: 'http://127.0.0.1.evil.example' }],
    ['insecure-url', { baseUrl: 'ftp://api.twilio.com' }],
  ] as const)('%s is refused at the start', (code, change) => {
    expect(() => twilioCarrier({ accountSid, authToken, ...change }, { fetch })).toThrow(expect.objectContaining({ code }))
  })

  test('says who answers STOP', () => {
    expect(carrierAt('https://api.twilio.com').answersStop).toBe(true)
    expect(carrierAt('https://api.twilio.com', { answersStop: false }).answersStop).toBe(false)
  })
})
