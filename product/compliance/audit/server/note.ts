import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { CryptoError, checkPublicKey } from '@wardline/crypto'
import { HASH_BYTES, emptyRoot, sameBytes } from './tree.ts'

/** A log's own signature over the note text: Ed25519, C2SP signed-note. */
export const LOG_SIGNATURE = 0x01

/** A witness's timestamped signature over a checkpoint: Ed25519, C2SP tlog-cosignature v1. */
export const COSIGNATURE = 0x04

/** Signature types that can be made and verified here; C2SP reserves other bytes, and notes that carry them still parse. */
export type SignatureType = typeof LOG_SIGNATURE | typeof COSIGNATURE

/** A public key with its name. Name and id together say which key made a signature. */
export interface NoteKey {
  readonly name: string
  /** First four bytes of SHA-256(name ‖ "\n" ‖ type ‖ public key), hexadecimal. An identifier, not a fingerprint. */
  readonly id: string
  readonly type: SignatureType
  readonly publicKey: KeyObject
}

/** A key that can sign. */
export interface NoteSigner {
  readonly key: NoteKey
  readonly privateKey: KeyObject
}

/** A tree head, C2SP tlog-checkpoint. */
export interface Checkpoint {
  /** Name of the log, unique for each organisation of each installation. */
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
  /** Opaque lines; Wardline writes none. */
  readonly extensions: readonly string[]
}

/** Whose signatures count. */
export interface CheckpointTrust {
  readonly origin: string
  /** Keys of the log, the old ones too; at least one of them must have signed. */
  readonly logKeys: readonly NoteKey[]
  readonly witnesses: readonly NoteKey[]
  /** Signatures by other keys: `ignore` for notes from outside (C2SP), `refuse` for our own store, which keeps only verified lines. */
  readonly unknown: 'ignore' | 'refuse'
}

/** A witness's statement that it saw this tree head, as the newest one, at `time` (seconds since 1970). */
export interface Cosignature {
  readonly name: string
  readonly time: number
}

/** A checkpoint whose signatures were verified. */
export interface OpenedCheckpoint extends Checkpoint {
  readonly cosignatures: readonly Cosignature[]
}

/** Why a key or a note was refused. */
export type NoteFault =
  'name' | 'key' | 'key-type' | 'malformed' | 'duplicate' | 'origin' | 'unsigned' | 'signature' | 'unknown-key' | 'time'

/** Thrown on every refusal. */
export class NoteError extends Error {
  readonly code: NoteFault
  constructor(code: NoteFault) {
    super(`signed note: ${code}`)
    this.code = code
  }
}

const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
const MAX_NOTE_LENGTH = 131_072
const MAX_SIGNATURES = 64
const SKEY_PREFIX = 'PRIVATE+KEY+'
// RFC 8410: the fixed head of a PKCS #8 structure that holds an Ed25519 seed.
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** Bytes of standard base64 with its padding; node's decoder skips what it does not know, so the text is made again and compared. */
const strictBase64 = (text: string, code: NoteFault): Buffer => {
  const bytes = Buffer.from(text, 'base64')
  if (base64(bytes) !== text) throw new NoteError(code)
  return bytes
}

const checkedName = (name: string): string => {
  if (name === '' || !name.isWellFormed() || /[+\p{White_Space}\p{Cc}]/u.test(name)) throw new NoteError('name')
  return name
}

const isType = (type: number | undefined): type is SignatureType => type === LOG_SIGNATURE || type === COSIGNATURE

const keyId = (name: string, type: SignatureType, publicKey: Uint8Array): string =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), publicKey]), 'hex').slice(0, 8)

const rawPublicKey = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')

const noteKey = (name: string, type: SignatureType, raw: Uint8Array): NoteKey => ({
  name: checkedName(name),
  id: keyId(name, type, raw),
  type,
  publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw).toString('base64url') }, format: 'jwk' }),
})

/** Name, id, type and 32 key bytes of `<name>+<id>+<base64(type ‖ key)>`. */
const keyParts = (text: string): { name: string; id: string; type: SignatureType; bytes: Buffer } => {
  const found = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text)
  if (found === null) throw new NoteError('key')
  const [, name = '', id = '', encoded = ''] = found
  const bytes = strictBase64(encoded, 'key')
  const type = bytes[0]
  if (!isType(type)) throw new NoteError('key-type')
  if (bytes.length !== 1 + KEY_BYTES) throw new NoteError('key')
  return { name: checkedName(name), id, type, bytes: bytes.subarray(1) }
}

