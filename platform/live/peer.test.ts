import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { flush, lay, textFrame, unreadOf } from './peer.ts'
import type { Peer } from './peer.ts'

let server: WebSocketServer
beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
})
afterAll(() => void server.close())

/** Both ends of a connection: ours as the hub holds it, and what the other has heard. */
async function pair(): Promise<{ peer: Peer; heard: string[]; client: WebSocket }> {
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const heard: string[] = []
  client.on('message', (data: Buffer) => heard.push(data.toString()))
  const [[ws, request]] = (await Promise.all([once(server, 'connection'), once(client, 'open')])) as [
    [WebSocket, { socket: Duplex }],
    unknown[],
  ]
  return { peer: { ws, stream: request.socket, waiting: null, waitingBytes: 0 }, heard, client }
}

test('frames of every size arrive whole and in order, among those that ws writes itself', async () => {
  const { peer, heard, client } = await pair()
  const texts = [
    '',
    'a',
    'é',
    'x'.repeat(125),
    'x'.repeat(126),
    'é'.repeat(32_767),
    'x'.repeat(65_535),
    '€'.repeat(30_000),
    'y'.repeat(200_000),
  ]
  for (const text of texts) {
    expect(lay(peer, textFrame(text))).toBe(true)
    flush(peer)
  }
  peer.ws.ping()
  for (const text of texts) lay(peer, textFrame(text))
  flush(peer)
  expect(lay(peer, textFrame('small'))).toBe(true)
  expect(lay(peer, textFrame('ones'))).toBe(false)
  expect(unreadOf(peer)).toBeGreaterThanOrEqual(13)
  flush(peer)
  peer.ws.send('last')
  while (!heard.includes('last')) await once(client, 'message')
  expect(heard).toEqual([...texts, ...texts, 'small', 'ones', 'last'])
  client.close()
  await once(peer.ws, 'close')
})

test('a peer that is closing hears no more: nothing may follow a close frame', async () => {
  const { peer, heard, client } = await pair()
  const wire = peer.stream as Socket
  lay(peer, textFrame('late'))
  peer.ws.close(4401, 'signed-out')
  const before = wire.bytesWritten
  flush(peer)
  expect(wire.bytesWritten).toBe(before)
  const [code] = (await once(client, 'close')) as [number]
  expect([code, heard]).toEqual([4401, []])
  expect(peer.waiting).toBe(null)
})
