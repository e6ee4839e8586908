import type { Author, Begun } from '@wardline/product/team/conversations/client'
import type { DeviceStore } from '@wardline/product/team/devices/client'
import { Stop } from '@wardline/product/team/devices/client'
import type { Outgoing, OutboxFile } from './outgoing.ts'

/** Conversations that the server may not have yet. Only the bytes that were made first are ever sent. */
export interface BegunConversations {
  /** Sends a new conversation; asked again, the same one. Resolves to where it is. Throws Stop. */
  begin(conversation: string, make: () => Promise<Begun>): Promise<string>
  /** Sends what was never answered; its messages wait for it. */
  finish(): Promise<void>
}

const passing = new Set(['unreachable', 'signed-out', 'unavailable', 'internal', 'not-recorded', 'too-many', 'disk-full'])

/** The new conversations that are kept in the store. */
export function openBegun(parts: {
  readonly store: DeviceStore
  readonly author: Author
  readonly file: OutboxFile
  readonly changed: (it: Outgoing) => void
}): BegunConversations {
  const { store, author, file, changed } = parts
  const forget = (conversation: string): Promise<void> => store.write({ remove: [['begun', conversation]] })

  async function send(it: Begun): Promise<string> {
    try {
      const { info } = await author.sendBegun(it)
      await forget(it.conversation)
      for (const entry of file.of(it.conversation)) await file.change(entry, { conversation: info.conversation })
      return info.conversation
    } catch (thrown) {
      // Refused for good: nothing of it was stored, and who asks again gets a new one.
      if (thrown instanceof Stop && !passing.has(thrown.code)) await forget(it.conversation)
      throw thrown
    }
  }

  return {
    async begin(conversation, make) {
      const before = (await store.get(['begun', conversation])) as Begun | undefined
      const it = before ?? (await make())
      if (!before) await store.write({ put: [[['begun', conversation], it]] })
      return send(it)
    },
    async finish() {
      for (const { value } of await store.list(['begun'])) {
        const it = value as Begun
        try {
          await send(it)
        } catch (thrown) {
          if (!(thrown instanceof Stop)) throw thrown
          if (passing.has(thrown.code)) continue
          for (const entry of file.of(it.conversation)) changed(await file.change(entry, { state: 'not-sent', code: 'bad-epoch' }))
        }
      }
    },
  }
}
