/** The phone page's routes, and the same as JSON for tests and the tour. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Delivery } from './delivery.ts'
import { pageHtml, phoneHtml, screenHtml } from './page.ts'
import { phonesScript, phonesStyle } from './page-assets.ts'
import type { Phone } from './model.ts'
import type { World } from './world.ts'

const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

const send = (res: ServerResponse, status: number, type: string, body: string) =>
  res
    .writeHead(status, {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    .end(body)

const sendJson = (res: ServerResponse, status: number, body: unknown) => send(res, status, 'application/json', JSON.stringify(body))

/** One phone for the control endpoints. */
const phoneJson = (world: World, phone: Phone) => ({
  number: phone.number,
  label: phone.label,
  reach: phone.reach,
  optedOutOf: world.blockedFor(phone.number),
  messages: phone.bubbles.map(({ sid, at, direction, peer, body }) => ({ sid, at: at.toISOString(), direction, peer, body })),
})

/** Why a reply from a phone was not taken. */
export type ReplyProblem = 'no-such-phone' | 'no-such-number' | 'empty'

/** The phones of one pretend Twilio. `origins` are those a browser may post from. */
export const createPhones = (world: World, delivery: Delivery, timeZone: string, origins: () => readonly string[]) => {
  const streams = new Set<ServerResponse>()

  /** Sends a text from a phone: to the number given, else in its latest conversation, else to the first there is. */
  const reply = (number: string, body: string, to?: string): { readonly sid: string } | ReplyProblem => {
    const phone = world.phones.get(number)
    if (phone === undefined) return 'no-such-phone'
    if (body === '') return 'empty'
    const peer = to ?? phone.bubbles.at(-1)?.peer ?? [...world.numbers.keys()][0]
    const inbound = peer === undefined ? undefined : world.receive(number, peer, body)
    if (inbound === undefined) return 'no-such-number'
    delivery.announce(inbound)
    return { sid: inbound.message.sid }
  }

  const answerReply = (res: ServerResponse, outcome: ReturnType<typeof reply>) => {
    if (typeof outcome === 'object') return sendJson(res, 201, outcome)
    return sendJson(res, outcome === 'empty' ? 400 : 404, { code: outcome })
  }

  /** Another site's page must not make these phones talk. */
  const isForeign = (req: IncomingMessage) => req.headers.origin !== undefined && !origins().includes(req.headers.origin)

  const stream = (req: IncomingMessage, res: ServerResponse) => {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).write('retry: 1000\n\n')
    streams.add(res)
    req.on('close', () => streams.delete(res))
  }

  const whole = (phone: Phone) => phoneHtml(phone, world.blockedFor(phone.number), [...world.numbers.keys()], timeZone)

  const get = (req: IncomingMessage, res: ServerResponse, path: string, phone: Phone | undefined) => {
    if (path === '/phones') return send(res, 200, 'text/html', pageHtml([...world.phones.values()].map(whole)))
    if (path === '/phones/style.css') return send(res, 200, 'text/css', phonesStyle)
    if (path === '/phones/script.js') return send(res, 200, 'text/javascript', phonesScript)
    if (path === '/phones/events') return stream(req, res)
    if (path === '/control/phones') return sendJson(res, 200, { phones: [...world.phones.values()].map((one) => phoneJson(world, one)) })
    if (phone !== undefined && path === '/phones/:number') return send(res, 200, 'text/html', whole(phone))
    if (phone !== undefined && path === '/phones/:number/screen')
      return send(res, 200, 'text/html', screenHtml(phone, world.blockedFor(phone.number), timeZone))
    return sendJson(res, 404, { code: 'not-found' })
  }

  const post = (req: IncomingMessage, res: ServerResponse, path: string, number: string, body: string) => {
    if (isForeign(req)) return sendJson(res, 403, { code: 'foreign-origin' })
    if (path === '/control/phones/:number/reply') {
      const given = parseReply(body)
      return given === undefined ? sendJson(res, 400, { code: 'malformed' }) : answerReply(res, reply(number, given.body, given.to))
    }
    if (path !== '/phones/:number/reply') return sendJson(res, 404, { code: 'not-found' })
    const form = new URLSearchParams(body)
    const outcome = reply(number, form.get('chip') ?? form.get('body') ?? '', form.get('to') || undefined)
    if (req.headers.accept?.includes('application/json')) return answerReply(res, outcome)
    return res.writeHead(303, { location: `/phones#phone-${number.replace(/\D/g, '')}` }).end()
  }

  /** Serves /phones and /control; `body` is the request's, already read. */
  const handle = (req: IncomingMessage, res: ServerResponse, pathname: string, body: string): void => {
    const [, area, segment, rest] = /^\/(phones|control\/phones)\/(\+\d{3,15}|%2B\d{3,15})(\/[a-z]+)?$/i.exec(pathname) ?? []
    const number = segment?.replace(/^%2B/i, '+') ?? ''
    const path = area === undefined ? pathname : `/${area}/:number${rest ?? ''}`
    if (req.method === 'GET') get(req, res, path, world.phones.get(number))
    else if (req.method === 'POST') post(req, res, path, number, body)
    else sendJson(res, 405, { code: 'not-allowed' })
  }

  return {
    handle,
    reply,
    /** Tells every open page that a phone's screen changed. */
    changed: (number: string) => {
      for (const res of streams) res.write(`data: ${JSON.stringify({ number })}\n\n`)
    },
    close: () => {
      for (const res of streams) res.end()
    },
  }
}

/** The control endpoint's body: { body, to? }. */
const parseReply = (text: string): { readonly body: string; readonly to?: string } | undefined => {
  try {
    const value = JSON.parse(text) as { body?: unknown; to?: unknown } | null
    if (typeof value?.body !== 'string' || (value.to !== undefined && typeof value.to !== 'string')) return undefined
    return { body: value.body, ...(value.to !== undefined && { to: value.to }) }
  } catch {
    return undefined
  }
}
