import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cellOf, matrix, may, roles } from './preview.ts'
import type { Action, Role } from './preview.ts'
import { exceptionUpTo, judgeRoles } from './rules.ts'
import type { RoleChange } from './rules.ts'

const actions = Object.keys(matrix) as Action[]
const someRoles = fc.subarray([...roles])

describe('the matrix', () => {
  test('has one cell for each role in each row', () => {
    for (const action of actions) expect(matrix[action].cells, action).toMatch(/^[YLRO-]( [YLRO-]){4}$/)
  })

  test('decides as it reads, for every role and action', () => {
    const reach = { Y: 'all', L: 'location', R: 'member', O: 'own' }
    for (const action of actions)
      for (const [i, role] of roles.entries()) {
        const cell = matrix[action].cells.split(' ')[i]!
        const decision = may([role], action)
        if (cell === '-') expect(decision, `${role} ${action}`).toMatchObject({ yes: false })
        else expect(decision, `${role} ${action}`).toEqual({ yes: true, reach: reach[cell as keyof typeof reach] })
      }
  })

  test('denies what it does not list: unknown acts, unknown roles, no role', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (role, action) => {
        fc.pre(!(roles as readonly string[]).includes(role) || !Object.hasOwn(matrix, action))
        expect(cellOf(role, action)).toBe('-')
      }),
    )
    for (const name of ['constructor', '__proto__', 'toString']) expect(cellOf('administrator', name)).toBe('-')
    for (const action of actions) {
      expect(may([], action).yes).toBe(false)
      expect(may(['superuser', 'Administrator'], action).yes).toBe(false)
    }
  })

  test('adds rights up and never takes one away', () => {
    const order = ['own', 'member', 'location', 'all']
    fc.assert(
      fc.property(someRoles, fc.constantFrom(...roles), fc.constantFrom(...actions), (held, more, action) => {
        const before = may(held, action)
        const after = may([...held, more], action)
        if (!before.yes) return
        expect(after.yes && order.indexOf(after.reach) >= order.indexOf(before.reach)).toBe(true)
      }),
    )
  })

  test('keeps the administrator out of content, and the auditor out of every change', () => {
    const content = actions.filter((it) => /^(team\.(conversation|message)|patient\.(thread|text)|appointment)/.test(it))
    expect(content.length).toBeGreaterThan(5)
    for (const action of content) expect(may(['administrator'], action).yes, action).toBe(false)
    const auditor = actions.filter((it) => may(['auditor'], it).yes)
    expect(auditor.toSorted()).toEqual([
      'agreement.read',
      'archive.custody',
      'audit.export',
      'audit.read',
      'audit.read-own',
      'audit.verify',
      'break-glass.read',
      'colleague.read',
      'hold.read',
      'security-policy.read',
      'team.device.enrol',
      'team.device.revoke',
    ])
  })

  test('says who could do it', () => {
    expect(may(['front-desk'], 'audit.read')).toEqual({
      yes: false,
      reason: 'To read the audit log you need the role privacy officer or auditor. An administrator can grant it.',
    })
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
    otherAdministrators: 1,
    ...more,
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

  test('nobody makes themselves privacy officer or auditor', () => {
    expect(judgeRoles(change({ actor: 'p', before: ['clinician'], after: ['clinician', 'privacy-officer'] }))).toBe('role-to-self')
    expect(judgeRoles(change({ actor: 'p', after: ['auditor'] }))).toBe('role-to-self')
    expect(judgeRoles(change({ actor: 'p', before: ['auditor'], after: ['auditor', 'clinician'] }))).toBeNull()
    expect(judgeRoles(change({ actor: null, after: ['auditor'] }))).toBeNull()
  })

  test('the last administrator stays', () => {
    expect(judgeRoles(change({ before: ['administrator'], otherAdministrators: 0 }))).toBe('last-administrator')
    expect(judgeRoles(change({ before: ['administrator'], otherAdministrators: 1 }))).toBeNull()
    expect(judgeRoles(change({ before: ['administrator'], after: ['administrator'], otherAdministrators: 0 }))).toBeNull()
  })

  test('inputs are not changed', () => {
    const it = Object.freeze(
      change({ before: Object.freeze<Role[]>(['auditor']) as Role[], after: Object.freeze<Role[]>(['clinician']) as Role[] }),
    )
    expect(() => judgeRoles(it)).not.toThrow()
  })
})
