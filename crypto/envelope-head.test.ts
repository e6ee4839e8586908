import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { equal } from './bytes.ts'
import { readEnvelopeHead } from './envelope-head.ts'
import type { EnvelopeHead } from './envelope-head.ts'
import { encodeHeader, encodeOuter, hashOfFlags, joinEnvelope, parseEnvelope } from './envelope.ts'
import type { Flags } from './envelope.ts'
import { CryptoError } from './errors.ts'
import { sha256 } from './hash.ts'

const digest = (b: Uint8Array): Uint8Array => createHash('sha256').update(b).digest()

/** What both readers make of some bytes: the head, or the refusal's code. */
const byHead = (bytes: Uint8Array): EnvelopeHead | string => judged(() => readEnvelopeHead(bytes, digest))
const byParse = (bytes: Uint8Array): EnvelopeHead | string =>
  judged(() => {
    const { header, outer, hash } = parseEnvelope(bytes)
    const { organisation, conversation, n, epochHash, device, msgId, prev } = header
    return { organisation, conversation, n, epochHash, device, msgId, prev, priority: outer.priority, hash }
  })
const judged = (read: () => EnvelopeHead): EnvelopeHead | string => {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof CryptoError) return 'refused'
    throw thrown
  }
}

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((b) => new Uint8Array(b))
const count = fc.oneof(fc.nat(1_000), fc.constantFrom(0, 2 ** 32, 2 ** 53 - 1))
const anyFlags: fc.Arbitrary<Flags> = fc.record({
  priority: fc.constantFrom('routine', 'urgent', 'stat'),
  ask: fc.constantFrom('fyi', 'acknowledge', 'answer', 'do', 'call'),
  due: count,
  expiry: count,
  mentions: fc.uniqueArray(fc.uuid(), { maxLength: 12 }),
})
const anyParts = fc
  .record({
    flags: anyFlags,
    ids: fc.tuple(fc.uuid(), fc.uuid(), fc.uuid(), fc.uuid()),
    n: count,
    size: count,
    hashes: fc.tuple(bytes32, bytes32, bytes32),
    kind: fc.stringMatching(/^[a-z][a-z-]{0,31}$/),
    steps: fc.constantFrom(1, 2, 4),
  })
  .map(({ flags, ids, n, size, hashes, kind, steps }) => {
    const header = encodeHeader({
      organisation: ids[0],
      conversation: ids[1],
      n,
      epochHash: hashes[0],
      device: ids[2],
      msgId: ids[3],
      prev: hashes[1],
      sealSalt: new Uint8Array(16).fill(9),
      flagsHash: hashOfFlags(flags),
      kind,
      checkpoint: { size, root: hashes[2] },
    })
    return { flags, header, ct: new Uint8Array(256 * steps + 84).fill(3) }
  })
type Parts = typeof anyParts extends fc.Arbitrary<infer T> ? T : never

