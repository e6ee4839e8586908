/**
 * `npm run bench messages`: durable send to delivery over WebSocket, direct and in rooms, beside the floor measured in the same run on the
 * same PostgreSQL; idle cost of connections; the reconnect storm. Both sides get the same load generator, the same windows and 200-byte bodies.
 */
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { cost, plain, publish, rate } from './lib/figures.ts'
import type { Figure } from './lib/figures.ts'
import { connect, mostPerRoom, prebuild } from './lib/load.ts'
import type { Counted, Prebuilt } from './lib/load.ts'
import { openStage, progress } from './lib/stage.ts'
import type { Fleet, FleetRoom, Running, Stage } from './lib/stage.ts'
import { usage } from './lib/usage.ts'

const quick = process.argv.includes('--quick')
const scale = quick ? 0.1 : 1
const figures: Figure[] = []

interface Lane {
  readonly socket: WebSocket
  readonly frames: readonly string[]
  readonly counted: { acks: number; onAck: () => void }
}

/** Sends all frames of all lanes, `window` of each in flight, and waits for `expected` deliveries. Returns seconds. */
async function pump(
  lanes: readonly Lane[],
  from: number,
  to: number,
  window: number,
  delivered: () => number,
  expected: number,
): Promise<number> {
  const began = performance.now()
  for (const lane of lanes) {
    let next = from
    const send = () => {
      if (next < Math.min(to, lane.frames.length)) lane.socket.send(lane.frames[next++]!)
    }
    lane.counted.onAck = send
    for (let i = 0; i < window; i += 1) send()
  }
  let idle = 0
  let last = -1
  while (delivered() < expected) {
    // Asleep between looks: a load generator that spins takes a core from PostgreSQL, and most from the side that needs PostgreSQL more.
    await pause(1)
    const now = delivered()
    if (now !== last) {
      last = now
      idle = performance.now()
    } else if (performance.now() - idle > 20_000) throw new Error(`stalled at ${now} of ${expected} deliveries`)
  }
  return (performance.now() - began) / 1000
}

/** Direct messages between pairs: every connection sends to its partner. */
async function directOurs(stage: Stage, connections: number, total: number, window: number) {
  const each = Math.ceil((total / connections) * 1.25)
  const groups = await stage.prepare(connections, (fleet) => groupsOf(fleet, 2, Math.ceil((each * 2) / mostPerRoom)))
  const lanesOf = await sealAll(groups, each)
  const server = await stage.startServer()
  const url = `http://127.0.0.1:${server.port}`
  const open: Counted[] = []
  for (const lane of lanesOf) open.push(await connect(url, lane.member))
  const lanes = lanesOf.map((lane, i) => ({ socket: open[i]!.socket, frames: lane.frames, counted: open[i]! }))
  const result = await measure(
    lanes,
    each,
    window,
    () => open.reduce((sum, it) => sum + it.messages, 0),
    1,
    [server.pid],
    [stage.postgres.pid],
  )
  for (const it of open) it.socket.close()
  await server.stop()
  return result
}

/** Members in groups of `size`, each group with as many conversations as its messages need. The first of two people is direct. */
async function groupsOf(fleet: Fleet, size: number, conversations: number): Promise<FleetRoom[][]> {
  const groups: FleetRoom[][] = []
  for (let i = 0; i + size <= fleet.members.length; i += size) {
    const members = fleet.members.slice(i, i + size)
    const rooms: FleetRoom[] = []
    for (let k = 0; k < conversations; k += 1) rooms.push(await fleet.room(members, size === 2 && k === 0 ? 'direct' : 'group'))
    groups.push(rooms)
  }
  return groups
}

async function sealAll(groups: readonly FleetRoom[][], each: number): Promise<Prebuilt[]> {
  const lanes: Prebuilt[] = []
  for (const [i, rooms] of groups.entries()) {
    for (const member of rooms[0]!.members) lanes.push(await prebuild(rooms, member, each))
    progress('sealed', i + 1, groups.length)
  }
  return lanes
}

