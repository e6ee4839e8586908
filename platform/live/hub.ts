import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { Compile } from 'typebox/compile'
import { WebSocket, WebSocketServer } from 'ws'
import { parseJson } from '../http/json.ts'
import type { Caller } from '../http/caller.ts'
import type { Services } from '../http/route.ts'
import { Refusal } from '../http/refusal.ts'
import { pause } from '../clock/clock.ts'
import type { LiveCommand, LiveDigest } from './command.ts'
import type { Live, LiveClose, LiveFrame, LiveSocket } from './live.ts'
import { begin, drain, finish, openCommon, receive, spend, stop } from './inbox.ts'
import type { Common, Inbox } from './inbox.ts'
import { flush, lay, textFrame, unreadOf } from './peer.ts'
import type { Peer } from './peer.ts'
import { costOfBytes, liveLimits, openShare } from './share.ts'
import type { ShareRule } from './share.ts'

const closeCodes: Record<LiveClose, number> = {
  'signed-out': 4401,
  'going-away': 1001,
  'too-slow': 4408,
  'bad-frame': 4400,
  'too-large': 1009,
}
const largestFrame = 1024 * 1024
/** Windows of one person at a time: five sessions of a dozen tabs. More is a program that runs wild. */
const mostOfPerson = 64
/** A peer that has this much unread is cut off: it re-reads what it missed. */
const largestBacklog = 8 * 1024 * 1024
/** A peer that was told to go and is still there after this, ms, is cut off. */
const patienceMs = 1_000
/** A connection whose access ends again and again while it is being made is asked to come later. */
const mostTries = 3

/** The live WebSocket at /api/v1/live: one authenticated connection per open tab, commands in, frames out. */
export interface Hub extends Live {
  /** `accept` says who is connecting; it throws a `too-many` Refusal for whoever comes too often. */
  attach(server: Server, services: Services, accept: (request: IncomingMessage) => Promise<Caller | null>): void
  stop(): Promise<void>
}

interface Open extends LiveSocket, Peer, Inbox {
  readonly services: Services
  readonly ws: WebSocket
  readonly topics: Set<string>
  readonly common: Windows
}
/** A person's windows. */
interface Windows extends Common {
  readonly sockets: Set<Open>
}
type Whose = Parameters<Live['end']>[0]

const isOf = (caller: Caller, of: Whose): boolean =>
  (of.org === undefined || caller.org === of.org) &&
  (of.person === undefined || caller.person === of.person) &&
  (of.device === undefined || caller.device === of.device) &&
  (of.session === undefined || caller.session === of.session)

// Listeners of every connection: one function for all of them, which holds on to none.
function destroyed(this: Duplex): void {
  this.destroy()
}
function terminated(this: WebSocket): void {
  this.terminate()
}

/** The id that a frame brought, for the answer to it. */
const idOf = ({ id }: { id?: unknown }): { id?: string } => (typeof id === 'string' && id.length <= 64 ? { id } : {})

