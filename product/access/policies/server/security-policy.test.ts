/** The security policy and legal holds through the front door. */
import { signIn as signInAs } from '@wardline/dev/staff'
import type { Session } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem, newId } from '@wardline/platform/server'
import type { By } from '@wardline/platform/server'
import { mfa } from '@wardline/product/access/mfa/server'
import { createOrganisation, createPerson, provisioning } from '@wardline/product/access/provisioning/server'
import { roles, setRolesOf } from '@wardline/product/access/roles/server'
import type { Role } from '@wardline/product/access/roles/server'
import { sessions } from '@wardline/product/access/sessions/server'
import { signIn } from '@wardline/product/access/sign-in/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  approveChange,
  listHolds,
  policyHistory,
  proposeChange,
  refuseChange,
  refuseRelease,
  releaseHold,
  securityPolicy,
  setHold,
  takeBackChange,
} from '../contract.ts'
import { figure, heldOf, policies } from './index.ts'

const day = 86_400_000
const why = 'the hallway screens go dark too soon'
let world: World
let made = 0

beforeAll(async () => {
  world = await openWorld({ features: [provisioning, roles, mfa, sessions, signIn, policies] })
})
afterAll(() => world.close())

async function practice(who = 'two') {
  const org = newId()
  await world.server.db.write(org, bySystem, (tx) =>
    createOrganisation(tx, { name: 'Maple Street', zone: 'America/Chicago', preset: 'practice' }),
  )
  const person = async (held: readonly Role[], by: By = bySystem) => {
    const id = await world.server.db.write(org, by, (tx) =>
      createPerson(tx, { signInName: `policy.${(made += 1)}`, name: 'P', title: '', roles: held }),
    )
    return { id, in: () => signInAs(world, org, id) }
  }
  const [owner, officer] = who === 'nobody' ? [] : [await person(['administrator']), await person(['privacy-officer'])]
  return {
    org,
    owner: owner!,
    officer: officer!,
    person,
    now: (name: Parameters<typeof figure>[1]) => world.server.db.read(org, (db) => figure(db, name)),
  }
}
const ok = async <T>(answer: Promise<{ ok: true; value: T } | { ok: false; code: string }>): Promise<T> => {
  const it = await answer
  if (!it.ok) throw new Error(it.code)
  return it.value
}
const codeOf = async (answer: Promise<{ ok: true } | { ok: false; code: string }>) => {
  const it = await answer
  return it.ok ? 'done' : it.code
}
const propose = (
  by: Session,
  body: { setting: 'session.absolute-hours' | 'session.idle-minutes.hallway'; value: number; exceptionUntil?: number },
) => by.call(proposeChange, { body: { ...body, reason: why } })

