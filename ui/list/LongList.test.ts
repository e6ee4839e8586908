import fc from 'fast-check'
import { expect, it } from 'vitest'
import { visibleRows } from './LongList.tsx'

it('draws every row that can be seen, never one that is not there, and few others', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -5000, max: 400_000 }),
      fc.integer({ min: 100, max: 3000 }),
      fc.integer({ min: 20, max: 200 }),
      fc.nat(6000),
      (top, height, row, count) => {
        const [first, last] = visibleRows(top, top + height, row, count)
        expect(first).toBeGreaterThanOrEqual(0)
        expect(last).toBeLessThanOrEqual(count)
        expect(first).toBeLessThanOrEqual(last)
        for (const y of [top, top + height / 2, top + height - 1]) {
          const seen = Math.floor(y / row)
          if (seen >= 0 && seen < count) expect(seen >= first && seen < last).toBe(true)
        }
        expect(last - first).toBeLessThanOrEqual(Math.ceil(height / row) + 42)
      },
    ),
  )
})

it('begins with some rows before anything was measured', () => expect(visibleRows(0, 0, 0, 5000)).toEqual([0, 30]))
