import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LEAF_VERSION, LeafError, MAX_LEAF_TEXT, commit, decodeLeaf, encodeLeaf } from './leaf.ts'
import type { Leaf } from './leaf.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const leaf: Leaf = {
  version: LEAF_VERSION,
  organisation: 'org',
  index: 2 ** 40 + 7,
  kind: 'team.message.sent',
  time: 1_790_000_000_123,
  actor: 'Zoë',
  device: '',
  commitment: new Uint8Array(32).fill(9),
}

const isFit = (text: string) => !text.includes('\0') && Buffer.byteLength(text) <= MAX_LEAF_TEXT
const text = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((it) => it.normalize('NFC'))
  .filter(isFit)
const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const anyLeaf: fc.Arbitrary<Leaf> = fc.record({
  version: fc.constant(LEAF_VERSION),
  organisation: text,
  index: number,
  kind: text.filter((it) => it !== ''),
  time: number,
  actor: text,
  device: text,
  commitment: fc.uint8Array({ minLength: 32, maxLength: 32 }),
})

describe('leaf bytes', () => {
  test('have this layout for ever', () => {
    expect(hex(encodeLeaf(leaf))).toBe(
      [
        '01',
        '00000003' + '6f7267',
        '0000010000000007',
        '00000011' + '7465616d2e6d6573736167652e73656e74',
        '000001a0c4506c7b',
        '00000004' + '5a6fc3ab',
        '00000000',
        '00000020' + '09'.repeat(32),
      ].join(''),
    )
  })

  test('every leaf comes back as it went in', () => {
    fc.assert(
      fc.property(anyLeaf, (it) => {
        const bytes = encodeLeaf(it)
        expect(decodeLeaf(bytes)).toEqual(it)
        expect(decodeLeaf(new Uint8Array(bytes))).toEqual(it)
      }),
    )
  })

  test('any changed, cut or added byte is refused or is another leaf with exactly those bytes', () => {
    fc.assert(
      fc.property(anyLeaf, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.constantFrom('change', 'cut', 'add'), (it, pick, mask, kind) => {
        const good = encodeLeaf(it)
        const i = pick % good.length
        const bytes =
          kind === 'change'
            ? Uint8Array.from(good, (byte, at) => (at === i ? byte ^ mask : byte))
            : kind === 'cut'
              ? good.subarray(0, i)
              : Buffer.concat([good, Buffer.of(mask)])
        let other: Leaf
        try {
          other = decodeLeaf(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(LeafError)
          return
        }
        expect(kind).toBe('change')
        expect(hex(encodeLeaf(other))).toBe(hex(bytes))
        expect(other).not.toEqual(it)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['text that is not NFC', { actor: 'Zoe\u0308' }, 'text'],
    ['a lone surrogate', { actor: 'a\ud800' }, 'text'],
    ['U+0000', { organisation: 'a\0b' }, 'text'],
    ['no kind', { kind: '' }, 'text'],
    ['text that is too long', { device: 'x'.repeat(MAX_LEAF_TEXT + 1) }, 'text-length'],
    ['text that is too long in bytes', { device: 'ë'.repeat(MAX_LEAF_TEXT) }, 'text-length'],
    ['a negative index', { index: -1 }, 'number'],
    ['a time with a fraction', { time: 1.5 }, 'number'],
    ['a number above 2^53', { time: 2 ** 53 }, 'number'],
    ['a short commitment', { commitment: new Uint8Array(31) }, 'commitment-length'],
    ['another version', { version: 2 as typeof LEAF_VERSION }, 'version'],
  ])('%s is refused', (_what, change, code) => {
    expect(() => encodeLeaf({ ...leaf, ...change })).toThrow(expect.objectContaining({ code }))
  })

  test('bytes that only another encoder would write are refused', () => {
    const bytes = encodeLeaf({ ...leaf, actor: 'Zo\u00eb', kind: 'a' })
    const at = Buffer.from(bytes).indexOf(Buffer.from('Zo\u00eb'))
    // The same four bytes long: overlong and broken UTF-8, and a byte order mark, which some decoders drop.
    for (const text of [
      Buffer.from([0x5a, 0x6f, 0xc1, 0xab]),
      Buffer.from([0x5a, 0x6f, 0xff, 0xff]),
      Buffer.from([0xed, 0xa0, 0x80, 0x41]),
    ]) {
      const changed = Buffer.from(bytes)
      changed.set(text, at)
      expect(() => decodeLeaf(changed)).toThrow(expect.objectContaining({ code: 'not-canonical' }))
    }
    expect(() => decodeLeaf(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(expect.objectContaining({ code: 'not-canonical' }))
    expect(() => decodeLeaf(new Uint8Array(0))).toThrow(expect.objectContaining({ code: 'truncated' }))
  })
})

describe('commitment', () => {
  test('is HMAC-SHA-256 with the nonce as the key, for payloads of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 6000 }), (nonce, payload) => {
        expect(hex(commit(nonce, payload))).toBe(createHmac('sha256', nonce).update(payload).digest('hex'))
      }),
    )
  })

  test('takes a nonce of 32 bytes only: HMAC would treat a longer and a padded key alike', () => {
    expect(() => commit(new Uint8Array(31), new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'nonce-length' }))
    expect(() => commit(new Uint8Array(64), new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'nonce-length' }))
  })
})
