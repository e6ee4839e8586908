import type { Bytes, DeviceKeys, DeviceList } from '@wardline/crypto'
import type { client } from '@wardline/platform/contract'
import type { Alarm } from './alarms.ts'
import type { DeviceStore } from './store.ts'

/** Calls an endpoint of the server; never throws (platform's `client`). */
export type Call = ReturnType<typeof client>

/** A device that was here before, without its person's keys: those come out of the vault. */
export interface DeviceBefore {
  readonly organisation: string
  readonly device: DeviceKeys
  /** The identity key that the person had when it was last used. */
  readonly identity: Bytes
  readonly vaultVersion: number
  readonly recoveryKeyKept: boolean
}

/** Makes devices whose keys live in memory only, and brings back the one that its person left sealed for themselves. */
export interface CarriedDevices {
  create(device: string): Promise<DeviceKeys>
  before(): DeviceBefore | null
  /** The identity key that this place knows as the person's, whoever made what was left; null: none yet. Without it there is no such place. */
  readonly pin?: { get(): Promise<Bytes | null>; put(identity: Bytes): Promise<void> }
  /** The factors of the person's verified device list, whenever it was read or changed. */
  factors?(listed: DeviceList['factors']): void
}

/** What every part of the engine works with. */
export interface DeviceParts {
  readonly call: Call
  readonly store: DeviceStore
  readonly person: string
  /** The server's clock as far as this device knows it, ms. */
  readonly now: () => number
  /** False: the server has not said its time yet, so `now` is this machine's own clock, which may be anything. */
  readonly hasServerTime?: () => boolean
  /** Where nothing is kept in the browser: at a shared workstation, and on a passing device. */
  readonly carried?: CarriedDevices
  readonly alarm: (what: Omit<Alarm, 'id' | 'at'>) => Promise<void>
}
