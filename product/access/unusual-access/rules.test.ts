import { describe, expect, test } from 'vitest'
import { isLook, nameOf, opensTooOften, plain, unusual } from './rules.ts'
import type { Look } from './rules.ts'

const most = { patientsPerHour: 50 }
const look = (it: Partial<Look>): Look => ({
  viewer: { given: 'Kim', family: 'Tran' },
  patient: { given: 'Ana', family: 'Rivera' },
  related: true,
  isFirst: true,
  hour: 10,
  nights: 0,
  namesakeWorksHere: false,
  patientsThisHour: 1,
  ...it,
})
const rules = (it: Partial<Look>) => unusual(look(it), most)

test('an ordinary look is ordinary', () => {
  expect(rules({})).toEqual([])
  expect(rules({ related: false })).toEqual([])
})

describe('names', () => {
  test('of the family are noticed, whatever accents and case, also in a care relationship', () => {
    expect(rules({ viewer: { given: 'Rosa', family: 'RIVÉRA' } })).toEqual(['same-surname'])
    expect(rules({ viewer: nameOf('Dr. Luz Rivera, MD') })).toEqual(['same-surname'])
    expect(rules({ patient: null, viewer: { given: '', family: '' } })).toEqual([])
    expect(rules({ viewer: { given: '', family: '' }, patient: { given: '', family: '' } })).toEqual([])
  })

  test('that everybody has are a coincidence in a care relationship, and only there', () => {
    const smiths = { viewer: { given: 'A', family: 'Smith' }, patient: { given: 'B', family: 'Smith' } }
    expect(rules(smiths)).toEqual([])
    expect(rules({ ...smiths, related: false })).toEqual(['same-surname'])
  })

  test('of colleagues are noticed', () => expect(rules({ namesakeWorksHere: true })).toEqual(['co-worker']))

  test('are read without titles', () => {
    expect(nameOf('RN Kim Tran')).toEqual({ given: 'Kim', family: 'Tran' })
    expect(nameOf('Prof. Dr. Ada Chen, MD')).toEqual({ given: 'Ada', family: 'Chen' })
    expect(nameOf('')).toEqual({ given: '', family: '' })
    expect(plain('O’Neil-Ñuñez')).toBe('oneilnunez')
  })
})

test('the same address is noticed however it is written; one that is not known is none', () => {
  const at = (a?: string, b?: string) =>
    rules({
      viewer: { given: 'K', family: 'T', ...(a ? { address: a } : {}) },
      patient: { given: 'A', family: 'R', ...(b ? { address: b } : {}) },
    })
  expect(at('12 Elm St., Springfield', '12 elm st springfield')).toEqual(['same-address'])
  expect(at('12 Elm St', '13 Elm St')).toEqual([])
  expect(at()).toEqual([])
})

test('a first look at night without a care relationship is noticed, unless the person works nights', () => {
  const night = { related: false, hour: 3 }
  expect(rules(night)).toEqual(['off-hours'])
  expect(rules({ ...night, hour: 22 })).toEqual(['off-hours'])
  expect(rules({ ...night, hour: 6 })).toEqual([])
  expect(rules({ ...night, isFirst: false })).toEqual([])
  expect(rules({ ...night, related: true })).toEqual([])
  expect(rules({ ...night, nights: 3 })).toEqual([])
})

test('more patients within an hour than the figure are noticed; so are openings that reach theirs', () => {
  expect(rules({ patientsThisHour: 50 })).toEqual([])
  expect(rules({ patientsThisHour: 51 })).toEqual(['volume'])
  expect([opensTooOften(2, 3), opensTooOften(3, 3)]).toEqual([false, true])
})

test('a list is no look, however short; what is not known as a list is one', () => {
  for (const screen of ['patients', 'patient search', 'patient threads', 'audit-log']) expect(isLook(screen, ['a'])).toBe(false)
  for (const screen of ['patient', 'patient thread', 'something new']) expect(isLook(screen, ['a'])).toBe(true)
  expect(isLook('patient thread', ['a', 'b', 'c', 'd'])).toBe(false)
})
