import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shownBars } from './Bars.tsx'

const bars = fc.dictionary(fc.string(), fc.constantFrom('danger', 'warning', 'info', 'demo')).map((it) => new Map(Object.entries(it)))

test('a folded strip shows all that is dangerous, and where nothing is, the first of the most serious', () => {
  const rank = ['danger', 'warning', 'info', 'demo']
  fc.assert(
    fc.property(bars, (all) => {
      const shown = shownBars(all)
      for (const [id, it] of all) if (it === 'danger') expect(shown.has(id)).toBe(true)
      if (all.size > 0) expect(shown.size).toBeGreaterThan(0)
      const least = Math.min(...[...all.values()].map((it) => rank.indexOf(it)))
      for (const id of shown) expect(rank.indexOf(all.get(id)!)).toBe(least)
      if (least > 0) expect(shown.size).toBeLessThanOrEqual(1)
    }),
  )
})
