import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import cookie from '@fastify/cookie'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { newId } from '../ids/ids.ts'
import type { Db, Tx } from '../db/types.ts'
import type { Admission, Authenticator, Caller, RequestInfo, Whereabouts } from './caller.ts'
import { answerFor, failureBody } from './failures.ts'
import { isLoopback, isPassedOn, whenceOf } from './forwarded.ts'
import { parseJson } from './json.ts'
import { isIntended } from './intent.ts'
import { classLimits, limitsOfCaller, limitsOfPlace, openLimiter } from './limits.ts'
import type { Counted, Limit } from './limits.ts'
import { addressOf, networkOf } from './network.ts'
import { openApi } from './openapi.ts'
import { protection } from './protection.ts'
import { proxiesOf } from './proxies.ts'
import { openReads } from './reads.ts'
import type { GrantsFor, HoldsBack } from './reads.ts'
import { Refusal } from './refusal.ts'
import { RawReply } from './route.ts'
import type { Ctx, Route, Services } from './route.ts'

/** How the web side faces the world. */
export interface HttpOptions {
  /** Where people reach it, without a trailing slash; decides Secure cookies and the allowed Origin. */
  readonly publicUrl: string
  /** True: a proxy in front ends TLS and sets X-Forwarded-For. */
  readonly behindProxy: boolean
  /** From where it reaches us, addresses or networks; without any from this machine. What others say of where they come from is not read. */
  readonly proxies?: readonly string[] | undefined
  readonly version: string
  /** Readiness beyond the database, e.g. migrations done. */
  readonly ready: () => Promise<boolean>
  readonly metrics: () => string
  readonly grantsFor: GrantsFor | undefined
  readonly admit: Admission | undefined
  readonly holdsBack: HoldsBack | undefined
  readonly whereabouts?: Whereabouts | undefined
}

