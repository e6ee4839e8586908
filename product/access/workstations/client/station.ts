import { newBoxKey } from '@wardline/crypto'
import type { BoxKey } from '@wardline/crypto'
import { openDB } from 'idb'

// What a browser keeps as a shared workstation: a key of its own that no script can read out, and sealed texts that found no way to the server.
// Both are the workstation's; the sealed texts open with a half of a key that only the server gives, to their person.

const NAME = 'workstation'
const KEPT = 'kept'
const KEY = 'key'

const open = () => openDB(NAME, 1, { upgrade: (made) => void made.createObjectStore(KEPT) })

async function use<T>(work: (db: Awaited<ReturnType<typeof open>>) => Promise<T>): Promise<T> {
  const db = await open()
  try {
    return await work(db)
  } finally {
    db.close()
  }
}

/** A new key of this workstation, not kept yet. */
export const newStationKey = (): Promise<BoxKey> => newBoxKey()

/** Keeps the workstation's key. */
export const keepStationKey = (key: BoxKey): Promise<void> => use(async (db) => void (await db.put(KEPT, key, KEY)))

/** The workstation's key; undefined where this browser is none, or lost it. */
export const stationKey = (): Promise<BoxKey | undefined> => use(async (db) => (await db.get(KEPT, KEY)) as BoxKey | undefined)

/** A text that could not be sent, sealed under each key that may be its person's when they come back, and the version that it follows. */
export interface Owed {
  readonly version: number
  /** What was sent before it and not answered: where the server has exactly that, it follows it. */
  readonly sent: string | null
  readonly sealed: readonly Uint8Array<ArrayBuffer>[]
}

/** What was left here by a person while the server could not be reached. */
export const owedOf = (person: string): Promise<Owed | undefined> =>
  use(async (db) => (await db.get(KEPT, `owed ${person}`)) as Owed | undefined)

/** Keeps it until they come back here. */
export const keepOwed = (person: string, owed: Owed): Promise<void> => use(async (db) => void (await db.put(KEPT, owed, `owed ${person}`)))

/** It is at the server now. */
export const dropOwed = (person: string): Promise<void> => use((db) => db.delete(KEPT, `owed ${person}`))

/** The identity key that this workstation knows as a person's: whatever the server says later must follow from it. */
export const identityHere = (person: string): Promise<Uint8Array<ArrayBuffer> | null> =>
  use(async (db) => ((await db.get(KEPT, `identity ${person}`)) as Uint8Array<ArrayBuffer> | undefined) ?? null)

/** Keeps it: the person's own, or one that follows from it. */
export const pinIdentity = (person: string, key: Uint8Array<ArrayBuffer>): Promise<void> =>
  use(async (db) => void (await db.put(KEPT, key, `identity ${person}`)))

/** Deletes every other database of this origin: nobody's device stays on a shared workstation. */
export async function deleteOthers(): Promise<void> {
  for (const { name } of await indexedDB.databases()) if (name !== undefined && name !== NAME) indexedDB.deleteDatabase(name)
}

/** This browser is no workstation any more. */
export const forgetStation = (): void => void indexedDB.deleteDatabase(NAME)