describe('a figure of the security policy', () => {
  test('changes when a second person has approved it, and not before', async () => {
    const { owner, officer, now } = await practice()
    const [a, b] = [await owner.in(), await officer.in()]
    expect(await now('session.absolute-hours')).toBe(14)
    const { change } = await ok(propose(a, { setting: 'session.absolute-hours', value: 10 }))
    expect(await now('session.absolute-hours')).toBe(14)
    expect(await codeOf(propose(b, { setting: 'session.absolute-hours', value: 9 }))).toBe('already-proposed')
    const approved = await ok(b.call(approveChange, { params: { change }, body: {} }))
    expect(approved).toMatchObject({
      state: 'approved',
      version: 1,
      before: 14,
      value: 10,
      reason: why,
      proposedBy: owner.id,
      decidedBy: officer.id,
    })
    expect(await now('session.absolute-hours')).toBe(10)
    expect(await codeOf(b.call(approveChange, { params: { change }, body: {} }))).toBe('already-decided')
    expect((await ok(a.call(policyHistory, {}))).changes).toEqual([approved])
  })

  test('is not approved by whoever proposed it, in code and in the database', async () => {
    const { org, officer, now } = await practice()
    const b = await officer.in()
    const { change } = await ok(propose(b, { setting: 'session.absolute-hours', value: 10 }))
    expect(await codeOf(b.call(approveChange, { params: { change }, body: {} }))).toBe('own-proposal')
    await expect(
      world.owner.query(
        "update policy_change set state = 'approved', version = 1, decided_at = wl_now(), decided_by = proposed_by where org = $1",
        [org],
      ),
    ).rejects.toThrow(/check/)
    expect(await now('session.absolute-hours')).toBe(14)
    expect(await codeOf(b.call(refuseChange, { params: { change }, body: {} }))).toBe('done')
    expect(await codeOf(b.call(approveChange, { params: { change }, body: {} }))).toBe('already-decided')
  })

  test('weaker than its floor needs an exception with an end; when that comes, the floor counts and the log says so', async () => {
    const { org, owner, officer, now } = await practice()
    const a = await owner.in()
    const weakly = (exceptionUntil?: number) =>
      propose(a, { setting: 'session.idle-minutes.hallway', value: 20, ...(exceptionUntil === undefined ? {} : { exceptionUntil }) })
    const at = world.server.clock.ms()
    expect(await codeOf(weakly())).toBe('needs-exception')
    expect(await codeOf(weakly(at - 1))).toBe('needs-exception')
    expect(await codeOf(weakly(at + 400 * day))).toBe('exception-too-long')
    expect(await codeOf(propose(a, { setting: 'session.idle-minutes.hallway', value: 999, exceptionUntil: at + day }))).toBe('out-of-range')
    expect(await codeOf(propose(a, { setting: 'session.idle-minutes.hallway', value: 3 }))).toBe('no-change')
    const { change } = await ok(weakly(at + 2 * day))
    await ok((await officer.in()).call(approveChange, { params: { change }, body: {} }))
    expect(await now('session.idle-minutes.hallway')).toBe(20)
    await world.advance(2 * day - 60_000)
    expect(await now('session.idle-minutes.hallway')).toBe(20)
    await world.advance(120_000)
    expect(await now('session.idle-minutes.hallway')).toBe(15)
    const { rows } = await world.owner.query<{ n: number }>(
      "select count(*)::int as n from fact where org = $1 and kind = 'access.policies.exception-ended'",
      [org],
    )
    expect(rows[0]!.n).toBe(1)
  })

  test('is not approved by an officer whom the proposer has just appointed; three days on it is, and nobody else has to', async () => {
    const { owner, officer, person, now } = await practice()
    const made = await person(['security-officer'], { actor: owner.id, device: null })
    await world.advance(3_600_000)
    const { change } = await ok(propose(await owner.in(), { setting: 'session.absolute-hours', value: 10 }))
    const approve = async (by: typeof made, it = change) =>
      codeOf((await by.in()).call(approveChange, { params: { change: it }, body: {} }))
    const decidable = async (by: typeof made) => (await ok((await by.in()).call(securityPolicy, {}))).open[0]!.decidable
    expect(await decidable(made)).toMatch(/gave you your role/)
    expect(await decidable(officer)).toBe(true)
    expect(await approve(made)).toBe('appointed-by-asker')
    expect(await now('session.absolute-hours')).toBe(14)
    // What somebody else asks for they approve from the first day.
    const other = await ok(propose(await officer.in(), { setting: 'session.idle-minutes.hallway', value: 4 }))
    expect(await approve(made, other.change)).toBe('done')
    await world.advance(3 * day - 1_800_000)
    expect(await decidable(made)).toBe(true)
    expect(await approve(made)).toBe('done')
    expect(await now('session.absolute-hours')).toBe(10)
  })

  test('counts at once where there is nobody to ask, but never below its floor; once there is somebody it waits for them', async () => {
    const { org, person, now } = await practice('nobody')
    const alone = await person(['administrator'])
    const by = { actor: alone.id, device: null }
    const made = await person(['privacy-officer'], by)
    const change = async (setting: 'session.absolute-hours' | 'session.idle-minutes.hallway', value: number, exceptionUntil?: number) =>
      ok(propose(await alone.in(), { setting, value, ...(exceptionUntil === undefined ? {} : { exceptionUntil }) }))
    expect(await change('session.absolute-hours', 9)).toMatchObject({
      state: 'approved',
      version: 1,
      proposedBy: alone.id,
      decidedBy: null,
    })
    expect(await now('session.absolute-hours')).toBe(9)
    // To whom they appointed they are somebody to ask.
    const asked = await ok(propose(await made.in(), { setting: 'session.absolute-hours', value: 12 }))
    expect(asked.state).toBe('open')
    expect(await codeOf((await made.in()).call(refuseChange, { params: { change: asked.change }, body: {} }))).toBe('done')
    const weak = await change('session.idle-minutes.hallway', 20, world.server.clock.ms() + 10 * day)
    expect(weak).toMatchObject({ state: 'open', version: null })
    expect(await codeOf((await made.in()).call(approveChange, { params: { change: weak.change }, body: {} }))).toBe('appointed-by-asker')
    expect(await now('session.idle-minutes.hallway')).toBe(3)
    await expect(
      world.owner.query(
        "update policy_change set state = 'approved', version = 2, decided_at = wl_now() where org = $1 and state = 'open'",
        [org],
      ),
    ).rejects.toThrow(/check/)
    await world.advance(3 * day + 60_000)
    expect(await change('session.absolute-hours', 8)).toMatchObject({ state: 'open' })
    expect(await now('session.absolute-hours')).toBe(9)
  })

  test('is nobody’s alone who has just taken the other’s role away and gives it back', async () => {
    const { org, person, now } = await practice('nobody')
    const [one, two] = [await person(['administrator']), await person(['administrator'])]
    const by = { actor: one.id, device: null }
    const give = (who: typeof two, held: readonly Role[]) => world.server.db.write(org, by, (tx) => setRolesOf(tx, who.id, held))
    const change = async (value: number) => (await ok(propose(await one.in(), { setting: 'session.absolute-hours', value }))).state
    await give(two, ['front-desk'])
    expect(await change(9)).toBe('open')
    await give(two, ['administrator', 'front-desk'])
    expect(await codeOf(propose(await one.in(), { setting: 'session.idle-minutes.hallway', value: 4 }))).toBe('done')
    expect(await now('session.idle-minutes.hallway')).toBe(3)
    await give(two, ['front-desk'])
    expect(await now('session.absolute-hours')).toBe(14)
    await world.advance(3 * day + 60_000)
    expect(await change(9)).toBe('approved')
    // Whom they had just given it, and from whom they took it again, was nobody to ask.
    const third = await person(['administrator'], by)
    await give(third, ['front-desk'])
    expect(await change(8)).toBe('approved')
    // Three days after it was taken and one after they got another: as before.
    await world.server.db.write(org, bySystem, (tx) => setRolesOf(tx, two.id, ['administrator']))
    await give(two, ['front-desk'])
    await world.advance(2 * day)
    await give(two, ['privacy-officer'])
    await world.advance(day + 3_600_000)
    expect(await change(7)).toBe('open')
    expect(await now('session.absolute-hours')).toBe(8)
  })

  test('waits three days for a second person, and only while whoever proposed it may still', async () => {
    const { org, owner, officer, person, now } = await practice()
    const other = await person(['administrator'])
    const first = await ok(propose(await owner.in(), { setting: 'session.absolute-hours', value: 10 }))
    const weak = await ok(propose(await owner.in(), { setting: 'session.idle-minutes.hallway', value: 4 }))
    const [open] = (await ok((await officer.in()).call(securityPolicy, {}))).open
    expect(open).toMatchObject({ change: first.change, expiresAt: first.proposedAt + 3 * day, decidable: true })
    await world.server.db.write(org, bySystem, (tx) => setRolesOf(tx, owner.id, ['front-desk']))
    const by = await officer.in()
    const approve = (change: string) => codeOf(by.call(approveChange, { params: { change }, body: {} }))
    expect((await ok(by.call(securityPolicy, {}))).open[0]!.decidable).toMatch(/may no longer ask/)
    expect(await approve(first.change)).toBe('asker-gone')
    await ok(by.call(refuseChange, { params: { change: weak.change }, body: {} }))
    await world.server.db.write(org, bySystem, (tx) => setRolesOf(tx, owner.id, ['administrator']))
    await world.advance(3 * day + 1_000)
    const later = await officer.in()
    const refusal = (change: string) => codeOf(later.call(refuseChange, { params: { change }, body: {} }))
    expect(await codeOf(later.call(approveChange, { params: { change: first.change }, body: {} }))).toMatch(/^(over|already-decided)$/)
    await world.settle()
    expect(await refusal(first.change)).toBe('already-decided')
    expect(await ok(later.call(securityPolicy, {}))).toMatchObject({ open: [] })
    expect((await ok(later.call(policyHistory, {}))).changes.map((it) => [it.state, it.decidedBy])).toEqual([
      ['expired', null],
      ['refused', officer.id],
    ])
    expect(await now('session.absolute-hours')).toBe(14)
    // It stands in nobody's way, though the clock has not come round yet.
    const again = await ok(propose(await other.in(), { setting: 'session.absolute-hours', value: 10 }))
    await world.owner.query("update policy_change set proposed_at = proposed_at - interval '4 days' where change = $1", [again.change])
    expect(await codeOf(later.call(approveChange, { params: { change: again.change }, body: {} }))).toBe('over')
    expect(await refusal(again.change)).toBe('over')
    expect((await ok(later.call(securityPolicy, {}))).open).toEqual([])
    expect((await ok(propose(await other.in(), { setting: 'session.absolute-hours', value: 10 }))).state).toBe('open')
  })

  test('can be taken back, by two people again', async () => {
    const { owner, officer, person, now } = await practice()
    const [a, b] = [await owner.in(), await officer.in()]
    const third = await (await person(['privacy-officer'])).in()
    const first = await ok(propose(a, { setting: 'session.absolute-hours', value: 8 }))
    await ok(b.call(approveChange, { params: { change: first.change }, body: {} }))
    const back = await ok(b.call(takeBackChange, { params: { change: first.change }, body: { reason: 'the night shift is cut off' } }))
    expect(back).toMatchObject({ before: 8, value: 14, takesBack: first.change, state: 'open' })
    expect(await codeOf(b.call(approveChange, { params: { change: back.change }, body: {} }))).toBe('own-proposal')
    expect(await now('session.absolute-hours')).toBe(8)
    await ok(third.call(approveChange, { params: { change: back.change }, body: {} }))
    expect(await now('session.absolute-hours')).toBe(14)
  })

  test('needs a fresh proof of who one is', async () => {
    const { owner, officer } = await practice()
    const [a, b] = [await owner.in(), await officer.in()]
    const { hold } = await ok(b.call(setHold, { body: { of: 'patient', subject: newId(), matter: 'Doe v. Maple Street' } }))
    await world.advance(6 * 60_000)
    expect(await codeOf(propose(a, { setting: 'session.absolute-hours', value: 10 }))).toBe('step-up-needed')
    const { change } = await ok(propose(await owner.in(), { setting: 'session.absolute-hours', value: 10 }))
    for (const [by, answer] of [
      [b, 'step-up-needed'],
      [await officer.in(), 'done'],
    ] as const) {
      expect(await codeOf(by.call(approveChange, { params: { change }, body: {} }))).toBe(answer)
      expect(await codeOf(by.call(releaseHold, { params: { hold }, body: {} }))).toBe(answer)
    }
  })

  test('is absent for those who have no part in it, and reasons stand nowhere in the clear', async () => {
    const { org, owner, person } = await practice()
    const nurse = await (await person(['clinician'])).in()
    expect(await codeOf(nurse.call(securityPolicy, {}))).toBe('not-found')
    expect(await codeOf(propose(nurse, { setting: 'session.absolute-hours', value: 10 }))).toBe('not-found')
    await ok(propose(await owner.in(), { setting: 'session.absolute-hours', value: 10 }))
    const { rows } = await world.owner.query<{ row: string }>('select p::text as row from policy_change p where org = $1', [org])
    expect(rows).toHaveLength(1)
    expect(rows[0]!.row).not.toContain('hallway screens')
    expect(rows[0]!.row).not.toContain(Buffer.from(why).toString('hex'))
  })
})

