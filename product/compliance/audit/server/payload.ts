/** What a payload may hold. Numbers are integers that every JSON reader keeps exactly; amounts and times are integers too. */
export type PayloadValue = null | boolean | number | string | readonly PayloadValue[] | { readonly [key: string]: PayloadValue }

/** Largest canonical payload in bytes: room for a list of some thousand subjects in one fact. */
export const MAX_PAYLOAD_BYTES = 262_144

/** Deepest nesting of lists and objects. */
export const MAX_PAYLOAD_DEPTH = 16

/** Why a payload was refused. */
export type PayloadFault = 'not-json' | 'number' | 'text' | 'key-twice' | 'too-deep' | 'too-long' | 'not-canonical'

/** Thrown by the encoder and the decoder; the message never contains what was refused, which may be PHI. */
export class PayloadError extends Error {
  readonly code: PayloadFault
  constructor(code: PayloadFault) {
    super(`audit payload: ${code}`)
    this.code = code
  }
}

const quoted = (text: string): string => {
  if (!text.isWellFormed() || text.includes('\0')) throw new PayloadError('text')
  return JSON.stringify(text.normalize('NFC'))
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const written = (value: PayloadValue, depth: number): string => {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new PayloadError('number')
    return String(value)
  }
  if (typeof value !== 'object') throw new PayloadError('not-json')
  if (depth === MAX_PAYLOAD_DEPTH) throw new PayloadError('too-deep')
  // Array.from turns the holes of a sparse list into undefined, which is refused.
  if (Array.isArray(value)) return `[${Array.from(value, (each: PayloadValue) => written(each, depth + 1)).join(',')}]`
  if (!isPlain(value)) throw new PayloadError('not-json')
  const members = Object.entries(value).map(([key, each]) => [key.normalize('NFC'), quoted(key), written(each, depth + 1)] as const)
  // RFC 8785 3.2.3: by UTF-16 code units, which is what < compares.
  members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  if (members.some(([key], i) => i > 0 && key === members[i - 1]![0])) throw new PayloadError('key-twice')
  return `{${members.map(([, key, each]) => `${key}:${each}`).join(',')}}`
}

/**
 * Canonical bytes of a payload: RFC 8785 (sorted keys, no spaces) restricted to safe integers and NFC text, in UTF-8.
 * Text is brought to NFC; U+0000, lone surrogates, undefined, fractions and objects that are no records throw {@link PayloadError}.
 */
export const encodePayload = (value: PayloadValue): Uint8Array => {
  const bytes = Buffer.from(written(value, 0))
  if (bytes.length > MAX_PAYLOAD_BYTES) throw new PayloadError('too-long')
  return bytes
}

/** The value of canonical payload bytes. Encodes again and refuses any difference. Throws {@link PayloadError}. */
export const decodePayload = (bytes: Uint8Array): PayloadValue => {
  if (bytes.length > MAX_PAYLOAD_BYTES) throw new PayloadError('too-long')
  let value: PayloadValue
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) as PayloadValue
  } catch {
    throw new PayloadError('not-json')
  }
  if (Buffer.compare(encodePayload(value), bytes) !== 0) throw new PayloadError('not-canonical')
  return value
}
