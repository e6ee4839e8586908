import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isStuck } from './preview.ts'
import { countSigners, judgeSigner } from './rules.ts'
import { standingOf } from './web/words.ts'

const person = fc.constantFrom('ana', 'ben', 'cleo', 'dora')
const format = { locale: 'en-US', timeZone: 'UTC', hour12: false } as never

test('a request is called stuck exactly where no two administrators of the signed list are left to sign it, and then its person reads so', () => {
  fc.assert(
    fc.property(person, fc.uniqueArray(person), (whose, list) => {
      const administrators = new Set(list)
      const able = (signedBy: string | null) => list.filter((it) => judgeSigner({ person: whose, signedBy }, it, administrators) === null)
      for (const by of [[], ...able(null).map((it) => [it])]) {
        const couldSign = countSigners({ person: whose, by }, administrators)
        expect(couldSign).toBe(able(by[0] ?? null).length)
        const stuck = by.length === 0 ? !able(null).some((first) => able(first).length > 0) : able(by[0]!).length === 0
        expect(isStuck({ by, couldSign })).toBe(stuck)
        const state = by.length === 0 ? ('asked' as const) : ('signed' as const)
        const says = standingOf(
          { ...({} as Parameters<typeof standingOf>[0]), state, by, couldSign, effectiveAt: null },
          (it) => it,
          format,
        )
        expect(/cannot count yet/.test(says)).toBe(stuck)
        expect(/Waits for two|a second administrator must sign/.test(says)).toBe(!stuck)
      }
    }),
  )
})
