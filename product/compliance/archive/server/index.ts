/** The door of compliance/archive: requests to open it, and the key ceremony. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { followLog } from './listen.ts'
import { routes } from './routes.ts'

export { CeremonyRefused, holdCeremony, storeCeremony } from './ceremony.ts'
export type { Ceremony, CeremonyCode, CeremonyPlan } from './ceremony.ts'
export { fingerprintOf } from './fingerprint.ts'
export { ceremonyFiles, requireEmptyFolder, writeCeremony } from './folder.ts'
export type { CeremonyFile, CeremonyNames } from './folder.ts'

/** Openings of the archive: asked for, approved by a second officer, released once the log covers both. */
export const archive: Feature = {
  name: 'compliance/archive',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
  after: [followLog],
}
