import type { Bytes, Uuid } from './bytes.ts'
import { bytesToUuid, concat, copy, lp, utf8 } from './bytes.ts'
import { decode } from './canonical.ts'
import type { Flags } from './envelope.ts'
import {
  CIPHERTEXT_OVERHEAD,
  HEADER,
  MAX_CIPHERTEXT,
  MAX_HEADER,
  MAX_OUTER,
  OUTER,
  flags as flagsCodec,
  isPaddedLength,
} from './envelope.ts'
import { refuse } from './errors.ts'
import type { Sha256 } from './hash.ts'

/** What a server looks at before it stores an envelope. The hashes are copies; nothing refers to the bytes that were read. */
export type EnvelopeHead = {
  readonly organisation: Uuid
  readonly conversation: Uuid
  readonly n: number
  readonly epochHash: Bytes
  readonly device: Uuid
  readonly msgId: Uuid
  readonly prev: Bytes
  readonly priority: Flags['priority']
  /** What chains, acknowledgements and tombstones name. */
  readonly hash: Bytes
}

const OUTER_TAG = lp(utf8(OUTER))
const HEADER_TAG = lp(utf8(HEADER))
const HASH = 32
// Where the header's fields begin; all before `kind` have one size.
const ORGANISATION = HEADER_TAG.length
const CONVERSATION = ORGANISATION + 16
const N = CONVERSATION + 16
const EPOCH = N + 8
const DEVICE = EPOCH + HASH
const MSG_ID = DEVICE + 16
const PREV = MSG_ID + 16
const FLAGS_HASH = PREV + HASH + 16
const KIND = FLAGS_HASH + HASH
const AFTER_KIND = 8 + HASH

const u32 = (b: Uint8Array, at: number): number =>
  (b[at] as number) * 0x1000000 + (((b[at + 1] as number) << 16) | ((b[at + 2] as number) << 8) | (b[at + 3] as number))

const same = (a: Uint8Array, at: number, b: Uint8Array): boolean => {
  for (let i = 0; i < b.length; i++) if (a[at + i] !== b[i]) return false
  return true
}

/** A number up to 2^53 - 1 in eight bytes. */
const u64 = (b: Uint8Array, at: number): number => {
  const high = u32(b, at)
  return high < 0x200000 ? high * 0x100000000 + u32(b, at + 4) : refuse('malformed', 'u64 out of range')
}

const requireKind = (header: Uint8Array, length: number): void => {
  if (length < 1 || length > 32) refuse('malformed', 'message kind')
  for (let i = 0; i < length; i++) {
    const c = header[KIND + 4 + i] as number
    if (!(c >= 0x61 && c <= 0x7a) && !(i > 0 && c === 0x2d)) refuse('malformed', 'message kind')
  }
}

type KnownFlags = { readonly bytes: Bytes; readonly priority: Flags['priority']; readonly hash: Bytes }

// Nearly all messages carry one of a few sets of flags; those seen last are known by their bytes, which are canonical.
const recent: KnownFlags[] = []
const REMEMBERED = 8
const SMALL = 256

const readFlags = (outer: Uint8Array, digest: Sha256): KnownFlags => {
  const end = outer.length - 2 * HASH
  const length = end - OUTER_TAG.length
  const known = recent.find((it) => it.bytes.length === length && same(outer, OUTER_TAG.length, it.bytes))
  if (known) return known
  const bytes = copy(outer.subarray(OUTER_TAG.length, end))
  const read = { bytes, priority: decode(flagsCodec, bytes).priority, hash: copy(digest(bytes)) }
  if (length <= SMALL) {
    if (recent.length >= REMEMBERED) recent.shift()
    recent.push(read)
  }
  return read
}

// The two last hashes are over framed hashes: only 32 bytes of each frame change, and nothing else runs meanwhile.
const ZEROS = new Uint8Array(HASH)
const parts = concat(lp(ZEROS), lp(ZEROS), lp(ZEROS))
const LABEL = utf8('wl1 envelope')
const whole = concat(LABEL, lp(ZEROS), lp(ZEROS))

const chainHash = (prev: Uint8Array, outerHash: Uint8Array, headerHash: Uint8Array, ctHash: Uint8Array, digest: Sha256): Bytes => {
  parts.set(outerHash, 4)
  parts.set(headerHash, 40)
  parts.set(ctHash, 76)
  whole.set(prev, LABEL.length + 4)
  whole.set(digest(parts), LABEL.length + 40)
  return copy(digest(whole))
}

/**
 * Judges an envelope as `parseEnvelope` does, and accepts and refuses the same bytes (a test compares the two), but reads by position and
 * keeps only what a server's hot path needs. Throws CryptoError.
 */
export const readEnvelopeHead = (bytes: Uint8Array, digest: Sha256): EnvelopeHead => {
  let at = 0
  const part = (max: number): Uint8Array => {
    if (at + 4 > bytes.length) refuse('malformed', 'cut short')
    const length = u32(bytes, at)
    const start = at + 4
    if (length > max || start + length > bytes.length) refuse('malformed', 'part too long')
    at = start + length
    return bytes.subarray(start, at)
  }
  const outer = part(MAX_OUTER)
  const outerSig = part(64)
  const header = part(MAX_HEADER)
  const ct = part(MAX_CIPHERTEXT)
  if (at !== bytes.length) refuse('malformed', 'bytes left over')
  if (outerSig.length !== 64) refuse('malformed', 'outer signature')
  if (!isPaddedLength(ct.length - CIPHERTEXT_OVERHEAD)) refuse('bad-padding', 'ciphertext length')
  if (outer.length < OUTER_TAG.length + 2 * HASH || !same(outer, 0, OUTER_TAG)) refuse('malformed', 'outer')
  if (header.length < KIND + 4 || !same(header, 0, HEADER_TAG)) refuse('malformed', 'header')
  const kindLength = u32(header, KIND)
  if (header.length !== KIND + 4 + kindLength + AFTER_KIND) refuse('malformed', 'header')
  requireKind(header, kindLength)
  u64(header, KIND + 4 + kindLength)
  const n = u64(header, N)
  const flags = readFlags(outer, digest)
  const headerHash = copy(digest(header))
  const ctHash = copy(digest(ct))
  if (!same(outer, outer.length - 2 * HASH, headerHash) || !same(outer, outer.length - HASH, ctHash)) {
    refuse('outer-mismatch', 'header or ciphertext')
  }
  if (!same(header, FLAGS_HASH, flags.hash)) refuse('outer-mismatch', 'flags')
  const prev = copy(header.subarray(PREV, PREV + HASH))
  const uuid = (from: number): Uuid => bytesToUuid(header.subarray(from, from + 16))
  return {
    organisation: uuid(ORGANISATION),
    conversation: uuid(CONVERSATION),
    n,
    epochHash: copy(header.subarray(EPOCH, EPOCH + HASH)),
    device: uuid(DEVICE),
    msgId: uuid(MSG_ID),
    prev,
    priority: flags.priority,
    hash: chainHash(prev, copy(digest(outer)), headerHash, ctHash, digest),
  }
}
