import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldName, foldSecret, isSignInName, isZone, writeSecret } from './rules.ts'

test('sign-in names are folded once and for all', () => {
  fc.assert(
    fc.property(fc.string(), (typed) => {
      const folded = foldName(typed)
      expect(foldName(folded)).toBe(folded)
      expect(foldName(` ${folded} `)).toBe(folded)
    }),
  )
  expect(foldName(' Nurse.ANA ')).toBe('nurse.ana')
  expect(foldName('ｎｕｒｓｅ')).toBe('nurse')
})

test('what can be a sign-in name', () => {
  for (const name of ['ana', 'dr.osei', 'a1', 'kim@maple', 'x'.repeat(64)]) expect(isSignInName(name), name).toBe(true)
  for (const name of ['', 'a', 'Ana', '.ana', 'ana osei', 'ana\u0000', 'àna', 'аna', 'x'.repeat(65), "a'--"])
    expect(isSignInName(name), name).toBe(false)
})

test('zones are names of the IANA database', () => {
  for (const zone of ['America/Chicago', 'Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires']) expect(isZone(zone), zone).toBe(true)
  for (const zone of ['', '+05:00', 'Mars/Olympus', 'America/chicago; drop', '../etc', 'CST6CDT4X']) expect(isZone(zone), zone).toBe(false)
})

const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 })

test('a code is 128 bits in 26 characters, and no two are alike', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const text = writeSecret(a)
      expect(text).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){5}[0-9A-HJKMNP-TV-Z]$/)
      expect(foldSecret(text)).toHaveLength(26)
      expect(writeSecret(a) === writeSecret(b)).toBe(Buffer.from(a).equals(Buffer.from(b)))
    }),
  )
  expect(writeSecret(Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0xff]))).toBe('ZZZZZ-ZZZ')
})

test('case, dashes, spaces and look-alikes do not matter when a code is typed', () => {
  fc.assert(
    fc.property(bytes, (it) => {
      const text = writeSecret(it)
      const typed = text.toLowerCase().replaceAll('-', '  ').replaceAll('0', 'o').replaceAll('1', 'l')
      expect(foldSecret(typed)).toBe(foldSecret(text))
    }),
  )
})
