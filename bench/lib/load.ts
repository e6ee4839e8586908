import { sealMessage, ZERO_HASH } from '@wardline/crypto'
import { WebSocket } from 'ws'
import type { FleetMember, FleetRoom } from './fleet.ts'

/** Frames ready to be sent, in order, by one connection: sealing is the sender's device's work, not the server's. */
export interface Prebuilt {
  readonly member: FleetMember
  readonly frames: readonly string[]
}

const body = new TextEncoder().encode(JSON.stringify({ v: 1, kind: 'text', text: 'x'.repeat(170) }))
const flags = { priority: 'routine', ask: 'fyi', due: 0, expiry: 0, mentions: [] } as const

/** An epoch carries 500 messages; a conversation that is asked for more answers `rekey-first`, which is another measurement. */
export const mostPerRoom = 480

/** Seals `count` messages of one member, turn by turn into these rooms, each chained to the one before in its room. */
export async function prebuild(rooms: readonly FleetRoom[], member: FleetMember, count: number): Promise<Prebuilt> {
  const frames: string[] = []
  const heads = rooms.map(() => ZERO_HASH)
  for (let i = 0; i < count; i += 1) {
    const at = i % rooms.length
    const room = rooms[at]!
    const msgId = crypto.randomUUID()
    const sealed = await sealMessage({
      root: room.root,
      device: member.device,
      msgId,
      prev: heads[at]!,
      flags,
      kind: 'text',
      checkpoint: { size: 0, root: ZERO_HASH },
      body,
    })
    heads[at] = sealed.hash
    frames.push(
      `{"t":"send","id":"${msgId}","conversation":"${room.conversation}","envelope":"${Buffer.from(sealed.bytes).toString('base64url')}"}`,
    )
  }
  return { member, frames }
}

/** A connection that counts what comes. */
export interface Counted {
  readonly socket: WebSocket
  acks: number
  messages: number
  refused: number
  onAck: () => void
  onMessage: () => void
}

/** Opens a connection as a browser of that member would. */
export async function connect(url: string, member: FleetMember): Promise<Counted> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/live`, {
    headers: { cookie: member.cookie, origin: url },
    perMessageDeflate: false,
  })
  const it: Counted = { socket, acks: 0, messages: 0, refused: 0, onAck: () => {}, onMessage: () => {} }
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.on('message', (data: Buffer) => {
      const kind = data.toString('latin1', 6, 13)
      if (kind.startsWith('message')) {
        it.messages += 1
        it.onMessage()
      } else if (kind.startsWith('ack')) {
        it.acks += 1
        it.onAck()
      } else if (kind.startsWith('open')) resolve()
      else if (kind.startsWith('refused')) {
        it.refused += 1
        if (it.refused === 1) console.error(`refused: ${data.toString()}`)
      }
    })
  })
  return it
}
