import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  sign,
  verify,
} from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Dice } from './dice.ts'

/** A key of this place: plain data, so that stores copy it as they copy a CryptoKey. */
interface Key {
  readonly type: 'private' | 'public' | 'secret'
  readonly algorithm: string
  readonly usages: readonly string[]
  readonly raw: Uint8Array<ArrayBuffer>
}

/** What WebCrypto was used for. */
export interface Seen {
  /** Every encryption that does not repeat an earlier one byte for byte. False: its key and nonce were used before, with other bytes. */
  encrypted(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): void
}

type Data = Uint8Array | ArrayBuffer
const bytes = (it: Data): Uint8Array<ArrayBuffer> => new Uint8Array(it instanceof ArrayBuffer ? it.slice(0) : Uint8Array.from(it).buffer)
const view = (it: Data): Uint8Array => (it instanceof ArrayBuffer ? new Uint8Array(it) : it)
const tag = 16

const headers = {
  Ed25519: { private: '302e020100300506032b657004220420', public: '302a300506032b6570032100' },
  X25519: { private: '302e020100300506032b656e04220420', public: '302a300506032b656e032100' },
} as const
type Curve = keyof typeof headers

const most = 5_000
/** What is a function of its input is reckoned once: eight devices verify the same signatures. */
function remembered<T>(make: (name: string, ...rest: readonly Uint8Array[]) => T): (name: string, ...rest: readonly Uint8Array[]) => T {
  const known = new Map<string, T>()
  return (name, ...rest) => {
    const id = `${name} ${rest.map((it) => Buffer.from(it.buffer, it.byteOffset, it.length).toString('latin1')).join('|')}`
    const before = known.get(id)
    if (before !== undefined) return before
    const made = make(name, ...rest)
    if (known.size >= most) known.clear()
    known.set(id, made)
    return made
  }
}

const privateKey = remembered((curve, raw): KeyObject => {
  const der = Buffer.concat([Buffer.from(headers[curve as Curve].private, 'hex'), raw!])
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
})
const publicKey = remembered((curve, raw): KeyObject => {
  const der = Buffer.concat([Buffer.from(headers[curve as Curve].public, 'hex'), raw!])
  return createPublicKey({ key: der, format: 'der', type: 'spki' })
})
const publicHalf = remembered((curve, raw): Uint8Array<ArrayBuffer> => {
  const der = createPublicKey(privateKey(curve, raw!)).export({ format: 'der', type: 'spki' })
  return bytes(der.subarray(-32))
})
const verified = remembered((_, key, signature, message): boolean => verify(null, message!, publicKey('Ed25519', key!), signature!))
const agreed = remembered((_, key, point): Uint8Array<ArrayBuffer> =>
  bytes(diffieHellman({ privateKey: privateKey('X25519', key!), publicKey: publicKey('X25519', point!) })),
)

const expanded = remembered((length, key, salt, info): Uint8Array<ArrayBuffer> =>
  bytes(hkdfSync('sha256', key!, salt!, info!, Number(length))),
)

const nameOf = (algorithm: unknown): string => (typeof algorithm === 'string' ? algorithm : (algorithm as { name: string }).name)
const slice = (it: Uint8Array<ArrayBuffer>): ArrayBuffer => it.slice().buffer

function generated(name: string, dice: Dice, usages: readonly string[]): unknown {
  const raw = dice.bytes(32)
  if (name === 'AES-GCM') return { type: 'secret', algorithm: name, usages, raw } satisfies Key
  const mine: Key = { type: 'private', algorithm: name, usages, raw }
  return { privateKey: mine, publicKey: { ...mine, type: 'public', raw: publicHalf(name, raw) } satisfies Key }
}

function imported(format: string, data: Data, algorithm: unknown, usages: readonly string[]): Key {
  const name = nameOf(algorithm)
  const all = bytes(data)
  if (format === 'pkcs8') return { type: 'private', algorithm: name, usages, raw: all.slice(-32) }
  return { type: name === 'Ed25519' || name === 'X25519' ? 'public' : 'secret', algorithm: name, usages, raw: all }
}

