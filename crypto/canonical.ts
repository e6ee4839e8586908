import type { Bytes, Uuid } from './bytes.ts'
import { bytesToUuid, compare, copy, equal, lp, utf8, uuidToBytes } from './bytes.ts'
import { refuse } from './errors.ts'

// Canonical bytes: fixed field order, no optional fields, counts before lists, lists sorted by bytes without duplicates, times as u64 ms,
// text in NFC, four-byte big-endian lengths. `decode` re-encodes what it read and refuses any difference, so one value has one encoding
// and each rule needs to live in the writer only.

/** A growing output. */
export type Sink = { bytes: Bytes; length: number }

/** An input with a cursor. */
export type Source = { readonly bytes: Bytes; readonly view: DataView; at: number }

/** How one type is written and read. */
export type Codec<T> = {
  readonly write: (out: Sink, value: T) => void
  readonly read: (input: Source) => T
}

const put = (out: Sink, b: Uint8Array): void => {
  const end = out.length + b.length
  if (end > out.bytes.length) {
    const larger = new Uint8Array(Math.max(end, out.bytes.length * 2))
    larger.set(out.bytes.subarray(0, out.length))
    out.bytes = larger
  }
  out.bytes.set(b, out.length)
  out.length = end
}

const take = (input: Source, length: number): Bytes => {
  const end = input.at + length
  if (end > input.bytes.length) refuse('malformed', 'cut short')
  const part = input.bytes.slice(input.at, end)
  input.at = end
  return part
}

const scratch = new Uint8Array(4)

const writeU32 = (out: Sink, n: number): void => {
  if (!Number.isInteger(n) || n < 0 || n > 0xffffffff) refuse('malformed', 'u32 out of range')
  scratch[0] = n >>> 24
  scratch[1] = n >>> 16
  scratch[2] = n >>> 8
  scratch[3] = n
  put(out, scratch)
}

const readU32 = (input: Source): number => {
  if (input.at + 4 > input.bytes.length) refuse('malformed', 'cut short')
  const n = input.view.getUint32(input.at)
  input.at += 4
  return n
}

/** Canonical bytes of a value. */
export const encode = <T>(codec: Codec<T>, value: T): Bytes => {
  const out: Sink = { bytes: new Uint8Array(256), length: 0 }
  codec.write(out, value)
  return out.bytes.slice(0, out.length)
}

/** The value of canonical bytes; refuses anything that the encoder would not have written, bytes left over included. */
export const decode = <T>(codec: Codec<T>, bytes: Uint8Array): T => {
  const own = copy(bytes)
  const input: Source = { bytes: own, view: new DataView(own.buffer), at: 0 }
  const value = codec.read(input)
  if (!equal(encode(codec, value), own)) refuse('malformed', 'not canonical')
  return value
}

/** A 32-bit number. */
export const number32: Codec<number> = { write: writeU32, read: readU32 }

/** A number up to 2^53 - 1 in eight bytes: counters, versions and times in ms. */
export const number64: Codec<number> = {
  write: (out, n) => {
    if (!Number.isSafeInteger(n) || n < 0) refuse('malformed', 'u64 out of range')
    writeU32(out, Math.floor(n / 0x100000000))
    writeU32(out, n % 0x100000000)
  },
  read: (input) => {
    const n = readU32(input) * 0x100000000 + readU32(input)
    return Number.isSafeInteger(n) ? n : refuse('malformed', 'u64 out of range')
  },
}

/** Exactly this many bytes, without a length. */
export const fixed = (length: number): Codec<Bytes> => ({
  write: (out, b) => {
    if (b.length !== length) refuse('malformed', 'field of another size')
    put(out, b)
  },
  read: (input) => take(input, length),
})

/** A SHA-256 hash. */
export const hash: Codec<Bytes> = fixed(32)

/** At most `max` bytes behind their length. */
export const blob = (max: number): Codec<Bytes> => ({
  write: (out, b) => {
    if (b.length > max) refuse('malformed', 'field too long')
    writeU32(out, b.length)
    put(out, b)
  },
  read: (input) => {
    const length = readU32(input)
    if (length > max) refuse('malformed', 'field too long')
    return take(input, length)
  },
})

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text of at most `max` bytes of UTF-8: NFC, without U+0000 and lone surrogates. */
export const text = (max: number): Codec<string> => {
  const inner = blob(max)
  return {
    write: (out, s) => {
      if (!s.isWellFormed() || s.includes('\u0000') || s.normalize('NFC') !== s) refuse('malformed', 'text')
      inner.write(out, utf8(s))
    },
    read: (input) => {
      const b = inner.read(input)
      try {
        return UTF8.decode(b)
      } catch {
        return refuse('malformed', 'text')
      }
    },
  }
}

/** A UUID as 16 bytes. */
export const uuid: Codec<Uuid> = {
  write: (out, id) => put(out, uuidToBytes(id)),
  read: (input) => bytesToUuid(take(input, 16)),
}

/** One word of a closed list, written as text. */
export const choice = <const W extends string>(...words: readonly W[]): Codec<W> => {
  const known = words.map((word) => ({ word, bytes: lp(utf8(word)) }))
  return {
    write: (out, word) => put(out, known.find((k) => k.word === word)?.bytes ?? refuse('malformed', 'unknown word')),
    read: (input) => {
      const found = known.find(({ bytes }) => bytes.every((byte, i) => input.bytes[input.at + i] === byte))
      if (!found) return refuse('malformed', 'unknown word')
      input.at += found.bytes.length
      return found.word
    },
  }
}

/** Yes or no in one byte. */
export const flag: Codec<boolean> = {
  write: (out, yes) => put(out, Uint8Array.of(yes ? 1 : 0)),
  read: (input) => take(input, 1)[0] !== 0,
}

/** A set: its count, then its members sorted by their bytes; doubled members are refused. */
export const set = <T>(member: Codec<T>, max: number): Codec<readonly T[]> => ({
  write: (out, values) => {
    if (values.length > max) refuse('malformed', 'list too long')
    const parts = values.map((value) => encode(member, value)).sort(compare)
    writeU32(out, parts.length)
    parts.forEach((part, i) => {
      const before = parts[i - 1]
      if (before && compare(before, part) === 0) refuse('malformed', 'doubled list member')
      put(out, part)
    })
  },
  read: (input) => {
    const count = readU32(input)
    if (count > max || count > input.bytes.length - input.at) refuse('malformed', 'list too long')
    return Array.from({ length: count }, () => member.read(input))
  },
})

/** Fields in the order of the object literal. */
export const struct = <T extends object>(fields: { readonly [K in keyof T]: Codec<T[K]> }): Codec<T> => {
  const names = Object.keys(fields) as (keyof T)[]
  return {
    write: (out, value) => {
      for (const name of names) fields[name].write(out, value[name])
    },
    read: (input) => {
      const value: Partial<T> = {}
      for (const name of names) value[name] = fields[name].read(input)
      return value as T
    },
  }
}
