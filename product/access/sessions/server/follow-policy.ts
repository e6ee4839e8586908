import { after, bySystem } from '@wardline/platform/server'
import { changeApproved } from '@wardline/product/access/policies/contract'
import { figures } from '@wardline/product/access/policies/server'
import { rolesOfPeople } from '@wardline/product/access/roles/server'
import { absoluteSecondsOf, idleSecondsOf } from '../rules.ts'
import { allOpenSessions, drawNearer } from './queries.ts'
import { reread } from './signals.ts'

/**
 * A stricter figure counts for sessions that are open already: their ends are drawn nearer. A looser one counts from the next act, and for
 * the absolute end from the next sign-in.
 */
export const followPolicy = after('sessions-follow-policy', [changeApproved], async (db, fact) => {
  const setting = fact.payload?.setting
  if (setting !== undefined && !setting.startsWith('session.') && setting !== 'step-up.minutes') return
  await db.write(fact.org, bySystem, async (tx) => {
    const open = await allOpenSessions(tx)
    const policy = await figures(tx)
    const roles = await rolesOfPeople(tx, [...new Set(open.map((it) => it.person))])
    const rolesOf = (person: string) => roles.get(person) ?? []
    await drawNearer(tx, {
      sessions: open.map((it) => it.session),
      idleSeconds: open.map((it) => idleSecondsOf(policy, rolesOf(it.person), it.place)),
      absoluteSeconds: open.map((it) => absoluteSecondsOf(policy, rolesOf(it.person))),
    })
    tx.signal(reread, {})
  })
})
