/** The door of access/break-glass: emergency openings. What they open is asked of access/care. */
import path from 'node:path'
import { after, bySystem, recordRead } from '@wardline/platform/server'
import type { Feature, Live } from '@wardline/platform/server'
import { dueOf } from './due.ts'
import { digest } from './live.ts'
import { grantsFor } from './open.ts'
import type { BreakGlassPorts } from './port.ts'
import { insertRead } from './queries.ts'
import { routesOf } from './routes.ts'

export type { BreakGlassPorts } from './port.ts'

/** What was looked at under an opening stands in its review. Hearing a fact twice changes nothing. */
const followReads = after('break-glass-follows-reads', [recordRead], async (db, fact) => {
  const grant = fact.payload?.grant
  if (fact.payload === undefined || grant === undefined) return
  const { screen } = fact.payload
  await db.write(fact.org, bySystem, (tx) => insertRead(tx, { fact: fact.id, opening: grant, screen, at: fact.at }))
})

/** Emergency openings, with what they take from those who know patients. */
export const breakGlass = (ports: BreakGlassPorts): Feature => {
  let live: Live | undefined
  return {
    name: 'access/break-glass',
    migrations: path.join(import.meta.dirname, 'migrations'),
    routes: routesOf(ports),
    digest,
    grantsFor,
    after: [followReads],
    due: dueOf(() => live),
    start: (services) => {
      live = services.live
      return Promise.resolve()
    },
  }
}
