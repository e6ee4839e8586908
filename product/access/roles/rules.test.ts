import fc from 'fast-check'
import { isProvenLately } from '@wardline/platform/server'
import type { Caller } from '@wardline/platform/server'
import { describe, expect, test } from 'vitest'
import { cellOf, matrix, may, mayHere, opensRecords, parties, reaches, roles } from './preview.ts'
import type { Action, Reach, Role, Thing } from './preview.ts'
import { can } from './server/index.ts'
import { exceptionUpTo, isInForce, isNarrower, judgeRoles, judgeWindow, needsSecond } from './rules.ts'
import type { RoleChange, RoleWindow } from './rules.ts'

const actions = Object.keys(matrix) as Action[]
const someRoles = fc.subarray([...roles])
const someThing = fc.record<Thing>({
  relation: fc.constantFrom('own', 'related', 'opened', 'unrelated'),
  here: fc.boolean(),
  restricted: fc.boolean(),
})
const order = ['opened', 'own', 'member', 'location', 'all']

test('how fresh a proof must be is judged by the roles that are open where somebody is, and by all where none of them is', () => {
  const now = 100 * 60_000
  for (const action of actions)
    fc.assert(
      fc.property(someRoles, someRoles, fc.integer({ min: 0, max: 60 }), (held, closed, minutes) => {
        const caller = { roles: held, closed, provenAt: now - minutes * 60_000, proofMinutes: 15 } as unknown as Caller
        const open = opensRecords(action) ? held.filter((role) => !closed.includes(role)) : held
        const decision = may(may(open, action).yes ? open : held, action)
        const fresh = decision.yes ? (decision.fresh === 'policy' ? 15 : decision.fresh) : null
        expect(can(action).isFresh!(caller, now), action).toBe(decision.yes && (fresh === null || isProvenLately(caller, now, fresh)))
      }),
      { numRuns: 60 },
    )
})

test('a proof counts for its minutes; one of the future, for what two clocks differ by and no more', () => {
  const [now, minute] = [1_800_000_000_000, 60_000]
  const counts = (provenAt: number) => isProvenLately({ provenAt, proofMinutes: 5 }, now)
  expect([now - 5 * minute, now - 5 * minute + 1, now, now + 5_000, now + 5_001, now + 5 * minute].map(counts)).toEqual([
    false,
    true,
    true,
    true,
    false,
    false,
  ])
})

