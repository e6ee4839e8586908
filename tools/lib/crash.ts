import { sealMessage, ZERO_HASH, toBase64url } from '@wardline/crypto'
import { kekFrom, openClock, openDatabase, openLedger, openLog } from '@wardline/platform/server'
import { verifyAudit } from '@wardline/product/compliance/audit/server'
import pg from 'pg'
import { WebSocket } from 'ws'
import type { FleetMember, FleetRoom } from '../../bench/lib/fleet.ts'
import { openStage } from '../../bench/lib/stage.ts'
import type { Running, Stage } from '../../bench/lib/stage.ts'

/** What a run of the rig found. All of lost, doubled and gaps must be 0. */
export interface CrashReport {
  readonly kills: number
  readonly databaseKills: number
  readonly acknowledged: number
  /** Acknowledged, and not stored, or stored with other bytes or another number than was acknowledged. */
  readonly lost: number
  /** Stored twice. */
  readonly doubled: number
  /** Holes in a conversation's numbers, or in what a reconnecting device was given. */
  readonly gaps: number
  readonly auditVerified: boolean
}

export interface CrashOptions {
  readonly kills: number
  readonly databaseKills: number
  readonly seed: number
  readonly say: (line: string) => void
}

interface Pending {
  readonly msgId: string
  readonly frame: string
  readonly hash: string
}

/** How far a device is in a conversation. */
interface Had {
  readonly conversation: string
  readonly sequence: number
}

interface Acked {
  readonly conversation: string
  readonly sequence: number
  readonly hash: string
}

const flags = { priority: 'routine', ask: 'fyi', due: 0, expiry: 0, mentions: [] } as const
const body = new TextEncoder().encode(JSON.stringify({ v: 1, kind: 'text', text: 'under load' }))
const inFlight = 6
/** Messages after which a conversation is left for the next: at 500 under one epoch the server asks for another, which is not what is tested here. */
const fullAt = 440

/** A device that never gives up: it resends the very bytes that were not acknowledged, and takes up where it was after each crash. */
class Sender {
  readonly room: FleetRoom
  readonly member: FleetMember
  readonly acked: Map<string, Acked>
  prev: Uint8Array = ZERO_HASH
  pending: Pending[] = []
  /** The highest number received, without a hole. */
  have = 0
  gaps = 0
  /** What all members have written here. */
  readonly tally: { sealed: number }
  /** What this device has of the conversations that it left. */
  readonly past: readonly Had[]
  refusals = new Map<string, number>()
  stopped = false
  sealing = false
  again: NodeJS.Timeout | undefined
  next: NodeJS.Timeout | undefined
  socket: WebSocket | undefined
  constructor(room: FleetRoom, member: FleetMember, acked: Map<string, Acked>, past: readonly Had[], tally: { sealed: number }) {
    this.room = room
    this.member = member
    this.acked = acked
    this.past = past
    this.tally = tally
  }

