import { Temporal } from 'temporal-polyfill'
import type { ManagedDevice } from '@wardline/product/team/managed-devices/contract'

type Json = Readonly<Record<string, unknown>>

/** An object of an answer; an empty one where something else stands. */
export const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
/** A list of an answer; empty where something else stands. */
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
/** A text of an answer, cut to `most`; empty where something else stands. */
export const text = (value: unknown, most = 200): string =>
  typeof value === 'string' ? value.slice(0, most) : typeof value === 'number' ? `${value}` : ''

/** A time of an answer (RFC 3339), ms; null where there is none, or the year 1 by which Graph says never. */
export function time(value: unknown): number | null {
  try {
    const ms = Temporal.Instant.from(text(value, 60)).epochMilliseconds
    return ms > 0 ? ms : null
  } catch {
    return null
  }
}

const systems: readonly (readonly [RegExp, ManagedDevice['system']])[] = [
  [/^windows/i, 'Windows'],
  [/^mac/i, 'macOS'],
  [/^(ios|ipados|iphone|ipad)/i, 'iOS'],
  [/^android/i, 'Android'],
  [/^(linux|ubuntu)/i, 'Linux'],
  [/^chrome/i, 'ChromeOS'],
]
/** A system by the name that we use for it. */
export const systemOf = (name: string): ManagedDevice['system'] => systems.find(([pattern]) => pattern.test(name))?.[1] ?? 'Unknown'

/** How long a vendor asks us to wait (RFC 9110, 10.2.3), from 1 s to an hour; a minute where it does not say in seconds. */
export const retryAfter = (header: string | undefined): number =>
  header !== undefined && /^\d+$/.test(header) ? Math.min(3_600, Math.max(1, Number(header))) : 60

/** Graph's managedDevice. Whatever Intune does not call compliant is not; what it has not judged is unknown. */
export function readIntune(value: unknown): ManagedDevice {
  const it = object(value)
  const state = text(it.complianceState)
  const owner = text(it.managedDeviceOwnerType)
  return {
    id: `intune:${text(it.id, 100)}`,
    name: text(it.deviceName),
    user: text(it.userPrincipalName).toLowerCase(),
    system: systemOf(text(it.operatingSystem)),
    osVersion: text(it.osVersion, 60),
    owner: owner === 'company' || owner === 'personal' ? owner : 'unknown',
    compliance: state === 'compliant' ? 'compliant' : state === '' || state === 'unknown' ? 'unknown' : 'not-compliant',
    checkedInAt: time(it.lastSyncDateTime),
  }
}

/** A computer of Jamf's inventory. Compliant is who is in the smart group; where none is named, nobody was judged. */
export function readComputer(value: unknown, group: string): ManagedDevice {
  const it = object(value)
  const general = object(it.general)
  const system = object(it.operatingSystem)
  return {
    id: `computer:${text(it.id, 100)}`,
    name: text(general.name),
    user: text(object(it.userAndLocation).username).toLowerCase(),
    system: systemOf(text(system.name) === '' ? 'macOS' : text(system.name)),
    osVersion: text(system.version, 60),
    owner: object(general.remoteManagement).managed === true ? 'company' : 'unknown',
    compliance: compliantIn(list(it.groupMemberships), group),
    checkedInAt: time(general.lastContactTime),
  }
}

/** A phone or tablet of Jamf's inventory. */
export function readMobile(value: unknown, group: string): ManagedDevice {
  const it = object(value)
  const general = object(it.general)
  const owner = text(general.deviceOwnershipType)
  return {
    id: `mobile:${text(it.mobileDeviceId, 100)}`,
    name: text(general.displayName),
    user: text(object(it.userAndLocation).username).toLowerCase(),
    system: systemOf(text(it.deviceType) === '' ? 'iOS' : text(it.deviceType)),
    osVersion: text(general.osVersion, 60),
    owner: /^institutional/i.test(owner) ? 'company' : /^personal/i.test(owner) ? 'personal' : 'unknown',
    compliance: compliantIn(list(it.groups), group),
    checkedInAt: time(general.lastInventoryUpdateDate),
  }
}

const compliantIn = (groups: readonly unknown[], group: string): ManagedDevice['compliance'] =>
  group === '' ? 'unknown' : groups.some((it) => text(object(it).groupName) === group) ? 'compliant' : 'not-compliant'
