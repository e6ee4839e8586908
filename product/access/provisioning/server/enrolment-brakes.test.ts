/** The brakes of a new code for somebody who has signed in before, through the front door. */
import { signIn as signInAs } from '@wardline/dev/staff'
import type { Session } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { client } from '@wardline/platform/contract'
import { bySystem, newId } from '@wardline/platform/server'
import { approvePending, listPending } from '@wardline/product/access/dual-control/contract'
import { dualControl } from '@wardline/product/access/dual-control/server'
import { notices } from '@wardline/product/access/mfa/contract'
import { mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import { roles } from '@wardline/product/access/roles/server'
import type { Role } from '@wardline/product/access/roles/server'
import { mySessions } from '@wardline/product/access/sessions/contract'
import { sessions } from '@wardline/product/access/sessions/server'
import { beginEnrolment } from '@wardline/product/access/sign-in/contract'
import { signIn } from '@wardline/product/access/sign-in/server'
import { audit } from '@wardline/product/compliance/audit/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addPerson, reissueEnrolment, stopEnrolment, waitingEnrolments } from '../contract.ts'
import {
  createOrganisation,
  createPerson,
  enrolOnApproval,
  grantOnApproval,
  issueEnrolment,
  issueEnrolmentAtServer,
  provisioning,
} from './index.ts'

const hour = 3_600_000
let world: World
let made = 0

beforeAll(async () => {
  world = await openWorld({
    features: [provisioning, roles, dualControl([grantOnApproval, enrolOnApproval]), mfa, sessions, signIn, policies, audit(() => '')],
  })
})
afterAll(() => world.close())

const must = async <T>(answer: Promise<{ ok: true; value: T } | { ok: false; code: string }>): Promise<T> => {
  const it = await answer
  if (!it.ok) throw new Error(it.code)
  return it.value
}
const outcome = async (answer: Promise<{ ok: true } | { ok: false; code: string }>) => {
  const it = await answer
  return it.ok ? 'done' : it.code
}

interface Member {
  readonly id: string
  readonly name: string
  readonly in: () => Promise<Session>
}

async function practice(officers: readonly Role[] = ['privacy-officer']) {
  const org = newId()
  const write = world.server.db.write
  await write(org, bySystem, (tx) => createOrganisation(tx, { name: 'Maple Street', zone: 'America/Chicago', preset: 'practice' }))
  const person = async (held: readonly Role[]): Promise<Member> => {
    const name = `brake.${(made += 1)}`
    const id = await write(org, bySystem, (tx) => createPerson(tx, { signInName: name, name: `Sam ${made}`, title: '', roles: held }))
    return { id, name, in: () => signInAs(world, org, id) }
  }
  const administrator = await person(['administrator'])
  const officer = officers.length > 0 ? await person(officers) : null
  return { org, person, administrator, officer, nurse: await person(['nurse']) }
}
const stranger = () =>
  client(
    (to, init) => fetch(to, init as RequestInit),
    world.url,
    () => ({ origin: world.url }),
  )
/** What a code is worth on the sign-in page. */
const tryCode = (who: Member, secret: string) => outcome(stranger()(beginEnrolment, { body: { name: who.name, secret } }))
const renew = async (by: Member, who: Member) => must((await by.in()).call(reissueEnrolment, { params: { person: who.id }, body: {} }))
const toldOf = async (session: Session) => (await must(session.call(notices, {}))).notices.map((it) => it.what)
const factsOf = async (person: string, kind: string) =>
  (await world.owner.query('select from fact where kind = $1 and key = $2', [kind, `person|${person}`])).rowCount

describe('a new code', () => {
  test('counts at once for a newcomer, and for whoever never used theirs', async () => {
    const { administrator, nurse } = await practice()
    const admin = await administrator.in()
    const body = { signInName: `brake.new.${(made += 1)}`, name: 'Jo', title: '', roles: ['nurse' as const] }
    const added = await must(admin.call(addPerson, { body }))
    expect(added.effectiveAt).toBeNull()
    expect(await tryCode({ ...nurse, name: body.signInName }, added.secret)).toBe('done')
    const again = await renew(administrator, nurse)
    expect(again).toMatchObject({ effectiveAt: null, second: false })
    expect(await tryCode(nurse, again.secret)).toBe('done')
  })

  test('for a newcomer ends when they come in another way: by their organisation’s provider, or by a passkey', async () => {
    const { org, administrator, nurse } = await practice()
    const body = { signInName: `brake.new.${(made += 1)}`, name: 'Jo', title: '', roles: ['nurse' as const] }
    const { person, secret } = await must((await administrator.in()).call(addPerson, { body }))
    const jo = { ...nurse, id: person, name: body.signInName }
    const session = await signInAs(world, org, person)
    // Else whoever handed the code out could set up anew, at once and unseen, what is somebody's by now.
    expect(await tryCode(jo, secret)).toBe('wrong-secret')
    expect((await must(session.call(waitingEnrolments, {}))).waiting).toEqual([])
    const again = await renew(administrator, jo)
    expect(again.effectiveAt).not.toBeNull()
    expect(await tryCode(jo, again.secret)).toBe('enrolment-waits')
  })

  test('for whoever has signed in before counts after a day; the present sign-in works meanwhile', async () => {
    const { administrator, nurse } = await practice()
    const open = await nurse.in()
    const { secret, effectiveAt, until } = await renew(administrator, nurse)
    const now = world.server.clock.ms()
    expect(Math.abs(effectiveAt! - now - 24 * hour)).toBeLessThan(5_000)
    expect(until - effectiveAt!).toBe(7 * 24 * hour)
    expect(await tryCode(nurse, secret)).toBe('enrolment-waits')
    expect(await outcome(open.call(mySessions, {}))).toBe('done')
    // Whoever tries it early has guessed at nothing, and whoever has no code learns nothing.
    for (let i = 0; i < 6; i += 1) expect(await tryCode(nurse, secret)).toBe('enrolment-waits')
    expect(await tryCode(nurse, 'AAAAA-BBBBB-CCCCC-DDDDD-EEEEE-F')).toBe('wrong-secret')
    await world.advance(24 * hour - 10_000)
    expect(await tryCode(nurse, secret)).toBe('enrolment-waits')
    await world.advance(11_000)
    expect(await tryCode(nurse, secret)).toBe('done')
  })

  test('signing in long ago counts as well: no session need be left', async () => {
    const { administrator, nurse } = await practice()
    await nurse.in()
    await world.advance(hour)
    await world.advance(31 * 24 * hour)
    expect((await world.owner.query('select from session where person = $1', [nurse.id])).rowCount).toBe(0)
    expect((await renew(administrator, nurse)).effectiveAt).not.toBeNull()
  })

  test('counts at once when an officer has agreed who did not issue it and whom it is not about', async () => {
    const { administrator, officer, nurse } = await practice()
    await nurse.in()
    const { secret, second } = await renew(administrator, nurse)
    expect(second).toBe(true)
    const admin = await administrator.in()
    const { acts } = await must(admin.call(listPending, {}))
    const [act] = acts
    expect(act).toMatchObject({ kind: 'enrolment-at-once', subject: nurse.id, says: 'let a new one-time code count at once' })
    expect(await outcome(admin.call(approvePending, { params: { act: act!.act }, body: {} }))).not.toBe('done')
    expect(await tryCode(nurse, secret)).toBe('enrolment-waits')
    expect(await outcome((await officer!.in()).call(approvePending, { params: { act: act!.act }, body: {} }))).toBe('done')
    expect(await tryCode(nurse, secret)).toBe('done')
    expect(await factsOf(nurse.id, 'access.enrolment.approved')).toBe(1)
    await world.settle()
    expect(await toldOf(await nurse.in())).toEqual(['enrolment-approved', 'enrolment-issued'])
  })

  test('about the only officer is nobody’s to agree to: it waits', async () => {
    const { administrator, officer } = await practice()
    await officer!.in()
    expect((await renew(administrator, officer!)).second).toBe(false)
  })

  test('is stopped by the person from wherever they are signed in; an officer hears of it', async () => {
    const { administrator, officer, nurse } = await practice()
    const [here, there] = [await nurse.in(), await nurse.in()]
    const { secret } = await renew(administrator, nurse)
    await world.settle()
    for (const session of [here, there]) {
      expect((await must(session.call(waitingEnrolments, {}))).waiting).toMatchObject([
        { person: nurse.id, by: administrator.id, mine: true },
      ])
      expect(await toldOf(session)).toEqual(['enrolment-issued'])
    }
    expect(await outcome(there.call(stopEnrolment, { params: { person: nurse.id }, body: {} }))).toBe('done')
    expect(await outcome(here.call(stopEnrolment, { params: { person: nurse.id }, body: {} }))).toBe('not-found')
    expect((await must(here.call(waitingEnrolments, {}))).waiting).toEqual([])
    await world.advance(25 * hour)
    expect(await tryCode(nurse, secret)).toBe('wrong-secret')
    expect(await factsOf(nurse.id, 'access.enrolment.stopped')).toBe(1)
    expect(await toldOf(await officer!.in())).toEqual(['enrolment-stopped', 'enrolment-issued'])
  })

  test('is stopped by officers, and seen and stopped by no colleague, nor from another organisation', async () => {
    const { administrator, officer, nurse, person } = await practice()
    const elsewhere = await practice()
    const [colleague, foreign] = [await (await person(['clinician'])).in(), await elsewhere.officer!.in()]
    await nurse.in()
    const { secret } = await renew(administrator, nurse)
    for (const session of [colleague, foreign]) {
      expect((await must(session.call(waitingEnrolments, {}))).waiting).toEqual([])
      expect(await outcome(session.call(stopEnrolment, { params: { person: nurse.id }, body: {} }))).toBe('not-found')
    }
    const session = await officer!.in()
    expect((await must(session.call(waitingEnrolments, {}))).waiting).toMatchObject([{ person: nurse.id, mine: false }])
    expect(await outcome(session.call(stopEnrolment, { params: { person: nurse.id }, body: {} }))).toBe('done')
    expect(await tryCode(nurse, secret)).toBe('wrong-secret')
  })

  test('agreed to after it was stopped stays stopped', async () => {
    const { administrator, officer, nurse } = await practice()
    const open = await nurse.in()
    const { secret } = await renew(administrator, nurse)
    await must(open.call(stopEnrolment, { params: { person: nurse.id }, body: {} }))
    const session = await officer!.in()
    const { acts } = await must(session.call(listPending, {}))
    expect(await outcome(session.call(approvePending, { params: { act: acts[0]!.act }, body: {} }))).toBe('no-longer-possible')
    expect(await tryCode(nurse, secret)).toBe('wrong-secret')
  })

  test('counts earlier by a second person alone, in the database too', async () => {
    const { org, administrator, nurse } = await practice()
    await nurse.in()
    const { enrolment } = await world.server.db.write(org, { actor: administrator.id, device: null }, (tx) => issueEnrolment(tx, nurse.id))
    const move = (by: string | null) =>
      world.owner.query('update enrolment set effective_at = wl_now(), approved_by = $1 where enrolment = $2', [by, enrolment])
    await expect(move(null)).rejects.toThrow(/second person/)
    await expect(move(administrator.id)).rejects.toThrow(/enrolment_second/)
    await expect(move(nurse.id)).rejects.toThrow(/enrolment_second/)
  })
})

describe('a code that was made at the server’s machine', () => {
  test('is an administrator’s alone, waits, is told to everybody, and can be stopped by the administrator', async () => {
    const { org, administrator, nurse } = await practice([])
    const atServer = (who: Member) => world.server.db.write(org, bySystem, (tx) => issueEnrolmentAtServer(tx, who.id))
    expect(await atServer(nurse)).toBeNull()
    const open = await administrator.in()
    const made = (await atServer(administrator))!
    expect(made).toMatchObject({ delayHours: 24 })
    expect(await tryCode(administrator, made.secret)).toBe('enrolment-waits')
    await world.settle()
    expect(await toldOf(await nurse.in())).toEqual(['enrolment-at-server'])
    expect(await toldOf(open)).toEqual(['enrolment-at-server'])
    expect(await factsOf(administrator.id, 'access.enrolment.issued-at-server')).toBe(1)
    expect((await must(open.call(waitingEnrolments, {}))).waiting).toMatchObject([{ mine: true, by: null }])
    await must(open.call(stopEnrolment, { params: { person: administrator.id }, body: {} }))
    await world.advance(25 * hour)
    expect(await tryCode(administrator, made.secret)).toBe('wrong-secret')
  })

  test('lets a lone administrator in after a day', async () => {
    const { org, administrator } = await practice([])
    await administrator.in()
    const made = (await world.server.db.write(org, bySystem, (tx) => issueEnrolmentAtServer(tx, administrator.id)))!
    await world.advance(24 * hour + 5_000)
    expect(await tryCode(administrator, made.secret)).toBe('done')
  })
})