/** An envelope whose hashes fit, whatever its header holds: so that it is the header that is judged. */
const seal = ({ flags, header, ct }: Parts, spoil: (outer: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> = (it) => it) =>
  joinEnvelope({
    outer: spoil(encodeOuter({ ...flags, headerHash: sha256(header), ctHash: sha256(ct) })),
    outerSig: new Uint8Array(64),
    header,
    ct,
  })

const put = (bytes: Uint8Array, at: number, values: readonly number[]): Uint8Array<ArrayBuffer> => {
  const out = Uint8Array.from(bytes)
  out.set(values, at)
  return out
}
const withSignature = ({ flags, header, ct }: Parts, length: number) =>
  joinEnvelope({
    outer: encodeOuter({ ...flags, headerHash: sha256(header), ctHash: sha256(ct) }),
    outerSig: new Uint8Array(length),
    header,
    ct,
  })

/** Changes, cuts or lengthens bytes at a place. */
const anyDamage = fc.record({
  what: fc.constantFrom('flip', 'flip', 'set', 'cut', 'insert'),
  at: fc.nat(400),
  bit: fc.nat(7),
  value: fc.nat(255),
})
const damage = (bytes: Uint8Array, it: { what: string; at: number; bit: number; value: number }): Uint8Array<ArrayBuffer> => {
  const at = it.at % bytes.length
  const out = [...bytes]
  if (it.what === 'flip') out[at] = (out[at] as number) ^ (1 << it.bit)
  else if (it.what === 'set') out[at] = it.value
  else if (it.what === 'cut') out.splice(at, 1)
  else out.splice(at, 0, it.value)
  return Uint8Array.from(out)
}

describe('the head of an envelope', () => {
  test('is what parseEnvelope reads', () => {
    fc.assert(
      fc.property(anyParts, (parts) => {
        const bytes = seal(parts)
        const head = byHead(bytes)
        expect(head).not.toBe('refused')
        expect(head).toEqual(byParse(bytes))
      }),
      { numRuns: 300 },
    )
  })

  test('is refused for exactly the bytes that parseEnvelope refuses: any damage, and damage that the hashes were made to fit', () => {
    let accepted = 0
    fc.assert(
      fc.property(anyParts, anyDamage, fc.constantFrom('whole', 'header', 'outer', 'ct'), (parts, it, where) => {
        const spoilt =
          where === 'whole'
            ? damage(seal(parts), it)
            : where === 'header'
              ? seal({ ...parts, header: damage(parts.header, it) })
              : where === 'ct'
                ? seal({ ...parts, ct: damage(parts.ct, it) })
                : seal(parts, (outer) => damage(outer, it))
        const head = byHead(spoilt)
        if (head !== 'refused') accepted += 1
        expect(head).toEqual(byParse(spoilt))
      }),
      { numRuns: 3_000 },
    )
    // Damage to ids, hashes and numbers of a header makes another sound envelope: both sides of the comparison were met.
    expect(accepted).toBeGreaterThan(50)
  })

  test.each([
    ['a kind that begins with a dash', (parts: Parts) => seal({ ...parts, header: put(parts.header, 202, [0x2d]) })],
    ['a kind of no letters', (parts: Parts) => seal({ ...parts, header: put(parts.header, 201, [0]) })],
    ['a checkpoint beyond 2^53', (parts: Parts) => seal({ ...parts, header: put(parts.header, parts.header.length - 40, [0, 0x20]) })],
    ['an epoch number beyond 2^53', (parts: Parts) => seal({ ...parts, header: put(parts.header, 46, [0, 0x20]) })],
    ['a byte behind the end', (parts: Parts) => Uint8Array.from([...seal(parts), 0])],
    ['a shorter signature', (parts: Parts) => withSignature(parts, 63)],
    ['no signature', (parts: Parts) => withSignature(parts, 0)],
    ['nothing at all', () => new Uint8Array(0)],
  ])('%s is refused', (_, spoil) => {
    for (const parts of fc.sample(anyParts, 20)) {
      const bytes = spoil(parts)
      expect([byHead(bytes), byParse(bytes)]).toEqual(['refused', 'refused'])
    }
  })

  test('flags that are not canonical are refused even where the header’s hash is made to fit', () => {
    const flags: Flags = { priority: 'stat', ask: 'call', due: 1, expiry: 2, mentions: [] }
    fc.assert(
      fc.property(anyParts, anyDamage, (parts, it) => {
        const whole = encodeOuter({ ...flags, headerHash: new Uint8Array(32), ctHash: new Uint8Array(32) })
        const tag = 13
        const region = damage(whole.subarray(tag, whole.length - 64), it)
        const header = Uint8Array.from(parts.header)
        header.set(sha256(region), 166)
        const outer = Uint8Array.from([...whole.subarray(0, tag), ...region, ...sha256(header), ...sha256(parts.ct)])
        const bytes = joinEnvelope({ outer, outerSig: new Uint8Array(64), header, ct: parts.ct })
        expect(byHead(bytes)).toEqual(byParse(bytes))
      }),
      { numRuns: 1_000 },
    )
  })

  test('keeps nothing of the bytes that it read', () => {
    fc.assert(
      fc.property(anyParts, (parts) => {
        const bytes = seal(parts)
        const head = readEnvelopeHead(bytes, digest)
        const before = [head.hash, head.prev, head.epochHash].map((it) => Uint8Array.from(it))
        bytes.fill(0)
        readEnvelopeHead(seal(parts), digest)
        expect([head.hash, head.prev, head.epochHash].every((it, i) => equal(it, before[i] as Uint8Array))).toBe(true)
      }),
      { numRuns: 20 },
    )
  })
})
