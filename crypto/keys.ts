import type { Bytes, Uuid } from './bytes.ts'
import { NONE, concat, lp, u32, utf8 } from './bytes.ts'
import type { Codec } from './canonical.ts'
import { number32 } from './canonical.ts'
import type { SigningKey } from './ed25519.ts'
import { newSigningKey } from './ed25519.ts'
import { refuse } from './errors.ts'
import { sha256 } from './hash.ts'
import type { KeyPair } from './hpke.ts'
import { openBase, sealBase } from './hpke.ts'
import type { SealLabel } from './labels.ts'
import { newKeyPair, privateKeyOf, publicKeyOf } from './x25519.ts'

/** Suite 1: DHKEM(X25519), HKDF-SHA-256, AES-256-GCM. Its number stands in the bytes, so that another suite can follow. */
export type Suite = 1
export const SUITE: Suite = 1

/** A suite's number; refuses suites that this code does not know. */
export const suite: Codec<Suite> = {
  write: (out, value) => number32.write(out, value),
  read: (input) => (number32.read(input) === SUITE ? SUITE : refuse('malformed', 'unknown suite')),
}

/** A public box key and the suite that it belongs to. */
export type BoxPublicKey = { readonly suite: Suite; readonly publicKey: Bytes }

/** A box key whose private half cannot be read out. Its id is SHA-256(suite and public key), whole. */
export type BoxKey = KeyPair & { readonly suite: Suite; readonly keyId: Bytes }

/** The keys of one device: both halves made on it and never readable. */
export type DeviceKeys = { readonly device: Uuid; readonly signing: SigningKey; readonly box: BoxKey }

/** Key id = SHA-256(suite and public key). */
export const keyIdOf = (key: BoxPublicKey): Bytes => sha256(concat(u32(key.suite), key.publicKey))

const named = (pair: KeyPair): BoxKey => ({ ...pair, suite: SUITE, keyId: keyIdOf({ suite: SUITE, publicKey: pair.publicKey }) })

/** A new box key whose private half never leaves WebCrypto. */
export const newBoxKey = async (): Promise<BoxKey> => named(await newKeyPair())

/** The box key of 32 private bytes. */
export const boxKeyOf = async (raw: Uint8Array): Promise<BoxKey> => {
  if (raw.length !== 32) refuse('bad-key', 'size')
  const privateKey = await privateKeyOf(raw)
  return named({ privateKey, publicKey: await publicKeyOf(privateKey) })
}

/** The keys of a new device. */
export const createDevice = async (device: Uuid): Promise<DeviceKeys> => ({
  device,
  signing: await newSigningKey(),
  box: await newBoxKey(),
})

const info = (label: SealLabel, key: BoxPublicKey, context: Uint8Array, extra: Uint8Array): Bytes =>
  concat(lp(utf8(label)), lp(u32(key.suite)), lp(keyIdOf(key)), lp(context), extra)

/** What every seal names besides its label and recipient: the hash it belongs to, and a self-framing rest. */
export type SealContext = { readonly hash: Uint8Array; readonly rest?: Uint8Array }

/** Seals to a box key; with `randomness` the bytes are a function of the input, so that others can recompute them. */
export const sealTo = (
  key: BoxPublicKey,
  label: SealLabel,
  context: SealContext,
  plaintext: Uint8Array,
  randomness?: Uint8Array,
): Promise<Bytes> =>
  sealBase({
    recipient: key.publicKey,
    info: info(label, key, context.hash, context.rest ?? NONE),
    plaintext,
    ...(randomness ? { randomness } : {}),
  })

/** Opens a seal made by sealTo. Throws `bad-seal`. */
export const openWith = (key: BoxKey, label: SealLabel, context: SealContext, sealed: Uint8Array): Promise<Bytes> =>
  openBase({ recipient: key, info: info(label, key, context.hash, context.rest ?? NONE), sealed })
