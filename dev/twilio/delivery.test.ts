import { createServer } from 'node:http'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { manualScheduler, startPretendTwilio, wallScheduler } from './index.ts'
import type { Account, PretendTwilio } from './index.ts'
import { sign } from './sign.ts'

const own = '+13125550100'
const phone = '+13125550117'
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

type Hook = {
  readonly url: string
  readonly form: Record<string, string>
  readonly signature: string
  readonly token: string
  readonly login: string | undefined
}

/** A server that collects webhooks and answers what it is told to. */
const hookServer = async (answer: () => number = () => 200) => {
  const hooks: Hook[] = []
  const server: Server = createServer(async (req, res) => {
    let body = ''
    for await (const chunk of req) body += String(chunk)
    hooks.push({
      url: req.url ?? '',
      form: Object.fromEntries(new URLSearchParams(body)),
      signature: String(req.headers['x-twilio-signature']),
      token: String(req.headers['i-twilio-idempotency-token']),
      login: req.headers.authorization,
    })
    res.writeHead(answer()).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  return { hooks, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const start = async (smsUrl?: string, more: Partial<Account> = {}) => {
  const scheduler = manualScheduler()
  const twilio = await startPretendTwilio({ port: 0, clock: () => new Date('2026-03-10T14:40:00Z'), scheduler })
  stops.push(twilio.stop)
  const account = twilio.control.addAccount(more)
  twilio.control.addNumber({ number: own, accountSid: account.sid, ...(smsUrl !== undefined && { smsUrl }) })
  twilio.control.addPhone({ number: phone, label: 'Ana Rivera' })
  const send = (callback: string, to = phone) =>
    fetch(`${twilio.url}/2010-04-01/Accounts/${account.sid}/Messages.json`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${account.sid}:${account.authToken}`)}` },
      body: new URLSearchParams({ To: to, From: own, Body: 'Reply C to confirm', StatusCallback: callback }),
    })
  return { twilio, account, scheduler, send }
}

const statuses = (hooks: readonly Hook[]) => hooks.map(({ form }) => form['MessageStatus'])
const bodies = (twilio: PretendTwilio) => twilio.control.phones.get(phone)?.bubbles.map(({ direction, body }) => `${direction}: ${body}`)

describe('status callbacks', () => {
  test('sent, then delivered, signed on the exact URL, none for the initial status', async () => {
    const { hooks, url } = await hookServer()
    const { twilio, account, send } = await start()
    await send(`${url}/status?hint=row-1#rc=2`)
    expect(hooks).toEqual([])
    await twilio.settled()
    expect(statuses(hooks)).toEqual(['sent', 'delivered'])
    for (const hook of hooks) {
      expect(hook.url).toBe('/status?hint=row-1')
      expect(hook.form).toMatchObject({ AccountSid: account.sid, To: phone, From: own, ApiVersion: '2010-04-01' })
      expect(hook.signature).toBe(sign(account.authToken, url + hook.url, hook.form))
    }
    expect(hooks[1]?.form['RawDlrDoneDate']).toBe('2603101440')
    expect(bodies(twilio)).toEqual(['received: Reply C to confirm'])
  })

  test.each([
    ['unreachable', '30003'],
    ['unknown', '30005'],
    ['filtered', '30007'],
  ] as const)('a phone that is %s: undelivered with %s', async (reach, code) => {
    const { hooks, url } = await hookServer()
    const { twilio, send } = await start()
    twilio.control.setReach(phone, reach)
    await send(url)
    await twilio.settled()
    expect(hooks.map(({ form }) => [form['MessageStatus'], form['ErrorCode']])).toEqual([
      ['sent', undefined],
      ['undelivered', code],
    ])
    expect(bodies(twilio)).toEqual([])
  })

  test('a phone that is off gets its texts when it is on again', async () => {
    const { hooks, url } = await hookServer()
    const { twilio, send } = await start()
    twilio.control.setReach(phone, 'off')
    await send(url)
    await twilio.settled()
    expect(statuses(hooks)).toEqual(['sent'])
    twilio.control.setReach(phone, 'on')
    await twilio.settled()
    expect(statuses(hooks)).toEqual(['sent', 'delivered'])
  })

  test('the manual clock moves no further than asked', async () => {
    const { hooks, url } = await hookServer()
    const { scheduler, send } = await start()
    await send(url)
    await scheduler.advance(200)
    expect(statuses(hooks)).toEqual(['sent'])
    await scheduler.advance(1000)
    expect(statuses(hooks)).toEqual(['sent', 'delivered'])
  })
})

describe('retries', () => {
  test('a 5xx is tried again only when the URL asks for it, with the same idempotency token', async () => {
    let failures = 2
    const { hooks, url } = await hookServer(() => ((failures -= 1) >= 0 ? 503 : 200))
    const { twilio } = await start(`${url}/inbound#rc=5&rp=5xx,ct`)
    twilio.control.reply(phone, 'C')
    await twilio.settled()
    expect(hooks).toHaveLength(3)
    expect(new Set(hooks.map(({ token }) => token)).size).toBe(1)
    expect(twilio.control.webhooks[0]?.answers).toEqual([503, 503, 200])
  })

  test('by default a 5xx is final, and a refused connection is tried once more', async () => {
    const { hooks, url } = await hookServer(() => 500)
    const { twilio } = await start(`${url}/inbound`)
    twilio.control.reply(phone, 'C')
    await twilio.settled()
    expect(hooks).toHaveLength(1)
    const gone = await hookServer()
    await stops.pop()?.()
    const closed = await start(`${gone.url}/inbound`)
    closed.twilio.control.reply(phone, 'C')
    await closed.twilio.settled()
    expect(closed.twilio.control.webhooks[0]?.answers).toEqual(['ct', 'ct'])
  })

  test('never more than five times', async () => {
    const { hooks, url } = await hookServer(() => 500)
    const { twilio } = await start(`${url}#rc=99&rp=all`)
    twilio.control.reply(phone, 'C')
    await twilio.settled()
    expect(hooks).toHaveLength(6)
  })
})

describe('inbound webhooks', () => {
  test('carry the text, signed; credentials in the URL become a login and are not signed', async () => {
    const { hooks, url } = await hookServer()
    const withLogin = url.replace('http://', 'http://clinic:s3cret@')
    const { twilio, account } = await start(`${withLogin}/inbound`)
    twilio.control.reply(phone, 'ok \u{1F44D} <b>')
    await twilio.settled()
    const [hook] = hooks
    expect(hook?.form).toMatchObject({
      From: phone,
      To: own,
      Body: 'ok \u{1F44D} <b>',
      NumMedia: '0',
      SmsStatus: 'received',
      AccountSid: account.sid,
    })
    expect(hook?.form['MessageSid']).toMatch(/^SM[0-9a-f]{32}$/)
    expect(hook?.login).toBe(`Basic ${btoa('clinic:s3cret')}`)
    expect(hook?.signature).toBe(sign(account.authToken, `${url}/inbound`, hook?.form ?? {}))
  })

  test('standard: the carrier blocks and answers STOP once, and the webhook does not say so', async () => {
    const { hooks, url } = await hookServer()
    const { twilio, send } = await start(url)
    for (const word of ['STOP', 'stop', 'Stop']) twilio.control.reply(phone, word, own)
    await twilio.settled()
    expect(bodies(twilio)?.filter((body) => body.startsWith('received'))).toHaveLength(1)
    expect(hooks.map(({ form }) => form['OptOutType'])).toEqual([undefined, undefined, undefined])
    expect((await send(url)).status).toBe(400)
  })

  test('standard: words of the sentence do not count, and Spanish ones neither', async () => {
    const { twilio, send } = await start()
    for (const text of ['STOP please', 'ya no me manden nada', 'ALTO']) twilio.control.reply(phone, text, own)
    expect(bodies(twilio)?.filter((body) => body.startsWith('received'))).toEqual([])
    expect((await send('http://127.0.0.1:1')).status).toBe(201)
  })

  test('advanced: own words and answers, all numbers of the account, and OptOutType', async () => {
    const { hooks, url } = await hookServer()
    const { twilio, account, send } = await start(url, {
      optOut: 'advanced',
      keywords: { STOP: ['ALTO'] },
      answers: { STOP: 'Listo. No más mensajes.' },
    })
    const second = '+13125550101'
    twilio.control.addNumber({ number: second, accountSid: account.sid, smsUrl: url })
    twilio.control.reply(phone, 'alto', second)
    expect((await send(url)).status).toBe(400)
    twilio.control.reply(phone, 'HELP', own)
    twilio.control.reply(phone, 'UNSTOP', own)
    twilio.control.reply(phone, 'C', own)
    await twilio.settled()
    expect(hooks.map(({ form }) => form['OptOutType'])).toEqual(['STOP', 'HELP', 'START', undefined])
    expect(bodies(twilio)?.[1]).toBe('received: Listo. No más mensajes.')
    expect((await send(url)).status).toBe(201)
  })

  test('none: the carrier neither blocks nor answers', async () => {
    const { hooks, url } = await hookServer()
    const { twilio, send } = await start(url, { optOut: 'none' })
    twilio.control.reply(phone, 'STOP', own)
    await twilio.settled()
    expect(bodies(twilio)).toEqual(['sent: STOP'])
    expect(hooks).toHaveLength(1)
    expect((await send(url)).status).toBe(201)
  })

  test('a number without a URL blocks all the same', async () => {
    const { twilio, send } = await start()
    twilio.control.reply(phone, 'STOP', own)
    await twilio.settled()
    expect(twilio.control.webhooks).toEqual([])
    expect((await send('http://127.0.0.1:1')).status).toBe(400)
  })
})

describe('faults', () => {
  test('callbacks doubled, out of order or lost', async () => {
    const { hooks, url } = await hookServer()
    const { twilio, send } = await start()
    const seen = async (fault?: 'duplicate' | 'reversed' | 'lost') => {
      if (fault) twilio.control.disturbNextCallbacks(fault)
      await send(url)
      await twilio.settled()
      return statuses(hooks.splice(0))
    }
    expect(await seen('duplicate')).toEqual(['sent', 'sent', 'delivered', 'delivered'])
    expect(await seen('reversed')).toEqual(['delivered', 'sent'])
    expect(await seen('lost')).toEqual([])
    expect(await seen()).toEqual(['sent', 'delivered'])
  })

  test('a fault strikes once', async () => {
    const { twilio, send } = await start()
    twilio.control.failNextSend('error-before-storing')
    twilio.control.failNextSend('error-after-storing')
    expect([(await send('http://127.0.0.1:1')).status, twilio.control.messages.length]).toEqual([503, 0])
    expect([(await send('http://127.0.0.1:1')).status, twilio.control.messages.length]).toEqual([500, 1])
    expect([(await send('http://127.0.0.1:1')).status, twilio.control.messages.length]).toEqual([201, 2])
  })
})

describe('the wall clock', () => {
  test('delivers by itself; settled waits for it, and stop forgets what is left', async () => {
    const scheduler = wallScheduler()
    const done: number[] = []
    scheduler.after(5, async () => void done.push(1))
    scheduler.after(1, async () => scheduler.after(1, async () => void done.push(2)))
    await scheduler.settled()
    expect(done.toSorted()).toEqual([1, 2])
    scheduler.after(60_000, async () => void done.push(3))
    const settled = scheduler.settled()
    scheduler.stop()
    await settled
    expect(done).toHaveLength(2)
  })
})
