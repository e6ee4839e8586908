import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { describe, expect, it, vi } from 'vitest'
import { concat, copy, fromHex, lp, random, utf8 } from './bytes.ts'
import { checkPublicKey, isStrictSignature, newSigningKey, sign, signingKeyOfSeed, verify, verifyRaw } from './ed25519.ts'
import { SIGNATURE_LABELS } from './labels.ts'

const { Point } = ed25519
const ORDER = Point.Fn.ORDER
const bad = expect.objectContaining({ code: 'bad-key' })

/** A point of order eight; its multiples are all points of small order. */
const TORSION = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa')
const SMALL = [Point.ZERO, ...Array.from({ length: 7 }, (_, i) => TORSION.multiply(BigInt(i + 1)))].map((p) => copy(p.toBytes()))

const little = (n: bigint): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: 32 }, (_, i) => Number((n >> BigInt(8 * i)) & 255n))
const scalar = (b: Uint8Array): bigint => b.reduceRight((n, byte) => (n << 8n) | BigInt(byte), 0n) % ORDER
const flipped = (b: Uint8Array): Uint8Array<ArrayBuffer> => copy(b).with(31, (b[31] as number) ^ 128)

/** A signature that holds for A = sA·B up to torsion, made without the checks of a library. */
const forge = (publicKey: Uint8Array, secret: bigint, nonce: bigint, message: Uint8Array): Uint8Array<ArrayBuffer> => {
  const r = nonce === 0n ? Point.ZERO.toBytes() : Point.BASE.multiply(nonce).toBytes()
  const k = scalar(sha512(concat(r, publicKey, message)))
  return concat(r, little((nonce + k * secret) % ORDER))
}

describe('Ed25519 keys', () => {
  it('of small order are refused, in canonical and in other spellings', () => {
    for (const point of SMALL) for (const key of [point, flipped(point)]) expect(() => checkPublicKey(key)).toThrow(bad)
    for (const y of ['ed', 'ee']) expect(() => checkPublicKey(fromHex(`${y}${'ff'.repeat(30)}7f`))).toThrow(bad)
  })

  it('of mixed order, off the curve or not canonical are refused', async () => {
    const honest = Point.BASE.multiply(123_456_789n)
    expect(() => checkPublicKey(honest.toBytes())).not.toThrow()
    for (let i = 1n; i < 8n; i++) expect(() => checkPublicKey(honest.add(TORSION.multiply(i)).toBytes())).toThrow(bad)
    expect(() => checkPublicKey(fromHex(`${'f0'}${'ff'.repeat(30)}7f`))).toThrow(bad)
    expect(() => checkPublicKey(fromHex(`02${'00'.repeat(31)}`))).toThrow(bad)
    expect(() => checkPublicKey(new Uint8Array(31))).toThrow(bad)
    expect(() => checkPublicKey(new Uint8Array(31).fill(1))).toThrow(bad)
    expect((await newSigningKey()).privateKey.extractable).toBe(false)
  })

  it('verify nothing when they are bad, though the equation holds', async () => {
    const message = utf8('anything')
    const identity = SMALL[0] as Uint8Array<ArrayBuffer>
    expect(await verifyRaw(identity, concat(Point.BASE.toBytes(), little(1n)), message)).toBe(false)
    const mixed = copy(Point.BASE.multiply(77n).add(TORSION).toBytes())
    for (let nonce = 1n; nonce <= 16n; nonce++) expect(await verifyRaw(mixed, forge(mixed, 77n, nonce, message), message)).toBe(false)
  })
})

describe('Ed25519 signatures', () => {
  it('verify under their own label, key and digest only', async () => {
    const [key, other] = [await newSigningKey(), await newSigningKey()]
    const digest = random(32)
    const signature = await sign(key.privateKey, 'wl1 epoch', digest)
    expect(await verify(key.publicKey, signature, 'wl1 epoch', digest)).toBe(true)
    for (const label of SIGNATURE_LABELS) expect(await verify(key.publicKey, signature, label, digest)).toBe(label === 'wl1 epoch')
    expect(await verify(other.publicKey, signature, 'wl1 epoch', digest)).toBe(false)
    expect(await verify(key.publicKey, signature, 'wl1 epoch', random(32))).toBe(false)
    const bare = copy(ed25519.sign(digest, new Uint8Array(32).fill(7)))
    expect(await verify(ed25519.getPublicKey(new Uint8Array(32).fill(7)), bare, 'wl1 epoch', digest)).toBe(false)
  })

  it('with S at or above the order, or a small-order or non-canonical R, are refused before any runtime is asked', async () => {
    const message = utf8('m')
    const key = await signingKeyOfSeed(new Uint8Array(32).fill(9))
    const good = copy(ed25519.sign(message, new Uint8Array(32).fill(9)))
    expect(await verifyRaw(key.publicKey, good, message)).toBe(true)
    const s = scalar(good.slice(32))
    expect(isStrictSignature(concat(good.slice(0, 32), little(s + ORDER)))).toBe(false)
    expect(isStrictSignature(concat(good.slice(0, 32), little(ORDER)))).toBe(false)
    expect(isStrictSignature(concat(good.slice(0, 32), little(ORDER - 1n)))).toBe(true)
    for (const r of SMALL) expect(isStrictSignature(concat(r, good.slice(32)))).toBe(false)
    expect(isStrictSignature(concat(fromHex(`f1${'ff'.repeat(30)}7f`), good.slice(32)))).toBe(false)
    const honest = copy(Point.BASE.multiply(5n).toBytes())
    const withZeroNonce = forge(honest, 5n, 0n, message)
    expect(ed25519.verify(withZeroNonce, message, honest, { zip215: true })).toBe(true)
    expect(await verifyRaw(honest, withZeroNonce, message)).toBe(false)
    expect(isStrictSignature(good.slice(0, 63))).toBe(false)
    const verifyAnything = vi.spyOn(crypto.subtle, 'verify').mockResolvedValue(true)
    try {
      expect(await verifyRaw(honest, good, message)).toBe(true)
      for (const lax of [withZeroNonce, concat(good.slice(0, 32), little(s + ORDER))])
        expect(await verifyRaw(honest, lax, message)).toBe(false)
    } finally {
      verifyAnything.mockRestore()
    }
  })

  it('are over lp(label) and lp(digest)', async () => {
    const seed = new Uint8Array(32).fill(3)
    const key = await signingKeyOfSeed(seed)
    expect(key.publicKey).toEqual(copy(ed25519.getPublicKey(seed)))
    const signed = concat(lp(utf8('wl1 msg')), lp(Uint8Array.of(1, 2)))
    expect(await sign(key.privateKey, 'wl1 msg', Uint8Array.of(1, 2))).toEqual(copy(ed25519.sign(signed, seed)))
  })
})
