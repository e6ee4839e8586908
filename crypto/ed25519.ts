import { ed25519 } from '@noble/curves/ed25519.js'
import type { Bytes } from './bytes.ts'
import { concat, copy, fromHex, lp, random, toHex, utf8 } from './bytes.ts'
import { refuse } from './errors.ts'
import type { SignatureLabel } from './labels.ts'

/** A signing key whose private half cannot be read out. */
export type SigningKey = { readonly publicKey: Bytes; readonly privateKey: CryptoKey }

const ALGORITHM = { name: 'Ed25519' } as const
const PKCS8_PREFIX = fromHex('302e020100300506032b657004220420')

// 2^255 - 19, the group's order and the y coordinates of the eight points of small order, all little-endian, sign bit cleared.
const FIELD = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')
const ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')
const SMALL_ORDER_Y = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

const below = (a: Uint8Array, limit: Uint8Array): boolean => {
  for (let i = 31; i >= 0; i--) if (a[i] !== limit[i]) return (a[i] as number) < (limit[i] as number)
  return false
}

const withoutSign = (point: Uint8Array): Bytes => {
  const y = copy(point)
  y[31] = (y[31] as number) & 0x7f
  return y
}

const isCanonical = (y: Uint8Array): boolean => below(y, FIELD)

/**
 * The check that every Ed25519 key passes once, when it enters a statement: canonical, on the curve, not of small order, free of torsion.
 * A mixed-order key would let one signature be valid on one runtime and invalid on another. Throws `bad-key`.
 */
export const checkPublicKey = (publicKey: Uint8Array): void => {
  if (publicKey.length !== 32) refuse('bad-key', 'size')
  if (SMALL_ORDER_Y.has(toHex(withoutSign(publicKey)))) refuse('bad-key', 'small order')
  let torsionFree: boolean
  try {
    torsionFree = ed25519.Point.fromBytes(publicKey).isTorsionFree()
  } catch {
    return refuse('bad-key', 'not canonical or not on the curve')
  }
  if (!torsionFree) refuse('bad-key', 'mixed order')
}

// Checking costs about a millisecond; keys come back with every message, so the ones that passed are remembered as imported.
const imported = new Map<string, Promise<CryptoKey>>()
const REMEMBERED = 4096

const verifyKey = (publicKey: Uint8Array): Promise<CryptoKey> => {
  const id = toHex(publicKey)
  const known = imported.get(id)
  if (known) return known
  checkPublicKey(publicKey)
  const key = crypto.subtle.importKey('raw', copy(publicKey), ALGORITHM, true, ['verify'])
  const oldest = imported.size >= REMEMBERED ? imported.keys().next().value : undefined
  if (oldest !== undefined) imported.delete(oldest)
  imported.set(id, key)
  return key
}

/** Whether S is below the group's order and R is canonical and not of small order; runtimes differ on both. */
export const isStrictSignature = (signature: Uint8Array): boolean => {
  if (signature.length !== 64 || !below(signature.subarray(32), ORDER)) return false
  const r = withoutSign(signature.subarray(0, 32))
  return isCanonical(r) && !SMALL_ORDER_Y.has(toHex(r))
}

/** Verifies a bare Ed25519 signature (RFC 8032), strictly. False for a bad key as for a bad signature. */
export const verifyRaw = async (publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<boolean> => {
  if (!isStrictSignature(signature)) return false
  try {
    return await crypto.subtle.verify(ALGORITHM, await verifyKey(publicKey), copy(signature), copy(message))
  } catch {
    return false
  }
}

/** What is signed: the label and a digest, each behind its length. */
const signedBytes = (label: SignatureLabel, digest: Uint8Array): Bytes => concat(lp(utf8(label)), lp(digest))

/** Verifies a labelled signature over a digest. */
export const verify = (publicKey: Uint8Array, signature: Uint8Array, label: SignatureLabel, digest: Uint8Array): Promise<boolean> =>
  verifyRaw(publicKey, signature, signedBytes(label, digest))

/** Signs a digest under a label of the closed list. */
export const sign = async (key: CryptoKey, label: SignatureLabel, digest: Uint8Array): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, signedBytes(label, digest)))

/** A new signing key; its private half never leaves WebCrypto. */
export const newSigningKey = async (): Promise<SigningKey> => {
  const pair = (await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify'])) as CryptoKeyPair
  return { publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)), privateKey: pair.privateKey }
}

/** The signing key of a 32-byte seed (RFC 8032), imported so that it cannot be read out again. */
export const signingKeyOfSeed = async (seed: Uint8Array): Promise<SigningKey> => ({
  publicKey: copy(ed25519.getPublicKey(seed)),
  privateKey: await crypto.subtle.importKey('pkcs8', concat(PKCS8_PREFIX, seed), ALGORITHM, false, ['sign']),
})

/** A seed for a key that must be stored in a vault or printed. */
export const newSeed = (): Bytes => random(32)
