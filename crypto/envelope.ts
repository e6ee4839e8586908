import type { Bytes, Uuid } from './bytes.ts'
import { concat, copy, equal, lp, utf8 } from './bytes.ts'
import type { Codec } from './canonical.ts'
import { blob, choice, decode, encode, fixed, hash, number64, set, struct, text, uuid } from './canonical.ts'
import { refuse } from './errors.ts'
import type { Sha256 } from './hash.ts'
import { sha256 } from './hash.ts'

/** What the server must know of a message to deliver and escalate it. Times in ms, 0 for none; mentions are person ids. */
export type Flags = {
  readonly priority: 'routine' | 'urgent' | 'stat'
  readonly ask: 'fyi' | 'acknowledge' | 'answer' | 'do' | 'call'
  readonly due: number
  readonly expiry: number
  readonly mentions: readonly Uuid[]
}

/** The part of an envelope that the server reads: the flags, tied to one header and one ciphertext. */
export type Outer = Flags & { readonly headerHash: Bytes; readonly ctHash: Bytes }

/** The newest state of the audit log that the sender has seen. */
export type Checkpoint = { readonly size: number; readonly root: Bytes }

/** What a message is bound to; authenticated with the ciphertext. `prev` is the hash of this device's last envelope here. */
export type Header = {
  readonly organisation: Uuid
  readonly conversation: Uuid
  readonly n: number
  readonly epochHash: Bytes
  readonly device: Uuid
  readonly msgId: Uuid
  readonly prev: Bytes
  readonly sealSalt: Bytes
  readonly flagsHash: Bytes
  readonly kind: string
  readonly checkpoint: Checkpoint
}

/**
 * An envelope taken apart. `bytes` is its one encoding; `hash` is what chains, acknowledgements and tombstones name;
 * it covers outer, header and ciphertext. `rest` is kept by a tombstone.
 */
export type Envelope = {
  readonly bytes: Bytes
  readonly outer: Outer
  readonly outerHash: Bytes
  readonly outerSig: Bytes
  readonly header: Header
  readonly headerBytes: Bytes
  readonly headerHash: Bytes
  readonly ct: Bytes
  readonly rest: Bytes
  readonly hash: Bytes
}

/** Bodies are padded to this many bytes times a power of two. */
export const PADDING_STEP = 256
/** A ciphertext is a padded body and this: the framed signature (4 + 64) and the AEAD's tag (16). */
export const CIPHERTEXT_OVERHEAD = 84
/** Largest padded body in bytes; larger content goes into attachments. */
export const MAX_PADDED = 1 << 20

const flagFields = {
  priority: choice('routine', 'urgent', 'stat'),
  ask: choice('fyi', 'acknowledge', 'answer', 'do', 'call'),
  due: number64,
  expiry: number64,
  mentions: set(uuid, 256),
} as const
/** What H(flags) is over. */
export const flags: Codec<Flags> = struct<Flags>(flagFields)
/** The first words of an outer part and of a header. */
export const OUTER = 'wl1 outer'
export const HEADER = 'wl1 header'

/** Fields behind a fixed first word, so that bytes of one type never read as another. */
const tagged = <T>(tag: string, inner: Codec<T>): Codec<T> => {
  const first = choice(tag)
  return {
    write: (out, value) => {
      first.write(out, tag)
      inner.write(out, value)
    },
    read: (input) => {
      first.read(input)
      return inner.read(input)
    },
  }
}

const outerCodec: Codec<Outer> = tagged(OUTER, struct<Outer>({ ...flagFields, headerHash: hash, ctHash: hash }))

const KIND = /^[a-z][a-z-]{0,31}$/
const kindText = text(32)
const kind: Codec<string> = {
  write: (out, value) => (KIND.test(value) ? kindText.write(out, value) : refuse('malformed', 'message kind')),
  read: (input) => kindText.read(input),
}

const headerCodec: Codec<Header> = tagged(
  HEADER,
  struct<Header>({
    organisation: uuid,
    conversation: uuid,
    n: number64,
    epochHash: hash,
    device: uuid,
    msgId: uuid,
    prev: hash,
    sealSalt: fixed(16),
    flagsHash: hash,
    kind,
    checkpoint: struct<Checkpoint>({ size: number64, root: hash }),
  }),
)

