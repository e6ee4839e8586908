/** A wire-tap: a TCP proxy before a server that keeps every byte of both directions. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** What one connection carried. */
export interface Recording {
  readonly toServer: Buffer
  readonly toClient: Buffer
  /** The payloads of WebSocket frames, unmasked (RFC 6455 section 5.3), both directions; empty where the connection was none. */
  readonly frames: Buffer
}

export interface Tap {
  /** Where clients connect, `http://127.0.0.1:…`. */
  readonly url: string
  recordings(): Recording[]
  close(): Promise<void>
}

/** Opens a tap before the server at `url`. */
export async function openTap(url: string): Promise<Tap> {
  const { hostname, port } = new URL(url)
  const kept: { readonly toServer: Buffer[]; readonly toClient: Buffer[] }[] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const onward = connect(Number(port), hostname)
    const recording = { toServer: [] as Buffer[], toClient: [] as Buffer[] }
    kept.push(recording)
    for (const [from, to, into] of [
      [client, onward, recording.toServer],
      [onward, client, recording.toClient],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes) => void into.push(bytes))
      from.on('error', () => to.destroy())
      from.on('close', () => sockets.delete(from))
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    recordings: () =>
      kept.map((it) => {
        const [toServer, toClient] = [Buffer.concat(it.toServer), Buffer.concat(it.toClient)]
        return { toServer, toClient, frames: Buffer.concat([framesOf(toServer, toClient), framesOf(toClient, toClient)]) }
      }),
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** The payloads after a connection became a WebSocket. Throws for compressed frames: they would hide what is looked for. */
function framesOf(bytes: Buffer, answers: Buffer): Buffer {
  if (!answers.toString('latin1').startsWith('HTTP/1.1 101 ')) return Buffer.alloc(0)
  const payloads: Buffer[] = []
  let at = bytes.indexOf('\r\n\r\n') + 4
  while (at + 2 <= bytes.length) {
    const [first, second] = [bytes[at]!, bytes[at + 1]!]
    if ((first & 0x70) !== 0) throw new Error('A WebSocket frame uses an extension that this recorder does not know.')
    let length = second & 0x7f
    let head = at + 2
    if (length === 126) length = bytes.readUInt16BE(head)
    if (length === 127) length = Number(bytes.readBigUInt64BE(head))
    head += (second & 0x7f) === 126 ? 2 : (second & 0x7f) === 127 ? 8 : 0
    const mask = (second & 0x80) === 0 ? null : bytes.subarray(head, head + 4)
    if (mask) head += 4
    const payload = Buffer.from(bytes.subarray(head, head + length))
    if (mask) for (let i = 0; i < payload.length; i += 1) payload[i] = payload[i]! ^ mask[i % 4]!
    payloads.push(payload)
    // A message ends with its last frame; what follows is another text.
    if ((first & 0x80) !== 0) payloads.push(Buffer.from('\n'))
    at = head + length
  }
  return Buffer.concat(payloads)
}
