import type { Call, CarriedDevices, DeviceBefore, DeviceStore, Own } from '@wardline/product/team/devices/client'
import type { Factor, UnlockFactor } from '@wardline/crypto'

/** An open or opening live connection. */
export interface Socket {
  send(text: string): void
  close(): void
}

/** What a live connection tells. `closed` comes once, also where it never opened; `code` as in RFC 6455 section 7.4. */
export interface SocketEvents {
  readonly frame: (text: string) => void
  readonly closed: (code: number) => void
}

/** The lock that one writer of a device holds: Web Locks in a browser. */
export interface WriterLock {
  /** Resolves when this engine holds it, with how to give it back. `waiting` is called first where another one holds it. */
  acquire(waiting: () => void): Promise<() => void>
}

/** A device's store in memory. What it must not forget lies at the server, sealed to its person's unlock factors. */
export interface Passing {
  readonly store: DeviceStore
  readonly devices: CarriedDevices
  /**
   * Fetches what this device left and opens it by the factor of this secret; null: nothing that it opens. Whoever made it, nothing of it is in the
   * store before `takeUp`. Throws Stop where the server cannot be asked.
   */
  unlock(kind: Factor['kind'], secret: Uint8Array): Promise<{ readonly before: DeviceBefore; readonly factor: UnlockFactor } | null>
  /** What was unlocked is this device's own (`OwnDevice.takeUp`): puts it into the store. */
  takeUp(own: Own): Promise<void>
  /** The server does not take what this device leaves. */
  isUnsaved(): boolean
  /** Sends what is not sent yet. What does not get through is lost with the page. */
  settle(): Promise<void>
}

/** What an engine needs of where it runs. */
export interface TeamPorts {
  readonly person: string
  readonly call: Call
  readonly openSocket: (events: SocketEvents) => Socket
  readonly store: DeviceStore
  readonly lock: WriterLock
  /** At a shared workstation: its store is in memory, and this is how the device gets there and on. */
  readonly carried?: CarriedDevices
  /**
   * How a device begins that keeps nothing in this browser. `begins`: this one does from the start, as the newest of `devices`, which this browser
   * was before for anybody, that is its person's. `clear`: what the store was in goes as a whole, once nothing in it is needed. Without all
   * of this the store is all there is.
   */
  readonly passing?: {
    readonly begins: boolean
    readonly devices: readonly string[]
    readonly open: (devices: readonly string[]) => Passing
    readonly clear?: () => Promise<void>
  }
  /** This device's clock, ms. */
  readonly now: () => number
  /** Calls `run` once, so many ms later; returns how to call it off. */
  readonly later: (ms: number, run: () => void) => () => void
  /** What this device is, for its person's list of devices. */
  readonly about?: { readonly system: string; readonly browser: string; readonly version: number }
  /** Hears of what should never happen, a mistake in the engine; thrown from a timer otherwise. It goes on with everything else. */
  readonly failed?: (thrown: unknown) => void
}
