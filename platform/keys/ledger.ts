import { createSecretKey, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import type { Bucket } from '../contract/fact.ts'
import { newId } from '../ids/ids.ts'
import { KeyFailure, openWith, sealWith } from './kek.ts'
import type { Kek } from './kek.ts'

/** The key ledger: one data key per (organisation, retention bucket, month), in two live copies outside the database. */
export interface KeyLedger {
  /** Seals bytes under the data key of that organisation, bucket and month; `context` (table, row) is authenticated with them. */
  seal(scope: KeyScope, plain: Uint8Array, context: string): Promise<Sealed>
  /** The same without waiting, once `seal` or `ready` has loaded that key; undefined if it is not loaded. For hot paths. */
  sealNow(scope: KeyScope, plain: Uint8Array, context: string): Sealed | undefined
  /** Opens sealed bytes. KeyFailure `erased` once the key was destroyed, `not-authentic` if anything was altered or moved to another row. */
  open(org: string, dataKey: string, sealed: Uint8Array, context: string): Buffer
  /** Makes sure that the data key of a scope exists and is loaded. */
  ready(scope: KeyScope): Promise<void>
  /** Destroys data keys in both copies; what they sealed can never be opened again here. Returns how many died. */
  destroy(org: string, bucket: Bucket, month: string): Promise<number>
  close(): Promise<void>
}

export interface KeyScope {
  readonly org: string
  readonly bucket: Bucket
  /** `YYYY-MM`, UTC, of the sealed thing's time. */
  readonly month: string
}

export interface Sealed {
  readonly dataKey: string
  readonly sealed: Buffer
}

/** `YYYY-MM` of a moment, UTC. */
export const monthOf = (at: Date): string => at.toISOString().slice(0, 7)

interface Entry extends KeyScope {
  readonly id: string
  readonly kek: string
  readonly wrapped: string
}

const bind = (entry: Pick<Entry, 'id' | 'org' | 'bucket' | 'month'>) =>
  Buffer.from(`wl data key|${entry.id}|${entry.org}|${entry.bucket}|${entry.month}`)
const scopeKey = (scope: KeyScope) => `${scope.org}|${scope.bucket}|${scope.month}`

const copiesIn = (folder: string) => ['a', 'b'].map((copy) => path.join(folder, copy, 'data-keys.jsonl'))

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

const opener =
  (keys: ReadonlyMap<string, KeyObject>, owners: ReadonlyMap<string, string>): KeyLedger['open'] =>
  (org, dataKey, sealed, context) => {
    const key = keys.get(dataKey)
    if (!key || owners.get(dataKey) !== org)
      throw new KeyFailure('erased', 'The key of this value was destroyed, or is not in this ledger: the value cannot be opened.')
    return openWith(key, sealed, Buffer.from(context))
  }

/** A ledger that is only read, beside the server that owns it: nothing is made, repaired or destroyed. */
export interface LedgerReader extends Pick<KeyLedger, 'open'> {
  /** Data keys that live. */
  readonly size: number
  /** Whether both live copies hold them all. */
  readonly copiesEqual: boolean
  close(): void
}

/** Reads the ledger in `folder` without changing it. Throws KeyFailure as openLedger does. */
export async function readLedger(folder: string, kek: Kek): Promise<LedgerReader> {
  const { entries, equal } = await parseCopies(copiesIn(folder))
  const keys = new Map(entries.map((entry) => [entry.id, unwrapEntry(folder, kek, entry)]))
  return {
    open: opener(keys, new Map(entries.map((entry) => [entry.id, entry.org]))),
    size: entries.length,
    copiesEqual: equal,
    close: () => keys.clear(),
  }
}

/** Opens (or begins) the ledger in `folder`: copies `a` and `b`, append-only lines, each flushed to disk before a key is used. */
export async function openLedger(folder: string, kek: Kek): Promise<KeyLedger> {
  const files = copiesIn(folder)
  for (const file of files) await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  const entries = await readCopies(files)
  const keys = new Map<string, KeyObject>()
  const owners = new Map<string, string>()
  const current = new Map<string, string>()
  const waiting = new Map<string, Promise<string>>()
  const load = (entry: Entry) => {
    keys.set(entry.id, unwrapEntry(folder, kek, entry))
    owners.set(entry.id, entry.org)
    current.set(scopeKey(entry), entry.id)
  }
  for (const entry of entries) load(entry)
  let writing: Promise<unknown> = Promise.resolve()
  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const next = writing.then(work, work)
    writing = next.catch(() => {})
    return next
  }
  const make = (scope: KeyScope) =>
    exclusively(async () => {
      const id = newId()
      const entry: Entry = { ...scope, id, kek: kek.id, wrapped: '' }
      const whole: Entry = { ...entry, wrapped: kek.wrap(randomBytes(32), bind(entry)).toString('base64') }
      for (const file of files) await append(file, JSON.stringify(whole) + '\n')
      entries.push(whole)
      load(whole)
      return id
    })
  const idFor = (scope: KeyScope): Promise<string> => {
    const key = scopeKey(scope)
    const known = current.get(key)
    if (known) return Promise.resolve(known)
    let pending = waiting.get(key)
    if (!pending) waiting.set(key, (pending = make(scope).finally(() => waiting.delete(key))))
    return pending
  }
  const sealUnder = (id: string, plain: Uint8Array, context: string): Sealed => ({
    dataKey: id,
    sealed: sealWith(keys.get(id)!, plain, Buffer.from(context)),
  })
  return {
    seal: async (scope, plain, context) => sealUnder(await idFor(scope), plain, context),
    sealNow: (scope, plain, context) => {
      const id = current.get(scopeKey(scope))
      return id === undefined ? undefined : sealUnder(id, plain, context)
    },
    open: opener(keys, owners),
    ready: async (scope) => void (await idFor(scope)),
    destroy: (org, bucket, month) =>
      exclusively(async () => {
        const dies = entries.filter((entry) => entry.org === org && entry.bucket === bucket && entry.month === month)
        const lives = entries.filter((entry) => !dies.includes(entry))
        // A mark in both copies first: a crash between the two rewrites must not bring a destroyed key back from the other copy.
        for (const file of files) await append(file, dies.map((entry) => JSON.stringify({ id: entry.id, destroyed: true }) + '\n').join(''))
        for (const file of files) await replace(file, lives.map((entry) => JSON.stringify(entry) + '\n').join(''))
        for (const entry of dies) {
          keys.delete(entry.id)
          owners.delete(entry.id)
        }
        current.delete(scopeKey({ org, bucket, month }))
        entries.length = 0
        entries.push(...lives)
        return dies.length
      }),
    close: async () => {
      await writing
      keys.clear()
    },
  }
}

