import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { groupsToRetype, readPeople } from './preview.ts'
import { checklist, judgeRow, nextStep } from './rules.ts'
import type { Found, Mark } from './rules.ts'
import { steps } from './words.ts'
import type { Step } from './words.ts'

const nothing: Found = {
  passkeysMet: false,
  recoveryCodes: 0,
  people: 1,
  administrators: 1,
  privacyOfficers: 0,
  securityOfficers: 0,
  waiting: 0,
  hasArchive: false,
  ownKeys: false,
  agreement: false,
  channel: false,
  isReachable: false,
}
const all: Found = {
  ...nothing,
  passkeysMet: true,
  recoveryCodes: 10,
  people: 5,
  administrators: 2,
  privacyOfficers: 1,
  securityOfficers: 1,
  hasArchive: true,
  ownKeys: true,
  agreement: true,
  channel: true,
  isReachable: true,
}
const found = fc.record({
  passkeysMet: fc.boolean(),
  recoveryCodes: fc.nat(10),
  people: fc.integer({ min: 1, max: 9 }),
  administrators: fc.integer({ min: 1, max: 3 }),
  privacyOfficers: fc.nat(2),
  securityOfficers: fc.nat(2),
  waiting: fc.nat(5),
  hasArchive: fc.boolean(),
  ownKeys: fc.boolean(),
  agreement: fc.boolean(),
  channel: fc.boolean(),
  isReachable: fc.boolean(),
})
const marks = fc
  .array(fc.tuple(fc.constantFrom(...steps), fc.constantFrom<Mark>('looked-at', 'later')))
  .map((pairs) => new Map<Step, Mark>(pairs))

describe('the checklist', () => {
  test('a fresh installation has everything open, and begins with the administrator’s own sign-in', () => {
    const items = checklist(nothing, new Map())
    expect(items.every((it) => it.state === 'open')).toBe(true)
    expect(nextStep(items)).toBe('sign-in')
  })
  test('nothing is left of one where everything is so and was looked at', () => {
    const items = checklist(
      all,
      new Map<Step, Mark>([
        ['organisation', 'looked-at'],
        ['consent', 'looked-at'],
      ]),
    )
    expect(items.filter((it) => it.state !== 'done')).toEqual([])
    expect(nextStep(items)).toBe(null)
  })
  test('saying that one looked makes nothing safe but what is a matter of looking', () => {
    fc.assert(
      fc.property(found, marks, (it, said) => {
        const silent = new Map(checklist(it, new Map()).map((item) => [item.item, item.state]))
        for (const { item, state } of checklist(it, said))
          if (item !== 'organisation' && item !== 'consent') expect(state === 'done').toBe(silent.get(item) === 'done')
      }),
    )
  })
  test('what is put off is led past, and stays unsafe', () => {
    const off = new Map(steps.map((step) => [step, 'later' as const]))
    const items = checklist(nothing, off)
    expect(nextStep(items)).toBe(null)
    expect(items.filter((it) => it.state === 'done')).toEqual([])
  })
})

describe('a pasted list', () => {
  test('is read from a spreadsheet, from CSV with quotes, with and without headings', () => {
    const row = { name: 'Ana Rivera', signInName: 'ana', title: 'RN, ward 4', roles: ['nurse', 'privacy-officer'] }
    expect(readPeople('Name\tSign-in\tRoles\tTitle\nAna Rivera\tana\tNurse + Privacy officer\tRN, ward 4')).toEqual([row])
    expect(readPeople('Ana Rivera,ANA,nurse/privacy-officer,"RN, ward 4"\r\n\r\n')).toEqual([row])
  })
  test('makes a sign-in name where none is given', () => {
    expect(readPeople('Dr. José María Núñez,,clinician')[0]?.signInName).toBe('jose.nunez')
    expect(readPeople('Cher,,nurse')[0]?.signInName).toBe('cher')
  })
  test('never throws, and has no more rows than lines', () => {
    fc.assert(fc.property(fc.string(), (text) => readPeople(text).length <= text.split(/\r\n|\r|\n/).length))
  })
  test('names what is wrong in a row', () => {
    const right = { name: 'Ana', signInName: 'ana', roles: ['nurse'], isSignInName: true, isTaken: false, isTwice: false }
    const known = ['nurse', 'administrator']
    const isGrave = (role: string) => role === 'administrator'
    expect(judgeRow(right, known, isGrave)).toEqual([])
    expect(judgeRow({ ...right, name: ' ', isSignInName: false, roles: [] }, known, isGrave)).toEqual([
      'no-name',
      'bad-sign-in-name',
      'no-role',
    ])
    expect(judgeRow({ ...right, isTaken: true, roles: ['nurze'] }, known, isGrave)).toEqual(['name-taken', 'unknown-role'])
    expect(judgeRow({ ...right, isTwice: true, roles: ['administrator'] }, known, isGrave)).toEqual(['twice', 'needs-second'])
  })
})

test('two different groups are asked back, in order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 40 }), fc.nat(255), fc.nat(255), (count, a, b) => {
      const [first, second] = groupsToRetype(count, [a, b]) as [number, number]
      expect(first).toBeLessThan(second)
      expect(second).toBeLessThan(count)
    }),
  )
})
