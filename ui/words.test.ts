import { expect, it } from 'vitest'
import { initials } from './feedback/Avatar.tsx'
import { stateWords } from './feedback/StateMark.tsx'
import { codeDigits } from './fields/CodeField.tsx'

it('takes a code with spaces, hyphens and dashes', () => {
  expect(codeDigits(' 123 456 ')).toBe('123456')
  expect(codeDigits('123-456')).toBe('123456')
  expect(codeDigits('12\u201334\u00a056')).toBe('123456')
  expect(codeDigits('12a456')).toBe('12a456')
})

it.each([
  ['RIVERA, Ana', 'RA'],
  ['Dr Chidi Okafor', 'CO'],
  ['Pharmacy', 'P'],
  ['Emergency Department West', 'EW'],
  ['Åsa Öberg', 'ÅÖ'],
  ['', ''],
])('writes the initials of %s as %s', (name, letters) => expect(initials(name)).toBe(letters))

it('tells sent, delivered and read apart in words', () => {
  expect(stateWords({ kind: 'sent' })).toBe('Sent')
  expect(stateWords({ kind: 'delivered', count: 3, of: 4 })).toBe('Delivered 3 of 4')
  expect(stateWords({ kind: 'read', count: 1 })).toBe('Read 1')
  expect(stateWords({ kind: 'acknowledged', by: 'Dr Okafor', at: '14:03' })).toBe('Acknowledged by Dr Okafor 14:03')
})
