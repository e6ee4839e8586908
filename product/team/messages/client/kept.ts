import { toHex } from '@wardline/crypto'
import type { Bytes, Head } from '@wardline/crypto'
import type { DeviceStore, Key } from '@wardline/product/team/devices/client'
import type { DisputeReason } from './types.ts'

/** A received message as it is kept: sealed. It is opened each time it is shown; no plaintext is stored. */
export interface KeptMessage {
  readonly conversation: string
  readonly sequence: number
  /** The sender's message id, or one made of the place for what cannot be read. */
  readonly id: string
  readonly epoch: number
  readonly person: string
  readonly device: string
  readonly at: number
  /** Null once it was erased. */
  readonly envelope: Bytes | null
  /** What was found when it came; `damaged`: not even an envelope of this conversation. */
  readonly found: DisputeReason | 'damaged' | null
}

/** Where text that is being written is kept, sealed. */
export const draftKey = (conversation: string) => ['draft', conversation] as const

/** Which part of a conversation is here: all that the server gave of `from` to `have`. `holes`: places that it left out. */
export interface Cursor {
  readonly from: number
  readonly have: number
  readonly holes: readonly { readonly from: number; readonly to: number }[]
  /** The newest epoch of a message up to `have`. */
  readonly epoch: number
  /** Epochs up to this one had their chain heads looked for. */
  readonly headsChecked: number
}

/** The known stretch of one device's chain: what its first link follows, and its newest link. */
export interface Chain {
  readonly device: string
  readonly before: Bytes
  readonly head: Bytes
  readonly sequence: number
}

/** A link that a verified message adds to its device's chain. */
export interface NewLink {
  readonly device: string
  readonly hash: Bytes
  readonly prev: Bytes
  readonly msgId: string
}

export const emptyCursor: Cursor = { from: 0, have: 0, holes: [], epoch: 0, headsChecked: 0 }

/** The messages of a device, on its store. One writer a conversation at a time. */
export interface Kept {
  cursor(conversation: string): Promise<Cursor>
  chains(conversation: string): Promise<ReadonlyMap<string, Chain>>
  /** The newest envelope of each device, as epochs carry it. */
  heads(conversation: string): Promise<readonly Head[]>
  /**
   * Adds messages at the end or, with `above`, before the first; together with whatever else must change at that moment. They are in the
   * store after `flush`, all in one write.
   */
  add(
    conversation: string,
    it: {
      readonly message: KeptMessage
      readonly link: NewLink | null
      /** The hash of an envelope that adds no link and is here all the same. */
      readonly hash?: Bytes | null
      readonly cursor: Cursor
      readonly above?: boolean
      readonly remove?: readonly Key[]
    },
  ): Promise<void>
  flush(conversation: string): Promise<void>
  moveCursor(conversation: string, cursor: Cursor): Promise<void>
  /** The server has nothing above what is here for me. */
  markBeginning(conversation: string): Promise<void>
  /** Where a message of this device and id stands, if it came before. */
  placeOf(conversation: string, device: string, msgId: string): Promise<number | undefined>
  /** Where the envelope of this hash stands. */
  placeOfHash(conversation: string, hash: Bytes): Promise<number | undefined>
  at(conversation: string, sequence: number): Promise<KeptMessage | undefined>
  /** The newest messages before a sequence, oldest first. */
  page(conversation: string, before: number, limit: number): Promise<readonly KeptMessage[]>
  /** The oldest messages after a sequence, oldest first. */
  after(conversation: string, sequence: number, limit: number): Promise<readonly KeptMessage[]>
  /** Drops what is older than a moment, ms; ids stay, so that a replay is known. */
  prune(conversation: string, olderThan: number): Promise<void>
}

const keys = {
  message: (conversation: string, sequence: number): Key => ['message', conversation, sequence],
  cursor: (conversation: string): Key => ['cursor', conversation],
  chain: (conversation: string, device: string): Key => ['chain', conversation, device],
  seen: (conversation: string, device: string, msgId: string): Key => ['seen', conversation, device, msgId],
  hash: (conversation: string, hash: Bytes): Key => ['hash', conversation, toHex(hash)],
}

