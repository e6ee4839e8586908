/** A device's engine of somebody who is signed in, for scenarios. */
import { client } from '@wardline/platform/contract'
import type { Fetch } from '@wardline/platform/contract'
import { createTeamEngine, followSocket, memoryLock, memoryStore, newUuid, routine } from '@wardline/product/team/messages/client'
import type { MessageView, TeamEngine } from '@wardline/product/team/messages/client'

/** Where a device connects, and as whom. `origin`: the server's own address, where a proxy stands between. */
export interface Connecting {
  readonly url: string
  readonly origin: string
  readonly cookie: string
  readonly person: string
}

/** A started engine with its keys in memory. */
export async function openDevice({ url, origin, cookie, person }: Connecting): Promise<TeamEngine> {
  const headers = { cookie, origin }
  const engine = createTeamEngine({
    person,
    call: client(fetch as Fetch, url, () => headers),
    openSocket: (events) =>
      followSocket(new WebSocket(`${url.replace(/^http/, 'ws')}/api/v1/live`, { headers } as unknown as string[]), events),
    store: memoryStore(),
    lock: memoryLock(),
    now: Date.now,
    later(ms, run) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
  })
  await engine.start()
  return engine
}

/** The text of a message, with a dispute's reason before it; what is no text in brackets. */
export const gist = ({ content }: MessageView): string =>
  content.is === 'text' ? content.text : content.is === 'disputed' ? `[${content.reason}] ${content.text}` : `[${content.is}]`

/** The newest texts of a thread, in order. */
export async function textsOf(engine: TeamEngine, conversation: string): Promise<readonly string[]> {
  const page = await engine.messages(conversation)
  return page.ok ? page.value.messages.map(gist) : []
}

/** Writes a text and waits until the server has it. */
export async function say(engine: TeamEngine, conversation: string, text: string): Promise<void> {
  const put = await engine.send(conversation, { id: newUuid(), body: { kind: 'text', text }, flags: routine })
  if (!put.ok) throw new Error(put.code)
  await eventually('the outbox is empty', async () => (await engine.state()).waiting === 0)
}

/** Waits until something is so, looking every few milliseconds; fails after `seconds` and says what was awaited. */
export async function eventually<T>(what: string, look: () => Promise<T | null | undefined | false>, seconds = 20): Promise<T> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > end) throw new Error(`Awaited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The bytes of base32 without padding (RFC 4648), as an authenticator's key is written. */
export function fromBase32(text: string): Buffer {
  const bits = [...text].map((it) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(it).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((it) => Number.parseInt(it, 2)))
}
