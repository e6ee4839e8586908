import fc from 'fast-check'
import { Secret, TOTP } from 'otpauth'
import { expect, test } from 'vitest'
import { foldCode, judgeCode, stepOf, totpPolicy } from './rules.ts'

// RFC 6238, appendix B, SHA-1 rows, cut to the last six of eight digits.
const vectors = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const

const totp = new TOTP({ secret: Secret.fromLatin1('12345678901234567890'), digits: totpPolicy.digits, period: totpPolicy.periodSeconds })

test.each(vectors)('RFC 6238 at %i s', (seconds, code) => {
  expect(totp.generate({ timestamp: seconds * 1_000 })).toBe(code)
  const delta = totp.validate({ token: code, timestamp: seconds * 1_000, window: totpPolicy.window })
  expect(judgeCode(delta, seconds * 1_000, -1)).toEqual({ step: Math.floor(seconds / 30) })
})

const moments = fc.integer({ min: 60_000, max: 2 ** 41 })

test('a code is taken exactly within the window and after the last one that was', () => {
  fc.assert(
    fc.property(moments, fc.integer({ min: -5, max: 5 }), fc.integer({ min: -6, max: 6 }), (now, delta, last) => {
      const lastStep = stepOf(now) + last
      const judged = judgeCode(delta, now, lastStep)
      if (Math.abs(delta) > 1) expect(judged).toBe('wrong')
      else if (delta <= last) expect(judged).toBe('replayed')
      else expect(judged).toEqual({ step: stepOf(now) + delta })
    }),
  )
  expect(judgeCode(null, 0, -1)).toBe('wrong')
})

test('of any sequence of taken codes no step comes twice or goes back', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(moments, fc.integer({ min: -1, max: 1 })), { maxLength: 30 }), (tries) => {
      let lastStep = -1
      for (const [now, delta] of tries) {
        const judged = judgeCode(delta, now, lastStep)
        if (typeof judged === 'string') continue
        expect(judged.step).toBeGreaterThan(lastStep)
        lastStep = judged.step
      }
    }),
  )
})

test('a space in the middle is allowed', () => {
  expect(foldCode('123 456')).toBe('123456')
})
