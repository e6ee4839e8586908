import type { Db } from '@wardline/platform/db'

/** What this feature takes from the features that know patients, given when the server is composed. */
export interface BreakGlassPorts {
  /** Whether there is such a patient. */
  readonly isPatient: (db: Db, patient: string) => Promise<boolean>
}
