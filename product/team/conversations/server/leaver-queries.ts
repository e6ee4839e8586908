import { NIL_UUID } from '@wardline/crypto'
import { sql } from '@wardline/platform/db'
import type { Db } from '@wardline/platform/db'

/** Somebody whose access ended, and what the database still has of them. */
export interface LeaverRow {
  readonly person: string
  readonly name: string
  readonly title: string
  readonly left_at: Date
  readonly sessions: number
  readonly roles: number
  readonly conversations: number
  readonly roster: number
  readonly was_member: boolean
  readonly signed: boolean
}

/** People whose access ended in the last 90 days, newest first. Signers of the server's own never had any. */
export const recentLeavers = (db: Db): Promise<LeaverRow[]> =>
  db.rows(sql`
    select p.person, p.name, p.title, p.deactivated_at as left_at,
      (select count(*) from session s where s.org = p.org and s.person = p.person and s.ended_at is null)::int as sessions,
      (select count(*) from role_grant g where g.org = p.org and g.person = p.person)::int as roles,
      (select count(*) from conversation_member m where m.org = p.org and m.person = p.person and m.removed_at is null)::int as conversations,
      (select count(*) from conversation_member m join conversation c on c.org = m.org and c.id = m.conversation
        where m.org = p.org and m.person = p.person and m.removed_at is not null and c.rekey = 'removal')::int as roster,
      exists (select from conversation_member m where m.org = p.org and m.person = p.person) as was_member,
      coalesce((select r.removed from removal r where r.org = p.org and r.person = p.person and r.conversation = ${NIL_UUID}
        order by r.version desc limit 1), false) as signed
    from person p
    where p.org = ${db.org} and not p.active and not p.internal and p.deactivated_at > wl_now() - interval '90 days'
    order by p.deactivated_at desc, p.person limit 500`)
