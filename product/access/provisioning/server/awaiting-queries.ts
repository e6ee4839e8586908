import { sql } from '@wardline/platform/db'
import type { Db } from '@wardline/platform/db'

/** People who were given one-time codes and used none, with the end of the newest; whoever a directory brings signs in without one. */
export const awaitingSignIn = (db: Db) =>
  db.rows<{ person: string; name: string; sign_in_name: string; until: Date }>(sql`
    select p.person, p.name, p.sign_in_name, max(e.until) as until
    from person p join enrolment e on e.org = p.org and e.person = p.person
    where p.org = ${db.org} and p.active
    group by p.person, p.name, p.sign_in_name having bool_and(e.used_at is null) order by p.name`)