/** A warm-up of a fifth, then the measured rest. */
async function measure(
  lanes: readonly Lane[],
  each: number,
  window: number,
  delivered: () => number,
  fanout: number,
  serverPids: number[],
  databasePids: number[],
) {
  const warm = Math.floor(each / 5)
  await pump(lanes, 0, warm, window, delivered, warm * lanes.length * fanout)
  const before = [usage(serverPids), usage(databasePids)] as const
  const seconds = await pump(lanes, warm, each, window, delivered, each * lanes.length * fanout)
  const afterwards = [usage(serverPids), usage(databasePids)] as const
  const sent = (each - warm) * lanes.length
  return {
    perSecond: sent / seconds,
    cpu: ((afterwards[0].cpuSeconds - before[0].cpuSeconds + afterwards[1].cpuSeconds - before[1].cpuSeconds) / sent) * 10_000,
  }
}

const filler = 'x'.repeat(200)

/** The floor with the same load. */
async function ceiling(stage: Stage, connections: number, total: number, window: number, roomSize: number) {
  const running = await stage.startCeiling()
  const each = Math.ceil((total / connections) * 1.25)
  const got = { messages: 0 }
  const lanes: Lane[] = []
  for (let i = 0; i < connections; i += 1) {
    const socket = new WebSocket(`ws://127.0.0.1:${running.port}`, { perMessageDeflate: false })
    const counted = { acks: 0, onAck: () => {} }
    await new Promise<void>((resolve, reject) => {
      let awaited = roomSize === 0 ? 1 : 2
      socket.once('error', reject)
      socket.once('open', () => {
        socket.send(`{"t":"hi","u":${i}}`)
        if (roomSize > 0) socket.send(`{"t":"j","r":${Math.floor(i / roomSize)}}`)
      })
      socket.on('message', (data: Buffer) => {
        const kind = data.toString('latin1', 6, 9)
        if (kind.startsWith('m"')) got.messages += 1
        else if (kind === 'ack') {
          counted.acks += 1
          counted.onAck()
        } else if (--awaited === 0) resolve()
      })
    })
    const frame = roomSize === 0 ? `{"t":"d","to":${i ^ 1},"b":"${filler}"}` : `{"t":"r","r":${Math.floor(i / roomSize)},"b":"${filler}"}`
    lanes.push({ socket, frames: Array.from({ length: each }, () => frame), counted })
  }
  const result = await measure(lanes, each, window, () => got.messages, roomSize === 0 ? 1 : roomSize, [running.pid], [stage.postgres.pid])
  for (const lane of lanes) lane.socket.close()
  await running.stop()
  return result
}

async function direct(stage: Stage, connections: number, total: number, window: number): Promise<void> {
  const floorBefore = await ceiling(stage, connections, total, window, 0)
  const ours = await directOurs(stage, connections, total, window)
  const floorAfter = await ceiling(stage, connections, total, window, 0)
  // The machine is noisy: the floor before and after, and the better of the two.
  const floor = floorBefore.perSecond > floorAfter.perSecond ? floorBefore : floorAfter
  figures.push(rate(`direct, ${connections} connections`, ours.perSecond, ' messages/s', floor.perSecond, 'ceil-full'))
  figures.push(cost(`CPU for 10,000, ${connections} connections`, ours.cpu, ' s', floor.cpu, 'ceil-full'))
}