interface Gcm {
  readonly iv: Data
  readonly additionalData?: Data
}

function encrypted({ iv, additionalData }: Gcm, key: Key, data: Data, seen: Seen): ArrayBuffer {
  const [nonce, aad, plain] = [bytes(iv), bytes(additionalData ?? new Uint8Array()), bytes(data)]
  seen.encrypted(key.raw, nonce, aad, plain)
  const cipher = createCipheriv(key.raw.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm', key.raw, nonce)
  cipher.setAAD(aad)
  return slice(bytes(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])))
}

const opened = remembered((name, key, iv, aad, sealed): Uint8Array<ArrayBuffer> => {
  const cipher = createDecipheriv(name as 'aes-256-gcm', key!, iv!)
  cipher.setAAD(aad!)
  cipher.setAuthTag(sealed!.subarray(-tag))
  return bytes(Buffer.concat([cipher.update(sealed!.subarray(0, -tag)), cipher.final()]))
})
const decrypted = ({ iv, additionalData }: Gcm, key: Key, data: Data): ArrayBuffer => {
  const name = key.raw.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm'
  return slice(opened(name, key.raw, view(iv), view(additionalData ?? new Uint8Array()), view(data)))
}

function derived(algorithm: { name: string; public?: Key; salt?: Data; info?: Data }, key: Key, bits: number): ArrayBuffer {
  if (algorithm.name === 'X25519') return slice(agreed('x', key.raw, algorithm.public!.raw))
  return slice(expanded(`${bits / 8}`, key.raw, view(algorithm.salt!), view(algorithm.info!)))
}

const signed = (algorithm: unknown, key: Key, data: Data): ArrayBuffer =>
  slice(
    bytes(
      nameOf(algorithm) === 'HMAC'
        ? createHmac('sha256', key.raw).update(bytes(data)).digest()
        : sign(null, bytes(data), privateKey('Ed25519', key.raw)),
    ),
  )

/** Done at once: every operation takes one turn of the microtask queue, whatever it costs and whether it was remembered. */
function atOnce<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work())
  } catch {
    return Promise.reject(new DOMException('The operation failed.', 'OperationError'))
  }
}

/**
 * WebCrypto as the product uses it, by the same OpenSSL but without a thread pool, and with randomness from a seed: the same inputs give the same
 * bytes in the same order, on every machine. For simulation alone.
 */
export function unsafeSeededCrypto(random: () => Dice, seen: Seen): typeof globalThis.crypto {
  const getRandomValues = <T extends ArrayBufferView>(into: T): T => {
    const view = new Uint8Array(into.buffer, into.byteOffset, into.byteLength)
    view.set(random().bytes(view.length))
    return into
  }
  const randomUUID = (): string => {
    const it = random().bytes(16)
    it[6] = (it[6]! & 0x0f) | 0x40
    it[8] = (it[8]! & 0x3f) | 0x80
    const hex = Buffer.from(it).toString('hex')
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  }
  const subtle = {
    generateKey: (algorithm: unknown, _: boolean, usages: string[]) => atOnce(() => generated(nameOf(algorithm), random(), usages)),
    importKey: (format: string, data: Data, algorithm: unknown, _: boolean, usages: string[]) =>
      atOnce(() => imported(format, data, algorithm, usages)),
    exportKey: (_: string, key: Key) => atOnce(() => slice(key.raw)),
    sign: (algorithm: unknown, key: Key, data: Data) => atOnce(() => signed(algorithm, key, data)),
    verify: (_: unknown, key: Key, signature: Data, data: Data) => atOnce(() => verified('v', key.raw, view(signature), view(data))),
    encrypt: (algorithm: Gcm, key: Key, data: Data) => atOnce(() => encrypted(algorithm, key, data, seen)),
    decrypt: (algorithm: Gcm, key: Key, data: Data) => atOnce(() => decrypted(algorithm, key, data)),
    deriveBits: (algorithm: Parameters<typeof derived>[0], key: Key, bits: number) => atOnce(() => derived(algorithm, key, bits)),
  }
  return { getRandomValues, randomUUID, subtle } as unknown as typeof globalThis.crypto
}
