import type { Bytes } from './bytes.ts'
import { NONE, concat, utf8 } from './bytes.ts'
import { refuse } from './errors.ts'
import { gcmOpen, gcmSeal } from './gcm.ts'
import { hkdfExpand, hkdfExtract } from './hash.ts'
import { diffieHellman, newKeyPair, privateKeyOf, publicKeyOf } from './x25519.ts'

// HPKE base mode (RFC 9180), single shot: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-GCM.

/** The AEADs of RFC 9180 section 7.3. Suite 1 uses AES-256-GCM; AES-128-GCM is here for the RFC's vectors. */
export type Aead = 'aes-128-gcm' | 'aes-256-gcm'

/** An X25519 key pair whose private half cannot be read out. */
export type KeyPair = { readonly publicKey: Bytes; readonly privateKey: CryptoKey }

const VERSION = utf8('HPKE-v1')
const KEM_SUITE = concat(utf8('KEM'), Uint8Array.of(0, 0x20))
const AEADS = { 'aes-128-gcm': { id: 1, keyLength: 16 }, 'aes-256-gcm': { id: 2, keyLength: 32 } } as const
const BASE_MODE = Uint8Array.of(0)
const ENCAPSULATED = 32

const labeledExtract = (suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Bytes =>
  hkdfExtract(salt, concat(VERSION, suite, utf8(label), ikm))

const labeledExpand = (suite: Uint8Array, prk: Uint8Array, label: string, info: Uint8Array, length: number): Bytes =>
  hkdfExpand(prk, concat(Uint8Array.of(length >> 8, length & 255), VERSION, suite, utf8(label), info), length)

/** The private key bytes that DeriveKeyPair (RFC 9180 section 7.1.3) makes of at least 32 bytes of key material. */
export const derivePrivateKey = (ikm: Uint8Array): Bytes => {
  if (ikm.length < 32) refuse('bad-key', 'too little key material')
  return labeledExpand(KEM_SUITE, labeledExtract(KEM_SUITE, NONE, 'dkp_prk', ikm), 'sk', NONE, 32)
}

/** DeriveKeyPair; the public half is X25519(sk, 9), so that no extractable key is needed. */
export const deriveKeyPair = async (ikm: Uint8Array): Promise<KeyPair> => {
  const privateKey = await privateKeyOf(derivePrivateKey(ikm))
  return { privateKey, publicKey: await publicKeyOf(privateKey) }
}

const sharedSecret = (dh: Uint8Array, enc: Uint8Array, recipient: Uint8Array): Bytes =>
  labeledExpand(KEM_SUITE, labeledExtract(KEM_SUITE, NONE, 'eae_prk', dh), 'shared_secret', concat(enc, recipient), 32)

const schedule = (shared: Uint8Array, info: Uint8Array, aead: Aead): { readonly key: Bytes; readonly nonce: Bytes } => {
  const { id, keyLength } = AEADS[aead]
  const suite = concat(utf8('HPKE'), Uint8Array.of(0, 0x20, 0, 1, 0, id))
  const context = concat(BASE_MODE, labeledExtract(suite, NONE, 'psk_id_hash', NONE), labeledExtract(suite, NONE, 'info_hash', info))
  const secret = labeledExtract(suite, shared, 'secret', NONE)
  return { key: labeledExpand(suite, secret, 'key', context, keyLength), nonce: labeledExpand(suite, secret, 'base_nonce', context, 12) }
}

/** What a seal is made of. `randomness` fixes the ephemeral key (RFC 9180's ikmE): two callers with equal inputs get equal bytes. */
export type SealInput = {
  readonly recipient: Uint8Array
  readonly info: Uint8Array
  readonly plaintext: Uint8Array
  readonly aad?: Uint8Array
  readonly aead?: Aead
  readonly randomness?: Uint8Array
}

/** SealBase, single shot: enc and ciphertext together. Throws `bad-key` for a small-order recipient. */
export const sealBase = async (input: SealInput): Promise<Bytes> => {
  const { recipient, info, plaintext, aad = NONE, aead = 'aes-256-gcm', randomness } = input
  const ephemeral = randomness ? await deriveKeyPair(randomness) : await newKeyPair()
  const dh = await diffieHellman(ephemeral.privateKey, recipient)
  const { key, nonce } = schedule(sharedSecret(dh, ephemeral.publicKey, recipient), info, aead)
  return concat(ephemeral.publicKey, await gcmSeal(key, nonce, plaintext, aad))
}

/** What opens a seal. */
export type OpenInput = {
  readonly recipient: KeyPair
  readonly info: Uint8Array
  readonly sealed: Uint8Array
  readonly aad?: Uint8Array
  readonly aead?: Aead
}

/** OpenBase, single shot. Throws `bad-seal` when anything differs, `bad-key` for a small-order enc. */
export const openBase = async (input: OpenInput): Promise<Bytes> => {
  const { recipient, info, sealed, aad = NONE, aead = 'aes-256-gcm' } = input
  if (sealed.length < ENCAPSULATED + 16) refuse('bad-seal', 'cut short')
  const enc = sealed.slice(0, ENCAPSULATED)
  const dh = await diffieHellman(recipient.privateKey, enc)
  const { key, nonce } = schedule(sharedSecret(dh, enc, recipient.publicKey), info, aead)
  return gcmOpen(key, nonce, sealed.slice(ENCAPSULATED), aad)
}