/** Verifier key as text: `<name>+<id>+<base64(type ‖ public key)>`, to be given to witnesses and auditors. */
export const encodeVkey = (key: NoteKey): string =>
  `${key.name}+${key.id}+${base64(Buffer.concat([Buffer.of(key.type), rawPublicKey(key.publicKey)]))}`

/** With a key of small or mixed order anybody could sign, on some runtimes: such a key is never taken in. */
const checkedPoint = (publicKey: Uint8Array): Uint8Array => {
  try {
    checkPublicKey(publicKey)
  } catch (error) {
    if (error instanceof CryptoError) throw new NoteError('key')
    throw error
  }
  return publicKey
}

/** The key of a verifier key text. Throws {@link NoteError}. */
export const decodeVkey = (text: string): NoteKey => {
  const { name, id, type, bytes } = keyParts(text)
  const key = noteKey(name, type, checkedPoint(bytes))
  if (key.id !== id) throw new NoteError('key')
  return key
}

const signerFrom = (name: string, type: SignatureType, seed: Uint8Array): NoteSigner => {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' })
  return { key: noteKey(name, type, rawPublicKey(createPublicKey(privateKey))), privateKey }
}

/** Signer key as text, `PRIVATE+KEY+<name>+<id>+<base64(type ‖ seed)>`, from a seed of 32 random bytes. A secret: store it wrapped. */
export const encodeSkey = (name: string, type: SignatureType, seed: Uint8Array): string => {
  if (!isType(type)) throw new NoteError('key-type')
  if (seed.length !== KEY_BYTES) throw new NoteError('key')
  const { key } = signerFrom(name, type, seed)
  return `${SKEY_PREFIX}${key.name}+${key.id}+${base64(Buffer.concat([Buffer.of(type), seed]))}`
}

/** The signer of a signer key text. Throws {@link NoteError}. */
export const decodeSkey = (text: string): NoteSigner => {
  if (!text.startsWith(SKEY_PREFIX)) throw new NoteError('key')
  const { name, id, type, bytes } = keyParts(text.slice(SKEY_PREFIX.length))
  const signer = signerFrom(name, type, bytes)
  if (signer.key.id !== id) throw new NoteError('key')
  return signer
}

const checkedLine = (line: string): string => {
  if (line === '' || !line.isWellFormed() || /\p{Cc}/u.test(line)) throw new NoteError('malformed')
  return line
}

const bodyOf = ({ origin, size, root, extensions }: Checkpoint): string => {
  if (!Number.isSafeInteger(size) || size < 0 || root.length !== HASH_BYTES) throw new NoteError('malformed')
  if (size === 0 && !sameBytes(root, emptyRoot())) throw new NoteError('malformed')
  return [origin, String(size), base64(root), ...extensions].map((line) => `${checkedLine(line)}\n`).join('')
}

const checkpointOf = (body: string): Checkpoint => {
  const [origin = '', digits = '', encoded = '', ...extensions] = body.slice(0, -1).split('\n')
  const checkpoint = { origin, size: Number(digits), root: strictBase64(encoded, 'malformed'), extensions }
  // Written again and compared: a size with a sign, a point or a leading zero is another text.
  if (bodyOf(checkpoint) !== body) throw new NoteError('malformed')
  return checkpoint
}

interface SignatureLine {
  readonly line: string
  readonly name: string
  readonly id: string
  readonly signature: Buffer
}

const signatureLine = (line: string): SignatureLine => {
  const found = /^— (\S+) ([A-Za-z0-9+/]+=*)$/u.exec(line)
  if (found === null) throw new NoteError('malformed')
  const [, name = '', encoded = ''] = found
  const bytes = strictBase64(encoded, 'malformed')
  if (bytes.length <= 4) throw new NoteError('malformed')
  return { line, name: checkedName(name), id: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) }
}

const keyed = ({ name, id }: { readonly name: string; readonly id: string }): string => `${name} ${id}`

const signatureLines = (text: string): SignatureLine[] => {
  if (!text.endsWith('\n')) throw new NoteError('malformed')
  const lines = text.slice(0, -1).split('\n').map(signatureLine)
  if (lines.length > MAX_SIGNATURES) throw new NoteError('malformed')
  if (new Set(lines.map(keyed)).size !== lines.length) throw new NoteError('duplicate')
  return lines
}

