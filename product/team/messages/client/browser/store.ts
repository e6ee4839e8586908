import { deleteDB, openDB } from 'idb'
import type { DeviceStore, Entry, Key, Range } from '@wardline/product/team/devices/client'
import { StoreFenced } from '@wardline/product/team/devices/client'

const NAME = 'kept'

/** Keys are arrays; every array sorts behind every number and text, so `[]` ends a prefix. */
function rangeOf(under: Key, { after, before }: Range): IDBKeyRange {
  const lower = after === undefined ? [...under] : [...under, after, []]
  const upper = before === undefined ? [...under, []] : [...under, before]
  return IDBKeyRange.bound(lower, upper, after !== undefined, true)
}

/**
 * A device's store in IndexedDB, under a name of its own for each person. Every write is one transaction with strict durability: it is on
 * the disk, not only in the system's cache, when its promise resolves.
 */
export async function openBrowserStore(name: string): Promise<DeviceStore> {
  const db = await openDB(name, 1, {
    upgrade: (made) => void made.createObjectStore(NAME),
    // Whoever deletes it does so once nothing in it is needed, and must not wait for a window that only looks.
    blocking: (_from, _to, { target }) => (target as IDBDatabase).close(),
  })
  return {
    get: (key) => db.get(NAME, [...key]),
    async list(under, range = {}) {
      const keys = rangeOf(under, range)
      const store = db.transaction(NAME, 'readonly').store
      if (range.newest === undefined) {
        const [names, values] = await Promise.all([store.getAllKeys(keys, range.oldest), store.getAll(keys, range.oldest)])
        return names.map((key, i): Entry => ({ key: key as (string | number)[], value: values[i] as unknown }))
      }
      const found: Entry[] = []
      let cursor = await store.openCursor(keys, 'prev')
      while (cursor && found.length < range.newest) {
        found.push({ key: cursor.key as (string | number)[], value: cursor.value as unknown })
        cursor = await cursor.continue()
      }
      return found.toReversed()
    },
    async write({ put = [], remove = [], removeUnder = [], only }) {
      const tx = db.transaction(NAME, 'readwrite', { durability: 'strict' })
      if (only && (await tx.store.get([...only[0]])) !== only[1]) {
        tx.abort()
        await tx.done.catch(() => undefined)
        throw new StoreFenced('another writer has this store')
      }
      const asked = [
        ...removeUnder.map((under) => tx.store.delete(rangeOf(under, {}))),
        ...remove.map((key) => tx.store.delete([...key])),
        ...put.map(([key, value]) => tx.store.put(value, [...key])),
      ]
      await Promise.all([...asked, tx.done])
    },
    close: () => db.close(),
  }
}

/** Deletes the store of this name as a whole, its name too. */
export const deleteBrowserStore = (name: string): Promise<void> => deleteDB(name)
