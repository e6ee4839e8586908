import { fromBase64url, toBase64url } from '@wardline/crypto'

const BYTES = '\u0001bytes'
const LARGE = '\u0001bigint'

/** A value of objects, lists, texts, numbers and bytes as JSON. Keys are no part of it: a value that holds one throws. */
export const toText = (value: unknown): string =>
  JSON.stringify(value, (_name, it: unknown) => {
    if (it instanceof Uint8Array) return { [BYTES]: toBase64url(it) }
    if (typeof it === 'bigint') return { [LARGE]: it.toString() }
    if (it instanceof CryptoKey || it instanceof Map || it instanceof Set) throw new TypeError('not portable')
    return it
  })

/** The value of such a text. */
export const fromText = (text: string): unknown =>
  JSON.parse(text, (_name, it: unknown) => {
    if (typeof it !== 'object' || it === null) return it
    if (BYTES in it) return fromBase64url(String(it[BYTES]))
    if (LARGE in it) return BigInt(String(it[LARGE]))
    return it
  })
