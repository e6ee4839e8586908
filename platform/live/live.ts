import type { Caller } from '../http/caller.ts'

/** One open connection of one signed-in device. */
export interface LiveSocket {
  readonly caller: Caller
  /** Sends a frame; a socket whose peer does not read is closed, it catches up later. */
  send(frame: LiveFrame): void
  /** Hears what is published on a topic, e.g. `conversation|<id>`. Topics are joined by the server only, after its own check. */
  join(topic: string): void
  leave(topic: string): void
  /** Whether it hears a topic now. */
  hears(topic: string): boolean
  /** A command whose answer comes by a callback counts as in flight from here, at its cost, until `finish` with the same cost, once. */
  begin(cost: number): void
  finish(cost: number): void
  /** Nothing more is heard from it from this moment; it is cut off a second later if it does not go by itself. */
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
  /** The open sockets of an organisation, a person, a device or a session. */
  sockets(of: { org?: string; person?: string; device?: string; session?: string }): readonly LiveSocket[]
  /**
   * Ends the sockets of a session, person, device or organisation: nothing is heard from them from this moment, and a connection that is just being made
   * proves again who it is. `going-away` (access changed): they may come again at once.
   */
  end(of: { org?: string; person?: string; device?: string; session?: string }, reason?: 'signed-out' | 'going-away'): number
  readonly size: number
}
