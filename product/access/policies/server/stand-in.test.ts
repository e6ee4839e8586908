import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { standInOf } from './stand-in.ts'

const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 })
const organisations = fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 8 }).map((orgs) => orgs.map((org) => ({ org })))
const names = Array.from({ length: 64 }, (_, i) => `nobody.${i}`)
const drawn = (secret: Uint8Array, orgs: readonly { org: string }[]) => names.map((name) => standInOf(secret, name, orgs)?.org)

test('a name that nobody has stays with one organisation, and a new one takes names over and moves no other', () => {
  fc.assert(
    fc.property(secrets, organisations, fc.uuid(), (secret, orgs, more) => {
      const before = drawn(secret, orgs)
      expect(drawn(secret, orgs.toReversed())).toEqual(before)
      const after = drawn(secret, [...orgs, { org: more }])
      for (const [i, org] of after.entries()) expect([before[i], more]).toContain(org)
    }),
    { numRuns: 50 },
  )
  expect(standInOf(new Uint8Array(32), 'nobody', [])).toBeUndefined()
})

test('by the secret, so that nobody else can compute it from the name', () => {
  const orgs = ['a', 'b', 'c'].map((org) => ({ org }))
  const [one, two] = [drawn(new Uint8Array(32).fill(1), orgs), drawn(new Uint8Array(32).fill(2), orgs)]
  expect(one).not.toEqual(two)
  expect(new Set(one)).toEqual(new Set(['a', 'b', 'c']))
  const plain = names.map((name) => orgs[createHash('sha256').update(name).digest().readUIntBE(0, 3) % 3]!.org)
  expect(one).not.toEqual(plain)
})