test('the release of a legal hold waits three days, while whoever asked for it may, and can be taken back', async () => {
  const { org, officer, person } = await practice()
  const second = await person(['privacy-officer'])
  const subject = newId()
  const held = async () => (await world.server.db.read(org, (db) => heldOf(db, 'patient', [subject]))).size
  const { hold } = await ok((await officer.in()).call(setHold, { body: { of: 'patient', subject, matter: 'Doe v. Maple Street' } }))
  const release = async (by: typeof officer) => {
    const answer = await (await by.in()).call(releaseHold, { params: { hold }, body: {} })
    return answer.ok ? answer.value.released : answer.code
  }
  const refuse = async (by: typeof officer) => codeOf((await by.in()).call(refuseRelease, { params: { hold }, body: {} }))
  const asked = async () => {
    const { holds } = await ok((await officer.in()).call(listHolds, {}))
    return [holds[0]!.releaseAskedBy, holds[0]!.releaseUntil !== null]
  }
  expect(await refuse(officer)).toBe('not-found')
  expect(await release(officer)).toBe(false)
  expect(await asked()).toEqual([officer.id, true])
  expect(await refuse(officer)).toBe('done')
  expect(await asked()).toEqual([null, false])
  // Taken back, it is asked for anew, by whoever comes first.
  expect(await release(second)).toBe(false)
  expect(await release(second)).toBe('own-proposal')
  await world.server.db.write(org, bySystem, (tx) => setRolesOf(tx, second.id, ['front-desk']))
  expect(await release(officer)).toBe('asker-gone')
  await world.server.db.write(org, bySystem, (tx) => setRolesOf(tx, second.id, ['privacy-officer']))
  await world.advance(3 * day + 1_000)
  expect(await asked()).toEqual([null, false])
  expect(await refuse(officer)).toBe('not-found')
  // Over: who comes now asks, and releases nothing.
  expect(await release(officer)).toBe(false)
  expect(await held()).toBe(1)
  expect(await asked()).toEqual([officer.id, true])
  expect(await release(second)).toBe(true)
  expect(await held()).toBe(0)
})