/** Text and signature lines of a note, checked for form only. */
const split = (note: string): { body: string; signatures: SignatureLine[] } => {
  const gap = note.lastIndexOf('\n\n')
  if (note.length > MAX_NOTE_LENGTH || gap < 0) throw new NoteError('malformed')
  return { body: note.slice(0, gap + 1), signatures: signatureLines(note.slice(gap + 2)) }
}

const joined = (body: string, lines: readonly SignatureLine[]): string => `${body}\n${lines.map(({ line }) => `${line}\n`).join('')}`

const lineFor = ({ name, id }: NoteKey, signature: Uint8Array): string =>
  `— ${name} ${base64(Buffer.concat([Buffer.from(id, 'hex'), signature]))}\n`

const cosignedText = (body: string, seconds: number): Buffer => Buffer.from(`cosignature/v1\ntime ${seconds}\n${body}`)

/** A checkpoint signed by the log: text, blank line, one signature line. The signer's type must be {@link LOG_SIGNATURE}. */
export const signCheckpoint = (checkpoint: Checkpoint, signer: NoteSigner): string => {
  if (signer.key.type !== LOG_SIGNATURE) throw new NoteError('key-type')
  const body = bodyOf(checkpoint)
  return `${body}\n${lineFor(signer.key, sign(null, Buffer.from(body), signer.privateKey))}`
}

/**
 * A witness's signature line for a checkpoint, which it must have verified first: signature, and consistency with what it saw before.
 * `seconds` is the witness's time since 1970; its signer's type must be {@link COSIGNATURE}.
 */
export const cosignatureLine = (note: string, signer: NoteSigner, seconds: number): string => {
  if (signer.key.type !== COSIGNATURE) throw new NoteError('key-type')
  if (!Number.isSafeInteger(seconds) || seconds <= 0) throw new NoteError('time')
  const { body } = split(note)
  checkpointOf(body)
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(seconds))
  return lineFor(signer.key, Buffer.concat([time, sign(null, cosignedText(body, seconds), signer.privateKey)]))
}

/** The note with these signature lines added; a line replaces an older one by the same key. Verifies nothing but form. */
export const withSignatures = (note: string, lines: string): string => {
  const { body, signatures } = split(note)
  const added = signatureLines(lines)
  const replaced = new Set(added.map(keyed))
  return joined(body, [...signatures.filter((each) => !replaced.has(keyed(each))), ...added])
}

const cosignedAt = (body: string, signature: Buffer, key: NoteKey): number => {
  if (signature.length !== 8 + SIGNATURE_BYTES) throw new NoteError('signature')
  const seconds = Number(signature.readBigUInt64BE())
  if (!Number.isSafeInteger(seconds) || seconds === 0) throw new NoteError('time')
  if (!verify(null, cosignedText(body, seconds), key.publicKey, signature.subarray(8))) throw new NoteError('signature')
  return seconds
}

const knownKeys = ({ logKeys, witnesses }: CheckpointTrust): Map<string, NoteKey> => {
  const known = new Map<string, NoteKey>()
  if (logKeys.some(({ type }) => type !== LOG_SIGNATURE) || witnesses.some(({ type }) => type !== COSIGNATURE))
    throw new NoteError('key-type')
  for (const key of [...logKeys, ...witnesses]) {
    const other = known.get(keyed(key))
    if (other !== undefined && !other.publicKey.equals(key.publicKey)) throw new NoteError('key')
    known.set(keyed(key), key)
  }
  return known
}

/**
 * Verifies a checkpoint: its form, its origin, at least one signature by the log, and every signature by a known key:
 * one that fails refuses the whole note. Throws {@link NoteError}.
 */
export const openCheckpoint = (note: string, trust: CheckpointTrust): OpenedCheckpoint => {
  const { body, signatures } = split(note)
  const checkpoint = checkpointOf(body)
  if (checkpoint.origin !== trust.origin) throw new NoteError('origin')
  const known = knownKeys(trust)
  const cosignatures: Cosignature[] = []
  let byLog = false
  for (const each of signatures) {
    const key = known.get(keyed(each))
    if (key === undefined) {
      if (trust.unknown === 'refuse') throw new NoteError('unknown-key')
    } else if (key.type === COSIGNATURE) {
      cosignatures.push({ name: key.name, time: cosignedAt(body, each.signature, key) })
    } else {
      if (each.signature.length !== SIGNATURE_BYTES) throw new NoteError('signature')
      if (!verify(null, Buffer.from(body), key.publicKey, each.signature)) throw new NoteError('signature')
      byLog = true
    }
  }
  if (!byLog) throw new NoteError('unsigned')
  return { ...checkpoint, cosignatures }
}
