/** Names a stored thing; the parts sort as IndexedDB sorts arrays: numbers before texts, shorter before longer. */
export type Key = readonly (string | number)[]

/** A stored thing: whatever the structured clone algorithm copies, non-extractable CryptoKeys included. */
export interface Entry {
  readonly key: Key
  readonly value: unknown
}

/** Changes that happen together or not at all. `only`: nothing happens unless this value stands there now (throws `StoreFenced`). */
export interface Batch {
  readonly put?: readonly (readonly [Key, unknown])[]
  readonly remove?: readonly Key[]
  /** Everything whose key begins so. */
  readonly removeUnder?: readonly Key[]
  readonly only?: readonly [Key, string | number | undefined]
}

/** Bounds on the part that follows `under`; `newest` and `oldest`: at most so many, taken from the end or the beginning. */
export interface Range {
  readonly after?: string | number
  readonly before?: string | number
  readonly newest?: number
  readonly oldest?: number
}

/** What a device keeps. A write is on disk when its promise resolves (strict durability), and readers see all of it or nothing. */
export interface DeviceStore {
  get(key: Key): Promise<unknown>
  /** Entries whose key begins with `under`, in the order of their keys. */
  list(under: Key, range?: Range): Promise<readonly Entry[]>
  write(batch: Batch): Promise<void>
  close(): void
}

/** Another writer has taken the store over: whoever gets this stops at once. */
export class StoreFenced extends Error {
  override readonly name = 'StoreFenced'
}

/** Under this key stands whose turn it is to write. */
export const TERM: Key = ['term']

/**
 * The same store for one writer: it writes a term of its own and refuses to write once somebody else has begun a later one. The device's
 * lock should never let that happen; where a browser loses a lock, this keeps two tabs from continuing one sender chain.
 */
export async function claim(store: DeviceStore): Promise<DeviceStore> {
  const before = await store.get(TERM)
  const term = (typeof before === 'number' ? before : 0) + 1
  await store.write({ put: [[TERM, term]], only: [TERM, typeof before === 'number' ? before : undefined] })
  return { ...store, write: (batch) => store.write({ ...batch, only: [TERM, term] }) }
}
