import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endOfDay, isLive, isStopped, judgeGrant, standing } from './rules.ts'
import type { Grant, Receipt } from './rules.ts'
import { bases, scopes, warnings, warningVersions } from './words.ts'

const now = Date.UTC(2026, 2, 10, 14, 40)
const grant = (it: Partial<Grant> = {}): Grant => ({
  scopes: ['care-logistics'],
  basis: 'spoken',
  warning: 'sms-1-en',
  attestation: null,
  expiresAt: null,
  ...it,
})

const history: fc.Arbitrary<Receipt[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('grant' as const, 'grant' as const, 'revoke' as const, 'opt-out' as const, 'resume' as const),
      patient: fc.constantFrom('ana', 'mateo'),
      number: fc.constantFrom('home', 'mobile'),
      scopes: fc.subarray([...scopes], { minLength: 1 }),
      basis: fc.constantFrom(...bases),
      expires: fc.constantFrom(null, now - 1, now, now + 1),
      revokes: fc.nat({ max: 12 }),
    }),
    { maxLength: 12 },
  )
  .map((rows) =>
    rows.map((it, i): Receipt => {
      const whole = it.kind === 'opt-out' || it.kind === 'resume'
      return {
        receipt: `r${i}`,
        kind: it.kind,
        patient: whole ? null : it.patient,
        number: it.number,
        scopes: it.kind === 'grant' ? it.scopes : [],
        channels: ['sms'],
        basis: it.kind === 'grant' ? it.basis : null,
        revokes: it.kind === 'revoke' ? `r${it.revokes}` : null,
        expiresAt: it.kind === 'grant' ? it.expires : null,
        position: i,
      }
    }),
  )
const asked = fc.record({
  patient: fc.constantFrom('ana', 'mateo'),
  number: fc.constantFrom('home', 'mobile'),
  scope: fc.constantFrom(...scopes),
  channel: fc.constant('sms' as const),
})

describe('what a consent must rest on', () => {
  test('marketing on a signature, clinical content on words that were heard, intake on a source', () => {
    expect(judgeGrant(grant(), now)).toBeNull()
    expect(judgeGrant(grant({ scopes: ['marketing'] }), now)).toBe('basis-too-weak')
    expect(judgeGrant(grant({ scopes: ['marketing'], basis: 'written' }), now)).toBeNull()
    expect(judgeGrant(grant({ scopes: ['clinical'], basis: 'intake', attestation: 'form' }), now)).toBe('basis-too-weak')
    expect(judgeGrant(grant({ scopes: ['clinical'] }), now)).toBeNull()
    expect(judgeGrant(grant({ warning: null }), now)).toBe('warning-missing')
    expect(judgeGrant(grant({ basis: 'import' }), now)).toBe('attestation-missing')
    expect(judgeGrant(grant({ basis: 'import', attestation: ' ' }), now)).toBe('attestation-missing')
    expect(judgeGrant(grant({ basis: 'intake', attestation: 'form', warning: null }), now)).toBeNull()
    expect(judgeGrant(grant({ expiresAt: now }), now)).toBe('expires-in-the-past')
  })
  test('a chosen day lasts to its end in the practice’s zone, also when the clocks change', () => {
    expect(endOfDay('2026-03-10', 'America/Chicago')).toBe(Date.UTC(2026, 2, 11, 5))
    expect(endOfDay('2026-03-08', 'America/Chicago')).toBe(Date.UTC(2026, 2, 9, 5))
    expect(endOfDay('2026-03-07', 'America/Chicago')).toBe(Date.UTC(2026, 2, 8, 6))
  })
  test('every warning has a version, names the risk and the way out', () => {
    expect(warnings.map((it) => it.version)).toEqual([...warningVersions])
    for (const it of warnings) expect(it.text).toMatch(it.language === 'en' ? /not secure.*STOP/s : /no son seguros.*ALTO/s)
  })
})

