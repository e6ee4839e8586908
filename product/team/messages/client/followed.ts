import type { Batch, DeviceStore, Own } from '@wardline/product/team/devices/client'
import { kinds } from './carried-content.ts'
import type { Content } from './carried-content.ts'
import type { MemoryStore } from './memory.ts'

/** What a device's write means for the copy of it that is kept elsewhere. */
export interface Written {
  /** Everything was removed: nothing is kept from here on. */
  readonly isCleared: boolean
  /** The device's own entry, where it was written. */
  readonly own: Content['own'] | null
  /** Something was written that is kept elsewhere. */
  readonly isKept: boolean
}

/** A store in memory whose writes are followed. `ready` comes before its first use. */
export const followedStore = (memory: MemoryStore, ready: () => Promise<void>, follow: (it: Written) => void): DeviceStore => ({
  get: async (name) => (await ready(), memory.get(name)),
  list: async (under, range) => (await ready(), memory.list(under, range)),
  async write(batch) {
    await ready()
    await memory.write(batch)
    follow(writtenBy(batch))
  },
  close: () => memory.close(),
})

/** What a batch means. */
export function writtenBy({ put = [], remove = [], removeUnder = [] }: Batch): Written {
  const device = put.findLast(([name]) => name[0] === 'device')?.[1] as Own | undefined
  return {
    isCleared: removeUnder.some((it) => it.length === 0),
    own: device
      ? {
          organisation: device.organisation,
          identity: device.keys.identity.publicKey,
          vaultVersion: device.vaultVersion,
          recoveryKeyKept: device.recoveryKeyKept,
        }
      : null,
    isKept: [...put.map(([name]) => name), ...remove].some((name) => kinds.has(name[0])),
  }
}