  /** Asks for what is missing. */
  sync(): void {
    const have = [...this.past, { conversation: this.room.conversation, sequence: this.have }]
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ t: 'sync', id: 's', have }))
  }

  connect(url: string): void {
    if (this.stopped) return
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/live`, {
      headers: { cookie: this.member.cookie, origin: url },
      perMessageDeflate: false,
    })
    this.socket = socket
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.socket === socket) setTimeout(() => this.connect(url), 50)
    })
    socket.on('message', (data: Buffer) => this.hear(socket, JSON.parse(data.toString()) as Record<string, unknown>))
  }

  hear(socket: WebSocket, frame: Record<string, unknown>): void {
    if (frame['t'] === 'open') {
      this.sync()
      for (const it of this.pending) socket.send(it.frame)
      void this.fill()
    } else if (frame['t'] === 'ack') {
      const id = frame['id'] as string
      const found = this.pending.findIndex((it) => it.msgId === id)
      if (found >= 0) {
        const sequence = frame['sequence'] as number
        const it: Acked = { conversation: this.room.conversation, sequence, hash: frame['hash'] as string }
        const before = this.acked.get(id)
        if ((before && before.sequence !== it.sequence) || it.hash !== this.pending[found]!.hash) this.gaps += 1
        this.acked.set(id, it)
        this.pending.splice(found, 1)
        this.receive(sequence)
      }
      // Paced, so that the conversations last as long as the run.
      this.next ??= setTimeout(() => {
        this.next = undefined
        void this.fill()
      }, 100)
    } else if (frame['t'] === 'message') this.hearMessage(frame as unknown as Had)
    else if (frame['t'] === 'rest') for (const it of frame['messages'] as Had[]) this.hearMessage(it)
    else if (frame['t'] === 'refused') {
      const code = String(frame['code'])
      this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
      // Nothing was stored: the same bytes go again, all of them, in their order, a moment later and once for all refusals until then.
      this.again ??= setTimeout(() => {
        this.again = undefined
        if (this.socket?.readyState === WebSocket.OPEN) for (const it of this.pending) this.socket.send(it.frame)
      }, 200)
    }
  }

  hearMessage({ conversation, sequence }: Had): void {
    if (conversation === this.room.conversation) this.receive(sequence)
  }

  readonly ahead = new Set<number>()
  /** Numbers may come in any order between acknowledgement and delivery; a hole that stays is counted at the end. */
  receive(sequence: number): void {
    if (sequence <= this.have) return
    this.ahead.add(sequence)
    while (this.ahead.delete(this.have + 1)) this.have += 1
  }

  async fill(): Promise<void> {
    if (this.sealing || this.stopped) return
    this.sealing = true
    while (!this.stopped && this.tally.sealed < fullAt && this.pending.length < inFlight && this.socket?.readyState === WebSocket.OPEN) {
      this.tally.sealed += 1
      const msgId = crypto.randomUUID()
      const sealed = await sealMessage({
        root: this.room.root,
        device: this.member.device,
        msgId,
        prev: this.prev as never,
        flags,
        kind: 'text',
        checkpoint: { size: 0, root: ZERO_HASH },
        body,
      })
      this.prev = sealed.hash
      const frame = JSON.stringify({ t: 'send', id: msgId, conversation: this.room.conversation, envelope: toBase64url(sealed.bytes) })
      this.pending.push({ msgId, frame, hash: toBase64url(sealed.hash) })
      if (this.socket.readyState === WebSocket.OPEN) this.socket.send(frame)
    }
    this.sealing = false
  }
}

/** The same people in one conversation after the other. */
interface Lane {
  readonly rooms: FleetRoom[]
  current: readonly Sender[]
}

/** Whoever has filled their conversation, has everything of it and waits for nothing goes on in the next. */
function turnOver(lane: Lane, enter: (room: FleetRoom, past: readonly Had[]) => readonly Sender[]): void {
  const total = lane.current[0]!.tally.sealed
  if (total < fullAt) return
  if (lane.current.some((it) => it.sealing || it.pending.length > 0 || it.have !== total)) return
  const next = lane.rooms.shift()
  if (!next) return
  for (const it of lane.current) {
    it.stopped = true
    it.socket?.close()
  }
  const [{ room, past }] = lane.current as readonly [Sender]
  lane.current = enter(next, [...past, { conversation: room.conversation, sequence: total }])
}

/** Repeatable chance from a seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Kills the server and PostgreSQL under load, again and again, and counts what was acknowledged and is not there. */
export async function runCrash(options: CrashOptions): Promise<CrashReport> {
  const random = chance(options.seed)
  const stage = await openStage()
  const acked = new Map<string, Acked>()
  const senders: Sender[] = []
  let server: Running | undefined
  try {
    const rounds = options.kills + options.databaseKills
    const lanes = await stage.prepare(12, async ({ members, room }) => {
      const made: Lane[] = []
      for (const people of [0, 2, 4, 6].map((i) => members.slice(i, i + 2)).concat([members.slice(8)])) {
        const rooms: FleetRoom[] = []
        for (let i = 0; i < 2 + 2 * rounds; i += 1) rooms.push(await room(people, i === 0 && people.length === 2 ? 'direct' : 'group'))
        made.push({ rooms, current: [] })
      }
      return made
    })
    server = await stage.startServer()
    const { port } = server
    const url = `http://127.0.0.1:${port}`
    const enter = (room: FleetRoom, past: readonly Had[]): readonly Sender[] => {
      const tally = { sealed: 0 }
      return room.members.map((member) => {
        const sender = new Sender(room, member, acked, past, tally)
        senders.push(sender)
        sender.connect(url)
        return sender
      })
    }
    for (const lane of lanes) lane.current = enter(lane.rooms.shift()!, [])
    let kills = 0
    let databaseKills = 0
    for (let round = 0; round < rounds; round += 1) {
      const before = acked.size
      const began = performance.now()
      // Some work must have been acknowledged since the last blow, or the next one proves nothing.
      while (acked.size < before + 100) {
        await wait(20)
        for (const lane of lanes) turnOver(lane, enter)
        if (performance.now() - began > 60_000)
          throw new Error(`Nothing was acknowledged for a minute after ${kills} and ${databaseKills} kills: ${refusalsOf(senders)}`)
      }
      await wait(random() * 400)
      for (const lane of lanes) turnOver(lane, enter)
      if (Math.floor(((round + 1) * options.databaseKills) / rounds) > Math.floor((round * options.databaseKills) / rounds)) {
        process.kill(stage.postgres.pid, 'SIGKILL')
        databaseKills += 1
      } else {
        await server.kill()
        kills += 1
        server = await stage.startServer(port)
      }
      options.say(
        `${kills} of ${options.kills} server kills, ${databaseKills} of ${options.databaseKills} database kills, ${acked.size} acknowledged`,
      )
    }
    await drain(lanes.flatMap((lane) => lane.current))
    for (const sender of senders) {
      sender.stopped = true
      sender.socket?.close()
    }
    await server.stop()
    server = undefined
    return { kills, databaseKills, ...(await inspect(stage, senders, acked)) }
  } finally {
    for (const sender of senders) sender.stopped = true
    await server?.kill()
    await stage.close()
  }
}