type Parts = { readonly outer: Bytes; readonly outerSig: Bytes; readonly header: Bytes; readonly ct: Bytes }
/** The largest parts, in bytes. */
export const MAX_OUTER = 8192
export const MAX_HEADER = 1024
export const MAX_CIPHERTEXT = MAX_PADDED + CIPHERTEXT_OVERHEAD

/** Canonical bytes of an outer part. */
export const encodeOuter = (outer: Outer): Bytes => encode(outerCodec, outer)
/** Canonical bytes of a header. */
export const encodeHeader = (header: Header): Bytes => encode(headerCodec, header)
/** Reads a header alone, as the archive does. Throws `malformed`. */
export const parseHeader = (bytes: Uint8Array): Header => decode(headerCodec, bytes)
/** H(flags), which the header carries. */
export const hashOfFlags = (value: Flags, digest: Sha256 = sha256): Bytes => copy(digest(encode(flags, value)))

/** What is left of an erased envelope: what it followed, and the hash of the rest. Enough to verify the chain through it. */
export type Tombstone = { readonly prev: Bytes; readonly rest: Bytes }

/** The hash that chains an envelope or its tombstone. */
export const tombstoneHash = ({ prev, rest }: Tombstone, digest: Sha256 = sha256): Bytes =>
  copy(digest(concat(utf8('wl1 envelope'), lp(prev), lp(rest))))

/** `rest` of an envelope: over the hashes of outer, header and ciphertext. */
export const hashOfParts = (outerHash: Uint8Array, headerHash: Uint8Array, ctHash: Uint8Array, digest: Sha256 = sha256): Bytes =>
  copy(digest(concat(lp(outerHash), lp(headerHash), lp(ctHash))))

/** The one encoding of an envelope: its four parts, each behind its length. */
export const joinEnvelope = (parts: Parts): Bytes => concat(lp(parts.outer), lp(parts.outerSig), lp(parts.header), lp(parts.ct))

const partsCodec: Codec<Parts> = struct<Parts>({
  outer: blob(MAX_OUTER),
  outerSig: blob(64),
  header: blob(MAX_HEADER),
  ct: blob(MAX_CIPHERTEXT),
})

/** Four length-framed parts have one encoding as they stand, so nothing is re-encoded here; the parts inside are. */
const split = (bytes: Bytes): Parts => {
  const input = { bytes, view: new DataView(bytes.buffer), at: 0 }
  const parts = partsCodec.read(input)
  return input.at === bytes.length ? parts : refuse('malformed', 'bytes left over')
}

/** Whether a length is one that padding gives. */
export const isPaddedLength = (length: number): boolean => {
  const steps = length / PADDING_STEP
  return Number.isInteger(steps) && steps >= 1 && length <= MAX_PADDED && (steps & (steps - 1)) === 0
}

/**
 * Reads an envelope strictly and synchronously: canonical parts, a padded length, and flags, header and ciphertext that belong together.
 * Verifies no signature; this is the server's hot path, which may hand in a faster SHA-256. Throws `malformed`, `bad-padding`,
 * `outer-mismatch`.
 */
export const parseEnvelope = (encoded: Uint8Array, digest: Sha256 = sha256): Envelope => {
  const bytes = copy(encoded)
  const parts = split(bytes)
  if (parts.outerSig.length !== 64) refuse('malformed', 'outer signature')
  if (!isPaddedLength(parts.ct.length - CIPHERTEXT_OVERHEAD)) refuse('bad-padding', 'ciphertext length')
  const outer = decode(outerCodec, parts.outer)
  const header = decode(headerCodec, parts.header)
  const headerHash = copy(digest(parts.header))
  const ctHash = copy(digest(parts.ct))
  if (!equal(outer.headerHash, headerHash) || !equal(outer.ctHash, ctHash)) refuse('outer-mismatch', 'header or ciphertext')
  if (!equal(header.flagsHash, hashOfFlags(outer, digest))) refuse('outer-mismatch', 'flags')
  const outerHash = copy(digest(parts.outer))
  const rest = hashOfParts(outerHash, headerHash, ctHash, digest)
  return {
    bytes,
    outer,
    outerHash,
    outerSig: parts.outerSig,
    header,
    headerBytes: parts.header,
    headerHash,
    ct: parts.ct,
    rest,
    hash: tombstoneHash({ prev: header.prev, rest }, digest),
  }
}
