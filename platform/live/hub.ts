import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { Compile } from 'typebox/compile'
import { WebSocket, WebSocketServer } from 'ws'
import { parseJson } from '../http/json.ts'
import type { Caller } from '../http/caller.ts'
import type { Services } from '../http/route.ts'
import { pause } from '../clock/clock.ts'
import type { LiveCommand, LiveDigest } from './command.ts'
import type { Live, LiveClose, LiveFrame, LiveSocket } from './live.ts'
import { flush, lay, textFrame, unreadOf } from './peer.ts'
import type { Peer } from './peer.ts'

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

/** The live WebSocket at /api/v1/live: one authenticated connection per open tab, commands in, frames out. */
export interface Hub extends Live {
  attach(server: Server, services: Services, accept: (request: IncomingMessage) => Promise<Caller | null>): void
  stop(): Promise<void>
}

interface Open extends LiveSocket, Peer {
  readonly topics: Set<string>
}

// Listeners of every connection: one function for all of them, which holds on to none.
function destroyed(this: Duplex): void {
  this.destroy()
}
function terminated(this: WebSocket): void {
  this.terminate()
}

/** A hub for the commands of all features. `beatMs` is 10 s but in tests. */
export function openHub(commands: readonly LiveCommand[], digests: readonly LiveDigest[], beatMs = 10_000): Hub {
  const handlers = new Map(commands.map((it) => [it.t, { it, checked: Compile(it.takes) }]))
  const open = new Set<Open>()
  const topics = new Map<string, Set<Open>>()
  const persons = new Map<string, Set<Open>>()
  const stopped = new AbortController()
  let beating: Promise<void> = Promise.resolve()

  // What one turn says to a device leaves in one system call: an acknowledgement and the messages of the same commit.
  let speaking: Peer[] = []
  const flushAll = () => {
    const all = speaking
    speaking = []
    for (const peer of all) flush(peer)
  }
  const write = (peer: Peer, frame: Buffer) => {
    if (peer.ws.readyState !== WebSocket.OPEN) return
    if (unreadOf(peer) > largestBacklog) return peer.ws.close(closeCodes['too-slow'], 'too-slow')
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
    const mine = persons.get(socket.caller.person)
    mine?.delete(socket)
    if (mine?.size === 0) persons.delete(socket.caller.person)
  }
  const wrap = (ws: WebSocket, stream: Duplex, caller: Caller): Open => ({
    ws,
    stream,
    waiting: null,
    waitingBytes: 0,
    caller,
    topics: new Set(),
    send(frame) {
      write(this, textFrame(JSON.stringify(frame)))
    },
    join(topic) {
      this.topics.add(topic)
      let set = topics.get(topic)
      if (!set) topics.set(topic, (set = new Set()))
      set.add(this)
    },
    leave(topic) {
      leave(this, topic)
    },
    close(reason) {
      flush(this)
      ws.close(closeCodes[reason], reason)
    },
  })

  function hear(services: Services, socket: Open, data: Buffer): void {
    let frame: { t?: unknown }
    try {
      frame = parseJson(data) as { t?: unknown }
    } catch {
      return socket.send({ t: 'refused', code: 'bad-request', field: 'frame' })
    }
    const known = typeof frame?.t === 'string' ? handlers.get(frame.t) : undefined
    if (!known) return socket.send({ t: 'refused', code: 'bad-request', field: 't' })
    if (!known.checked.Check(frame)) {
      const [error] = known.checked.Errors(frame)
      const id = (frame as { id?: unknown }).id
      return socket.send({
        t: 'refused',
        ...(typeof id === 'string' && id.length <= 64 ? { id } : {}),
        code: 'bad-request',
        field: error?.instancePath ?? '',
      })
    }
    try {
      const done = known.it.run(services, socket, frame as never)
      if (done) done.catch((thrown: unknown) => services.log.error('live.command-failed', { kind: known.it.t }, thrown))
    } catch (thrown) {
      services.log.error('live.command-failed', { kind: known.it.t }, thrown)
    }
  }

  // Apart from the upgrade, so that an open connection does not hold on to its request.
  function admit(services: Services, socket: Open): void {
    const { ws, caller } = socket
    open.add(socket)
    let mine = persons.get(caller.person)
    if (!mine) persons.set(caller.person, (mine = new Set()))
    mine.add(socket)
    ws.on('close', () => forget(socket))
    ws.on('error', terminated)
    // Frames are heard only after the topics are joined, so that nothing published in between is missed.
    let early: Buffer[] | null = []
    let earlyBytes = 0
    ws.on('message', (data: Buffer) => {
      if (!early) return hear(services, socket, data)
      earlyBytes += data.length
      if (early.length < 64 && earlyBytes <= largestFrame) early.push(data)
      else ws.close(closeCodes['bad-frame'], 'bad-frame')
    })
    Promise.all(digests.map((digest) => digest.connected(services, socket))).then(
      () => {
        const waited = early ?? []
        early = null
        socket.send({ t: 'open', at: services.clock.ms() })
        for (const data of waited) hear(services, socket, data)
      },
      (thrown: unknown) => {
        services.log.error('live.connect-failed', {}, thrown)
        socket.close('going-away')
      },
    )
  }

  async function beat(services: Services): Promise<void> {
    while (!stopped.signal.aborted) {
      await pause(beatMs, stopped.signal)
      if (stopped.signal.aborted) return
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
      [...(of.person === undefined ? open : (persons.get(of.person) ?? []))].filter(
        (it) =>
          (of.device === undefined || it.caller.device === of.device) && (of.session === undefined || it.caller.session === of.session),
      ),
    end(of) {
      const ending = this.sockets(of) as Open[]
      for (const socket of ending) {
        forget(socket)
        socket.close('signed-out')
      }
      return ending.length
    },
    attach(server, services, accept) {
      const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: largestFrame })
      server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
        const refuse = (status: string) => stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
        stream.on('error', destroyed)
        if ((request.url ?? '').split('?')[0] !== '/api/v1/live') return void refuse('404 Not Found')
        accept(request).then(
          (caller) => {
            if (!caller) return void refuse('401 Unauthorized')
            if (stopped.signal.aborted) return void refuse('503 Service Unavailable')
            if ((persons.get(caller.person)?.size ?? 0) >= mostOfPerson) return void refuse('429 Too Many Requests')
            wss.handleUpgrade(request, stream, head, (ws) => admit(services, wrap(ws, stream, caller)))
          },
          (thrown: unknown) => {
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
      for (const socket of open) socket.ws.terminate()
    },
  }
}
