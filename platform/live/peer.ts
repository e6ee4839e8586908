import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'

/** The far end of an open WebSocket, and what this turn of the event loop has to say to it. */
export interface Peer {
  readonly ws: WebSocket
  readonly stream: Duplex
  /** Frames that leave together at the end of the turn; null: none. */
  waiting: Buffer[] | null
  waitingBytes: number
}

/** Below this many bytes, copying frames into one buffer costs less than handing them to the system one by one. */
const cheapToCopy = 64 * 1024

/** A text message of a server as one WebSocket frame: unmasked, unfragmented, not compressed (RFC 6455 section 5.2). */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(head + length)
  frame[0] = 0x81
  if (head === 2) frame[1] = length
  else if (head === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeUInt32BE(0, 2)
    frame.writeUInt32BE(length, 6)
  }
  frame.write(text, head, length === text.length ? 'latin1' : 'utf8')
  return frame
}

/** Bytes that the peer has not taken yet. */
export const unreadOf = (peer: Peer): number => peer.waitingBytes + peer.ws.bufferedAmount

/** Lays a frame by for the end of the turn; true if it is the first, so that somebody has to flush. */
export function lay(peer: Peer, frame: Buffer): boolean {
  peer.waitingBytes += frame.length
  if (peer.waiting) {
    peer.waiting.push(frame)
    return false
  }
  peer.waiting = [frame]
  return true
}

/**
 * Writes what waits, in one system call. It goes to the stream beside ws, whose own frames (ping, pong, close) are written whole, too; after
 * a close frame nothing may follow (RFC 6455 section 5.5.1), so a peer that is closing hears no more.
 */
export function flush(peer: Peer): void {
  const { ws, stream, waiting, waitingBytes } = peer
  peer.waiting = null
  peer.waitingBytes = 0
  if (!waiting || ws.readyState !== WebSocket.OPEN) return
  if (waiting.length === 1) return void stream.write(waiting[0])
  // A slow peer's frames stay the shared ones: what waits for all of a room is then kept once.
  if (waitingBytes <= cheapToCopy && stream.writableLength === 0) return void stream.write(Buffer.concat(waiting, waitingBytes))
  stream.cork()
  for (const frame of waiting) stream.write(frame)
  stream.uncork()
}