describe('the matrix', () => {
  test('has one cell for each party in each row', () => {
    for (const action of actions) expect(matrix[action].cells, action).toMatch(/^(?:([YLROB]S?2?|P|C|-)( |$)){11}$/)
  })

  test('decides as it reads, for every role and action', () => {
    const reach: Record<string, Reach> = { Y: 'all', L: 'location', R: 'member', O: 'own', B: 'opened' }
    for (const action of actions)
      for (const [i, party] of parties.entries()) {
        const cell = matrix[action].cells.split(' ')[i]!
        const decision = may([party], action)
        const isStaff = (roles as readonly string[]).includes(party)
        if (cell === '-' || !isStaff) expect(decision, `${party} ${action}`).toMatchObject({ yes: false })
        else {
          const fresh = cell.includes('S') ? (action === 'patient.phone.verify' ? 30 : 'policy') : null
          const it = { yes: true, reach: reach[cell[0]!], reaches: [reach[cell[0]!]], fresh, second: cell.includes('2') }
          expect(decision, `${party} ${action}`).toEqual(it)
        }
      }
  })

  test('patients, caregivers and service accounts have columns and no rights of staff', () => {
    for (const party of ['patient', 'caregiver', 'service-account']) {
      expect(actions.some((action) => cellOf(party, action) !== '-')).toBe(true)
      for (const action of actions) expect(may([party], action).yes, `${party} ${action}`).toBe(false)
    }
  })

  test('denies what it does not list: unknown acts, unknown roles, no role', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (role, action) => {
        fc.pre(!(parties as readonly string[]).includes(role) || !Object.hasOwn(matrix, action))
        expect(cellOf(role, action)).toBe('-')
      }),
    )
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(cellOf('administrator', name)).toBe('-')
      expect(may(['administrator'], name as Action)).toEqual({ yes: false, reason: 'Nobody may do this.' })
    }
    for (const action of actions) {
      expect(may([], action).yes).toBe(false)
      expect(may(['superuser', 'Administrator'], action).yes).toBe(false)
    }
  })

  test('adds rights up and never takes one away, in general and about a thing', () => {
    fc.assert(
      fc.property(someRoles, fc.constantFrom(...roles), fc.constantFrom(...actions), someThing, (held, more, action, thing) => {
        for (const about of [[], [thing]] as [] | [Thing][]) {
          const before = may(held, action, ...(about as [Thing]))
          const after = may([...held, more], action, ...(about as [Thing]))
          if (!before.yes) continue
          expect(after.yes && order.indexOf(after.reach) >= order.indexOf(before.reach)).toBe(true)
          expect(after.yes && before.reaches.every((it) => after.reaches.includes(it))).toBe(true)
          if (after.yes && after.reach === before.reach && before.fresh === null) expect(after.fresh).toBeNull()
        }
      }),
    )
  })

  test('about a thing it never allows more than in general', () => {
    fc.assert(
      fc.property(someRoles, fc.constantFrom(...actions), someThing, (held, action, thing) => {
        if (may(held, action, thing).yes) expect(may(held, action).yes).toBe(true)
      }),
    )
  })

  test('where roles are closed it never allows more, and closes records alone', () => {
    fc.assert(
      fc.property(someRoles, someRoles, fc.constantFrom(...actions), (held, closed, action) => {
        const open = held.filter((role) => !closed.includes(role))
        const here = mayHere(held, closed, action)
        if (!opensRecords(action)) expect(here).toEqual(may(held, action))
        else if (may(open, action).yes) expect(here).toEqual(may(open, action))
        else if (may(held, action).yes) expect(here).toMatchObject({ reason: expect.stringContaining('its own networks only') as string })
        else expect(here).toEqual(may(held, action))
      }),
    )
  })

  test('a restricted record is behind a care relationship or an emergency, for all but a right over everything', () => {
    fc.assert(
      fc.property(fc.constantFrom<Reach>('location', 'member', 'own', 'opened'), fc.boolean(), (reach, here) => {
        expect(reaches(reach, { relation: 'unrelated', here, restricted: true })).toBe(false)
      }),
    )
    expect(reaches('location', { relation: 'related', here: true, restricted: true })).toBe(true)
    expect(reaches('location', { relation: 'related', here: false, restricted: false })).toBe(false)
    expect(reaches('opened', { relation: 'related', here: true, restricted: false })).toBe(false)
    expect(reaches('opened', { relation: 'opened', here: false, restricted: true })).toBe(true)
    expect(reaches('own', { relation: 'opened', here: true, restricted: false })).toBe(false)
  })

  test('keeps the administrator out of content, and the auditor out of every change', () => {
    const content = actions.filter((it) => /^(team\.(conversation|message)|patient\.(thread|text|roster|look)|care\.|appointment)/.test(it))
    expect(content.length).toBeGreaterThan(8)
    for (const action of content) expect(may(['administrator'], action).yes, action).toBe(false)
    const auditor = actions.filter((it) => may(['auditor'], it).yes)
    expect(auditor.filter((it) => !/\.(read|read-own|verify|export)$/.test(it)).toSorted()).toEqual([
      'archive.custody',
      'team.device.enrol',
      'team.device.revoke',
    ])
  })

  test('nobody but whoever treats or sits at the desk reads a patient’s texts, unless it was opened in an emergency', () => {
    const able = roles.filter((role) => may([role], 'patient.thread.read', { relation: 'related', here: true, restricted: false }).yes)
    expect(able).toEqual(['clinician', 'nurse', 'front-desk'])
  })

  test('says who could do it, and why a right does not reach', () => {
    expect(may(['front-desk'], 'audit.read')).toEqual({
      yes: false,
      reason: 'To read the audit log you need the role privacy officer, security officer or auditor. An administrator can grant it.',
    })
    const reasons = [
      { relation: 'unrelated', here: true, restricted: true },
      { relation: 'unrelated', here: true, restricted: false },
      { relation: 'unrelated', here: false, restricted: false },
    ] as const
    const said = reasons.map((thing) => may(['nurse'], 'patient.thread.read', thing)).map((it) => (it.yes ? '' : it.reason))
    expect(new Set(said).size).toBe(3)
    expect(said.every((it) => it.length > 20)).toBe(true)
  })
})

