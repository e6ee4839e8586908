/** Every route that takes JSON, given JSON that is wrong in every way that we know: a clear refusal with its code, nothing logged of what was sent. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signInAgain } from '@wardline/dev/staff'
import { newId } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { wardlineFeatures } from '@wardline/app-server'
import { everyRole, faults, knock, openNeighbours, refusalOf } from './neighbours.ts'
import type { Answer, Neighbours } from './neighbours.ts'
import { bodyOf, isQuery, pathTo, wrongRequests } from './requests.ts'
import type { JsonObject, Schema, Wrong } from './requests.ts'

/** Stands in everything that is made up here; must stand in no log. */
const canary = 'canary7f3a9c'

let street: Neighbours
beforeAll(async () => {
  street = await openNeighbours()
}, 120_000)
afterAll(() => street.close())

// Known before the server runs, so that each route is a test of its own.
const routes = wardlineFeatures()
  .flatMap((it) => it.routes ?? [])
  .filter((it) => !isQuery(it.endpoint) && it.endpoint.body === 'json')

/** The clock goes on until a limit's window has passed. */
async function waitOut(route: Route): Promise<void> {
  await street.world.owner.query("update demo_clock set shift = shift + $1 * interval '1 second'", [route.limit.seconds + 1])
  await street.world.server.clock.read(street.world.server.db)
}

/** Somebody who may, a member of the conversation rather than another. */
const colleagueFor = (route: Route) =>
  street.ours.staff[(['clinician', ...everyRole] as const).find((role) => route.who.may({ roles: [role] } as never)) ?? 'administrator']

/** The same request with new ids for what it makes: what is odd about it is then not hidden by "that is there already". */
function anew(raw: string, good: JsonObject): string {
  const known = new Set(Object.values(street.ours.ids))
  const made = Object.values(good).filter(
    (it): it is string => typeof it === 'string' && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(it) && !known.has(it),
  )
  return made.reduce((text, id) => text.replaceAll(id, newId()), raw).replace(/somebody\.[0-9a-f-]+/, `somebody.${newId().slice(0, 13)}`)
}

/** The version at which the patient is: only a change of that one is looked at more closely. */
async function versionNow(raw: string): Promise<string> {
  const { rows } = await street.world.owner.query<{ version: number }>('select version from patient where patient = $1', [
    street.ours.ids['patient'],
  ])
  return raw.replace('"version":1,', `"version":${rows[0]!.version},`)
}

/** Sends wrong requests in a session of its own; a limit is waited out. */
async function sender(route: Route): Promise<(wrong: Wrong) => Promise<Answer>> {
  const { endpoint } = route
  const begin = async () => (route.who.open ? undefined : (await signInAgain(street.world, colleagueFor(route))).cookie)
  let cookie = await begin()
  const ask = (wrong: Wrong) => knock(street.world.url, endpoint.method, pathTo(endpoint, street.ours.ids), { cookie, body: wrong.raw })
  return async (wrong) => {
    const first = await ask(wrong)
    if (first.status !== 429) return first
    await waitOut(route)
    cookie = await begin()
    return ask(wrong)
  }
}

test.each(routes.map((it) => [it.endpoint.name, it] as const))(
  '%s',
  async (_name, route) => {
    const send = await sender(route)
    const logged = street.world.logged.length
    const { endpoint } = route
    const bad: unknown[] = []
    for (const all of [false, true]) {
      const good = bodyOf(endpoint, { ids: street.ours.ids, now: street.world.server.clock.ms() }, all)
      if (all && JSON.stringify(good) === JSON.stringify(bodyOf(endpoint, { ids: street.ours.ids, now: 0 }, false))) break
      for (const wrong of wrongRequests(endpoint.takes as Schema, good, canary)) {
        const answer = await send(wrong.refused ? wrong : { ...wrong, raw: await versionNow(anew(wrong.raw as string, good)) })
        if (answer.status === 200 && !wrong.refused) continue
        const found = answer.status === 200 ? { wrong: 'it was taken' } : refusalOf(answer, endpoint)
        const fine =
          'code' in found && (wrong.refused ? found.code === 'bad-request' || found.code === 'too-large' : !faults.has(found.code))
        if (!fine) bad.push({ label: wrong.label, ...found, body: wrong.raw.slice(0, 200).toString() })
      }
    }
    expect(bad).toEqual([])
    expect(street.world.logged.slice(logged).filter((line) => line.includes(canary) || /"http\.failed"|"level":50/.test(line))).toEqual([])
    expect((await knock(street.world.url, 'GET', '/health/ready')).status).toBe(200)
  },
  120_000,
)

test('a body that is announced and never comes is waited for no longer than the server says', async () => {
  // The server's own limit is 30 s; here only that a request in the making keeps nobody else waiting.
  const { connect } = await import('node:net')
  const slow = connect(street.world.server.port, '127.0.0.1')
  slow.on('error', () => undefined)
  slow.write('POST /api/v1/sign-in HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"name":')
  expect((await knock(street.world.url, 'GET', '/health/live')).status).toBe(200)
  slow.destroy()
})