/** Lets everything that is under way be acknowledged and delivered. */
async function drain(senders: readonly Sender[]): Promise<void> {
  for (const sender of senders) sender.sealing = true
  const began = performance.now()
  while (senders.some((it) => it.pending.length > 0 || it.ahead.size > 0)) {
    await wait(50)
    const seconds = (performance.now() - began) / 1000
    if (seconds > 10) for (const it of senders) it.sync()
    if (seconds > 45) return
    if (seconds > 10) await wait(1_000)
  }
}

/** A connection as soon as there is one: with nothing under way, the run may end while PostgreSQL still recovers from the last blow. */
async function connectOnceUp(connectionString: string): Promise<pg.Client> {
  for (const began = performance.now(); ;) {
    const client = new pg.Client({ connectionString })
    try {
      await client.connect()
      return client
    } catch (thrown) {
      if (performance.now() - began > 60_000) throw thrown
      await wait(100)
    }
  }
}

const refusalsOf = (senders: readonly Sender[]): string => JSON.stringify(senders.map((it) => [...it.refusals]))

async function inspect(
  stage: Stage,
  senders: readonly Sender[],
  acked: ReadonlyMap<string, Acked>,
): Promise<Omit<CrashReport, 'kills' | 'databaseKills'>> {
  const client = await connectOnceUp(stage.postgres.url)
  const { rows } = await client.query<{ msg_id: string; conversation: string; sequence: string; hash: Buffer }>(
    'select msg_id, conversation, sequence, hash from message',
  )
  const { rows: counted } = await client.query<{ facts: string }>("select count(*) as facts from fact where kind = 'team.message.accepted'")
  await client.end()
  const stored = new Map<string, { conversation: string; sequence: number; hash: string }[]>()
  for (const row of rows)
    stored.set(row.msg_id, [
      ...(stored.get(row.msg_id) ?? []),
      { conversation: row.conversation, sequence: Number(row.sequence), hash: toBase64url(row.hash as never) },
    ])
  let lost = 0
  for (const [id, it] of acked) {
    const found = stored.get(id)?.[0]
    if (!found || found.sequence !== it.sequence || found.hash !== it.hash || found.conversation !== it.conversation) lost += 1
  }
  const doubled = [...stored.values()].filter((them) => them.length > 1).length + Math.abs(Number(counted[0]!.facts) - rows.length)
  let gaps = senders.reduce((sum, it) => sum + it.gaps + it.ahead.size, 0)
  for (const conversation of new Set(rows.map((row) => row.conversation))) {
    const sequences = rows
      .filter((row) => row.conversation === conversation)
      .map((row) => Number(row.sequence))
      .toSorted((a, b) => a - b)
    gaps += sequences.filter((sequence, i) => sequence !== i + 1).length
    for (const it of senders) if (it.room.conversation === conversation && it.have !== sequences.length) gaps += 1
  }
  return { acknowledged: acked.size, lost, doubled, gaps, auditVerified: await audited(stage) }
}

/** Numbers what is left, signs it, and verifies the whole log as `wardline verify-audit` does. */
async function audited(stage: Stage): Promise<boolean> {
  const last = await stage.startServer()
  // The server numbers at its start; it is asked until nothing is left.
  const probe = new pg.Client({ connectionString: stage.postgres.url })
  await probe.connect()
  for (let i = 0; i < 600; i += 1) {
    const { rows } = await probe.query<{ left: string }>('select count(*) as left from fact_unnumbered')
    if (Number(rows[0]!.left) === 0) break
    await wait(100)
  }
  await probe.end()
  await last.stop()
  const log = openLog({ level: 'error' })
  const keys = await openLedger(stage.serverOptions.keysFolder, kekFrom(Buffer.from(stage.serverOptions.kek, 'base64')))
  const db = openDatabase({ url: stage.postgres.url, keys, log })
  const clock = openClock(log)
  await clock.read(db)
  const reports = await verifyAudit(db, keys, { now: clock.ms() })
  await db.close()
  await keys.close()
  return reports.every((report) => report.intact) && reports.some((report) => report.entries > 0)
}
