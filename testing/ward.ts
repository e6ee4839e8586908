/** A practice with shared workstations and people who take turns at them, through the server's front door; for tests. */
import { randomBytes, randomInt } from 'node:crypto'
import { openWorld } from '@wardline/dev/world'
import { bySystem, newId } from '@wardline/platform/server'
import { factsOf } from '@wardline/platform/testing'
import { breakGlass } from '@wardline/product/access/break-glass/server'
import { care } from '@wardline/product/access/care/server'
import { locations } from '@wardline/product/access/locations/server'
import { mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import { createOrganisation, createPerson, provisioning } from '@wardline/product/access/provisioning/server'
import { roles } from '@wardline/product/access/roles/server'
import type { Role } from '@wardline/product/access/roles/server'
import { beginSession, sessions } from '@wardline/product/access/sessions/server'
import { signIn } from '@wardline/product/access/sign-in/server'
import { judgePin } from '@wardline/product/access/workstations/rules'
import { workstations } from '@wardline/product/access/workstations/server'
import { audit } from '@wardline/product/compliance/audit/server'
import { expect, vi } from 'vitest'

/** What a browser keeps of cookies. */
export type Jar = Record<string, string>
/** What the server answered. */
export interface Answer {
  readonly status: number
  readonly code: string | undefined
  readonly body: Record<string, unknown>
  readonly wait: string | null
}

/** Opens it: two organisations, of which the first has an administrator here. Its caller closes the world. */
export async function openWard() {
  const org = newId()
  const otherOrg = newId()
  let made = 0
  const world = await openWorld({
    features: [
      provisioning,
      roles,
      mfa,
      sessions,
      signIn,
      policies,
      locations({ placesOfRule: async () => [] }),
      care,
      breakGlass({ isPatient: async () => true }),
      audit(() => ''),
      workstations,
    ],
  })
  const [admin] = await Promise.all(
    [org, otherOrg].map((id) =>
      world.server.db.write(id, bySystem, async (tx) => {
        await createOrganisation(tx, { name: 'Maple Street Dental', zone: 'America/Chicago', preset: 'practice' })
        return createPerson(tx, { signInName: `admin.${id.slice(0, 8)}`, name: 'Admin', title: '', roles: ['administrator'] })
      }),
    ),
  )

  /** Asks as a browser with these cookies, and keeps those that come. */
  async function ask(jar: Jar, method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(world.url + path, {
      method,
      headers: {
        'content-type': 'application/json',
        'x-wardline': '1',
        cookie: Object.entries(jar)
          .map(([name, value]) => `${name}=${value}`)
          .join('; '),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';')[0]!.split('=')
      if (value === '') delete jar[name]
      else jar[name] = value
    }
    const json = (await answer.json()) as Record<string, unknown> & { error?: { code: string } }
    return { status: answer.status, code: json.error?.code, body: json, wait: answer.headers.get('retry-after') }
  }

  const pinOf = (): string => {
    const pin = randomInt(1_000_000).toString().padStart(6, '0')
    return judgePin(pin) === null ? pin : pinOf()
  }
  const hire = (held: readonly Role[] = ['nurse'], of = org) =>
    world.server.db.write(of, bySystem, async (tx) => {
      const signInName = `w${(made += 1)}`
      return { signInName, person: await createPerson(tx, { signInName, name: `Nurse ${made}`, title: '', roles: held }) }
    })
  /** Signs a person in fully in this browser: what sign-in does once both factors are right. */
  async function enter(jar: Jar, person: string, of = org): Promise<string> {
    const begun = await world.server.db.write(of, bySystem, (tx) => beginSession(tx, { person, place: 'counter' }))
    jar['wl'] = begun.token
    return begun.session
  }
  /** A browser that an administrator has made a shared workstation. */
  async function workstation(more: { place?: string; location?: string | null } = {}): Promise<Jar & { id: string }> {
    const jar: Jar = {}
    await enter(jar, admin!)
    const { place = 'counter', location = null } = more
    const key = randomBytes(32).toString('base64url')
    const answer = await ask(jar, 'POST', '/api/v1/workstations', { name: `Desk ${(made += 1)}`, location, place, key })
    expect(answer).toMatchObject({ status: 200 })
    delete jar['wl']
    return Object.assign(jar, { id: (answer.body as { workstation: string }).workstation })
  }
  /** Somebody whose shift has begun at this workstation, with a PIN, and whose screen is covered. */
  async function inShift(jar: Jar, held?: readonly Role[]) {
    const it = { ...(await hire(held)), pin: pinOf() }
    await enter(jar, it.person)
    expect(await ask(jar, 'POST', '/api/v1/workstation/shift', {})).toMatchObject({ status: 200, body: { signedInBy: 'in-full' } })
    expect(await ask(jar, 'PUT', '/api/v1/pin', { pin: it.pin })).toMatchObject({ status: 200 })
    expect(await ask(jar, 'POST', '/api/v1/workstation/veil', {})).toMatchObject({ status: 200 })
    return it
  }
  const comeBack = (jar: Jar, it: { person?: string; name?: string; badge?: string; pin: string }) =>
    ask(
      jar,
      'POST',
      '/api/v1/workstation/switch',
      Object.fromEntries(['person', 'name', 'badge', 'pin'].flatMap((key) => (key in it ? [[key, it[key as 'pin']]] : []))),
    )
  const isOpen = async (jar: Jar) => (await ask({ ...jar }, 'GET', '/api/v1/me')).status === 200
  const tiles = async (jar: Jar) =>
    ((await ask(jar, 'GET', '/api/v1/workstation')).body as { people: { person: string }[] }).people.map((it) => it.person)

  /** What is asked while a change of somebody else's is not committed yet; it is, once the asked one waits for it or is over. */
  async function meanwhile(change: string, of: string, going: () => Promise<Answer>): Promise<Answer> {
    const { owner } = world
    await owner.query('begin')
    try {
      await owner.query(change, [of])
      let isOver = false
      const answer = going().finally(() => (isOver = true))
      const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
      await vi.waitFor(async () => expect(isOver || (await owner.query(waiting)).rowCount! > 0).toBe(true), { timeout: 10_000 })
      await owner.query('commit')
      return await answer
    } finally {
      await owner.query('rollback')
    }
  }

  const facts = async (kind: string, key: string) => (await factsOf(world, org, kind, key)).map(({ payload }) => payload)
  return { org, otherOrg, world, admin: admin!, ask, pinOf, hire, enter, workstation, inShift, comeBack, isOpen, tiles, meanwhile, facts }
}
