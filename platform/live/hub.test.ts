/** What a connection may still do once it was ended, and how much it may ask, with clients that do as they like. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Type } from '../contract.ts'
import type { Caller } from '../http/caller.ts'
import { Refusal } from '../http/refusal.ts'
import type { Services } from '../http/route.ts'
import { command } from './command.ts'
import { openHub } from './hub.ts'
import type { Hub } from './hub.ts'
import type { LiveSocket } from './live.ts'
import { liveLimits } from './share.ts'

const callerOf = (person: string): Caller => ({
  org: 'o',
  person,
  session: `${person}'s`,
  device: null,
  roles: [],
  provenAt: 0,
  proofMinutes: 5,
})

let server: Server
let hub: Hub
let logged: string[]
let sockets: LiveSocket[]
let heard: string[]
/** Commands that wait for an answer. */
let waiting: (() => void)[]
let connected: () => Promise<void>
let accept: (person: string) => Promise<Caller | null>

const Said = Type.Object({ t: Type.String(), id: Type.Optional(Type.String()), pad: Type.Optional(Type.String()) })
const commands = [
  command({ t: 'ping', takes: Said, run: (_services, socket, { id }) => socket.send({ t: 'pong', id }) }),
  command({ t: 'say', takes: Said, run: (_services, _socket, { id }) => void heard.push(id!) }),
  command({ t: 'throw', takes: Said, run: () => JSON.parse('{') as void }),
  command({ t: 'reject', takes: Said, run: () => Promise.reject(new Error('no')) }),
  command({ t: 'wait', takes: Said, cost: ({ pad }) => (pad === 'dear' ? 3 : 1), run: (_services, _socket, { id }) => held(id!) }),
  command({
    t: 'later',
    takes: Said,
    run(_services, socket, { id }) {
      socket.begin(1)
      void held(id!).then(() => socket.finish(1))
    },
  }),
]
const held = (id: string): Promise<void> => {
  heard.push(id)
  return new Promise((resolve) => waiting.push(resolve))
}

async function start(limits: typeof liveLimits | { [K in keyof typeof liveLimits]: { perSecond: number; burst: number; flying: number } }) {
  hub = openHub(
    commands,
    [{ connected: (_services, socket) => (sockets.push(socket), connected()), beat: async () => new Map() }],
    3_600_000,
    limits,
  )
  server = createServer()
  const log = (name: string) => logged.push(name)
  hub.attach(
    server,
    { log: { debug: log, info: log, warn: log, error: log }, clock: { ms: () => 1 } } as unknown as Services,
    async (request) => accept(request.headers['cookie'] ?? ''),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}
beforeEach(() => {
  logged = []
  sockets = []
  heard = []
  waiting = []
  connected = () => Promise.resolve()
  accept = (person) => Promise.resolve(callerOf(person))
})
afterEach(async () => {
  await hub.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** A masked text frame of a client (RFC 6455 section 5.2). */
function frameOf(text: string): Buffer {
  const body = Buffer.from(text)
  const head = body.length < 126 ? Buffer.from([0x81, 0x80 | body.length]) : Buffer.alloc(body.length < 65_536 ? 4 : 10)
  if (body.length >= 126) {
    head[0] = 0x81
    head[1] = 0x80 | (body.length < 65_536 ? 126 : 127)
    if (body.length < 65_536) head.writeUInt16BE(body.length, 2)
    else head.writeBigUInt64BE(BigInt(body.length), 2)
  }
  const mask = randomBytes(4)
  return Buffer.concat([head, mask, body.map((byte, i) => byte ^ mask[i & 3]!)])
}

/** A client that knows how to ask, and pays no heed to what it is told: close frames, too, are only bytes. */
async function dial(person: string) {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  let bytes = ''
  const looking = new Set<() => void>()
  socket.on('data', (data: Buffer) => {
    bytes += data.toString('latin1')
    for (const look of looking) look()
  })
  socket.on('error', () => undefined)
  const closed = new Promise((resolve) => socket.on('close', resolve))
  socket.write(
    `GET /api/v1/live HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${randomBytes(16).toString('base64')}\r\ncookie: ${person}\r\n\r\n`,
  )
  const until = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!bytes.includes(text)) return
        looking.delete(look)
        resolve()
      }
      looking.add(look)
      look()
      void closed.then(() => reject(new Error(`closed before ${text}`)))
    })
  const write = (...frames: object[]) => socket.write(Buffer.concat(frames.map((frame) => frameOf(JSON.stringify(frame)))))
  return {
    until,
    write,
    closed,
    get bytes() {
      return bytes
    },
    leave: () => socket.destroy(),
  }
}
const open = async (person: string) => {
  const client = await dial(person)
  await client.until('"t":"open"')
  return client
}
/** Everything that was on its way has come: another person's questions were answered again and again meanwhile. */
async function meanwhile(): Promise<void> {
  const other = await open('somebody else')
  for (let i = 0; i < 50; i += 1) {
    other.write({ t: 'ping', id: `<${i}>` })
    await other.until(`<${i}>`)
  }
  other.leave()
}
const many = (count: number, t: string, more: object = {}) => Array.from({ length: count }, (_, i) => ({ t, id: `${i}`, ...more }))

