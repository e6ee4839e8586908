import type { Bytes } from '@wardline/crypto'
import type { Authored } from '@wardline/product/team/conversations/client'
import type { DeviceStore, Key } from '@wardline/product/team/devices/client'
import type { NewFlags, NotSentCode } from './types.ts'

/** A message on its way out, as it is kept. `order` is its place in the outbox. */
export interface Outgoing {
  readonly order: number
  readonly id: string
  readonly conversation: string
  /** What the person wrote, under the device's own key. */
  readonly text: Bytes
  readonly flags: NewFlags
  /** Device's clock, ms. */
  readonly at: number
  /** The bytes that are sent, and sent again, until the server refuses them. `seals`: my recipient seals, where the author's are wrong. */
  readonly sealed: { readonly bytes: Bytes; readonly hash: Bytes; readonly n: number; readonly seals: Bytes | null } | null
  /** An epoch that goes with it. */
  readonly epoch: Authored | null
  readonly state: 'waiting' | 'stored' | 'not-sent'
  readonly code: NotSentCode | null
  /** Where it was stored. */
  readonly place: { readonly sequence: number; readonly at: number } | null
}

/** The last envelope of a device here that it knows to be stored. A store may outlive its device: a revoked one is enrolled anew as another. */
export interface SenderHead {
  readonly device: string
  readonly hash: Bytes
  readonly sequence: number
}

/** The outbox as it lies in the store, in memory besides. Memory changes once the store has. */
export interface OutboxFile {
  load(): Promise<void>
  all(): readonly Outgoing[]
  of(conversation: string): readonly Outgoing[]
  find(id: string): Outgoing | undefined
  /** The key that goes when its message is kept. */
  keyOf(it: Outgoing): Key
  add(it: Omit<Outgoing, 'order' | 'sealed' | 'epoch' | 'state' | 'code' | 'place'>): Promise<Outgoing>
  change(it: Outgoing, change: Partial<Outgoing>, head?: SenderHead): Promise<Outgoing>
  /** The store has dropped it already. */
  gone(it: Outgoing): void
  remove(it: Outgoing): Promise<void>
  head(conversation: string, device: string): Promise<SenderHead | null>
}

/** The outbox that is kept in the store. */
export function openOutboxFile(store: DeviceStore): OutboxFile {
  const entries = new Map<string, Outgoing>()
  let last = 0
  const keyOf = (it: Outgoing): Key => ['outbox', it.order]
  const headKey = (conversation: string, device: string): Key => ['sender', conversation, device]
  const inOrder = (): readonly Outgoing[] => [...entries.values()].sort((a, b) => a.order - b.order)

  return {
    async load() {
      for (const { value } of await store.list(['outbox'])) {
        const it = value as Outgoing
        entries.set(it.id, it)
        last = Math.max(last, it.order)
      }
    },
    all: inOrder,
    of: (conversation) => inOrder().filter((it) => it.conversation === conversation),
    find: (id) => entries.get(id),
    keyOf,
    async add(it) {
      last += 1
      const made: Outgoing = { ...it, order: last, sealed: null, epoch: null, state: 'waiting', code: null, place: null }
      await store.write({ put: [[keyOf(made), made]] })
      entries.set(made.id, made)
      return made
    },
    async change(it, change, head) {
      const moved = change.order === undefined ? {} : { remove: [keyOf(it)] }
      if (change.order !== undefined) last = Math.max(last, change.order)
      const next = { ...it, ...change }
      const heads = head ? ([[headKey(it.conversation, head.device), head]] as const) : []
      await store.write({ ...moved, put: [[keyOf(next), next], ...heads] })
      entries.set(next.id, next)
      return next
    },
    gone: (it) => void entries.delete(it.id),
    async remove(it) {
      await store.write({ remove: [keyOf(it)] })
      entries.delete(it.id)
    },
    head: async (conversation, device) => ((await store.get(headKey(conversation, device))) as SenderHead | undefined) ?? null,
  }
}
