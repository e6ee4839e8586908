import { signSession, signWipe, toBase64url } from '@wardline/crypto'
import { deviceOrders, deviceWiped } from '@wardline/product/team/devices/contract'
import { isPast, usualLimits } from '@wardline/product/team/devices/preview'
import type { Limits } from '@wardline/product/team/devices/preview'
import type { Own } from './device.ts'
import type { Call } from './ports.ts'
import { TERM } from './store.ts'
import type { DeviceStore } from './store.ts'

/** What wiping a device works with. `now`: the device's own clock, ms. */
export interface WipeParts {
  readonly call: Call
  readonly store: DeviceStore
  readonly now: () => number
}

/** A receipt that was signed and has not reached the server yet: all that is left of a device. */
interface Owed {
  readonly organisation: string
  readonly device: string
  readonly receipt: string
}

/** Wipes this device when it must, and says so to the server. */
export interface Wipe {
  /**
   * Before anything of a person is shown: wipes where the server was not heard for too long. A clock that only seems a week ahead is not
   * believed while the server can be asked. True: there is nothing left.
   */
  beforeShowing(): Promise<boolean>
  /** Whether the server was not heard for so long that nothing is shown before it is. */
  isLocked(): Promise<boolean>
  /** The server was heard; `at`: its clock, ms. */
  heard(at: number): Promise<void>
  /** For how long this device may be without the server from now on. */
  keepLimits(limits: Limits): Promise<void>
  /** Asks whether this device was reported as lost and must wipe itself. */
  isOrdered(): Promise<boolean>
  /** Wipes this device as it was told to, and signs for it. Nothing else may write to the store any more. */
  obey(): Promise<void>
  /** The same because this device is to keep nothing. What is left: receipts that the server has not got. */
  forget(): Promise<void>
  /** Sends receipts that did not get through. */
  settle(): Promise<void>
}

const HEARD = ['heard'] as const

/**
 * When the server was last heard, by its clock and by this device's, ms. How long it is since is told by the clock that stood beside it then:
 * one that is wrong by months is wrong by months both times.
 */
interface Heard {
  readonly server: number
  readonly here: number
}
const OWED = 'wiped'
const LIMITS = ['limits'] as const
const HOUR = 60 * 60 * 1000

const holdsAny = async (store: DeviceStore, kinds: readonly string[]): Promise<boolean> => {
  for (const kind of kinds) if ((await store.list([kind], { oldest: 1 })).length > 0) return true
  return false
}

/** Whether a store holds a device, keys that wait to be one, or an alarm. */
export const holdsDevice = (store: DeviceStore): Promise<boolean> => holdsAny(store, ['device', 'enrolling', 'drawn', 'alarm'])

/** Whether a store holds nothing that anybody would miss: no device, and no receipt that the server has not got. */
export const isEmptied = async (store: DeviceStore): Promise<boolean> => !(await holdsDevice(store)) && !(await holdsAny(store, [OWED]))

/** The wipe of the device on this store. */
export function openWipe({ call, store, now }: WipeParts): Wipe {
  const ownOf = async (): Promise<Own | null> => ((await store.get(['device'])) as Own | undefined) ?? null

  const limits = async (): Promise<Limits> => ((await store.get(LIMITS)) as Limits | undefined) ?? usualLimits

  async function ask(own: Own): Promise<{ readonly wipe: boolean; readonly now: number } | null> {
    const { organisation, person, device } = { ...own, device: own.device.device }
    const signature = toBase64url(await signSession({ organisation, person, device, session: device }, own.device.signing))
    const answer = await call(deviceOrders, { params: { device }, body: { organisation, signature } })
    return answer.ok ? answer.value : null
  }

  /** The receipt is signed before, because the key goes with everything else; it is kept until the server has it. */
  async function wipe(own: Own, why: 'ordered' | 'stale', spared: readonly string[] = []): Promise<void> {
    const { organisation, person } = own
    const { device } = own.device
    const receipt = toBase64url(await signWipe(own.device, { organisation, person, why, time: Math.max(0, Math.round(now())) }))
    // What stays: receipts, and whose turn it is to write here.
    const kept = (await Promise.all([[OWED], TERM, ...spared.map((it) => [it])].map((it) => store.list(it))))
      .flat()
      .map((it) => [it.key, it.value] as const)
    const owed: Owed = { organisation, device, receipt }
    await store.write({ removeUnder: [[]], put: [...kept, [[OWED, device], owed]] })
    await settle()
  }

  async function settle(): Promise<void> {
    for (const { key, value } of await store.list([OWED])) {
      const { organisation, device, receipt } = value as Owed
      const answer = await call(deviceWiped, { params: { device }, body: { organisation, receipt } })
      // A server that no longer knows the device has nothing to be told.
      if (answer.ok || answer.code === 'not-proven') await store.write({ remove: [key] })
    }
  }

  return {
    async beforeShowing() {
      const own = await ownOf()
      const last = (await store.get(HEARD)) as Heard | undefined
      const most = (await limits()).wipeDays * 24 * HOUR
      if (!own || !last || !isPast(last.here, now(), most)) return false
      const told = await ask(own)
      if (told && !told.wipe && !isPast(last.server, told.now, most)) return false
      // Keys that wait for their day open nothing that is here and are nowhere else: where the server says that this is no lost device, they stay.
      await wipe(own, told?.wipe === true ? 'ordered' : 'stale', told?.wipe === false ? ['drawn'] : [])
      return true
    },
    async isLocked() {
      const last = (await store.get(HEARD)) as Heard | undefined
      return last !== undefined && isPast(last.here, now(), (await limits()).lockHours * HOUR)
    },
    async keepLimits({ lockHours, wipeDays }) {
      const before = await limits()
      if (before.lockHours === lockHours && before.wipeDays === wipeDays) return
      await store.write({ put: [[LIMITS, { lockHours, wipeDays } satisfies Limits]] })
    },
    async heard(at) {
      const before = (await store.get(HEARD)) as Heard | undefined
      if (before && at - before.server < HOUR) return
      await store.write({ put: [[HEARD, { server: at, here: now() } satisfies Heard]] })
    },
    async isOrdered() {
      const own = await ownOf()
      return own !== null && (await ask(own))?.wipe === true
    },
    async obey() {
      const own = await ownOf()
      if (own) await wipe(own, 'ordered')
    },
    async forget() {
      const own = await ownOf()
      if (own) return wipe(own, 'ordered')
      const owed = (await store.list([OWED])).map((it) => [it.key, it.value] as const)
      await store.write({ removeUnder: [[]], put: [...owed, ...(await store.list(TERM)).map((it) => [it.key, it.value] as const)] })
    },
    settle,
  }
}
