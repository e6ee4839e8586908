import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clinicalWords, segmentsOf } from '@wardline/product/patients/texting/preview'
import { boundsOf, dayIn, inOrder, reminderText, reminderUseBy, saidTime } from './rules.ts'
import type { Reachable } from './rules.ts'

const zone = 'America/Chicago'
const startsAt = Date.UTC(2026, 2, 11, 20, 0)

describe('a reminder', () => {
  test('says when, in the words of the patient’s language', () => {
    expect(saidTime(startsAt, zone, 'en')).toBe('Wed Mar 11 at 3:00 PM')
    expect(saidTime(startsAt, zone, 'es')).toBe('mié 11 de mar a las 3:00 p.m.')
    expect(saidTime(Date.UTC(2026, 2, 11, 5, 5), zone, 'en')).toBe('Wed Mar 11 at 12:05 AM')
  })
  test('is one segment in English, neutral in both languages, and asks for no reserved word', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: startsAt, max: startsAt + 400 * 86_400_000 }),
        fc.constantFrom('en' as const, 'es' as const),
        (at, language) => {
          const text = reminderText({ practice: 'Maple Street Dental', phone: '(312) 555-0100', language, startsAt: at, zone })
          expect(clinicalWords(text)).toEqual([])
          expect(segmentsOf(text).count).toBeLessThanOrEqual(language === 'en' ? 1 : 3)
          expect(text).not.toMatch(/reply (cancel|end|quit|y)\b|responda (cancelar|baja|fin)/i)
        },
      ),
    )
  })
  test('is of no use in the last hour', () => expect(reminderUseBy(startsAt)).toBe(startsAt - 3_600_000))
})

describe('days', () => {
  test('have their own length where the clocks change', () => {
    const hours = (day: string) => (boundsOf(day, zone)[1] - boundsOf(day, zone)[0]) / 3_600_000
    expect(['2026-03-07', '2026-03-08', '2026-11-01'].map(hours)).toEqual([24, 23, 25])
  })
  test('hold the moments between their bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: startsAt, max: startsAt + 400 * 86_400_000 }), (at) => {
        const [from, until] = boundsOf(dayIn(at, zone), zone)
        expect(from <= at && at < until).toBe(true)
      }),
    )
  })
})

test('verified numbers that take texts are tried first', () => {
  const one = (number: string, state: Reachable['state'], lineType: Reachable['lineType'] = 'unknown'): Reachable => ({
    number,
    state,
    lineType,
  })
  const order = inOrder([
    one('frozen', 'frozen'),
    one('landline', 'verified', 'landline'),
    one('new', 'unverified', 'mobile'),
    one('good', 'verified', 'mobile'),
  ])
  expect(order.map((it) => it.number)).toEqual(['good', 'new', 'landline', 'frozen'])
})