/** The HTTP server for these routes. It does not listen yet. */
export async function openHttp(
  routes: readonly Route[],
  services: Services,
  authenticate: Authenticator,
  options: HttpOptions,
): Promise<{ app: FastifyInstance; accept: (request: IncomingMessage) => Promise<Caller | null> }> {
  const secure = options.publicUrl.startsWith('https:')
  const origin = new URL(options.publicUrl).origin
  const cookieName = (name: string) => (secure ? `__Host-${name}` : name)
  // Behind TLS only __Host- cookies are ours (RFC 6265bis section 4.1.3.2): one without the prefix can be planted by a sibling domain.
  const ownCookies = (all: Readonly<Record<string, string | undefined>>) =>
    Object.fromEntries(
      Object.entries(all).flatMap(([name, value]) =>
        secure ? (name.startsWith('__Host-') ? [[name.slice('__Host-'.length), value]] : []) : [[name, value]],
      ),
    ) as Record<string, string | undefined>
  const isProxy = proxiesOf(options.proxies ?? [])
  const headers = protection(secure)
  const app = Fastify({
    logger: false,
    // One hop, of a proxy that was declared: the address that it saw. What stands before it in X-Forwarded-For was written by whoever called.
    trustProxy: options.behindProxy ? (address, hop) => hop === 0 && isProxy(address) : false,
    // A URL that cannot be decoded reaches no route and no hook; the framework's own answer would quote it.
    frameworkErrors: (error, request, reply) => void fail(request, reply.headers(headers), undefined, error),
    clientErrorHandler: (error, socket) => refuseUnreadable(error as Error & { code?: string }, socket),
    bodyLimit: 1024 * 1024,
    genReqId: () => newId(),
    requestTimeout: 30_000,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
  })
  await app.register(cookie)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  const limiter = openLimiter(services.clock)
  /** Every limit counts the call, also when one of them refuses it; the longest wait is told. */
  const count = (limits: readonly Counted[]): void => {
    const wait = Math.max(...limits.map((it) => limiter.take(it.key, it.most, it.seconds)))
    if (wait > 0) throw new Refusal('too-many', { retryAfter: wait })
  }
  const recordReads = openReads(services.db, services.clock, options.grantsFor, options.holdsBack)

  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('content-security-policy')) reply.headers(headers)
  })

  const infoOf = (request: FastifyRequest): RequestInfo => ({
    id: request.id,
    method: request.method,
    url: request.url,
    ip: addressOf(request.ip),
    whence: whenceOf(options, { ip: addressOf(request.ip), headers: request.headers }),
    headers: request.headers,
    cookies: ownCookies(request.cookies),
  })

  const fail = (request: FastifyRequest, reply: FastifyReply, route: Route | undefined, thrown: unknown) => {
    const answer = answerFor(route?.endpoint, thrown)
    if (answer.bug) services.log.error('http.failed', { request: request.id, route: route?.endpoint.name ?? 'none' }, thrown)
    if (answer.retryAfter !== undefined) reply.header('retry-after', answer.retryAfter)
    return reply.code(answer.failure.status).header('cache-control', 'no-store').send(failureBody(answer, request.id))
  }

  /** Who is calling, and what their roles do not open from there. If that cannot be found out they open no records, and all else goes on. */
  const callerAt = async (info: RequestInfo): Promise<Caller | null> => {
    const caller = await authenticate(info)
    if (!caller || !options.whereabouts) return caller
    const { closed, administers } = await options.whereabouts(caller, info).catch((thrown: unknown) => {
      services.log.error('http.whereabouts-failed', { request: info.id }, thrown)
      return { closed: caller.roles, administers: false }
    })
    return { ...caller, ...(closed.length === 0 ? {} : { closed }), ...(administers ? {} : { administers: false as const }) }
  }

  for (const route of routes) {
    const { endpoint } = route
    const takes = Compile(endpoint.takes)
    const gives = Compile(endpoint.gives)
    const inQuery = endpoint.method === 'GET' || endpoint.method === 'DELETE'
    const limited = { name: endpoint.name, method: endpoint.method, open: route.who.open, limit: route.limit }
    const ids = [...endpoint.path.matchAll(/:([A-Za-z]+)/g)].map(([, name]) => name!)
    app.route({
      method: endpoint.method,
      url: endpoint.path,
      bodyLimit: route.largest,
      errorHandler: (error, request, reply) => void fail(request, reply, route, error),
      handler: async (request, reply) => {
        try {
          const info = infoOf(request)
          count([limitsOfPlace(limited, info.ip)])
          const caller = await callerAt(info)
          if (!route.who.open) {
            if (!caller) {
              count([{ key: `stranger|${networkOf(info.ip)}`, ...classLimits.stranger.address }])
              throw new Refusal('signed-out')
            }
            if (!route.who.may(caller)) throw new Refusal('not-found')
            const admitted = await options.admit?.(route.who, caller, info)
            if (admitted === 'absent') throw new Refusal('not-found')
            if (admitted === 'step-up') throw new Refusal('step-up-needed')
            if (route.who.isFresh?.(caller, services.clock.ms()) === false) throw new Refusal('step-up-needed')
            // What shows records is judged by whose they are, once that is known.
            if (route.phi !== 'reads' && route.who.isHere?.(caller) === false) throw new Refusal('other-network')
            count(limitsOfCaller(limited, caller))
          }
          // A cookie alone is not intent, and no other page signs anybody in here.
          if (endpoint.body === 'json' && !isIntended(request, { origin, withSession: caller !== null })) throw new Refusal('not-found')
          const params = request.params as Record<string, string>
          for (const name of ids)
            if (!/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(params[name] ?? '')) throw new Refusal('not-found')
          const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
          if (endpoint.body === 'json' && raw.length > 0 && !/^application\/json\b/.test(request.headers['content-type'] ?? ''))
            throw new Refusal('bad-request', { field: 'content-type' })
          const input: unknown = inQuery ? request.query : endpoint.body === 'json' ? parseJson(raw) : {}
          if (endpoint.body === 'json' && !takes.Check(input)) {
            const [error] = takes.Errors(input)
            throw new Refusal('bad-request', { field: fieldOf(error) })
          }
          const seen: { subjects: readonly string[]; screen: string }[] = []
          const ctx = context(info, caller, raw, reply, seen)
          const isElsewhere = caller !== null && route.urgent === null && route.who.isHere?.(caller) === false
          const value = await (route.run as (ctx: Ctx<Caller | null>, body: unknown, params: unknown) => Promise<unknown>)(
            ctx,
            input,
            params,
          ).catch((thrown: unknown) => {
            // From where records are closed one answer for all of them: it tells nobody which there are.
            throw isElsewhere && thrown instanceof Refusal ? new Refusal('other-network') : thrown
          })
          if (route.phi === 'reads') {
            if (!caller || seen.length === 0) throw new Error(`${endpoint.name} shows PHI and did not say whose`)
            const how = { urgent: route.urgent !== null, elsewhere: route.who.isHere?.(caller) === false }
            for (const it of seen) await recordReads(caller, it.subjects, it.screen, how)
          }
          reply.header('cache-control', 'no-store')
          if (value instanceof RawReply) return reply.code(value.status).headers(value.headers).type(value.contentType).send(value.body)
          if (!gives.Check(value)) {
            const clean = Value.Clean(endpoint.gives, structuredClone(value))
            if (!gives.Check(clean))
              throw new Error(
                `${endpoint.name} made a reply that its contract does not allow: ${[...gives.Errors(clean)][0]?.instancePath ?? ''}`,
              )
            return reply.type('application/json').send(JSON.stringify(clean))
          }
          return reply.type('application/json').send(JSON.stringify(value))
        } catch (thrown) {
          return fail(request, reply, route, thrown)
        }
      },
    })
  }

  function context(
    info: RequestInfo,
    caller: Caller | null,
    raw: Buffer,
    reply: FastifyReply,
    seen: { subjects: readonly string[]; screen: string }[],
  ): Ctx<Caller | null> {
    const by = { actor: caller?.person ?? null, device: caller?.device ?? null }
    const org = () => {
      if (!caller) throw new Error('An open route names its organisation itself: use ctx.db.read(org, …).')
      return caller.org
    }
    return {
      ...services,
      caller,
      request: info,
      raw,
      by,
      read: (run: (db: Db) => Promise<never>) => services.db.read(org(), run),
      write: (run: (tx: Tx) => Promise<never>) => services.db.write(org(), by, run),
      saw: (subjects, screen) => void seen.push({ subjects, screen }),
      cookie: (name) => info.cookies[name],
      setCookie: (name, value, more) =>
        void reply.setCookie(cookieName(name), value, {
          path: '/',
          httpOnly: true,
          sameSite: 'strict',
          secure,
          ...(more?.maxAgeSeconds === undefined ? {} : { maxAge: more.maxAgeSeconds }),
        }),
      clearCookie: (name) => void reply.clearCookie(cookieName(name), { path: '/', httpOnly: true, sameSite: 'strict', secure }),
    }
  }

  app.get('/health/live', async (_request, reply) => reply.type('text/plain').send('live\n'))
  app.get('/health/ready', async (_request, reply) => {
    const ready = await options.ready().catch(() => false)
    return reply
      .code(ready ? 200 : 503)
      .type('text/plain')
      .send(ready ? 'ready\n' : 'not ready\n')
  })
  app.get('/metrics', async (request, reply) => {
    // For this machine itself. What a proxy passes on comes from elsewhere, whatever it says of where from.
    const direct = isLoopback(request.socket.remoteAddress ?? '') && !isPassedOn(request.headers)
    if (!direct) throw new Refusal('not-found')
    return reply.type('text/plain; version=0.0.4').send(options.metrics())
  })
  const document = JSON.stringify(openApi(routes, options.version))
  app.get('/api/openapi.json', async (_request, reply) => reply.type('application/json').send(document))
  app.setNotFoundHandler((request, reply) => fail(request, reply, undefined, new Refusal('not-found')))
  app.setErrorHandler((error, request, reply) => fail(request, reply, undefined, error))

  /** Authenticates a WebSocket upgrade: same cookie, and the Origin must be ours (a browser always sends it). Throws `too-many`. */
  const accept = async (request: IncomingMessage): Promise<Caller | null> => {
    // As Fastify has it: behind our own proxy the last address of X-Forwarded-For is whom the proxy saw.
    const peer = request.socket.remoteAddress ?? ''
    const passedOn = options.behindProxy && isProxy(peer) ? String(request.headers['x-forwarded-for'] ?? '').split(',') : []
    const ip = addressOf(passedOn.at(-1)?.trim() || peer)
    const countUpgrade = (key: string, limit: Limit) => count([{ key: `upgrade|${key}`, ...limit }])
    // Before anybody is looked up: an invented cookie costs a question to the database.
    countUpgrade(`address|${networkOf(ip)}`, classLimits.upgrade.address)
    if (request.headers.origin !== undefined && request.headers.origin !== origin) return null
    const cookies = ownCookies(app.parseCookie(request.headers.cookie ?? ''))
    const { headers: sent, url = '' } = request
    const whence = whenceOf(options, { ip, headers: sent })
    const caller = await callerAt({ id: newId(), method: 'GET', url, ip, whence, headers: sent, cookies })
    if (caller) countUpgrade(`person|${caller.person}`, classLimits.upgrade.person)
    return caller
  }
  return { app, accept }
}

/** Answers bytes that are no HTTP request (RFC 9112), in the contract's form, and hangs up. */
function refuseUnreadable(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const body = JSON.stringify(failureBody(answerFor(undefined, new Refusal('bad-request')), newId()))
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n${body}`,
  )
}

/** Names the wrong field of a request, never its value, and no name that the contract does not know: it may be a value in the wrong place. */
function fieldOf(error: { instancePath?: string; keyword?: string; params?: unknown } | undefined): string {
  const steps = (error?.instancePath ?? '').split('/').slice(1)
  const isUnknown = error?.keyword === 'boolean' || error?.keyword === 'additionalProperties'
  // What forbids a member stands at the member itself.
  if (error?.keyword === 'boolean') steps.pop()
  const where = steps.join('.') || 'body'
  const named = /^[A-Za-z0-9_.-]{1,80}$/.test(where) ? where : 'body'
  const missing = (error?.params as { requiredProperties?: string[] } | undefined)?.requiredProperties
  return error?.keyword === 'required' && missing
    ? `${named} (missing: ${missing.join(', ')})`
    : isUnknown
      ? `${named} (a member that is not known here)`
      : named
}
