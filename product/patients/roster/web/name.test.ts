import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ageInYears, bornText, dayInRecord } from './born.ts'
import { isSimilarName, patientName } from './name.ts'
import { phoneText } from './phone.ts'

const named = (text: string) => {
  const [family = '', given = ''] = text.split(', ')
  return { family, given }
}

test.each([
  ['Rivera, Ana', 'Riviera, Anna', true],
  ['Rivera, Ana', 'Rivera, Ana', true],
  ['Rivera, Ana', 'RIVERA, ANÁ', true],
  ['Smith, John', 'Smyth, Jon', true],
  ['Rivera, Ana', 'Rivera, Mateo', false],
  ['Rivera, Ana', 'Delgado, Ana', false],
  ['Kim, Jo', 'Kim, Al', false],
])('%s and %s: easily taken for each other is %s', (a, b, expected) => {
  expect(isSimilarName(named(a), named(b))).toBe(expected)
})

test('similarity has no order, and everybody is similar to themselves', () => {
  const name = fc.record({ given: fc.string({ maxLength: 12 }), family: fc.string({ maxLength: 12 }) })
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(isSimilarName(a, b)).toBe(isSimilarName(b, a))
      expect(isSimilarName(a, a)).toBe(true)
    }),
  )
})

test('a name, a birth date and a number as records write them', () => {
  expect(patientName({ given: 'Ana', family: 'Rivera' })).toBe('RIVERA, Ana')
  expect(dayInRecord('1981-07-14')).toBe('14-Jul-1981')
  expect(ageInYears('1981-07-14', '2026-07-13')).toBe(44)
  expect(ageInYears('1981-07-14', '2026-07-14')).toBe(45)
  expect(bornText(null, '2026-03-10')).toBe('Not known')
  expect(phoneText('+13125550117')).toBe('(312) 555-0117')
  expect(phoneText('+442071838750')).toBe('+442071838750')
})
