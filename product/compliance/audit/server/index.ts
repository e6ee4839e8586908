import path from 'node:path'
import type { Feature, KeyLedger } from '@wardline/platform/server'
import { routes } from './routes.ts'
import { sequencer } from './sequence.ts'

export { readyLogKey } from './log-key.ts'
export type { LogKey } from './log-key.ts'
export { NoteError } from './note.ts'
export { logSize, newestCheckpoint } from './queries.ts'
export { hasKey, logKeysOf, verifyAudit } from './source.ts'
export type { OrganisationReport } from './source.ts'

/** The tamper-evident audit log. `says` gives a kind of fact its sentence (the composing server knows all kinds). */
export function audit(says: (kind: string) => string): Feature {
  let keys: KeyLedger | undefined
  return {
    name: 'compliance/audit',
    migrations: path.join(import.meta.dirname, 'migrations'),
    routes: routes(says),
    due: [
      sequencer(() => {
        if (!keys) throw new Error('The audit log was not started.')
        return keys
      }),
    ],
    start: async (services) => {
      keys = services.keys
    },
  }
}
