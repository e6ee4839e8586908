import fc from 'fast-check'
import { expect, test } from 'vitest'
import { careOf } from './rules.ts'
import type { Tie } from './rules.ts'

const tie = fc.record<Tie>({
  because: fc.constantFrom('assigned', 'registered', 'appointment', 'unit', 'cover', 'emergency'),
  until: fc.option(fc.integer({ min: 0 }), { nil: null }),
})

test('no tie, no relation; an emergency alone is no care relationship', () => {
  expect(careOf([])).toEqual({ relation: 'unrelated', because: null, until: null })
  fc.assert(
    fc.property(fc.array(tie, { minLength: 1 }), (ties) => {
      const found = careOf(ties)
      expect(found.relation).toBe(ties.some((it) => it.because !== 'emergency') ? 'related' : 'opened')
      const same = ties.filter((it) => (it.because === 'emergency') === (found.relation === 'opened'))
      const longest = Math.max(...same.map((it) => it.until ?? Infinity))
      expect(found.until ?? Infinity).toBe(longest)
    }),
  )
})