/** A hub for the commands of all features. `beatMs` is 10 s, and the limits are these, but in tests. */
export function openHub(
  commands: readonly LiveCommand[],
  digests: readonly LiveDigest[],
  beatMs = 10_000,
  limits: { readonly socket: ShareRule; readonly person: ShareRule } = liveLimits,
): Hub {
  const handlers = new Map(commands.map((it) => [it.t, { it, checked: Compile(it.takes) }]))
  const open = new Set<Open>()
  const topics = new Map<string, Set<Open>>()
  const persons = new Map<string, Windows>()
  // Told to go, and not gone yet.
  const going = new Set<Open>()
  // What has ended while a connection was being made: its caller may be of before that.
  const arriving = new Set<Whose[]>()
  const stopped = new AbortController()
  let beating: Promise<void> = Promise.resolve()

  // What one turn says to a device leaves in one system call: an acknowledgement and the messages of the same commit.
  let speaking: Peer[] = []
  const flushAll = () => {
    const all = speaking
    speaking = []
    for (const peer of all) flush(peer)
  }
  const write = (peer: Open, frame: Buffer) => {
    if (peer.ws.readyState !== WebSocket.OPEN) return
    if (unreadOf(peer) > largestBacklog) return peer.close('too-slow')
    if (lay(peer, frame) && speaking.push(peer) === 1) process.nextTick(flushAll)
  }
  const leave = (socket: Open, topic: string) => {
    socket.topics.delete(topic)
    const set = topics.get(topic)
    set?.delete(socket)
    if (set?.size === 0) topics.delete(topic)
  }
  const forget = (socket: Open) => {
    open.delete(socket)
    for (const topic of socket.topics) leave(socket, topic)
    socket.common.sockets.delete(socket)
  }
  const windowsOf = (person: string): Windows => {
    let windows = persons.get(person)
    if (!windows) persons.set(person, (windows = { ...openCommon(limits.person), sockets: new Set() }))
    return windows
  }
  // One function each for all connections.
  const methods: Pick<Open, 'hear' | 'begin' | 'finish' | 'send' | 'join' | 'leave' | 'hears' | 'close'> & ThisType<Open> = {
    hear(data) {
      hear(this, data)
    },
    begin(cost) {
      begin(this, cost)
    },
    finish(cost) {
      finish(this, cost)
    },
    send(frame) {
      write(this, textFrame(JSON.stringify(frame)))
    },
    join(topic) {
      if (this.dead) return
      this.topics.add(topic)
      let set = topics.get(topic)
      if (!set) topics.set(topic, (set = new Set()))
      set.add(this)
    },
    leave(topic) {
      leave(this, topic)
    },
    hears(topic) {
      return this.topics.has(topic)
    },
    close(reason) {
      if (this.dead) return
      // From here on nothing is heard, although a peer that ignores the close frame may write on and on.
      this.dead = true
      forget(this)
      going.add(this)
      if (reason !== 'too-slow') flush(this)
      this.ws.close(closeCodes[reason], reason)
      setTimeout(() => this.ws.terminate(), patienceMs).unref()
    },
  }
  const wrap = (services: Services, ws: WebSocket, stream: Duplex, caller: Caller): Open => ({
    services,
    ws,
    stream,
    waiting: null,
    waitingBytes: 0,
    caller,
    topics: new Set(),
    own: openShare(limits.socket, performance.now()),
    common: windowsOf(caller.person),
    dead: false,
    held: null,
    ...methods,
  })

  function failed(socket: Open, kind: string, frame: { id?: unknown }, thrown: unknown): void {
    socket.services.log.error('live.command-failed', { kind }, thrown)
    socket.send({ t: 'refused', ...idOf(frame), code: 'internal' })
  }

  function hear(socket: Open, data: Buffer): void {
    spend(socket, costOfBytes(data.length))
    let frame: { t?: unknown; id?: unknown }
    try {
      frame = parseJson(data) as { t?: unknown; id?: unknown }
    } catch {
      return socket.send({ t: 'refused', code: 'bad-request', field: 'frame' })
    }
    const known = typeof frame?.t === 'string' ? handlers.get(frame.t) : undefined
    if (!known) return socket.send({ t: 'refused', code: 'bad-request', field: 't' })
    if (!known.checked.Check(frame)) {
      const [error] = known.checked.Errors(frame)
      return socket.send({ t: 'refused', ...idOf(frame), code: 'bad-request', field: error?.instancePath ?? '' })
    }
    const { it } = known
    try {
      const cost = it.cost?.(frame as never) ?? 1
      if (cost > 1) spend(socket, cost - 1)
      const done = it.run(socket.services, socket, frame as never)
      if (!done) return
      begin(socket, cost)
      done.catch((thrown: unknown) => failed(socket, it.t, frame, thrown)).finally(() => finish(socket, cost))
    } catch (thrown) {
      failed(socket, it.t, frame, thrown)
    }
  }

  // Apart from the upgrade, so that an open connection does not hold on to its request.
  function admit(socket: Open): void {
    const { ws, services } = socket
    open.add(socket)
    socket.common.sockets.add(socket)
    ws.on('close', () => {
      socket.dead = true
      going.delete(socket)
      forget(socket)
    })
    ws.on('error', terminated)
    ws.on('message', (data: Buffer) => receive(socket, data))
    // Frames are heard only after the topics are joined, so that nothing published in between is missed.
    stop(socket)
    Promise.all(digests.map((digest) => digest.connected(services, socket))).then(
      () => {
        socket.send({ t: 'open', at: services.clock.ms() })
        drain(socket)
      },
      (thrown: unknown) => {
        services.log.error('live.connect-failed', {}, thrown)
        socket.close('going-away')
      },
    )
  }

  /** Who is connecting; asked again if something of theirs ended meanwhile: what ended before they had a window would close none. */
  async function callerOf(request: IncomingMessage, accept: (request: IncomingMessage) => Promise<Caller | null>): Promise<Caller | null> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const ended: Whose[] = []
      arriving.add(ended)
      try {
        const caller = await accept(request)
        if (!caller || !ended.some((of) => isOf(caller, of))) return caller
      } finally {
        arriving.delete(ended)
      }
    }
    throw new Refusal('unavailable')
  }

  async function beat(services: Services): Promise<void> {
    while (!stopped.signal.aborted) {
      await pause(beatMs, stopped.signal)
      if (stopped.signal.aborted) return
      for (const [person, it] of persons) if (it.sockets.size === 0 && it.share.flying === 0) persons.delete(person)
      const sockets = [...open]
      const frames = new Map<LiveSocket, Record<string, unknown>>()
      for (const socket of sockets) frames.set(socket, { t: 'beat', at: services.clock.ms() })
      for (const digest of digests) {
        try {
          for (const [socket, frame] of await digest.beat(services, sockets)) Object.assign(frames.get(socket) ?? {}, frame, { t: 'beat' })
        } catch (thrown) {
          services.log.error('live.beat-failed', {}, thrown)
        }
      }
      for (const [socket, frame] of frames) socket.send(frame as LiveFrame)
    }
  }

  return {
    get size() {
      return open.size
    },
    publish(topic, frame, except) {
      const set = topics.get(topic)
      if (!set || set.size === 0) return
      const bytes = textFrame(typeof frame === 'string' ? frame : JSON.stringify(frame))
      for (const socket of set) if (socket !== except) write(socket, bytes)
    },
    sockets: (of) =>
      [...(of.person === undefined ? open : (persons.get(of.person)?.sockets ?? []))].filter((socket) => isOf(socket.caller, of)),
    end(of, reason = 'signed-out') {
      for (const ended of arriving) ended.push(of)
      const ending = this.sockets(of)
      for (const socket of ending) socket.close(reason)
      return ending.length
    },
    attach(server, services, accept) {
      const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: largestFrame })
      server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
        const refuse = (status: string) => stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
        stream.on('error', destroyed)
        if ((request.url ?? '').split('?')[0] !== '/api/v1/live') return void refuse('404 Not Found')
        callerOf(request, accept).then(
          (caller) => {
            if (!caller) return void refuse('401 Unauthorized')
            if (stopped.signal.aborted) return void refuse('503 Service Unavailable')
            if ((persons.get(caller.person)?.sockets.size ?? 0) >= mostOfPerson) return void refuse('429 Too Many Requests')
            wss.handleUpgrade(request, stream, head, (ws) => admit(wrap(services, ws, stream, caller)))
          },
          (thrown: unknown) => {
            if (thrown instanceof Refusal && thrown.code === 'too-many') return void refuse('429 Too Many Requests')
            services.log.error('live.accept-failed', {}, thrown)
            refuse('503 Service Unavailable')
          },
        )
      })
      beating = beat(services)
    },
    async stop() {
      stopped.abort()
      for (const socket of open) socket.close('going-away')
      await beating
      for (const socket of going) socket.ws.terminate()
    },
  }
}