describe('how a consent stands', () => {
  test('a live answer names a grant of this patient, number and purpose that nothing ended', () => {
    fc.assert(
      fc.property(history, asked, (rows, it) => {
        const found = standing(rows, it, now)
        if (!found.live) return
        const { receipt } = found
        expect([receipt.kind, receipt.patient, receipt.number]).toEqual(['grant', it.patient, it.number])
        expect(receipt.scopes).toContain(it.scope)
        expect(receipt.expiresAt === null || receipt.expiresAt > now).toBe(true)
        expect(rows.some((row) => row.kind === 'revoke' && row.revokes === receipt.receipt)).toBe(false)
        expect(isStopped(rows, it.number)).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })
  test('a stop of the number beats everything before and after it, for all its patients', () => {
    fc.assert(
      fc.property(history, asked, (rows, it) => {
        const stop: Receipt = { ...blank, receipt: 'stop', kind: 'opt-out', number: it.number, position: 100 }
        const later: Receipt = {
          ...blank,
          receipt: 'later',
          kind: 'grant',
          patient: it.patient,
          number: it.number,
          scopes: [it.scope],
          basis: 'written',
          position: 101,
        }
        expect(standing([...rows, stop, later], it, now).live).toBe(false)
        expect(isLive([...rows, stop, later], later, now)).toBe(false)
        expect(standing([...rows, stop, later, { ...stop, receipt: 'again', kind: 'resume', position: 102 }], it, now).live).toBe(true)
      }),
    )
  })
  test('a resumption gives back what there was, and makes nothing', () => {
    fc.assert(
      fc.property(history, asked, (rows, it) => {
        const without = rows.filter((row) => row.kind !== 'opt-out' && row.kind !== 'resume')
        const stopped: Receipt[] = [
          ...without,
          { ...blank, receipt: 's', kind: 'opt-out', number: it.number, position: 100 },
          { ...blank, receipt: 't', kind: 'resume', number: it.number, position: 101 },
        ]
        expect(standing(stopped, it, now)).toEqual(standing(without, it, now))
      }),
    )
  })
  test('the order in which receipts are given does not matter, and they are not changed', () => {
    fc.assert(
      fc.property(history, asked, (rows, it) => {
        const before = structuredClone(rows)
        expect(standing(rows.toReversed(), it, now)).toEqual(standing(rows, it, now))
        expect(rows).toEqual(before)
      }),
    )
  })
  test('says why there is none', () => {
    const one: Receipt = {
      ...blank,
      receipt: 'a',
      kind: 'grant',
      patient: 'ana',
      number: 'home',
      scopes: ['care-logistics'],
      basis: 'spoken',
      position: 0,
    }
    const it = { patient: 'ana', number: 'home', scope: 'care-logistics', channel: 'sms' } as const
    expect(standing([], it, now)).toEqual({ live: false, why: 'none' })
    expect(standing([one], { ...it, scope: 'clinical' }, now)).toEqual({ live: false, why: 'narrower' })
    expect(standing([{ ...one, expiresAt: now }], it, now)).toEqual({ live: false, why: 'expired' })
    expect(
      standing([one, { ...blank, receipt: 'b', kind: 'revoke', patient: 'ana', number: 'home', revokes: 'a', position: 1 }], it, now),
    ).toEqual({
      live: false,
      why: 'revoked',
    })
  })
  test('the strongest basis is taken, then the newest', () => {
    const one = (receipt: string, basis: Receipt['basis'], position: number): Receipt => ({
      ...blank,
      receipt,
      kind: 'grant',
      patient: 'ana',
      number: 'home',
      scopes: ['care-logistics'],
      basis,
      position,
    })
    const found = standing(
      [one('w', 'written', 0), one('v', 'written', 1), one('i', 'intake', 2)],
      { patient: 'ana', number: 'home', scope: 'care-logistics', channel: 'sms' },
      now,
    )
    expect(found).toMatchObject({ receipt: { receipt: 'v' } })
  })
})

const blank: Receipt = {
  receipt: '',
  kind: 'grant',
  patient: null,
  number: '',
  scopes: [],
  channels: ['sms'],
  basis: null,
  revokes: null,
  expiresAt: null,
  position: 0,
}
