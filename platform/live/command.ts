import type { Static, TSchema } from 'typebox'
import type { Services } from '../http/route.ts'
import type { LiveFrame, LiveSocket } from './live.ts'

/** A frame from a device that a feature understands. A reply carries the frame's `id`. */
export interface LiveCommand<S extends TSchema = TSchema> {
  readonly t: string
  readonly takes: S
  /** What such a frame costs of its sender's share (share.ts), 1 and more; absent: 1. */
  cost?(frame: Static<S>): number
  /** Must not throw for expected failures: it answers them as frames. Others are answered `refused`, `internal`. */
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
