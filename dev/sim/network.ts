import type { CallResult, Endpoint } from '@wardline/platform/contract'
import type { Socket, SocketEvents, TeamPorts } from '@wardline/product/team/messages/client'
import type { Clock } from './clock.ts'
import type { Dice } from './dice.ts'
import type { Answer, Frame, Line, Server } from './server.ts'

/** What goes wrong between devices and the server; each in [0, 1], drawn for every request or frame. */
export interface Faults {
  /** A request that never arrives. */
  readonly lost: number
  /** A request that was done, and its answer lost. */
  readonly unanswered: number
  /** A request that arrives twice. */
  readonly doubled: number
  /** From this frame on nothing gets through in its direction: a connection that is dead, and nobody has noticed. */
  readonly stalled: number
  /** A message that is told twice, as by a server that did not know whether its commit went through. */
  readonly told: number
  /** One way, ms. */
  readonly slowest: number
}

export const calm: Faults = { lost: 0, unanswered: 0, doubled: 0, stalled: 0, told: 0, slowest: 40 }

/** What a device's traffic hangs on; `session` may change when its person signs in again. */
export interface Wire {
  session: string
  /** False: nothing gets through in either direction. */
  up: boolean
  /** False: the program is gone; nothing of it happens any more. */
  alive: boolean
  /** Open connections. */
  readonly sockets: Set<{ cut(): void }>
}

/** One for all devices of a seed. */
export interface Network {
  readonly ports: (wire: Wire, name: string) => Pick<TeamPorts, 'call' | 'openSocket'>
  faults: Faults
}

/** What passes the network. */
export interface Tap {
  sent(name: string, frame: Frame): void
  heard(name: string, frame: Frame): void
  note(...words: readonly (string | number)[]): void
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined)
const unreachable = { ok: false, code: 'unreachable', what: '', next: '' } as const

/** A network to this server whose faults the dice draw. */
export function openNetwork(clock: Clock, server: Server, dice: Dice, tap: Tap, background: (work: Promise<unknown>) => void): Network {
  const network: Network = { ports, faults: calm }
  const way = (): number => dice.between(5, network.faults.slowest)
  const faults = () => network.faults

  function call<E extends Endpoint>(
    wire: Wire,
    name: string,
    endpoint: E,
    args: { params?: unknown; body?: unknown },
  ): Promise<CallResult<E>> {
    if (!wire.alive) return never()
    return new Promise((resolve) => {
      const { session } = wire
      tap.note(name, 'asks', endpoint.name)
      const answer = (it: Answer | typeof unreachable): void => {
        if (!wire.alive) return
        tap.note(name, endpoint.name, it.ok ? 'ok' : it.code)
        resolve((it.ok ? it : { what: '', next: '', ...it }) as unknown as CallResult<E>)
      }
      const arrive = (last: boolean): void => {
        const params = (args.params ?? {}) as Record<string, string>
        background(
          server.handle(session, endpoint.name, params, args.body).then((it) => {
            const gone = dice.chance(faults().unanswered)
            if (last) clock.later(way(), () => answer(gone || !wire.up ? unreachable : it))
          }),
        )
      }
      if (!wire.up) return void clock.later(20, () => answer(unreachable))
      const [lost, doubled] = [dice.chance(faults().lost), dice.chance(faults().doubled)]
      if (lost) return void clock.later(way(), () => answer(unreachable))
      clock.later(way(), () => arrive(!doubled))
      if (doubled) clock.later(way() + 200, () => arrive(true))
    })
  }

  function openSocket(wire: Wire, name: string, events: SocketEvents): Socket {
    let open = true
    let there: Line | null = null
    let lastOut = 0
    let lastIn = 0
    const end = (code: number): void => {
      if (!open) return
      open = false
      wire.sockets.delete(mine)
      if (there) server.disconnect(there)
      if (wire.alive) events.closed(code)
    }
    const mine = { cut: () => end(1006) }
    wire.sockets.add(mine)
    if (!wire.up) {
      clock.later(20, mine.cut)
      return { send: () => undefined, close: () => undefined }
    }
    let [outStalled, inStalled] = [false, false]
    const line: Line = {
      session: wire.session,
      send(frame) {
        inStalled ||= dice.chance(faults().stalled)
        const times = frame.t === 'message' && dice.chance(faults().told) ? 2 : 1
        for (let i = 0; i < times && !inStalled; i++) {
          lastIn = Math.max(lastIn + 1, clock.now() + way())
          clock.later(lastIn - clock.now(), () => {
            if (!open || !wire.alive || !wire.up) return
            tap.heard(name, frame)
            events.frame(JSON.stringify(frame))
          })
        }
      },
      end: (code) => void clock.later(way(), () => end(code)),
    }
    lastOut = clock.now() + way()
    clock.later(lastOut - clock.now(), () => {
      if (!open || !wire.up) return end(1006)
      if (server.connect(line)) there = line
      else end(4401)
    })
    return {
      send(text) {
        if (!open || !wire.alive || !wire.up) return
        const frame = JSON.parse(text) as Frame
        tap.sent(name, frame)
        outStalled ||= dice.chance(faults().stalled)
        if (outStalled) return
        lastOut = Math.max(lastOut + 1, clock.now() + way())
        // What has left arrives, whatever becomes of who sent it.
        clock.later(lastOut - clock.now(), () => {
          if (there && wire.up) background(server.hear(there, frame))
        })
      },
      close: mine.cut,
    }
  }

  function ports(wire: Wire, name: string): Pick<TeamPorts, 'call' | 'openSocket'> {
    return {
      call: ((endpoint: Endpoint, args: { params?: unknown; body?: unknown }) =>
        call(wire, name, endpoint, args)) as unknown as TeamPorts['call'],
      openSocket: (events) => openSocket(wire, name, events),
    }
  }
  return network
}
