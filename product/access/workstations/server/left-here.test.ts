import { randomBytes } from 'node:crypto'
import { bySystem, newId } from '@wardline/platform/server'
import { afterAll, describe, expect, test } from 'vitest'
import { openWard } from '../../../../testing/ward.ts'
import type { Jar } from '../../../../testing/ward.ts'
import { forgetOld } from './carried.ts'

const minute = 60_000
const hour = 60 * minute
const removal = 'update workstation set removed_at = wl_now() where workstation = $1'
const { org, world, admin, ask, enter, workstation, inShift, comeBack, meanwhile, facts } = await openWard()
afterAll(() => world.close())

describe('what a person leaves for themselves', () => {
  const bytes = (n: number) => randomBytes(n).toString('base64url')
  const read = (jar: Jar) => ask(jar, 'GET', '/api/v1/workstation/carried')

  test('comes back to them at any workstation after PIN or full sign-in, and to nobody else; versions have one order', async () => {
    const [here, there] = [await workstation(), await workstation()]
    const nurse = await inShift(here)
    await comeBack(here, nurse)
    const left = { half: bytes(32), sealed: bytes(900) }
    const seals = [here.id, there.id].map((id) => ({ workstation: id, seal: bytes(80) }))
    // The same one said twice is the same.
    const twice = [...seals, seals[0]]
    expect(await ask(here, 'PUT', '/api/v1/workstation/carried', { version: 0, ...left, seals: twice })).toMatchObject({
      body: { version: 1 },
    })
    expect(await ask(here, 'PUT', '/api/v1/workstation/carried', { version: 0, ...left, seals })).toMatchObject({ code: 'stale-version' })
    const stations = {
      workstations: expect.arrayContaining([expect.objectContaining({ workstation: there.id, isSealed: true })]) as unknown,
    }
    expect((await read(here)).body).toMatchObject({ version: 1, ...left, seal: seals[0]!.seal, ...stations })
    expect(await comeBack(there, { name: nurse.signInName, pin: nurse.pin })).toMatchObject({ status: 200 })
    expect((await read(there)).body).toMatchObject({ version: 1, ...left, seal: seals[1]!.seal })
    const next = bytes(900)
    expect(await ask(there, 'PUT', '/api/v1/workstation/carried', { version: 1, sealed: next, seals: [] })).toMatchObject({
      body: { version: 2 },
    })
    expect(await ask(there, 'PUT', '/api/v1/workstation/carried', { version: 1, sealed: next, seals: [] })).toMatchObject({
      code: 'stale-version',
    })
    // Under a new key what was sealed to the others with the former one opens nothing.
    const anew = { version: 2, half: bytes(32), sealed: next, seals: [seals[0]] }
    expect(await ask(there, 'PUT', '/api/v1/workstation/carried', anew)).toMatchObject({ body: { version: 3 } })
    expect((await read(there)).body).toMatchObject({ version: 3, half: anew.half, seal: null })
    // A session is good at its own workstation only, and each credential alone gives nothing.
    expect(await read({ wl: there['wl']!, wlw: here['wlw']! })).toMatchObject({ code: 'not-a-workstation' })
    expect(await read({ wl: there['wl']! })).toMatchObject({ code: 'not-a-workstation' })
    const late = { version: 3, sealed: next, seals: [] }
    for (const jar of [{ wl: there['wl']!, wlw: here['wlw']! }, { wl: there['wl']! }])
      expect(await ask(jar, 'PUT', '/api/v1/workstation/carried', late)).toMatchObject({ code: 'not-a-workstation' })
    const other = await inShift(here)
    await comeBack(here, other)
    expect((await read(here)).body).toMatchObject({ version: 0, half: null, sealed: null, seal: null })
    // The half lies sealed.
    const { rows } = await world.owner.query<{ half: Buffer }>('select half from carried where person = $1', [nurse.person])
    expect(rows[0]!.half.includes(Buffer.from(anew.half, 'base64url'))).toBe(false)
  })

  test('a workstation that is being removed is sealed to by nobody meanwhile', async () => {
    const [here, there] = [await workstation(), await workstation()]
    const nurse = await inShift(here)
    await comeBack(here, nurse)
    const seals = [here.id, there.id].map((id) => ({ workstation: id, seal: bytes(80) }))
    const body = { version: 0, half: bytes(32), sealed: bytes(90), seals }
    const answer = await meanwhile(removal, there.id, () => ask(here, 'PUT', '/api/v1/workstation/carried', body))
    expect(answer).toMatchObject({ body: { version: 1 } })
    const { rows } = await world.owner.query('select workstation from carried_seal where person = $1', [nurse.person])
    expect(rows).toEqual([{ workstation: here.id }])
  })

  test('a workstation that is removed is sealed to no longer; after two weeks without a full sign-in the server’s half is gone', async () => {
    const [here, there] = [await workstation(), await workstation()]
    const nurse = await inShift(here)
    await comeBack(here, nurse)
    const seals = [here.id, there.id].map((id) => ({ workstation: id, seal: bytes(80) }))
    await ask(here, 'PUT', '/api/v1/workstation/carried', { version: 0, half: bytes(32), sealed: bytes(90), seals })
    const office: Jar = {}
    await enter(office, admin)
    await ask(office, 'DELETE', `/api/v1/workstations/${there.id}`)
    expect((await world.owner.query('select from carried_seal where person = $1', [nurse.person])).rowCount).toBe(1)
    // A step-up in a PIN's session is no full sign-in: what is carried lasts no longer by it.
    const lasts = async () =>
      (await world.owner.query<{ at: Date }>('select proven_at as at from carried where person = $1', [nurse.person])).rows[0]!.at
    const before = await lasts()
    await world.owner.query('update session set proven_at = wl_now() where person = $1 and ended_at is null', [nurse.person])
    // What this node remembers of the session is read anew.
    await world.advance(5_000)
    expect(await ask(here, 'PUT', '/api/v1/workstation/carried', { version: 1, sealed: bytes(90), seals: [] })).toMatchObject({
      body: { version: 2 },
    })
    expect(await lasts()).toEqual(before)
    // Not while its person comes, though the sweep had found it old.
    expect(await world.server.db.write(org, bySystem, (tx) => forgetOld(tx, nurse.person))).toBe(false)
    await world.advance(15 * 24 * hour)
    expect((await world.owner.query('select from carried where person = $1', [nurse.person])).rowCount).toBe(0)
    expect((await world.owner.query('select from carried_seal where person = $1', [nurse.person])).rowCount).toBe(0)
  })
})

test('a record is opened in an emergency from a PIN’s session after a full proof, and the fact says how its person had come in', async () => {
  const jar = await workstation()
  const nurse = await inShift(jar)
  await world.advance(hour)
  const { session } = (await comeBack(jar, nurse)).body as { session: string }
  const patient = newId()
  const opening = { opening: newId(), patient, reason: 'emergency', explanation: 'Not breathing, allergies unknown' }
  expect(await ask(jar, 'POST', '/api/v1/break-glass', opening)).toMatchObject({ code: 'step-up-needed' })
  await world.owner.query('update session set proven_at = wl_now() where session = $1', [session])
  await world.restart()
  const answer = await ask(jar, 'POST', '/api/v1/break-glass', opening)
  expect(answer).toMatchObject({ status: 200 })
  expect(await facts('access.break-glass.opened', `patient|${patient}`)).toMatchObject([{ signedInBy: 'pin' }])
})
