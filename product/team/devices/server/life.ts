import type { Db } from '@wardline/platform/db'
import { usesOfDevices } from '@wardline/product/access/sessions/server'
import { holdsKeys, isInUse } from '@wardline/product/team/devices/rules'
import { careOf } from './care-queries.ts'
import { nameOf } from './names.ts'

/** What the server knows of a person's devices that nobody has cut off. */
interface DeviceLife {
  /** With their last sign of life, by the server's clock; the latest first. `holdsKeys`: now, whether or not anybody opens them again. */
  readonly inUse: readonly { readonly device: string; readonly name: string; readonly seenAt: Date; readonly holdsKeys: boolean }[]
  /** When devices were reported as lost, the latest first. */
  readonly lostAt: readonly Date[]
}

/** A person's devices as they live: a contact of the device itself, or an act of somebody in a session that is bound to it. */
export async function lifeOfDevices(db: Db, person: string): Promise<DeviceLife> {
  const uses = new Map((await usesOfDevices(db, person)).map((it) => [it.device, it]))
  const devices = await careOf(db, person)
  const standing = (it: (typeof devices)[number]) => ({
    isRevoked: it.revoked_at !== null,
    isLost: it.lost_at !== null,
    isWiped: it.wiped_at !== null,
    hasKept: it.has_kept ?? true,
    isOpen: uses.get(it.device)?.is_open ?? false,
  })
  return {
    inUse: devices
      .filter((it) => isInUse(standing(it)))
      .map((it) => ({
        device: it.device,
        name: it.name ?? nameOf(it.device),
        seenAt: latest(it.enrolled_at, it.seen_at, uses.get(it.device)?.active_at),
        holdsKeys: holdsKeys(standing(it)),
      }))
      .toSorted((a, b) => b.seenAt.getTime() - a.seenAt.getTime()),
    lostAt: devices.flatMap((it) => it.lost_at ?? []).toSorted((a, b) => b.getTime() - a.getTime()),
  }
}

const latest = (first: Date, ...others: readonly (Date | null | undefined)[]): Date =>
  others.reduce<Date>((newest, it) => (it && it > newest ? it : newest), first)
