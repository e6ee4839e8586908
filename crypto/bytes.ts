import { refuse } from './errors.ts'

/** Bytes that WebCrypto takes: a view on a plain ArrayBuffer. */
export type Bytes = Uint8Array<ArrayBuffer>

/** A UUID in its lower-case text form; 16 bytes in canonical bytes. */
export type Uuid = string

export const NONE: Bytes = new Uint8Array(0)

/** 32 zero bytes: "no previous" in every chain. */
export const ZERO_HASH: Bytes = new Uint8Array(32)

/** The nil UUID: "the whole organisation" where a statement may name one conversation. */
export const NIL_UUID: Uuid = '00000000-0000-0000-0000-000000000000'

/** A private copy as a plain Uint8Array, whatever view (a Node Buffer, say) came in. */
export const copy = (b: Uint8Array): Bytes => {
  const out = new Uint8Array(b.length)
  out.set(b)
  return out
}

/** Joins byte strings. */
export const concat = (...parts: readonly Uint8Array[]): Bytes => {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Four bytes, big-endian. */
export const u32 = (n: number): Bytes => {
  if (!Number.isInteger(n) || n < 0 || n > 0xffffffff) refuse('malformed', 'u32 out of range')
  return Uint8Array.of(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255)
}

/** Eight bytes, big-endian, of a safe integer. */
export const u64 = (n: number): Bytes => {
  if (!Number.isSafeInteger(n) || n < 0) refuse('malformed', 'u64 out of range')
  return concat(u32(Math.floor(n / 0x100000000)), u32(n % 0x100000000))
}

/** A byte string behind its four-byte length. */
export const lp = (b: Uint8Array): Bytes => concat(u32(b.length), b)

const ENCODER = new TextEncoder()

/** UTF-8 bytes of a label or text. */
export const utf8 = (s: string): Bytes => copy(ENCODER.encode(s))

/** Equality in time that depends on the lengths only. */
export const equal = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false
  let different = 0
  for (let i = 0; i < a.length; i++) different |= (a[i] as number) ^ (b[i] as number)
  return different === 0
}

/** Order of unsigned bytes, shorter first among equals; for public data only. */
export const compare = (a: Uint8Array, b: Uint8Array): number => {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number)
  return a.length - b.length
}

/** Fresh bytes from the platform's generator. */
export const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length))

const HEX: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

/** Lower-case hexadecimal. */
export const toHex = (b: Uint8Array): string => {
  let out = ''
  for (const byte of b) out += HEX[byte]
  return out
}

const NIBBLES = new Int8Array(128).fill(-1)
for (let i = 0; i < 16; i++) NIBBLES[i.toString(16).charCodeAt(0)] = i

/** Writes the digits from `from` to `to` of a hexadecimal text; false where one is no lower-case digit. */
const readDigits = (s: string, from: number, to: number, out: Bytes, at: number): boolean => {
  let wrong = 0
  for (let i = from; i < to; i += 2) {
    const high = NIBBLES[s.charCodeAt(i)] ?? -1
    const low = NIBBLES[s.charCodeAt(i + 1)] ?? -1
    wrong |= high | low
    out[at + (i - from) / 2] = (high << 4) | low
  }
  return wrong >= 0
}

/** Bytes of lower-case hexadecimal; refuses anything else. */
export const fromHex = (s: string): Bytes => {
  const out = new Uint8Array(s.length >> 1)
  return s.length % 2 === 0 && readDigits(s, 0, s.length, out, 0) ? out : refuse('malformed', 'hexadecimal')
}

/** RFC 4648 section 5 text without padding. */
export const toBase64url = (b: Uint8Array): string => {
  let text = ''
  for (const byte of b) text += String.fromCharCode(byte)
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Bytes of unpadded base64url; refuses other alphabets, padding and unused bits. */
export const fromBase64url = (s: string): Bytes => {
  if (!/^[A-Za-z0-9_-]*$/.test(s) || s.length % 4 === 1) refuse('malformed', 'base64url')
  const text = atob(s.replaceAll('-', '+').replaceAll('_', '/'))
  const out = Uint8Array.from(text, (c) => c.charCodeAt(0))
  return toBase64url(out) === s ? out : refuse('malformed', 'base64url')
}

/** The 16 bytes of a UUID's lower-case text form. */
export const uuidToBytes = (id: Uuid): Bytes => {
  const out = new Uint8Array(16)
  const framed = id.length === 36 && id[8] === '-' && id[13] === '-' && id[18] === '-' && id[23] === '-'
  const read =
    framed &&
    readDigits(id, 0, 8, out, 0) &&
    readDigits(id, 9, 13, out, 4) &&
    readDigits(id, 14, 18, out, 6) &&
    readDigits(id, 19, 23, out, 8) &&
    readDigits(id, 24, 36, out, 10)
  return read ? out : refuse('malformed', 'uuid')
}

/** The lower-case text form of 16 bytes. */
export const bytesToUuid = (b: Uint8Array): Uuid => {
  if (b.length !== 16) refuse('malformed', 'uuid')
  const h = toHex(b)
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`
}

/** A random UUID, version 4. */
export const newUuid = (): Uuid => crypto.randomUUID()
