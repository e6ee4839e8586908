import { command } from '@wardline/platform/server'
import type { LiveDigest, LiveFrame, LiveSocket, Services } from '@wardline/platform/server'
import type { Static } from '@wardline/platform/contract'
import { topicOf } from '@wardline/product/team/conversations/server'
import { ReceiptFrame, SendFrame, SyncFrame } from '@wardline/product/team/messages/contract'
import { digestsOf } from './queries.ts'
import { readRest } from './read.ts'
import { reportsOf } from './receipts.ts'
import { send } from './send.ts'

/**
 * What frames cost of a window's share, where a message costs 1. An epoch is a transaction of its own and some signatures; a sync reads
 * pages of messages.
 */
const costs = { epoch: 64, sync: 16 } as const
const costOf = (frame: Static<typeof SendFrame>): number => (frame.epoch === undefined && frame.seals === undefined ? 1 : costs.epoch)

/** `send`: answered by `ack` once it is stored, or by `refused`. */
export const sendCommand = command({
  t: 'send',
  takes: SendFrame,
  cost: costOf,
  run(services, socket, frame) {
    const { id } = frame
    const cost = costOf(frame)
    socket.begin(cost)
    send(services, socket.caller, frame, socket, (answer) => {
      socket.finish(cost)
      if (!answer.ok) return socket.send({ t: 'refused', id, ...answer.refused })
      const { sequence, hash, at, known } = answer.value
      socket.send({ t: 'ack', id, conversation: answer.conversation, sequence, hash, at, ...(known ? { known } : undefined) })
    })
  },
})

const messagesPerFrame = 100
/** Syncs of one window that wait for the one before; a client of ours asks one after another. */
const mostSyncs = 8
const syncs = new WeakMap<LiveSocket, { count: number; last: Promise<void> }>()

/** `sync`: answered by `rest` frames and one `synced`. */
export const syncCommand = command({
  t: 'sync',
  takes: SyncFrame,
  cost: () => costs.sync,
  async run(services, socket, { id, have }) {
    if (socket.caller.device === null) return socket.send({ t: 'refused', id, code: 'not-a-device' })
    const conversations = new Set(have.map((it) => it.conversation))
    if (conversations.size !== have.length) return socket.send({ t: 'refused', id, code: 'bad-request', field: 'have' })
    const line = syncs.get(socket) ?? { count: 0, last: Promise.resolve() }
    if (line.count >= mostSyncs) return socket.send({ t: 'refused', id, code: 'too-many' })
    syncs.set(socket, line)
    line.count += 1
    line.last = line.last.then(() => sync(services, socket, id, have)).finally(() => (line.count -= 1))
    return line.last
  },
})

async function sync(
  services: Services,
  socket: LiveSocket,
  id: string,
  have: readonly { readonly conversation: string; readonly sequence: number }[],
): Promise<void> {
  try {
    const { messages, ends, more } = await readRest(services, socket.caller, have)
    for (let i = 0; i < messages.length; i += messagesPerFrame)
      socket.send({ t: 'rest', id, messages: messages.slice(i, i + messagesPerFrame) })
    socket.send({ t: 'synced', id, conversations: ends, more })
  } catch (thrown) {
    services.log.error('messages.sync-failed', {}, thrown)
    socket.send({ t: 'refused', id, code: 'unavailable' })
  }
}

/** `receipt`: a watermark, stored by the next sweep. Nothing answers it. Of a conversation that the window does not hear, none is kept. */
export const receiptCommand = command({
  t: 'receipt',
  takes: ReceiptFrame,
  run(services, socket, { conversation, delivered, shown }) {
    const { org, person, device } = socket.caller
    if (device !== null && socket.hears(topicOf(org, conversation)))
      reportsOf(services).add({ org, conversation, device, person, delivered, shown })
  },
})

/** The heartbeat's figures: a device whose own differ pulls what it lacks. */
export const digest: LiveDigest = {
  connected: () => Promise.resolve(),
  async beat(services: Services, sockets: readonly LiveSocket[]) {
    const frames = new Map<LiveSocket, LiveFrame>()
    const byOrg = Map.groupBy(
      sockets.filter((it) => it.caller.device !== null),
      (it) => it.caller.org,
    )
    for (const [org, mine] of byOrg) {
      const people = [...new Set(mine.map((it) => it.caller.person))]
      const digests = new Map((await services.db.read(org, (db) => digestsOf(db, people))).map((row) => [row.person, row]))
      for (const socket of mine) {
        const row = digests.get(socket.caller.person)
        frames.set(socket, { t: 'beat', conversations: row?.conversations ?? 0, sequences: row?.sequences ?? 0 })
      }
    }
    return frames
  },
}
