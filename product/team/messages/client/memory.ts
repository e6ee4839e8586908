import { client } from '@wardline/platform/contract'
import type { Fetch } from '@wardline/platform/contract'
import type { Batch, Call, DeviceStore, Entry, Key, Range } from '@wardline/product/team/devices/client'
import { StoreFenced } from '@wardline/product/team/devices/client'
import type { Socket, SocketEvents, TeamPorts, WriterLock } from './ports.ts'

/** A device's store in memory, for tests, programs and benchmarks: what is put into it is copied, as IndexedDB does. */
export interface MemoryStore extends DeviceStore {
  /** A copy as it is now: a backup of the device, or what a killed tab leaves behind. */
  copy(): MemoryStore
}

const rank = (part: string | number): number => (typeof part === 'number' ? 0 : 1)
const compareParts = (a: string | number, b: string | number): number => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0)
const compareKeys = (a: Key, b: Key): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareParts(a[i] ?? '', b[i] ?? '')
    if (order !== 0) return order
  }
  return a.length - b.length
}
const beginsWith = (key: Key, under: Key): boolean => under.every((part, i) => key[i] === part)
const nameOf = (key: Key): string => JSON.stringify(key)

/** Entries by prefix of their first two parts, so that a thread is read without looking at all others. */
export function memoryStore(from: readonly Entry[] = []): MemoryStore {
  const shelves = new Map<string, Map<string, Entry>>()
  const shelfOf = (key: Key): string => nameOf(key.slice(0, 2))
  const put = (key: Key, value: unknown): void => {
    const name = shelfOf(key)
    const shelf = shelves.get(name) ?? new Map<string, Entry>()
    shelves.set(name, shelf)
    shelf.set(nameOf(key), { key, value })
  }
  const all = (under: Key): Entry[] => {
    const exact = under.length >= 2 ? [shelves.get(shelfOf(under))] : [...shelves.values()]
    return exact.flatMap((shelf) => (shelf ? [...shelf.values()].filter((it) => beginsWith(it.key, under)) : []))
  }
  const find = (key: Key): Entry | undefined => shelves.get(shelfOf(key))?.get(nameOf(key))
  for (const it of from) put(it.key, it.value)

  return {
    get: async (key) => structuredClone(find(key)?.value),
    async list(under, range: Range = {}) {
      const { after, before, newest, oldest } = range
      const at = (it: Entry) => it.key[under.length]
      const follows = (it: Entry, part: string | number) => compareParts(at(it) ?? '', part)
      const found = all(under)
        .filter((it) => after === undefined || (at(it) !== undefined && follows(it, after) > 0))
        .filter((it) => before === undefined || at(it) === undefined || follows(it, before) < 0)
        .sort((a, b) => compareKeys(a.key, b.key))
      const some = newest !== undefined ? found.slice(-newest) : oldest !== undefined ? found.slice(0, oldest) : found
      return some.map((it) => ({ key: it.key, value: structuredClone(it.value) }))
    },
    async write({ put: puts = [], remove = [], removeUnder = [], only }: Batch) {
      if (only && find(only[0])?.value !== only[1]) throw new StoreFenced('another writer has this store')
      const copies = puts.map(([key, value]) => [key, structuredClone(value)] as const)
      for (const under of removeUnder) for (const it of all(under)) shelves.get(shelfOf(it.key))?.delete(nameOf(it.key))
      for (const key of remove) shelves.get(shelfOf(key))?.delete(nameOf(key))
      for (const [key, value] of copies) put(key, value)
    },
    close() {},
    copy: () => memoryStore(all([]).map((it) => ({ key: it.key, value: structuredClone(it.value) }))),
  }
}

/** The device's lock within one process: engines on one store take turns. */
export function memoryLock(): WriterLock {
  let held: Promise<void> = Promise.resolve()
  let holders = 0
  return {
    async acquire(waiting) {
      if (holders > 0) waiting()
      holders += 1
      const before = held
      let giveBack = (): void => {}
      held = new Promise((resolve) => {
        giveBack = resolve
      })
      await before
      return () => {
        holders -= 1
        giveBack()
      }
    },
  }
}

/** `fetch` that gives up after 30 s: a request that never ends would hold up all that wait behind it. */
export const fetchWithLimit: Fetch = (url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(30_000) } as RequestInit)

/** A session at a server, reached without a browser. */
export interface DirectSession {
  /** `http://127.0.0.1:8420`. */
  readonly url: string
  /** The session's cookie, `wl=…`. */
  readonly cookie: string
}

/** Calls and a live connection of a session: what a browser does by itself with cookie and origin is done here by hand. */
export function directSession({ url, cookie }: DirectSession): { readonly call: Call; readonly openSocket: TeamPorts['openSocket'] } {
  const headers = { cookie, origin: url }
  const call = client(fetchWithLimit, url, () => headers)
  const openSocket = (events: SocketEvents): Socket => {
    // Node's WebSocket takes headers, which a browser's does not.
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/v1/live`, { headers } as unknown as string[])
    return followSocket(socket, events)
  }
  return { call, openSocket }
}

/** Ties a WebSocket to the engine's events. */
export function followSocket(socket: WebSocket, events: SocketEvents): Socket {
  let told = false
  const closed = (code: number): void => {
    if (told) return
    told = true
    events.closed(code)
  }
  socket.onmessage = (event) => events.frame(String(event.data))
  socket.onclose = (event) => closed(event.code)
  socket.onerror = () => {}
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close: () => socket.close(),
  }
}
