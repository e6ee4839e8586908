import type { Bytes, Uuid } from './bytes.ts'
import type { Codec } from './canonical.ts'
import { choice, decode, encode, fixed, number64, struct, uuid } from './canonical.ts'
import { sign, verify } from './ed25519.ts'
import { sha256 } from './hash.ts'
import type { DeviceKeys } from './keys.ts'

/**
 * A device's last word: everything that it kept of its person is gone. `ordered`: it was told to; `stale`: it had been without the server
 * for too long. Time in ms, the device's own clock.
 */
export type WipeReceipt = {
  readonly organisation: Uuid
  readonly person: Uuid
  readonly device: Uuid
  readonly why: 'ordered' | 'stale'
  readonly time: number
}

/** A wipe receipt and its device's signature. */
export type SignedWipeReceipt = WipeReceipt & { readonly signature: Bytes }

const fields = { organisation: uuid, person: uuid, device: uuid, why: choice('ordered', 'stale'), time: number64 } as const
const receipt: Codec<WipeReceipt> = struct<WipeReceipt>(fields)
const signed: Codec<SignedWipeReceipt> = struct<SignedWipeReceipt>({ ...fields, signature: fixed(64) })

const digest = (value: WipeReceipt): Bytes => sha256(encode(receipt, value))

/** Signs a wipe receipt for `keys.device` and gives the bytes to send. */
export const signWipe = async (keys: DeviceKeys, value: Omit<WipeReceipt, 'device'>): Promise<Bytes> => {
  const made: WipeReceipt = { ...value, device: keys.device }
  return encode(signed, { ...made, signature: await sign(keys.signing.privateKey, 'wl1 wipe', digest(made)) })
}

/** Reads a wipe receipt without verifying its signature. Throws `malformed`. */
export const parseWipe = (bytes: Uint8Array): SignedWipeReceipt => decode(signed, bytes)

/** Whether the device of this Ed25519 key signed the receipt. */
export const verifyWipe = (value: SignedWipeReceipt, deviceKey: Uint8Array): Promise<boolean> =>
  verify(deviceKey, value.signature, 'wl1 wipe', digest(value))
