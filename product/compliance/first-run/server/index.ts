/** The door of compliance/first-run: an administrator is led through the set-up, and what is still unsafe stays on a checklist. */
import path from 'node:path'
import type { Tx } from '@wardline/platform/db'
import type { Feature } from '@wardline/platform/server'
import { insertFirstRun } from './queries.ts'
import { routesAt } from './routes.ts'

/** From now on the administrators of this transaction's organisation are led through the set-up, until one of them ends it. */
export const beginFirstRun = async (tx: Tx): Promise<void> => void (await insertFirstRun(tx))

/** The first run. `publicOrigin`: where others reach this server, without a trailing slash. */
export const firstRun = ({ publicOrigin }: { readonly publicOrigin: () => string }): Feature => ({
  name: 'compliance/first-run',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes: routesAt(publicOrigin),
})
