import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { APPROVE_WITHIN_MS, RELEASE_WITHIN_MS, isLogged, judgeDecision, judgeRelease, stateOf } from './rules.ts'
import type { LogFacts, RequestFacts } from './rules.ts'

const asked: RequestFacts = { requester: 'officer', askedAt: 1_000, decision: null, decidedAt: null, releasedAt: null }
const approved: RequestFacts = { ...asked, decision: 'approved', decidedAt: 2_000 }
const covered: LogFacts = { requestedIndex: 7, approvedIndex: 9, signedSize: 10 }

const time = fc.integer({ min: 0, max: 10 * APPROVE_WITHIN_MS })
const maybe = <T>(it: fc.Arbitrary<T>) => fc.option(it, { nil: null })
const facts: fc.Arbitrary<RequestFacts> = fc.record({
  requester: fc.constantFrom('a', 'b'),
  askedAt: time,
  decision: fc.constantFrom('approved' as const, 'refused' as const, null),
  decidedAt: maybe(time),
  releasedAt: maybe(time),
})
const log: fc.Arbitrary<LogFacts> = fc.record({
  requestedIndex: maybe(fc.nat(20)),
  approvedIndex: maybe(fc.nat(20)),
  signedSize: fc.nat(21),
})

describe('a decision', () => {
  test('to approve is never of the person who asked, whatever else is so', () => {
    fc.assert(
      fc.property(facts, time, (it, now) => {
        expect(judgeDecision(it, { person: it.requester, decision: 'approved' }, now)).not.toBeNull()
      }),
    )
  })

  test('is made once, and in time', () => {
    const by = { person: 'other', decision: 'approved' } as const
    expect(judgeDecision(asked, by, 1_000 + APPROVE_WITHIN_MS)).toBeNull()
    expect(judgeDecision(asked, by, 1_001 + APPROVE_WITHIN_MS)).toBe('already-decided')
    expect(judgeDecision(approved, by, 2_000)).toBe('already-decided')
    expect(judgeDecision({ ...approved, decision: 'refused' }, by, 2_000)).toBe('already-decided')
    expect(judgeDecision(asked, { person: 'officer', decision: 'approved' }, 2_000)).toBe('own-request')
    expect(judgeDecision(asked, { person: 'officer', decision: 'refused' }, 2_000)).toBeNull()
  })
})

describe('a release', () => {
  test('needs an approval that is good, and a checkpoint over request and approval', () => {
    expect(judgeRelease(approved, covered, 3_000)).toBeNull()
    expect(judgeRelease(approved, { ...covered, signedSize: 9 }, 3_000)).toBe('not-logged')
    expect(judgeRelease(approved, { ...covered, approvedIndex: null }, 3_000)).toBe('not-logged')
    expect(judgeRelease(approved, { ...covered, requestedIndex: null }, 3_000)).toBe('not-logged')
    expect(judgeRelease(asked, covered, 3_000)).toBe('not-approved')
    expect(judgeRelease({ ...approved, decision: 'refused' }, covered, 3_000)).toBe('not-approved')
    expect(judgeRelease(approved, covered, 2_000 + RELEASE_WITHIN_MS)).toBeNull()
    expect(judgeRelease(approved, covered, 2_001 + RELEASE_WITHIN_MS)).toBe('not-approved')
  })

  test('never comes before the log covers both, and only from the states that say so', () => {
    fc.assert(
      fc.property(facts, log, time, (it, at, now) => {
        if (judgeRelease(it, at, now) !== null) return
        expect(isLogged(at)).toBe(true)
        expect(['approved', 'released']).toContain(stateOf(it, now))
      }),
    )
  })
})
