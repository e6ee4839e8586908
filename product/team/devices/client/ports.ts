import type { client } from '@wardline/platform/contract'
import type { Alarm } from './alarms.ts'
import type { DeviceStore } from './store.ts'

/** Calls an endpoint of the server; never throws (platform's `client`). */
export type Call = ReturnType<typeof client>

/** What every part of the engine works with. */
export interface DeviceParts {
  readonly call: Call
  readonly store: DeviceStore
  readonly person: string
  /** The server's clock as far as this device knows it, ms. */
  readonly now: () => number
  readonly alarm: (what: Omit<Alarm, 'id' | 'at'>) => Promise<void>
}