describe('hours', () => {
  const night = { hours: { days: [5], from: 1_140, to: 420 } }
  test('a night’s hours belong to the evening on which they begin', () => {
    const at = (day: number, minute: number) => isInForce(night, { now: 0, day, minute })
    expect([at(5, 1_139), at(5, 1_140), at(6, 0), at(6, 419), at(6, 420), at(5, 10), at(6, 1_200)]).toEqual([
      false,
      true,
      true,
      true,
      false,
      false,
      false,
    ])
    expect(isInForce({ hours: { days: [7], from: 1_140, to: 420 } }, { now: 0, day: 1, minute: 60 })).toBe(true)
  })

  test('what is over is over, and no window is always open', () => {
    expect(isInForce({ until: 10 }, { now: 10, day: 1, minute: 0 })).toBe(false)
    expect(isInForce({ until: 10 }, { now: 9, day: 1, minute: 0 })).toBe(true)
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 1_439 }), (now, day, minute) => {
        expect(isInForce({}, { now, day, minute })).toBe(true)
      }),
    )
  })

  test('within a week a window is open as long as it says, on each of its days', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 0, max: 1_439 }),
        fc.integer({ min: 0, max: 1_439 }),
        (days, from, to) => {
          fc.pre(from !== to)
          let open = 0
          for (let day = 1; day <= 7; day += 1)
            for (let minute = 0; minute < 1_440; minute += 1)
              if (isInForce({ hours: { days, from, to } }, { now: 0, day, minute })) open += 1
          expect(open).toBe(days.length * ((to - from + 1_440) % 1_440))
        },
      ),
      { numRuns: 25 },
    )
  })

  test('is narrower than another exactly if some minute of the week, or some last moment, is missing', () => {
    const hours = fc.record({
      days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 }),
      from: fc.integer({ min: 0, max: 1_439 }),
      to: fc.integer({ min: 0, max: 1_439 }),
    })
    const window = fc.record({ until: fc.integer({ min: 1, max: 9 }), hours }, { requiredKeys: [] })
    fc.assert(
      fc.property(window, window, (wanted, held) => {
        fc.pre([wanted, held].every((it) => !it.hours || it.hours.from !== it.hours.to))
        const counts = ({ hours }: RoleWindow, day: number, minute: number) => isInForce(hours ? { hours } : {}, { now: 0, day, minute })
        let isMissing = (wanted.until ?? Infinity) < (held.until ?? Infinity)
        for (let day = 1; day <= 7; day += 1)
          for (let minute = 0; minute < 1_440; minute += 1) if (counts(held, day, minute) && !counts(wanted, day, minute)) isMissing = true
        expect(isNarrower(wanted, held)).toBe(isMissing)
      }),
      { numRuns: 60 },
    )
    expect(isNarrower({}, { until: 5, hours: { days: [1], from: 0, to: 60 } })).toBe(false)
  })

  test('refuses windows that mean nothing, and any for the administrator', () => {
    const hours = { days: [1], from: 0, to: 60 }
    expect(judgeWindow('nurse', { hours }, 0)).toBeNull()
    expect(judgeWindow('nurse', { until: 5 }, 5)).toBe('bad-window')
    expect(judgeWindow('administrator', { until: 5 }, 0)).toBe('bad-window')
    expect(judgeWindow('administrator', {}, 0)).toBeNull()
    for (const bad of [{ days: [] }, { days: [8] }, { days: [1, 1] }, { to: 0 }, { to: 1_440 }, { from: -1 }])
      expect(judgeWindow('nurse', { hours: { ...hours, ...bad } }, 0)).toBe('bad-window')
  })
})

