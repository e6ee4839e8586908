import { StoreFenced } from '@wardline/product/team/devices/client'
import type { Entry, Key } from '@wardline/product/team/devices/client'
import type { MemoryStore } from '@wardline/product/team/messages/client'

const rank = (part: string | number): number => (typeof part === 'number' ? 0 : 1)
const compare = (a: string | number, b: string | number): number => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0)
const compareKeys = (a: Key, b: Key): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compare(a[i]!, b[i]!)
    if (order !== 0) return order
  }
  return a.length - b.length
}
const nameOf = (key: Key): string => key.join('\u0000')

/**
 * A device's store for simulation. What is put into it is copied, what is read is not: the engine changes nothing that it has read, and thousands of
 * runs read much. Copies share what lies in them.
 */
export function simStore(from: readonly Entry[] = []): MemoryStore {
  const shelves = new Map<string, Map<string, Entry>>()
  const shelf = (key: Key): Map<string, Entry> => {
    const name = String(key[0])
    const found = shelves.get(name) ?? new Map<string, Entry>()
    shelves.set(name, found)
    return found
  }
  const all = (under: Key): Entry[] => {
    const some = under.length > 0 ? [shelf(under)] : [...shelves.values()]
    const found: Entry[] = []
    for (const it of some) for (const entry of it.values()) if (under.every((part, i) => entry.key[i] === part)) found.push(entry)
    return found
  }
  const find = (key: Key): unknown => shelf(key).get(nameOf(key))?.value
  for (const it of from) shelf(it.key).set(nameOf(it.key), it)
  return {
    get: (key) => Promise.resolve(find(key)),
    list(under, { after, before, newest, oldest } = {}) {
      const part = (it: Entry) => it.key[under.length]
      const found = all(under)
        .filter((it) => after === undefined || (part(it) !== undefined && compare(part(it)!, after) > 0))
        .filter((it) => before === undefined || part(it) === undefined || compare(part(it)!, before) < 0)
        .sort((a, b) => compareKeys(a.key, b.key))
      return Promise.resolve(newest !== undefined ? found.slice(-newest) : oldest !== undefined ? found.slice(0, oldest) : found)
    },
    write({ put = [], remove = [], removeUnder = [], only }) {
      if (only && find(only[0]) !== only[1]) return Promise.reject(new StoreFenced('another writer has this store'))
      for (const under of removeUnder) for (const it of all(under)) shelf(it.key).delete(nameOf(it.key))
      for (const key of remove) shelf(key).delete(nameOf(key))
      for (const [key, value] of put) shelf(key).set(nameOf(key), { key, value: structuredClone(value) })
      return Promise.resolve()
    },
    close() {},
    copy: () => simStore(all([])),
  }
}
