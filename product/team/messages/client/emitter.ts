import type { Room, Rooms } from '@wardline/product/team/conversations/client'
import { serial } from '@wardline/product/team/devices/client'
import type { KeptMessage } from './kept.ts'
import type { Outgoing } from './outgoing.ts'
import type { Receipts } from './receipts.ts'
import type { TeamChange } from './types.ts'
import type { Views } from './views.ts'

/** Tells screens what has changed. What changes often within a moment is told once, as it is then. */
export interface Emitter {
  conversation(id: string): void
  message(it: KeptMessage): void
  outgoing(it: Outgoing): void
  receipts(conversation: string): void
  /** Resolves once everything up to now was told. */
  settled(): Promise<void>
}

/** An emitter to `hear`. */
export function openEmitter(parts: {
  readonly rooms: Pick<Rooms, 'find'>
  readonly views: Views
  readonly receipts: Pick<Receipts, 'known'>
  readonly find: (id: string) => Outgoing | undefined
  readonly hear: (change: TeamChange) => void
  readonly failed: (thrown: unknown) => void
}): Emitter {
  const { rooms, views, receipts, find, hear, failed } = parts
  const conversations = new Set<string>()
  const messages = new Map<string, () => Promise<TeamChange | null>>()
  const marks = new Set<string>()
  const inTurn = serial()
  let last: Promise<void> = Promise.resolve()
  let planned = false

  const takeAll = <T>(set: Set<T>): readonly T[] => {
    const all = [...set]
    set.clear()
    return all
  }

  async function flush(): Promise<void> {
    planned = false
    const told = [...messages.values()]
    messages.clear()
    for (const make of told) {
      const change = await make()
      if (change) hear(change)
    }
    for (const conversation of takeAll(marks)) hear({ t: 'receipts', conversation, receipts: receipts.known(conversation) })
    for (const id of takeAll(conversations)) {
      const room: Room | undefined = rooms.find(id)
      hear(room ? { t: 'conversation', conversation: await views.conversation(room) } : { t: 'conversation-gone', conversation: id })
    }
  }
  function plan(): void {
    if (planned) return
    planned = true
    last = inTurn(flush).catch(failed)
  }

  return {
    conversation(id) {
      conversations.add(id)
      plan()
    },
    message(it) {
      messages.set(it.id, async () => ({ t: 'message', message: await views.message(it) }))
      conversations.add(it.conversation)
      plan()
    },
    outgoing(it) {
      // Told as it is when its turn comes; once it is kept, the kept message is told instead.
      messages.set(it.id, async () => {
        const now = find(it.id)
        return now ? { t: 'message', message: await views.outgoing(now) } : null
      })
      conversations.add(it.conversation)
      plan()
    },
    receipts(conversation) {
      marks.add(conversation)
      plan()
    },
    async settled() {
      for (let waited: Promise<void> | null = null; waited !== last;) {
        waited = last
        await waited
      }
    },
  }
}