async function rooms(stage: Stage, connections: number, roomSize: number, total: number, window: number): Promise<void> {
  const floor = await ceiling(stage, connections, total, window, roomSize)
  const each = Math.ceil((total / connections) * 1.25)
  const groups = await stage.prepare(connections, (fleet) => groupsOf(fleet, roomSize, Math.ceil((each * roomSize) / mostPerRoom)))
  const built = await sealAll(groups, each)
  const server = await stage.startServer()
  const url = `http://127.0.0.1:${server.port}`
  const open: Counted[] = []
  for (const lane of built) open.push(await connect(url, lane.member))
  const lanes = built.map((lane, i) => ({ socket: open[i]!.socket, frames: lane.frames, counted: open[i]! }))
  // Senders get their own message as an acknowledgement, the others as a delivery.
  const ours = await measure(
    lanes,
    each,
    window,
    () => open.reduce((sum, it) => sum + it.messages, 0),
    roomSize - 1,
    [server.pid],
    [stage.postgres.pid],
  )
  figures.push(rate(`rooms of ${roomSize}, ${connections} connections`, ours.perSecond, ' messages/s', floor.perSecond, 'ceil-full'))
  for (const it of open) it.socket.close()
  await server.stop()
}

/** Memory of a signed-in connection that does nothing, beside a bare WebSocket of the floor; and all of them coming back after a restart. */
async function idleAndStorm(stage: Stage, connections: number): Promise<void> {
  const people = Math.min(connections, quick ? 20 : 200)
  const fleet = await stage.prepare(people, async (made) => {
    for (let i = 0; i + 1 < people; i += 2) await made.room([made.members[i]!, made.members[i + 1]!], 'direct')
    return made
  })
  const openAll = async (
    running: Running,
    headersOf: (i: number) => { cookie?: string; origin?: string },
    at: string,
    hello: string | null,
  ) => {
    const sockets: WebSocket[] = []
    for (let i = 0; i < connections; i += 100)
      sockets.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(100, connections - i) }, async (_, k) => {
            const socket = new WebSocket(`ws://127.0.0.1:${running.port}${at}`, { headers: headersOf(i + k), perMessageDeflate: false })
            await new Promise<void>((resolve, reject) => {
              socket.once('error', reject)
              if (hello !== null) socket.once('open', () => socket.send(hello))
              socket.once('message', () => resolve())
            })
            return socket
          }),
        )),
      )
    return sockets
  }
  const floor = await stage.startCeiling()
  const floorBefore = usage([floor.pid]).pssMiB
  const bare = await openAll(floor, () => ({}), '', '{"t":"hi","u":1}')
  const floorEach = ((usage([floor.pid]).pssMiB - floorBefore) * 1024) / connections
  for (const socket of bare) socket.terminate()
  await floor.stop()

  const server = await stage.startServer()
  const headers = (port: number) => (i: number) => ({ cookie: fleet.members[i % people]!.cookie, origin: `http://127.0.0.1:${port}` })
  const before = usage([server.pid]).pssMiB
  const sockets = await openAll(server, headers(server.port), '/api/v1/live', null)
  const each = ((usage([server.pid]).pssMiB - before) * 1024) / connections
  figures.push(cost(`idle signed-in connection, ${connections} of them`, each, ' KiB', floorEach, 'bare WebSocket of the floor'))
  for (const socket of sockets) socket.terminate()
  await server.stop()

  const again = await stage.startServer()
  const began = performance.now()
  const back = await openAll(again, headers(again.port), '/api/v1/live', null)
  await Promise.all(
    back.map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.on('message', (data: Buffer) => {
            if (data.includes('"t":"synced"')) resolve()
          })
          socket.send('{"t":"sync","id":"s","have":[]}')
        }),
    ),
  )
  figures.push(plain(`reconnect storm, ${connections} devices, all caught up (goal 10 s)`, (performance.now() - began) / 1000, ' s'))
  for (const socket of back) socket.terminate()
  await again.stop()
}

const stage = await openStage()
try {
  // Long enough that what is measured is the sustained rate, not how V8 warms up: at 20,000 both sides are still being compiled.
  await direct(stage, 50, 50_000 * scale, 16)
  await direct(stage, quick ? 100 : 500, 50_000 * scale, 4)
  await rooms(stage, 60, 20, 6_000 * scale, 4)
  await idleAndStorm(stage, quick ? 200 : 2_000)
} finally {
  await stage.close()
}
publish('messages', figures, path.join(import.meta.dirname, '..'))
