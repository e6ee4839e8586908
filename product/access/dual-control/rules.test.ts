import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeDecision } from './rules.ts'
import type { Deciding } from './rules.ts'

const roles = fc.subarray(['privacy-officer', 'security-officer'])
const people = fc.constantFrom('a', 'b', 'c')
const deciding = fc.record<Deciding>({
  askedBy: people,
  askersRoles: roles,
  subject: people,
  decider: people,
  decidersRoles: roles,
  appointed: roles,
  mayAsk: fc.boolean(),
  state: fc.constantFrom('asked', 'approved', 'declined', 'withdrawn', 'expired'),
  expiresAt: fc.integer({ min: 0, max: 10 }),
  now: fc.integer({ min: 0, max: 10 }),
})

test('only another person, in another role that the first did not just give them, not about themselves, while the first may ask and it is open', () => {
  fc.assert(
    fc.property(deciding, (it) => {
      const refused = judgeDecision(it)
      const may =
        it.state === 'asked' &&
        it.now < it.expiresAt &&
        it.decider !== it.askedBy &&
        it.decider !== it.subject &&
        it.mayAsk &&
        it.decidersRoles.some((role) => !it.askersRoles.includes(role) && !it.appointed.includes(role))
      expect(refused === null).toBe(may)
    }),
    { numRuns: 2_000 },
  )
})