describe('separation of duties', () => {
  const change = (more: Partial<RoleChange>): RoleChange => ({
    person: 'p',
    actor: 'other',
    before: [],
    after: [],
    preset: 'practice',
    people: 5,
    exception: false,
    ceiling: null,
    others: { administrator: 1, 'privacy-officer': 1, 'security-officer': 1 },
    ...more,
  })

  test('a guest never gets beyond their ceiling', () => {
    fc.assert(
      fc.property(someRoles, someRoles, (ceiling, after) => {
        const beyond = after.some((role) => !ceiling.includes(role))
        expect(judgeRoles(change({ ceiling, after })) === 'guest-roles').toBe(beyond)
      }),
    )
  })

  test('nobody is administrator and auditor, signed or not', () => {
    fc.assert(
      fc.property(someRoles, fc.boolean(), fc.constantFrom('practice' as const, 'hospital' as const), (more, exception, preset) => {
        const after: Role[] = [...new Set<Role>([...more, 'administrator', 'auditor'])]
        expect(judgeRoles(change({ after, exception, preset }))).toBe('roles-exclude')
      }),
    )
  })

  test('administrator and privacy officer: only in a small practice and signed', () => {
    const after: Role[] = ['administrator', 'privacy-officer']
    expect(judgeRoles(change({ after }))).toBe('roles-exclude')
    expect(judgeRoles(change({ after, exception: true }))).toBeNull()
    expect(judgeRoles(change({ after, exception: true, preset: 'hospital' }))).toBe('roles-exclude')
    expect(judgeRoles(change({ after, exception: true, people: exceptionUpTo }))).toBeNull()
    expect(judgeRoles(change({ after, exception: true, people: exceptionUpTo + 1 }))).toBe('roles-exclude')
  })

  test('nobody makes themselves privacy officer, security officer or auditor', () => {
    for (const role of ['privacy-officer', 'security-officer', 'auditor'] as const) {
      expect(judgeRoles(change({ actor: 'p', before: ['clinician'], after: ['clinician', role] }))).toBe('role-to-self')
      expect(judgeRoles(change({ actor: 'p', before: [role], after: [role, 'clinician'] }))).toBeNull()
      expect(judgeRoles(change({ actor: null, after: [role] }))).toBeNull()
    }
  })

  test('security officer: never with auditor, with administrator only in a small practice', () => {
    expect(judgeRoles(change({ after: ['auditor', 'security-officer'], exception: true }))).toBe('roles-exclude')
    expect(judgeRoles(change({ after: ['administrator', 'security-officer'] }))).toBeNull()
    expect(judgeRoles(change({ after: ['administrator', 'security-officer'], people: exceptionUpTo + 1 }))).toBe('roles-exclude')
    expect(judgeRoles(change({ after: ['administrator', 'security-officer'], preset: 'hospital', exception: true }))).toBe('roles-exclude')
  })

  test('the last administrator and the last officers stay', () => {
    const none = { administrator: 0, 'privacy-officer': 0, 'security-officer': 0 }
    expect(judgeRoles(change({ before: ['administrator'], others: none }))).toBe('last-administrator')
    expect(judgeRoles(change({ before: ['administrator'] }))).toBeNull()
    expect(judgeRoles(change({ before: ['administrator'], after: ['administrator'], others: none }))).toBeNull()
    for (const role of ['privacy-officer', 'security-officer'] as const) {
      expect(judgeRoles(change({ before: [role], others: none }))).toBe('last-officer')
      expect(judgeRoles(change({ before: [role] }))).toBeNull()
      expect(judgeRoles(change({ before: [role], after: [role], others: none }))).toBeNull()
    }
  })

  test('a second person is asked for the two roles that open all others', () => {
    expect(roles.filter(needsSecond)).toEqual(['administrator', 'privacy-officer', 'security-officer'])
  })

  test('inputs are not changed', () => {
    const it = Object.freeze(
      change({ before: Object.freeze<Role[]>(['auditor']) as Role[], after: Object.freeze<Role[]>(['clinician']) as Role[] }),
    )
    expect(() => judgeRoles(it)).not.toThrow()
  })
})