test.each(['session', 'device', 'person'] as const)(
  'from the moment a %s is ended nothing is heard of it, and whoever does not go is cut off',
  async (what) => {
    await start(liveLimits)
    accept = (person) => Promise.resolve({ ...callerOf(person), device: `${person}'s device` })
    const client = await open('ana')
    client.write({ t: 'say', id: 'before' })
    await meanwhile()
    const of = { session: "ana's", device: "ana's device", person: 'ana' }[what]
    // Both in one turn: what is under way already is too late as well.
    client.write({ t: 'say', id: 'under way' })
    expect(hub.end({ [what]: of })).toBe(1)
    for (let i = 0; i < 5; i += 1) client.write(...many(20, 'say'))
    await client.closed
    expect(heard).toEqual(['before'])
    expect(client.bytes).toContain('signed-out')
  },
)

test('who was told to come again with other rights is not heard with the old ones', async () => {
  await start(liveLimits)
  const client = await open('ana')
  expect(hub.end({ person: 'ana' }, 'going-away')).toBe(1)
  client.write(...many(20, 'say'))
  await client.closed
  expect(heard).toEqual([])
  expect(client.bytes).toContain('going-away')
  expect(hub.size).toBe(0)
})

test('a window that was ended while its topics were read joins none', async () => {
  await start(liveLimits)
  let go: () => void = () => undefined
  connected = () => new Promise((resolve) => (go = resolve))
  const client = await dial('ana')
  await client.until('101')
  while (sockets.length === 0) await new Promise(setImmediate)
  hub.end({ person: 'ana' })
  sockets[0]!.join('a topic')
  go()
  expect(sockets[0]!.hears('a topic')).toBe(false)
  hub.publish('a topic', { t: 'news' })
  await client.closed
  expect(client.bytes).not.toContain('news')
})

test('access that ends while a connection is being made is asked for again', async () => {
  await start(liveLimits)
  let asked = 0
  accept = (person) => {
    asked += 1
    if (asked > 1) return Promise.resolve(null)
    // Known before the end, told after it.
    const before = callerOf(person)
    return new Promise((resolve) =>
      setImmediate(() => {
        hub.end({ session: "ana's" })
        resolve(before)
      }),
    )
  }
  const client = await dial('ana')
  await client.until('401 Unauthorized')
  expect([asked, hub.size]).toEqual([2, 0])
})

test('what ends of somebody else is no reason to ask again', async () => {
  await start(liveLimits)
  let asked = 0
  accept = (person) => {
    asked += 1
    hub.end({ session: "ben's" })
    return Promise.resolve(callerOf(person))
  }
  await open('ana')
  expect(asked).toBe(1)
})

test('who comes too often is told so, and nothing is logged', async () => {
  await start(liveLimits)
  accept = () => Promise.reject(new Refusal('too-many'))
  await (await dial('ana')).until('429 Too Many Requests')
  expect(logged).toEqual([])
})

test.each(['throw', 'reject'])('a command that fails (%s) is answered with its id', async (t) => {
  await start(liveLimits)
  const client = await open('ana')
  client.write({ t, id: 'seven' })
  await client.until('{"t":"refused","id":"seven","code":"internal"}')
  expect(logged).toEqual(['live.command-failed'])
})

const no = 1e-6
const plenty = { perSecond: 1e6, burst: 1e6, flying: 1e6 }

test.each(['wait', 'later'])('in flight is no more than a window may have, and what waits comes in order (%s)', async (t) => {
  await start({ socket: { ...plenty, flying: 4 }, person: plenty })
  const client = await open('ana')
  client.write(...many(40, t))
  for (let i = 0; i < 20; i += 1) client.write({ t, id: `large ${i}`, pad: 'x'.repeat(70_000) })
  await meanwhile()
  expect(heard).toEqual(['0', '1', '2', '3'])
  for (let answered = 0; answered < 60;) {
    const some = waiting.splice(0)
    answered += some.length
    expect(some.length).toBeLessThanOrEqual(4)
    for (const answer of some) answer()
    await new Promise(setImmediate)
  }
  expect(heard).toEqual([...many(40, t).map((it) => it.id), ...Array.from({ length: 20 }, (_, i) => `large ${i}`)])
})

test('a dear command counts as several', async () => {
  await start({ socket: { ...plenty, flying: 6 }, person: plenty })
  const client = await open('ana')
  client.write(...many(40, 'wait', { pad: 'dear' }))
  await meanwhile()
  expect(heard).toEqual(['0', '1'])
})

test('in flight is no more than a person may have over all windows; the others of the house do not wait', async () => {
  await start({ socket: plenty, person: { ...plenty, flying: 4 } })
  const windows = [await open('ana'), await open('ana'), await open('ana')]
  for (const window of windows) window.write(...many(10, 'wait'))
  await meanwhile()
  expect(heard).toHaveLength(4)
  while (heard.length < 30) {
    for (const answer of waiting.splice(0)) answer()
    await new Promise(setImmediate)
  }
})

test.each(['socket', 'person'] as const)('frames beyond the tokens of a %s are not heard', async (whose) => {
  await start({ socket: plenty, person: plenty, [whose]: { ...plenty, perSecond: no, burst: 5 } })
  const client = await open('ana')
  client.write(...many(100, 'say'))
  if (whose === 'person') (await open('ana')).write(...many(100, 'say'))
  await new Promise(setImmediate)
  const other = await open('ben')
  other.write({ t: 'ping', id: 'x' })
  await other.until('"pong"')
  expect(heard).toEqual(['0', '1', '2', '3', '4'])
})

test('tokens come back, and nothing is lost meanwhile', async () => {
  await start({ socket: { ...plenty, perSecond: 2_000, burst: 5 }, person: plenty })
  const client = await open('ana')
  client.write(...many(200, 'say'), { t: 'ping', id: 'end' })
  await client.until('"end"')
  expect(heard).toEqual(many(200, 'say').map((it) => it.id))
})
