import type { Bytes } from './bytes.ts'
import { concat, copy, fromHex, toHex } from './bytes.ts'
import { refuse } from './errors.ts'

const ALGORITHM = { name: 'X25519' } as const
const PKCS8_PREFIX = fromHex('302e020100300506032b656e04220420')
const BASE_POINT = fromHex(`09${'00'.repeat(31)}`)

// The u coordinates of small order below 2^255, little-endian, with their non-canonical twins.
const SMALL_ORDER_U = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])

/** Refuses the public keys that give every partner the same all-zero secret (RFC 7748 section 6.1). Throws `bad-key`. */
export const checkBoxPublicKey = (publicKey: Uint8Array): void => {
  if (publicKey.length !== 32) refuse('bad-key', 'size')
  const u = copy(publicKey)
  u[31] = (u[31] as number) & 0x7f
  if (SMALL_ORDER_U.has(toHex(u))) refuse('bad-key', 'small order')
}

/** Refuses an all-zero shared secret (RFC 9180 section 7.1.4), in constant time. Throws `bad-key`. */
export const refuseZeroSecret = (secret: Bytes): Bytes => {
  let any = 0
  for (const byte of secret) any |= byte
  return any === 0 ? refuse('bad-key', 'all-zero shared secret') : secret
}

/** A private key from its 32 bytes; it cannot be read out again. */
export const privateKeyOf = (raw: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('pkcs8', concat(PKCS8_PREFIX, raw), ALGORITHM, false, ['deriveBits'])

const multiply = async (privateKey: CryptoKey, point: Uint8Array): Promise<Bytes> => {
  const publicKey = await crypto.subtle.importKey('raw', copy(point), ALGORITHM, true, [])
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'X25519', public: publicKey }, privateKey, 256))
}

/** X25519 (RFC 7748) that refuses small-order points and an all-zero result. */
export const diffieHellman = async (privateKey: CryptoKey, publicKey: Uint8Array): Promise<Bytes> => {
  checkBoxPublicKey(publicKey)
  return refuseZeroSecret(await multiply(privateKey, publicKey))
}

/** The public half of a private key. */
export const publicKeyOf = (privateKey: CryptoKey): Promise<Bytes> => multiply(privateKey, BASE_POINT)

/** A new key pair; its private half never leaves WebCrypto. */
export const newKeyPair = async (): Promise<{ readonly publicKey: Bytes; readonly privateKey: CryptoKey }> => {
  const pair = (await crypto.subtle.generateKey(ALGORITHM, false, ['deriveBits'])) as CryptoKeyPair
  return { publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)), privateKey: pair.privateKey }
}