/** What the two live copies hold together. `equal`: both hold all of it, neither has a cut line. */
interface Copies {
  readonly entries: Entry[]
  readonly equal: boolean
}

/** A cut last line (power loss while appending) is dropped; an entry that stands in one copy only is kept: both were flushed before use. */
async function parseCopies(files: readonly string[]): Promise<Copies & { readonly whole: string; readonly texts: readonly string[] }> {
  const found = new Map<string, Entry>()
  const destroyed = new Set<string>()
  const texts: string[] = []
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    })
    texts.push(text)
    const lines = text.split('\n')
    for (const [i, line] of lines.entries()) {
      if (line === '') continue
      try {
        const entry = JSON.parse(line) as Entry & { destroyed?: true }
        if (entry.destroyed) destroyed.add(entry.id)
        else found.set(entry.id, entry)
      } catch {
        if (i !== lines.length - 1)
          throw new KeyFailure(
            'ledger-damaged',
            `Line ${i + 1} of ${file} cannot be read. Nothing was changed. Copy the other live copy over it, or restore it from the ledger's backup.`,
          )
      }
    }
  }
  for (const id of destroyed) found.delete(id)
  const whole = [...found.values()].map((entry) => JSON.stringify(entry) + '\n').join('')
  return { entries: [...found.values()], whole, texts, equal: texts.every((text) => text === whole) }
}

async function readCopies(files: readonly string[]): Promise<Entry[]> {
  const { entries, whole, texts } = await parseCopies(files)
  for (const [i, file] of files.entries()) if (texts[i] !== whole) await replace(file, whole)
  return entries
}

async function append(file: string, line: string): Promise<void> {
  const handle = await open(file, 'a', 0o600).catch(() => {
    throw new KeyFailure('ledger-unwritable', `The key ledger ${file} cannot be written. Nothing was sealed with a new key.`)
  })
  try {
    await handle.appendFile(line)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Rewrites a copy: the old file's bytes are overwritten first, then the new file takes its place. */
async function replace(file: string, text: string): Promise<void> {
  const next = `${file}.next`
  const handle = await open(next, 'w', 0o600)
  await handle.writeFile(text)
  await handle.sync()
  await handle.close()
  const old = await open(file, 'r+').catch(() => undefined)
  if (old) {
    const { size } = await old.stat()
    await old.write(Buffer.alloc(size), 0, size, 0)
    await old.sync()
    await old.close()
  }
  await rename(next, file)
}
