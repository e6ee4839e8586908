import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codePolicy, isZone, judgeTry, nameWords, readCode, readNumber, readSearch, thingOf, waitForCode } from './rules.ts'

const now = 1_773_153_600_000
const minute = 60_000

describe('numbers', () => {
  test.each(['312-555-0117', '(312) 555 0117', '+1 312 555 0117', '1.312.555.0117', ' 3125550117 '])('%s is one number', (written) => {
    expect(readNumber(written)).toMatchObject({ ok: true, e164: '+13125550117' })
  })
  test.each([
    ['', 'not-a-number'],
    ['555-0117', 'not-a-number'],
    ['call me', 'not-a-number'],
    ['312-555-0117 ext. 4', 'not-a-number'],
    ['+52 55 1234 5678', 'number-not-served'],
    ['1-900-555-0100', 'number-not-served'],
    ['+1 876 555 0100', 'number-not-served'],
    ['800-555-0199', 'number-not-served'],
  ])('%s: %s', (written, why) => expect(readNumber(written)).toEqual({ ok: false, why }))
  test('what was read reads the same again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 }), (last) => {
        const read = readNumber(`(312) 555-${String(last).padStart(4, '0')}`)
        expect(read.ok && readNumber(read.e164)).toEqual(read)
      }),
    )
  })
})

describe('searching', () => {
  test('names are compared without case, marks, apostrophes and hyphens', () => {
    expect(nameWords("Ana-María O'Neill  RÍOS")).toEqual(['ana', 'maria', 'oneill', 'rios'])
    expect(nameWords('… !')).toEqual([])
  })
  test('a line holds names, birth dates and numbers', () => {
    expect(readSearch('rivera, ANA 7/14/1981 +1 (312) 555-0117')).toEqual({
      names: ['rivera', 'ana'],
      births: ['1981-07-14'],
      numbers: ['+13125550117'],
    })
    expect(readSearch('ana 1981-07-14')).toEqual({ names: ['ana'], births: ['1981-07-14'], numbers: [] })
    expect(readSearch('room 12')).toEqual({ names: ['room', '12'], births: [], numbers: [] })
  })
  test('any line can be read', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => void readSearch(line)))
  })
})

describe('codes', () => {
  test('spaces and hyphens do not matter, anything else does', () => {
    expect(readCode(' 12 34-56 ')).toBe('123456')
    for (const typed of ['12345', '1234567', '12345a', '１２３４５６', '']) expect(readCode(typed)).toBeUndefined()
  })
  test('five wrong tries, ten minutes, and never a right one after that', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ right: fc.boolean(), after: fc.integer({ min: 0, max: 4 * minute }) }), { maxLength: 12 }),
        (tries) => {
          let code = { open: true, tries: 0, expiresAt: now + codePolicy.minutes * minute }
          let at = now
          let wrong = 0
          for (const it of tries) {
            at += it.after
            const verdict = judgeTry(code, it.right, at)
            if (verdict === 'right') {
              expect(wrong).toBeLessThan(5)
              expect(at).toBeLessThan(code.expiresAt)
              return
            }
            if (verdict === 'none-open') continue
            wrong += 1
            code = { ...code, tries: wrong, open: verdict === 'wrong' }
            expect(verdict === 'wrong-and-dead').toBe(wrong === 5)
          }
        },
      ),
    )
  })
  test('three an hour and six a day', () => {
    expect(waitForCode([], now)).toBe(0)
    expect(waitForCode([now - 1 * minute, now - 2 * minute], now)).toBe(0)
    expect(waitForCode([now - 1 * minute, now - 2 * minute, now - 59 * minute], now)).toBe(60)
    const six = [70, 130, 190, 250, 310, 370].map((it) => now - it * minute)
    expect(waitForCode(six, now)).toBe((24 * 60 - 370) * 60)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 * 24 * 60 }), { maxLength: 12 }), (ago) => {
        const sent = ago.map((it) => now - it * minute)
        const wait = waitForCode(sent, now)
        expect(waitForCode(sent, now + wait * 1000)).toBe(0)
      }),
    )
  })
})

test('in a practice whoever works at a patient’s location cares for them, but for a restricted record; in a hospital a tie is needed', () => {
  const none = { relation: 'unrelated' as const }
  const standing = { here: true, restricted: false, care: none, preset: 'practice' as const }
  expect(thingOf(standing)).toEqual({ relation: 'related', here: true, restricted: false })
  expect(thingOf({ ...standing, here: false }).relation).toBe('unrelated')
  expect(thingOf({ ...standing, restricted: true }).relation).toBe('unrelated')
  for (const preset of ['hospital', 'installation'] as const) expect(thingOf({ ...standing, preset }).relation).toBe('unrelated')
  for (const relation of ['related', 'opened'] as const)
    for (const restricted of [true, false])
      expect(thingOf({ ...standing, restricted, here: false, care: { relation } }).relation).toBe(relation)
})

test('zones are names of the time zone database', () => {
  expect(['America/Chicago', 'Pacific/Honolulu', 'UTC'].map(isZone)).toEqual([true, true, true])
  expect(['America/Maple', '+05:00', '', 'x'].map(isZone)).toEqual([false, false, false, false])
})
