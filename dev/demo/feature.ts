import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { FastifyInstance } from 'fastify'
import { Secret, TOTP } from 'otpauth'
import { endpoint, List, Moment, Shape, Text, Type } from '@wardline/platform/contract'
import { anyone, openConnection, refuse, serve } from '@wardline/platform/server'
import type { Ctx, Feature, Services } from '@wardline/platform/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { beginSession, cookieName } from '@wardline/product/access/sessions/server'
import { cast, castMember, doors } from './cast.ts'
import type { CastMember } from './cast.ts'

/** What the demonstration knows of its own: where the phones are, and the recovery keys of its invented people. */
export interface DemoState {
  readonly databaseUrl: string
  /** The page of pretend phones. */
  readonly phonesUrl: string
  /** Recovery key by sign-in name, as the seed made them. */
  readonly recoveryKeys: () => Promise<Readonly<Record<string, string>>>
}

const demoOnly = anyone('the demonstration: invented people, on this machine only')
const noAudit = { none: 'the demonstration’s own buttons' }

const readState = endpoint({
  name: 'demo.state',
  method: 'GET',
  path: '/demo/api/state',
  summary: 'The demonstration’s clock, doors, people and their present codes',
  takes: Shape({}),
  gives: Shape({
    now: Moment,
    zone: Text(60),
    phonesUrl: Text(200),
    doors: List(Shape({ id: Text(40), says: Text(80), who: Text(80), title: Text(80) }), 10),
    people: List(
      Shape({
        organisation: Text(80),
        name: Text(80),
        title: Text(80),
        signInName: Text(40),
        password: Text(80),
        code: Text(6),
        seconds: Type.Integer(),
        recoveryKey: Text(200, 0),
      }),
      50,
    ),
    happened: List(Shape({ organisation: Text(80), index: Type.Integer(), at: Moment, who: Text(120, 0), says: Text(300) }), 60),
  }),
  fails: {},
})

const openDoor = endpoint({
  name: 'demo.door',
  method: 'POST',
  path: '/demo/api/door',
  summary: 'Signs in as an invented person with one press',
  takes: Shape({ door: Text(40) }),
  gives: Shape({ to: Text(40), recoveryKey: Text(200, 0) }),
  fails: {
    'no-such-door': { status: 404, what: 'There is no such door.', next: 'Nothing was changed. Choose one of those on the screen.' },
  },
})

const moveClock = endpoint({
  name: 'demo.clock',
  method: 'POST',
  path: '/demo/api/clock',
  summary: 'Moves the demonstration’s clock forward',
  takes: Shape({ minutes: Type.Integer({ minimum: 1, maximum: 7 * 24 * 60 }) }),
  gives: Shape({ now: Moment }),
  fails: {},
})

/** The present code of a pretend authenticator, by the demonstration's clock. */
export function codeOf(member: CastMember, at: number): { code: string; seconds: number } {
  const totp = new TOTP({ secret: new Secret({ buffer: new Uint8Array(member.totpKey).buffer }), digits: 6, period: 30 })
  return { code: totp.generate({ timestamp: at }), seconds: 30 - (Math.floor(at / 1000) % 30) }
}

/** The demonstration's own pages and buttons. It is composed into a demonstration's server only, never into a real one. */
export function demoFeature(state: DemoState, says: (kind: string) => string): Feature {
  return {
    name: 'dev/demo',
    routes: [
      serve(readState, { who: demoOnly, audit: noAudit, phi: 'none', run: (ctx) => showState(ctx, state, says) }),
      serve(openDoor, { who: demoOnly, audit: noAudit, phi: 'none', run: (ctx, body) => signInBy(ctx, state, body.door) }),
      serve(moveClock, { who: demoOnly, audit: noAudit, phi: 'none', run: (ctx, body) => advance(ctx, state, body.minutes) }),
    ],
  }
}

async function showState(ctx: Services, state: DemoState, says: (kind: string) => string) {
  const now = ctx.clock.ms()
  const recovery = await state.recoveryKeys()
  const happened = await recentFacts(state.databaseUrl)
  return {
    now,
    zone: 'America/Chicago',
    phonesUrl: state.phonesUrl,
    doors: doors.map((door) => ({
      id: door.id,
      says: door.says,
      who: castMember(door.who).member.name,
      title: castMember(door.who).member.title,
    })),
    people: cast.flatMap((organisation) =>
      organisation.people.map((member) => ({
        organisation: organisation.name,
        name: member.name,
        title: member.title,
        signInName: member.signInName,
        password: member.password,
        ...codeOf(member, now),
        recoveryKey: recovery[member.signInName] ?? '',
      })),
    ),
    happened: happened.map((row) => ({
      organisation: row.organisation,
      index: row.index,
      at: row.at.getTime(),
      who: row.who ?? '',
      says: says(row.kind),
    })),
  }
}

interface HappenedRow {
  readonly organisation: string
  readonly index: number
  readonly at: Date
  readonly who: string | null
  readonly kind: string
}

async function recentFacts(url: string): Promise<HappenedRow[]> {
  const owner = await openConnection(url, 'demo strip')
  try {
    const { rows } = await owner.query<HappenedRow>(`
      select o.name as organisation, e.index, f.at, p.name as who, f.kind from log_entry e
      join fact f on f.org = e.org and f.id = e.fact join org o on o.org = e.org left join person p on p.org = f.org and p.person = f.actor
      where f.kind not in ('record.read') order by f.at desc, e.index desc limit 12`)
    return rows
  } finally {
    await owner.end()
  }
}

async function signInBy(ctx: Ctx<null> | Ctx, state: DemoState, id: string): Promise<{ to: string; recoveryKey: string }> {
  const door = doors.find((it) => it.id === id)
  if (!door) throw refuse(openDoor, 'no-such-door')
  const { organisation, member } = castMember(door.who)
  const begun = await ctx.db.write(organisation.org, { actor: member.person, device: null }, async (tx) => {
    await lockPerson(tx, member.person)
    return beginSession(tx, { person: member.person, place: 'private' })
  })
  ctx.setCookie(cookieName, begun.token)
  return { to: door.to, recoveryKey: (await state.recoveryKeys())[member.signInName] ?? '' }
}

async function advance(ctx: Services, state: DemoState, minutes: number): Promise<{ now: number }> {
  const owner = await openConnection(state.databaseUrl, 'demo clock')
  try {
    await owner.query("update demo_clock set shift = shift + $1 * interval '1 minute'", [minutes])
  } finally {
    await owner.end()
  }
  await ctx.clock.read(ctx.db)
  ctx.hint()
  return { now: ctx.clock.ms() }
}

const files: Readonly<Record<string, string>> = { '/demo': 'index.html', '/demo/demo.css': 'demo.css', '/demo/demo.js': 'demo.js' }
const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

/** Serves the first screen, and sends whoever is not signed in there. */
export async function demoPages(app: FastifyInstance): Promise<void> {
  for (const [url, name] of Object.entries(files)) {
    app.get(url, async (_request, reply) => {
      const body = await readFile(path.join(import.meta.dirname, 'page', name))
      return reply
        .type(types[name.split('.').at(-1)!]!)
        .header('cache-control', 'no-store')
        .header(
          'content-security-policy',
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
        )
        .send(body)
    })
  }
  app.addHook('onRequest', async (request, reply) => {
    const signedIn = /(^|; )(__Host-)?wl=/.test(request.headers.cookie ?? '')
    if (request.method === 'GET' && request.url === '/' && !signedIn) return reply.redirect('/demo')
  })
}
