import { createHash } from 'node:crypto'
import { dice } from './dice.ts'
import type { Dice } from './dice.ts'
import { unsafeSeededCrypto } from './web-crypto.ts'

// Replaces what a run could get surprises from: randomness, clocks, timers, threads. Loaded before any of the product.

const { setImmediate: realImmediate } = globalThis
let random: Dice = dice(0, 'keys')
const nonces = new Map<string, string>()
let reused: string | null = null
const unhandled: string[] = []

/** Everything that is random from here on comes from this seed, and nothing was encrypted yet. */
export function reseed(seed: number): void {
  random = dice(seed, 'keys')
  nonces.clear()
  reused = null
  unhandled.length = 0
}

/** What was thrown since `reseed` and nobody caught. */
export const uncaught = (): readonly string[] => unhandled

/** Whether one key and nonce were used for two plaintexts since `reseed`. */
export const isReused = (): boolean => reused !== null

/** Resolves once nothing runs any more: no operation here waits for a thread, so one turn of the event loop is enough. */
export const rest = (): Promise<void> => new Promise((resolve) => realImmediate(resolve))

/** What stores hold is plain data, which is copied so ten times faster than by the structured clone algorithm. */
function copied<T>(it: T): T {
  if (typeof it !== 'object' || it === null) return it
  if (it instanceof Uint8Array) return it.slice() as T
  if (Array.isArray(it)) return it.map(copied) as T
  if (it instanceof Map) return new Map([...it].map(([key, value]) => [copied(key), copied(value)])) as T
  if (it instanceof Set) return new Set([...it].map(copied)) as T
  const proto: unknown = Object.getPrototypeOf(it)
  if (proto !== Object.prototype && proto !== null) throw new Error('Only plain data is kept.')
  const made: Record<string, unknown> = {}
  for (const key of Object.keys(it)) made[key] = copied((it as Record<string, unknown>)[key])
  return made as T
}

/** Puts the replacements in place. For a process of its own: nothing else in it may need a clock or a timer. */
export function sealWorld(): void {
  const fingerprint = (...parts: readonly Uint8Array[]): string => {
    const hash = createHash('sha256')
    for (const it of parts) hash.update(`${it.length} `).update(it)
    return hash.digest('base64')
  }
  const crypto = unsafeSeededCrypto(() => random, {
    encrypted(key, iv, aad, plaintext) {
      const id = fingerprint(key, iv)
      const what = fingerprint(aad, plaintext)
      if ((nonces.get(id) ?? what) !== what) reused = id
      nonces.set(id, what)
    },
  })
  Object.defineProperty(globalThis, 'crypto', { value: crypto })
  process.on('unhandledRejection', (thrown) => unhandled.push(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)))
  const forbidden = (name: string) => () => {
    throw new Error(`${name} under simulation: the product gets its time and randomness by ports.`)
  }
  const RealDate = Date
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args) => (args.length === 0 ? forbidden('new Date()')() : Reflect.construct(target, args)),
    apply: forbidden('Date()'),
    get: (target, name) => (name === 'now' ? forbidden('Date.now') : (Reflect.get(target, name) as unknown)),
  })
  globalThis.structuredClone = copied
  Math.random = forbidden('Math.random')
  for (const name of ['setTimeout', 'setInterval', 'setImmediate'] as const)
    Object.defineProperty(globalThis, name, { value: forbidden(name), configurable: true })
}
