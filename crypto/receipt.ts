import type { Bytes, Uuid } from './bytes.ts'
import type { Codec } from './canonical.ts'
import { choice, decode, encode, fixed, hash, number64, struct, uuid } from './canonical.ts'
import { sign, verify } from './ed25519.ts'
import { sha256 } from './hash.ts'
import type { DeviceKeys } from './keys.ts'

/**
 * What a device says of messages that reached it. `delivered` and `shown` are watermarks: everything up to `sequence`, whose envelope is
 * named. `acknowledged` and `declined` answer that one envelope. Time in ms.
 */
export type Receipt = {
  readonly organisation: Uuid
  readonly conversation: Uuid
  readonly device: Uuid
  readonly kind: 'delivered' | 'shown' | 'acknowledged' | 'declined'
  readonly sequence: number
  readonly envelope: Bytes
  readonly time: number
}

/** A receipt and its device's signature. */
export type SignedReceipt = Receipt & { readonly signature: Bytes }

const fields = {
  organisation: uuid,
  conversation: uuid,
  device: uuid,
  kind: choice('delivered', 'shown', 'acknowledged', 'declined'),
  sequence: number64,
  envelope: hash,
  time: number64,
} as const
const receipt: Codec<Receipt> = struct<Receipt>(fields)
const signedReceipt: Codec<SignedReceipt> = struct<SignedReceipt>({ ...fields, signature: fixed(64) })

const digest = (value: Receipt): Bytes => sha256(encode(receipt, value))

/** Signs a receipt for `keys.device` and gives the bytes to send. */
export const signReceipt = async (keys: DeviceKeys, value: Omit<Receipt, 'device'>): Promise<Bytes> => {
  const made: Receipt = { ...value, device: keys.device }
  return encode(signedReceipt, { ...made, signature: await sign(keys.signing.privateKey, 'wl1 receipt', digest(made)) })
}

/** Reads a receipt without verifying its signature. Throws `malformed`. */
export const parseReceipt = (bytes: Uint8Array): SignedReceipt => decode(signedReceipt, bytes)

/** Whether the device of this Ed25519 key signed the receipt. */
export const verifyReceipt = (value: SignedReceipt, deviceKey: Uint8Array): Promise<boolean> =>
  verify(deviceKey, value.signature, 'wl1 receipt', digest(value))
