import type { Socket, TeamPorts } from './ports.ts'

/** A frame as it comes: `t` names its type. */
export interface Frame {
  readonly t: string
  readonly id?: string
  readonly [name: string]: unknown
}

/** The live connection, opened again and again for as long as it is wanted. */
export interface Link {
  isOpen(): boolean
  /** Wants a connection from now on. */
  want(): void
  /** Wants none until `want`; whoever waits for an answer gets `lost`. */
  drop(): void
  send(frame: object): void
  /** Sends a frame with an id; the frame that answers it, or `lost`: it may or may not have arrived. */
  ask(frame: { readonly id: string; readonly [name: string]: unknown }): Promise<Frame | 'lost'>
}

/** What the link tells its owner. */
export interface LinkEvents {
  /** The server is ready to hear and has joined this device's topics. */
  readonly opened: () => void
  readonly frame: (frame: Frame) => void
  /** `signedOut`: the session is over, trying again is of no use. */
  readonly closed: (signedOut: boolean) => void
}

const SIGNED_OUT = 4401
/** The server's heartbeat comes every 10 s: without two of them the connection is dead. */
const SILENCE = 25_000
const ANSWER = 15_000
const FIRST_WAIT = 1_000
const LONGEST_WAIT = 30_000

/** A link on these ports. */
export function openLink({ openSocket, later, now }: Pick<TeamPorts, 'openSocket' | 'later' | 'now'>, events: LinkEvents): Link {
  let wanted = false
  let socket: Socket | null = null
  let open = false
  let heard = 0
  let wait = FIRST_WAIT
  let cancelRetry = (): void => {}
  let cancelWatch = (): void => {}
  const asked = new Map<string, (answer: Frame | 'lost') => void>()

  const lose = (): void => {
    for (const answer of [...asked.values()]) answer('lost')
  }

  function connect(): void {
    if (!wanted || socket) return
    const mine = openSocket({
      frame: (text) => socket === mine && hear(text),
      closed: (code) => socket === mine && close(code === SIGNED_OUT),
    })
    socket = mine
    heard = now()
    watch()
  }
  function watch(): void {
    cancelWatch()
    cancelWatch = later(SILENCE / 5, () => {
      if (Math.abs(now() - heard) <= SILENCE) return watch()
      socket?.close()
      close(false)
    })
  }
  function close(signedOut: boolean): void {
    socket = null
    open = false
    cancelWatch()
    lose()
    if (signedOut) wanted = false
    events.closed(signedOut)
    if (!wanted) return
    // Devices that lost one server at one moment do not all come back at one moment.
    const spread = 0.5 + (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) / 256
    cancelRetry = later(wait * spread, connect)
    wait = Math.min(wait * 2, LONGEST_WAIT)
  }
  function hear(text: string): void {
    heard = now()
    let frame: Frame
    try {
      frame = JSON.parse(text) as Frame
    } catch {
      return
    }
    if (frame.t === 'open') {
      open = true
      wait = FIRST_WAIT
    }
    const answer = frame.id !== undefined && frame.t !== 'rest' ? asked.get(frame.id) : undefined
    events.frame(frame)
    answer?.(frame)
    if (frame.t === 'open') events.opened()
  }

  return {
    isOpen: () => open,
    want() {
      wanted = true
      cancelRetry()
      connect()
    },
    drop() {
      wanted = false
      cancelRetry()
      const was = socket
      if (!was) return
      was.close()
      close(false)
    },
    send(frame) {
      if (open) socket?.send(JSON.stringify(frame))
    },
    ask(frame) {
      if (!open || !socket) return Promise.resolve('lost')
      return new Promise((resolve) => {
        const cancel = later(ANSWER, () => answer('lost'))
        const answer = (it: Frame | 'lost'): void => {
          if (asked.get(frame.id) === answer) asked.delete(frame.id)
          cancel()
          resolve(it)
        }
        asked.set(frame.id, answer)
        socket?.send(JSON.stringify(frame))
      })
    },
  }
}
