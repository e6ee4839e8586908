import type { Place } from './organisation.ts'
import type { Session } from './colleague.ts'

/** A frame from the server. */
export interface Frame {
  readonly t: string
  readonly id?: string
  readonly code?: string
  readonly [name: string]: unknown
}

/** An open live connection of a session. */
export interface Wire {
  readonly frames: readonly Frame[]
  send(frame: object): void
  /** The first frame, seen already or to come, for which this is so; fails after 20 s. */
  until(matches: (frame: Frame) => boolean): Promise<Frame>
  /** Sends a frame with an id and waits for the answer to it. */
  ask(frame: { id: string; t: string; [name: string]: unknown }): Promise<Frame>
  closed: Promise<number>
  close(): void
}

/** Opens the live connection of a session, with more headers where a proxy adds some; resolves when its topics are joined. */
export async function connect(place: Place, session: Session, more: Readonly<Record<string, string>> = {}): Promise<Wire> {
  const url = place.server.url.replace(/^http/, 'ws') + '/api/v1/live'
  const socket = new WebSocket(url, { headers: { ...more, cookie: session.cookie } } as unknown as string[])
  const frames: Frame[] = []
  const waiting = new Set<() => void>()
  socket.addEventListener('message', (event) => {
    frames.push(JSON.parse(String(event.data)) as Frame)
    for (const look of waiting) look()
  })
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', (event) => resolve(event.code)))
  const until = (matches: (frame: Frame) => boolean): Promise<Frame> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(look)
        reject(
          new Error(
            `no such frame came; the last were: ${frames
              .slice(-20)
              .map((it) => it.t)
              .join(' ')}`,
          ),
        )
      }, 20_000)
      let seen = 0
      const look = (): void => {
        while (seen < frames.length) {
          const frame = frames[seen++]!
          if (!matches(frame)) continue
          waiting.delete(look)
          clearTimeout(timer)
          return resolve(frame)
        }
      }
      waiting.add(look)
      look()
    })
  const send = (frame: object): void => socket.send(JSON.stringify(frame))
  await Promise.race([
    until((it) => it.t === 'open'),
    closed.then((code) => Promise.reject(new Error(`the connection was closed: ${code}`))),
  ])
  return {
    frames,
    send,
    until,
    ask: (frame) => {
      send(frame)
      return until((it) => it.id === frame.id && it.t !== 'rest')
    },
    closed,
    close: () => socket.close(),
  }
}
