import { createSecretKey, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { newId } from '../ids/ids.ts'
import { copiesIn, openCopies, readCopies, textOf } from './copies.ts'
import type { Copies, Entry, KeyScope, Tombstone } from './copies.ts'
import { machineDisk } from './disk.ts'
import type { LedgerDisk } from './disk.ts'
import { KeyFailure, openWith, sealWith } from './kek.ts'
import type { Kek } from './kek.ts'
export type { KeyScope } from './copies.ts'

/** The key ledger: one data key per (organisation, retention bucket, month), in two live copies outside the database. */
export interface KeyLedger {
  /** Seals bytes under the data key of that organisation, bucket and month; `context` (table, row) is authenticated with them. */
  seal(scope: KeyScope, plain: Uint8Array, context: string): Promise<Sealed>
  /** The same without waiting, once `seal` or `ready` has loaded that key; undefined if it is not loaded. For hot paths. */
  sealNow(scope: KeyScope, plain: Uint8Array, context: string): Sealed | undefined
  /**
   * Opens sealed bytes. KeyFailure `erased` once the organisation's key was destroyed here, `not-in-ledger` for a key that this ledger never
   * had for the organisation or has lost, `not-authentic` if anything was altered or moved to another row.
   */
  open(org: string, dataKey: string, sealed: Uint8Array, context: string): Buffer
  /** Makes sure that the data key of a scope exists and is loaded. */
  ready(scope: KeyScope): Promise<void>
  /** Whether this data key of the organisation lives here, was destroyed here, or is not known. */
  stateOf(org: string, dataKey: string): 'lives' | 'destroyed' | 'unknown'
  /** The living data keys of a scope. */
  keysOf(scope: KeyScope): readonly string[]
  /**
   * Destroys data keys in both copies; what they sealed can never be opened again here. Returns which died. Only `eraseMonth` calls it: a key
   * that is destroyed without an entry in the log makes the log's verification fail.
   */
  destroy(scope: KeyScope): Promise<readonly string[]>
  close(): Promise<void>
}

export interface Sealed {
  readonly dataKey: string
  readonly sealed: Buffer
}

/** `YYYY-MM` of a moment, UTC. */
export const monthOf = (at: Date): string => at.toISOString().slice(0, 7)

const bind = (entry: Pick<Entry, 'id' | 'org' | 'bucket' | 'month'>) =>
  Buffer.from(`wl data key|${entry.id}|${entry.org}|${entry.bucket}|${entry.month}`)
const scopeKey = (scope: KeyScope) => `${scope.org}|${scope.bucket}|${scope.month}`

/** The data key as an object, whose memory is cleansed when nothing holds it any more. */
function unwrapEntry(folder: string, kek: Kek, entry: Entry): KeyObject {
  if (entry.kek !== kek.id)
    throw new KeyFailure(
      'wrong-kek',
      `The key ledger in ${folder} was made with another key-encryption key (${entry.kek}). Nothing was opened. Give the server that key.`,
    )
  const bytes = kek.unwrap(Buffer.from(entry.wrapped, 'base64'), bind(entry))
  try {
    return createSecretKey(bytes)
  } finally {
    bytes.fill(0)
  }
}

/** What is known of data keys by id: whose they are, and the keys of those that live. */
interface Known {
  readonly keys: Map<string, KeyObject>
  readonly owners: Map<string, string>
}

const stateIn =
  ({ keys, owners }: Known): KeyLedger['stateOf'] =>
  (org, dataKey) =>
    owners.get(dataKey) !== org ? 'unknown' : keys.has(dataKey) ? 'lives' : 'destroyed'

const opener = (known: Known): KeyLedger['open'] => {
  const stateOf = stateIn(known)
  return (org, dataKey, sealed, context) => {
    const state = stateOf(org, dataKey)
    if (state === 'unknown')
      throw new KeyFailure(
        'not-in-ledger',
        'The key of this value is not in the key ledger, and was not destroyed there: it is lost, or belongs elsewhere.',
      )
    if (state === 'destroyed') throw new KeyFailure('erased', 'The key of this value was destroyed: the value cannot be opened.')
    return openWith(known.keys.get(dataKey)!, sealed, Buffer.from(context))
  }
}

const knownOf = (folder: string, kek: Kek, { entries, buried }: Copies): Known => ({
  keys: new Map(entries.map((entry) => [entry.id, unwrapEntry(folder, kek, entry)])),
  owners: new Map([...entries, ...buried].map((line) => [line.id, line.org])),
})

/** A ledger that is only read, beside the server that owns it: nothing is made, repaired or destroyed. */
export interface LedgerReader extends Pick<KeyLedger, 'open' | 'stateOf'> {
  /** Data keys that live. */
  readonly size: number
  /** Whether both live copies hold them all. */
  readonly copiesEqual: boolean
  close(): void
}

/** Reads the ledger in `folder` without changing it. Throws KeyFailure as openLedger does. */
export async function readLedger(folder: string, kek: Kek): Promise<LedgerReader> {
  const copies = await readCopies(copiesIn(folder), machineDisk)
  const known = knownOf(folder, kek, copies)
  return {
    open: opener(known),
    stateOf: stateIn(known),
    size: copies.entries.length,
    copiesEqual: copies.texts.every((text) => (text ?? '') === copies.whole),
    close: () => (known.keys.clear(), known.owners.clear()),
  }
}

/**
 * Opens (or begins) the ledger in `folder`: copies `a` and `b`, append-only lines, each flushed to disk before a key is used. A folder
 * without files is a new ledger; whether the database misses keys in it is asked by `requireDataKeys`. Throws KeyFailure.
 */
export async function openLedger(folder: string, kek: Kek, disk: LedgerDisk = machineDisk): Promise<KeyLedger> {
  const files = copiesIn(folder)
  const copies = openCopies(files, disk)
  await copies.begin()
  const found = await readCopies(files, disk)
  // Before anything is repaired: a ledger of another key-encryption key is not ours to touch.
  const known = knownOf(folder, kek, found)
  await copies.settle(found.texts, found.whole)
  let entries = [...found.entries]
  const buried = [...found.buried]
  const current = new Map(entries.map((entry) => [scopeKey(entry), entry.id]))
  const waiting = new Map<string, Promise<string>>()
  /** Destroyed keys may still stand in a file, because rewriting it failed. */
  let unswept = false
  let writing: Promise<unknown> = Promise.resolve()
  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const next = writing.then(work, work)
    writing = next.catch(() => {})
    return next
  }
  const make = (scope: KeyScope) =>
    exclusively(async () => {
      const id = newId()
      const bare = { org: scope.org, bucket: scope.bucket, month: scope.month, id, kek: kek.id }
      const entry: Entry = { ...bare, wrapped: kek.wrap(randomBytes(32), bind(bare)).toString('base64') }
      await copies.append(textOf([entry]))
      entries.push(entry)
      known.keys.set(id, unwrapEntry(folder, kek, entry))
      known.owners.set(id, entry.org)
      current.set(scopeKey(entry), id)
      return id
    })
  const idFor = (scope: KeyScope): Promise<string> => {
    const key = scopeKey(scope)
    const id = current.get(key)
    if (id) return Promise.resolve(id)
    let pending = waiting.get(key)
    if (!pending) waiting.set(key, (pending = make(scope).finally(() => waiting.delete(key))))
    return pending
  }
  const sealUnder = (id: string, plain: Uint8Array, context: string): Sealed => ({
    dataKey: id,
    sealed: sealWith(known.keys.get(id)!, plain, Buffer.from(context)),
  })
  const livesIn = (scope: KeyScope) => entries.filter((entry) => scopeKey(entry) === scopeKey(scope))
  return {
    seal: async (scope, plain, context) => sealUnder(await idFor(scope), plain, context),
    sealNow: (scope, plain, context) => {
      const id = current.get(scopeKey(scope))
      return id === undefined ? undefined : sealUnder(id, plain, context)
    },
    open: opener(known),
    stateOf: stateIn(known),
    ready: async (scope) => void (await idFor(scope)),
    keysOf: (scope) => livesIn(scope).map((entry) => entry.id),
    destroy: (scope) =>
      exclusively(async () => {
        const dies = livesIn(scope)
        if (dies.length === 0 && !unswept) return []
        const stones = dies.map(({ id, org, bucket, month }): Tombstone => ({ id, org, bucket, month, destroyed: true }))
        // Tombstones in both copies first: a crash between the two rewrites must not bring a destroyed key back from the other copy.
        if (stones.length > 0) await copies.append(textOf(stones))
        entries = entries.filter((entry) => !dies.includes(entry))
        buried.push(...stones)
        for (const entry of dies) known.keys.delete(entry.id)
        current.delete(scopeKey(scope))
        unswept = true
        await copies.replace(textOf([...entries, ...buried]))
        unswept = false
        return dies.map((entry) => entry.id)
      }),
    close: async () => {
      await writing
      known.keys.clear()
      known.owners.clear()
    },
  }
}
