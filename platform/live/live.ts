import type { Caller } from '../http/caller.ts'

/** One open connection of one signed-in device. */
export interface LiveSocket {
  readonly caller: Caller
  /** Sends a frame; a socket whose peer does not read is closed, it catches up later. */
  send(frame: LiveFrame): void
  /** Hears what is published on a topic, e.g. `conversation|<id>`. Topics are joined by the server only, after its own check. */
  join(topic: string): void
  leave(topic: string): void
  close(reason: LiveClose): void
}

export type LiveClose = 'signed-out' | 'going-away' | 'too-slow' | 'bad-frame' | 'too-large'

/** A frame to a device: `t` names its type. */
export interface LiveFrame {
  readonly t: string
  readonly [name: string]: unknown
}

/** The open connections of this node. */
export interface Live {
  /** Sends one frame to all who joined the topic, encoded once (a string: its JSON already); `except` is skipped. */
  publish(topic: string, frame: LiveFrame | string, except?: LiveSocket): void
  /** The open sockets of a person, a device or a session. */
  sockets(of: { person?: string; device?: string; session?: string }): readonly LiveSocket[]
  /** Closes the sockets of a session, person or device at once: access ended. */
  end(of: { person?: string; device?: string; session?: string }): number
  readonly size: number
}
