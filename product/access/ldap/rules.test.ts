import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Entry, Known } from './rules.ts'
import { foldDn, isDisabled, peopleOfGroups, plan } from './rules.ts'

const entry = (key: string, more: Partial<Entry> = {}): Entry => ({
  key,
  dn: `uid=${key},dc=x`,
  userName: key,
  name: key,
  title: '',
  active: true,
  ...more,
})
const known = (key: string, more: Partial<Known> = {}): Known => ({
  person: `p-${key}`,
  key,
  userName: key,
  name: key,
  title: '',
  active: true,
  ...more,
})

describe('what a synchronisation does', () => {
  test('joins, adopts, changes, returns, leaves', () => {
    const made = plan(
      [
        known('same'),
        known('renamed'),
        known('off'),
        known('gone'),
        known('back', { active: false }),
        known('x', { key: null, userName: 'Local' }),
      ],
      [
        entry('same'),
        entry('renamed', { name: 'New' }),
        entry('off', { active: false }),
        entry('back'),
        entry('new'),
        entry('k', { userName: 'local' }),
      ],
    )
    expect(made.joins.map((it) => it.key)).toEqual(['new'])
    expect(made.adopts.map((it) => it.person)).toEqual(['p-x'])
    expect(made.changes.map((it) => it.person)).toEqual(['p-renamed'])
    expect(made.returns.map((it) => it.person)).toEqual(['p-back'])
    expect(made.leaves.map((it) => it.key)).toEqual(['off', 'gone'])
  })

  test('once done there is nothing left to do', () => {
    const keys = fc.uniqueArray(fc.constantFrom(...'abcdefgh'.split('')))
    fc.assert(
      fc.property(keys, keys, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (before, now, on) => {
        const entries = now.map((key, i) => entry(key, { active: on[i]! }))
        const first = plan(
          before.map((key) => known(key)),
          entries,
        )
        const left = new Set(first.leaves.map((it) => it.key))
        const after = [...before.map((key) => known(key, { active: !left.has(key) })), ...first.joins.map((it) => known(it.key))]
        const again = plan(after, entries)
        expect([again.joins, again.leaves, again.returns]).toEqual([[], [], []])
      }),
    )
  })
})

test('groups within groups, rings among them', () => {
  const groups = [
    { key: 'g1', dn: 'CN=One,DC=x', name: 'One', members: ['uid=a,dc=x', 'cn=two, dc=x'] },
    { key: 'g2', dn: 'cn=two,dc=x', name: 'Two', members: ['UID=b,DC=x', 'cn=one,dc=x', 'uid=off,dc=x'] },
  ]
  const found = peopleOfGroups(groups, [entry('a'), entry('b'), entry('off', { active: false })])
  expect([found.get('g1'), found.get('g2')]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ])
  expect(foldDn('CN=Two , DC=X')).toBe('cn=two,dc=x')
})

test('accounts that are disabled or have run out', () => {
  const now = Date.UTC(2026, 10, 22)
  const filetime = (ms: number) => `${(BigInt(ms) + 11_644_473_600_000n) * 10_000n}`
  expect(isDisabled({ userAccountControl: '514' }, now)).toBe(true)
  expect(isDisabled({ userAccountControl: '66050' }, now)).toBe(true)
  expect(isDisabled({ userAccountControl: '512' }, now)).toBe(false)
  expect(isDisabled({ nsAccountLock: 'TRUE' }, now)).toBe(true)
  expect(isDisabled({ accountExpires: '0' }, now)).toBe(false)
  expect(isDisabled({ accountExpires: '9223372036854775807' }, now)).toBe(false)
  expect(isDisabled({ accountExpires: filetime(now - 1) }, now)).toBe(true)
  expect(isDisabled({ accountExpires: filetime(now + 60_000) }, now)).toBe(false)
  expect(isDisabled({}, now)).toBe(false)
})
