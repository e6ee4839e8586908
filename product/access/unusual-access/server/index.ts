/** The door of access/unusual-access: listens to who looked at whom, and tells the officers what somebody should look into. */
import path from 'node:path'
import { after, recordRead } from '@wardline/platform/server'
import type { Feature } from '@wardline/platform/server'
import { recordOpened } from '@wardline/product/access/break-glass/contract'
import { watcher } from './notice.ts'
import type { UnusualAccessPorts } from './notice.ts'
import { purgeLooks } from './queries.ts'
import { routes } from './routes.ts'

export type { UnusualAccessPorts } from './notice.ts'

/** Alerts about unusual access, with what they take from those who know patients. */
export const unusualAccess = (ports: UnusualAccessPorts): Feature => {
  let watch: ReturnType<typeof watcher> | undefined
  return {
    name: 'access/unusual-access',
    migrations: path.join(import.meta.dirname, 'migrations'),
    routes,
    start: (services) => {
      watch = watcher({ ...services, ports })
      return Promise.resolve()
    },
    after: [
      after('unusual-access-reads', [recordRead], async (_db, { org, id, actor, at, payload }) => {
        if (watch && actor !== null && payload) await watch.looked({ org, fact: id, person: actor, at }, payload.screen, payload.subjects)
      }),
      after('unusual-access-openings', [recordOpened], async (_db, { org, id, actor, at, payload }) => {
        if (watch && actor !== null && payload) await watch.opened({ org, fact: id, person: actor, at }, payload.patient)
      }),
    ],
    due: [{ name: 'unusual-access.purge', run: ({ db }) => db.sweep(purgeLooks) }],
  }
}