test('a legal hold holds until two people have released it; one of the organisation holds everything', async () => {
  const { org, officer, person } = await practice()
  const [a, b] = [await officer.in(), await (await person(['privacy-officer'])).in()]
  const [patient, other] = [newId(), newId()]
  const held = () => world.server.db.read(org, (db) => heldOf(db, 'patient', [patient, other]))
  expect([...(await held())]).toEqual([])
  const { hold } = await ok(a.call(setHold, { body: { of: 'patient', subject: patient, matter: 'Doe v. Maple Street' } }))
  expect([...(await held())]).toEqual([patient])
  expect(await ok(a.call(releaseHold, { params: { hold }, body: {} }))).toEqual({ released: false })
  expect(await codeOf(a.call(releaseHold, { params: { hold }, body: {} }))).toBe('own-proposal')
  expect([...(await held())]).toEqual([patient])
  // Who asks made them an officer a moment ago.
  const made = await (await person(['privacy-officer'], { actor: officer.id, device: null })).in()
  expect(await codeOf(made.call(releaseHold, { params: { hold }, body: {} }))).toBe('appointed-by-asker')
  expect([...(await held())]).toEqual([patient])
  expect(await ok(b.call(releaseHold, { params: { hold }, body: {} }))).toEqual({ released: true })
  expect([...(await held())]).toEqual([])
  await ok(a.call(setHold, { body: { of: 'organisation', subject: newId(), matter: 'subpoena 12' } }))
  expect([...(await held())].toSorted()).toEqual([patient, other].toSorted())
  expect((await ok(a.call(listHolds, {}))).holds.map((it) => it.matter)).toEqual(['subpoena 12', 'Doe v. Maple Street'])
})