/** The messages that are kept in the store. */
export function openKept(store: DeviceStore): Kept {
  const cursors = new Map<string, Cursor>()
  const chainsOf = new Map<string, Map<string, Chain>>()
  const pending = new Map<string, { readonly put: Map<string, readonly [Key, unknown]>; readonly remove: Key[] }>()
  const nameOf = (key: Key): string => key.join(' ')
  /** What waits to be written counts as written for whoever writes next. */
  const get = async (conversation: string, key: Key): Promise<unknown> =>
    pending.get(conversation)?.put.get(nameOf(key))?.[1] ?? (await store.get(key))

  async function cursor(conversation: string): Promise<Cursor> {
    const known = cursors.get(conversation) ?? ((await store.get(keys.cursor(conversation))) as Cursor | undefined) ?? emptyCursor
    cursors.set(conversation, known)
    return known
  }
  async function chains(conversation: string): Promise<Map<string, Chain>> {
    const known = chainsOf.get(conversation)
    if (known) return known
    const rows = (await store.list(['chain', conversation])).map((it) => it.value as Chain)
    const made = new Map(rows.map((it) => [it.device, it]))
    chainsOf.set(conversation, made)
    return made
  }
  const list = async (conversation: string, range: Parameters<DeviceStore['list']>[1]) =>
    (await store.list(['message', conversation], range)).map((it) => it.value as KeptMessage)

  return {
    cursor,
    chains,
    heads: async (conversation) => [...(await chains(conversation)).values()].map(({ device, head }) => ({ device, envelope: head })),
    async add(conversation, { message, link, hash = null, cursor: moved, above = false, remove = [] }) {
      const known = await chains(conversation)
      const before = link ? known.get(link.device) : undefined
      const chain = link ? grown(before, link, message.sequence, above) : null
      const batch = pending.get(conversation) ?? { put: new Map<string, readonly [Key, unknown]>(), remove: [] }
      pending.set(conversation, batch)
      const put = (key: Key, value: unknown): void => void batch.put.set(nameOf(key), [key, value])
      put(keys.message(conversation, message.sequence), message)
      put(keys.cursor(conversation), moved)
      if (link) put(keys.seen(conversation, link.device, link.msgId), message.sequence)
      const here = link?.hash ?? hash
      if (here) put(keys.hash(conversation, here), message.sequence)
      if (chain) put(keys.chain(conversation, chain.device), chain)
      batch.remove.push(...remove)
      cursors.set(conversation, moved)
      if (chain) known.set(chain.device, chain)
    },
    async flush(conversation) {
      const batch = pending.get(conversation)
      if (!batch) return
      pending.delete(conversation)
      try {
        await store.write({ put: [...batch.put.values()], remove: batch.remove })
      } catch (thrown) {
        // Memory must not run ahead of the disk.
        cursors.delete(conversation)
        chainsOf.delete(conversation)
        throw thrown
      }
    },
    async moveCursor(conversation, moved) {
      await store.write({ put: [[keys.cursor(conversation), moved]] })
      cursors.set(conversation, moved)
    },
    async markBeginning(conversation) {
      const now = await cursor(conversation)
      if (now.from <= 1) return
      const moved: Cursor = { ...now, from: 1, holes: [{ from: 1, to: now.from - 1 }, ...now.holes] }
      await store.write({ put: [[keys.cursor(conversation), moved]] })
      cursors.set(conversation, moved)
    },
    placeOf: async (conversation, device, msgId) => (await get(conversation, keys.seen(conversation, device, msgId))) as number | undefined,
    placeOfHash: async (conversation, hash) => (await get(conversation, keys.hash(conversation, hash))) as number | undefined,
    at: async (conversation, sequence) => (await store.get(keys.message(conversation, sequence))) as KeptMessage | undefined,
    page: (conversation, before, limit) => list(conversation, { before, newest: limit }),
    after: (conversation, sequence, limit) => list(conversation, { after: sequence, oldest: limit }),
    async prune(conversation, olderThan) {
      for (;;) {
        const now = await cursor(conversation)
        const some = await list(conversation, { oldest: 200 })
        const old = some.filter((it) => it.at < olderThan && it.sequence < now.have)
        const last = old.at(-1)
        if (!last) return
        const moved = { ...now, from: last.sequence + 1, holes: now.holes.filter((it) => it.to > last.sequence) }
        const remove = old.map((it) => keys.message(conversation, it.sequence))
        await store.write({ put: [[keys.cursor(conversation), moved]], remove })
        cursors.set(conversation, moved)
        if (old.length < some.length) return
      }
    },
  }
}

function grown(before: Chain | undefined, link: NewLink, sequence: number, above: boolean): Chain {
  if (!before) return { device: link.device, before: link.prev, head: link.hash, sequence }
  return above ? { ...before, before: link.prev } : { ...before, head: link.hash, sequence }
}
