/** The door of compliance/archive: requests to open it, and the key ceremony. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { followLog } from './listen.ts'
import { routes } from './routes.ts'

export { storeCeremony } from './ceremony.ts'
export type { HeldCeremony } from './ceremony.ts'
export { CeremonyFolderRefused, requireEmptyFolder, writeCeremony } from './folder.ts'
export type { CeremonyFolderCode } from './folder.ts'

/** Openings of the archive: asked for, approved by a second officer, released once the log covers both. */
export const archive: Feature = {
  name: 'compliance/archive',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
  after: [followLog],
}
