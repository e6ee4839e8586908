import type { Static, TSchema } from 'typebox'
import type { Caller } from '../http/caller.ts'
import type { Services } from '../http/route.ts'

/** One open connection of one signed-in device. */
export interface LiveSocket {
  readonly caller: Caller
  /** Sends a frame; a socket whose peer does not read is closed, it catches up later. */
  send(frame: LiveFrame | Buffer): void
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

/** A frame from a device that a feature understands. A reply carries the frame's `id`. */
export interface LiveCommand<S extends TSchema = TSchema> {
  readonly t: string
  readonly takes: S
  /** Must not throw for expected failures: it answers them as frames. */
  run(services: Services, socket: LiveSocket, frame: Static<S>): void | Promise<void>
}

/** Binds a frame type to its schema and handler. */
export const command = <const S extends TSchema>(it: LiveCommand<S>): LiveCommand => it as unknown as LiveCommand

/** Called when a device connects (to join its topics) and each 10 s (to tell it how far it should be). */
export interface LiveDigest {
  connected(services: Services, socket: LiveSocket): Promise<void>
  /** One digest for each of these sockets, in one query; undefined: nothing to say. */
  beat(services: Services, sockets: readonly LiveSocket[]): Promise<ReadonlyMap<LiveSocket, LiveFrame>>
}

/** The open connections of this node. */
export interface Live {
  /** Sends one frame to all who joined the topic, encoded once; `except` is skipped. */
  publish(topic: string, frame: LiveFrame, except?: LiveSocket): void
  /** The open sockets of a person, a device or a session. */
  sockets(of: { person?: string; device?: string; session?: string }): readonly LiveSocket[]
  /** Closes the sockets of a session, person or device at once: access ended. */
  end(of: { person?: string; device?: string; session?: string }): number
  readonly size: number
}
