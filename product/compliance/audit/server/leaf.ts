import { sha256 } from './tree.ts'

/** One entry of the log, as it is hashed. It names no patient and holds no text a person wrote: those are payload (AU-05, AU-07). */
export interface Leaf {
  readonly version: typeof LEAF_VERSION
  /** Id of the organisation; empty in the installation's own log. */
  readonly organisation: string
  /** Place in the organisation's log, from 0, without holes. */
  readonly index: number
  /** Name of the fact, such as `team.message.sent`. */
  readonly kind: string
  /** Database time of the fact, milliseconds since 1970. Not monotonic in the index: a late commit is numbered late. */
  readonly time: number
  /** Id of the person or system part that acted; empty where nobody did. */
  readonly actor: string
  /** Id of the device used; empty where there was none. */
  readonly device: string
  /** {@link commit} to the payload. */
  readonly commitment: Uint8Array
}

/** The only form of leaf so far. A new form is a new number; old leaves keep theirs for ever. */
export const LEAF_VERSION = 1

/** Bytes of a commitment's nonce; drawn at random for each fact and erased with its payload. */
export const NONCE_BYTES = 32

/** Bytes of a commitment (HMAC-SHA-256). */
export const COMMITMENT_BYTES = 32

/** Bytes that one text field of a leaf may have: an entry stays far below the 65,535 bytes of C2SP tlog-tiles. */
export const MAX_LEAF_TEXT = 255

/** Why a leaf was refused. */
export type LeafFault = 'version' | 'text' | 'text-length' | 'number' | 'nonce-length' | 'commitment-length' | 'truncated' | 'not-canonical'

/** Thrown by the encoder and the decoder; the message never contains what was refused. */
export class LeafError extends Error {
  readonly code: LeafFault
  constructor(code: LeafFault) {
    super(`audit leaf: ${code}`)
    this.code = code
  }
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0

const PRINTABLE_ASCII = /^[ -~]*$/

/** UTF-8 length of a leaf's text after the checks that make its bytes unique: well-formed, NFC, no U+0000. */
const checkedLength = (text: string): number => {
  if (text.length > MAX_LEAF_TEXT) throw new LeafError('text-length')
  if (PRINTABLE_ASCII.test(text)) return text.length
  if (!text.isWellFormed() || text.includes('\0') || text.normalize('NFC') !== text) throw new LeafError('text')
  const length = Buffer.byteLength(text)
  if (length > MAX_LEAF_TEXT) throw new LeafError('text-length')
  return length
}

/**
 * Canonical bytes of a leaf: u8 version ‖ lp(organisation) ‖ u64 index ‖ lp(kind) ‖ u64 time ‖ lp(actor) ‖ lp(device) ‖ lp(commitment),
 * big-endian, lp = u32 length before the bytes, text in UTF-8 and NFC. Throws {@link LeafError}.
 */
export const encodeLeaf = (leaf: Leaf): Uint8Array => {
  if (leaf.version !== LEAF_VERSION) throw new LeafError('version')
  if (!isCount(leaf.index) || !isCount(leaf.time)) throw new LeafError('number')
  if (leaf.kind === '') throw new LeafError('text')
  if (leaf.commitment.length !== COMMITMENT_BYTES) throw new LeafError('commitment-length')
  const lengths = checkedLength(leaf.organisation) + checkedLength(leaf.kind) + checkedLength(leaf.actor) + checkedLength(leaf.device)
  const bytes = Buffer.allocUnsafe(1 + 5 * 4 + 2 * 8 + lengths + COMMITMENT_BYTES)
  let at = bytes.writeUInt8(leaf.version, 0)
  const text = (value: string) => {
    const length = bytes.write(value, at + 4)
    at = bytes.writeUInt32BE(length, at) + length
  }
  const u64 = (value: number) => {
    at = bytes.writeUInt32BE(Math.floor(value / 2 ** 32), at)
    at = bytes.writeUInt32BE(value % 2 ** 32, at)
  }
  text(leaf.organisation)
  u64(leaf.index)
  text(leaf.kind)
  u64(leaf.time)
  text(leaf.actor)
  text(leaf.device)
  at = bytes.writeUInt32BE(COMMITMENT_BYTES, at)
  bytes.set(leaf.commitment, at)
  return bytes
}

/** The leaf of canonical bytes. Encodes again and refuses any difference, so no two byte strings are the same leaf. Throws {@link LeafError}. */
export const decodeLeaf = (input: Uint8Array): Leaf => {
  const bytes = Buffer.isBuffer(input) ? input : Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  let at = 0
  const step = (length: number): number => {
    const from = at
    at += length
    if (at > bytes.length) throw new LeafError('truncated')
    return from
  }
  const text = (): string => {
    const length = bytes.readUInt32BE(step(4))
    if (length > MAX_LEAF_TEXT) throw new LeafError('text-length')
    const from = step(length)
    return bytes.toString('utf8', from, at)
  }
  const u64 = (): number => {
    const from = step(8)
    return bytes.readUInt32BE(from) * 2 ** 32 + bytes.readUInt32BE(from + 4)
  }
  const version = bytes.readUInt8(step(1))
  if (version !== LEAF_VERSION) throw new LeafError('version')
  const organisation = text()
  const index = u64()
  const kind = text()
  const time = u64()
  const actor = text()
  const device = text()
  if (bytes.readUInt32BE(step(4)) !== COMMITMENT_BYTES) throw new LeafError('commitment-length')
  const commitment = Uint8Array.from(bytes.subarray(step(COMMITMENT_BYTES), at))
  const leaf: Leaf = { version, organisation, index, kind, time, actor, device, commitment }
  if (Buffer.compare(encodeLeaf(leaf), bytes) !== 0) throw new LeafError('not-canonical')
  return leaf
}

const BLOCK_BYTES = 64
const innerScratch = Buffer.alloc(BLOCK_BYTES + 4096)
const outerScratch = Buffer.alloc(BLOCK_BYTES + COMMITMENT_BYTES)

/**
 * Commitment to a payload: HMAC-SHA-256 (RFC 2104) with the nonce of 32 bytes as its key over the canonical payload bytes.
 * Hiding as long as the nonce is unknown, binding for ever. Throws {@link LeafError}.
 */
export const commit = (nonce: Uint8Array, payload: Uint8Array): Uint8Array => {
  if (nonce.length !== NONCE_BYTES) throw new LeafError('nonce-length')
  // node's Hmac object costs ten times the two one-shot hashes that it is made of, and the verifier does one for each entry.
  const length = BLOCK_BYTES + payload.length
  const inner = length <= innerScratch.length ? innerScratch.subarray(0, length) : Buffer.alloc(length)
  inner.fill(0x36, 0, BLOCK_BYTES)
  outerScratch.fill(0x5c, 0, BLOCK_BYTES)
  for (let i = 0; i < NONCE_BYTES; i++) {
    inner[i] = nonce[i]! ^ 0x36
    outerScratch[i] = nonce[i]! ^ 0x5c
  }
  inner.set(payload, BLOCK_BYTES)
  outerScratch.set(sha256(inner), BLOCK_BYTES)
  const commitment = sha256(outerScratch)
  // What was erased in the database must not linger here.
  inner.fill(0)
  outerScratch.fill(0)
  return commitment
}
