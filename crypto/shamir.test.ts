import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copy, equal, newUuid, random } from './bytes.ts'
import { combineShares, parseShare, splitArchiveKey } from './archive-key.ts'
import { combine, split } from './shamir.ts'
import type { ArchivePolicy } from './statements/archive-policy.ts'
import { T0 } from './testing/clinic.ts'

const bad = { code: 'bad-share' } as const

describe('sharing a secret', () => {
  it('gives it back from any k of n, in any order', () => {
    const shape = fc.integer({ min: 1, max: 16 }).chain((n) => fc.tuple(fc.integer({ min: 1, max: n }), fc.constant(n)))
    fc.assert(
      fc.property(shape, fc.uint8Array({ minLength: 1, maxLength: 33 }), fc.infiniteStream(fc.nat()), ([k, n], secret, dice) => {
        const shares = split(secret, k, n)
        const some = [...shares].sort(() => (dice.next().value % 2 === 0 ? 1 : -1)).slice(0, k)
        expect(combine(some, k)).toEqual(copy(secret))
      }),
      { numRuns: 150 },
    )
  })

  it('says nothing with one share fewer: every secret fits', () => {
    const secret = Uint8Array.of(42)
    const [held] = split(secret, 2, 2)
    const possible = new Set(Array.from({ length: 256 }, (_, byte) => combine([held!, { index: 2, data: Uint8Array.of(byte) }], 2)[0]))
    expect(possible.size).toBe(256)
    const again = new Set(Array.from({ length: 64 }, () => split(secret, 2, 2)[0]!.data[0]))
    expect(again.size).toBeGreaterThan(20)
  })

  it('refuses impossible counts, doubled shares and too few', () => {
    for (const [k, n] of [
      [0, 3],
      [4, 3],
      [1, 17],
      [1.5, 3],
    ] as const)
      expect(() => split(random(4), k, n)).toThrow()
    const shares = split(random(4), 3, 5)
    expect(() => combine([shares[0]!, shares[0]!, shares[1]!], 3)).toThrow(expect.objectContaining(bad))
    expect(() => combine(shares.slice(0, 2), 3)).toThrow(expect.objectContaining(bad))
    expect(() => combine([...shares.slice(0, 2), { index: 3, data: random(5) }], 3)).toThrow(expect.objectContaining(bad))
    expect(() => combine([...shares.slice(0, 2), { index: 17, data: random(4) }], 3)).toThrow(expect.objectContaining(bad))
  })
})

describe("the archive key's printed shares", () => {
  const people = [newUuid(), newUuid(), newUuid()]
  const policyOf = (made: Awaited<ReturnType<typeof splitArchiveKey>>): ArchivePolicy => ({
    organisation: newUuid(),
    version: 1,
    prev: new Uint8Array(32),
    time: T0,
    period: newUuid(),
    ...made.publicKey,
    threshold: made.threshold,
    custodians: made.custodians,
    from: T0,
    until: T0 + 1,
  })

  it('give the key back from k of n, however they are typed', async () => {
    const made = await splitArchiveKey(2, people)
    const policy = policyOf(made)
    const texts = made.shares.map((s) => s.text)
    for (const some of [texts.slice(0, 2), texts.slice(1), [texts[2]!, texts[0]!], texts]) {
      const key = await combineShares(some, policy)
      expect(key.publicKey).toEqual(made.publicKey.publicKey)
      expect(key.privateKey.extractable).toBe(false)
    }
    const typed = texts[0]!.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')
    expect(parseShare(typed)).toEqual(parseShare(texts[0]!))
    expect(texts[0]).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){13}[0-9A-HJKMNP-TV-Z]{4}$/)
    const [single] = [await splitArchiveKey(1, people)]
    for (const share of single.shares)
      expect((await combineShares([share.text], policyOf(single))).publicKey).toEqual(single.publicKey.publicKey)
  })

  it('are refused when mistyped, doubled, foreign, too few, or altered', async () => {
    const [made, other] = [await splitArchiveKey(2, people), await splitArchiveKey(2, people)]
    const policy = policyOf(made)
    const [a, b] = made.shares.map((s) => s.text) as [string, string]
    for (let at = 0; at < a.length; at++) {
      if (a[at] === '-') continue
      expect(() => parseShare(a.slice(0, at) + (a[at] === '7' ? '8' : '7') + a.slice(at + 1))).toThrow(expect.objectContaining(bad))
    }
    await expect(combineShares([a, a], policy)).rejects.toMatchObject(bad)
    await expect(combineShares([a], policy)).rejects.toMatchObject(bad)
    await expect(combineShares([a, other.shares[1]!.text], policy)).rejects.toMatchObject(bad)
    const swapped = { ...policy, custodians: policy.custodians.map((c) => ({ ...c, shareHash: random(32) })) }
    await expect(combineShares([a, b], swapped)).rejects.toMatchObject(bad)
    await expect(combineShares([a, b], { ...policy, ...other.publicKey })).rejects.toMatchObject(bad)
    await expect(combineShares([a, b], { ...policy, threshold: 3 })).rejects.toMatchObject(bad)
    expect(equal(parseShare(a).data, parseShare(b).data)).toBe(false)
  })
})
