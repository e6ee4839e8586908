/** The door of team/devices: people's keys, verified and in chains, for whoever judges by them. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { everyDevice } from './admission.ts'
import type { Admission } from './admission.ts'
import { digest, statementsGrown } from './live.ts'
import { followLeavers } from './leavers.ts'
import { routesWith } from './routes.ts'
import type { Conversations } from './revoke.ts'

export { everyDevice } from './admission.ts'
export type { Admission } from './admission.ts'
export { devicesOfLeavers } from './leavers.ts'
export type { LeaverDevice } from './leavers.ts'
export { newestKeys, publicPeople, read as readStatement } from './people.ts'
export type { NewestKeys } from './people.ts'
export { isLost } from './care-queries.ts'
export { lifeOfDevices } from './life.ts'
export { findDevice, isActiveDevice, keyPeople, lockKeyPerson, lockKeys, shareKeys } from './queries.ts'
export type { Conversations } from './revoke.ts'
export type { DeviceRow, KeyPersonRow } from './tables.ts'
export { acceptKeys, presentVault } from './accept.ts'
export { enrolAnew, heldStatements } from './vault.ts'
export { badStatement, bytesOf, judged } from './judging.ts'
export { acceptTrust, administratorIds, administrators, newestAuthority, readTrust, trustFacts } from './trust.ts'
export type { TrustFacts } from './trust.ts'

/**
 * Devices and keys. `conversations` is what hangs on them and lies above: a revocation reaches it in the same transaction. `admission`: who
 * else decides what may be a device.
 */
export const devices = (conversations: Conversations, admission: Admission = everyDevice): Feature => ({
  name: 'team/devices',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes: routesWith(conversations, admission),
  digest,
  signals: [statementsGrown],
  after: [followLeavers],
})
