import { after, bySystem } from '@wardline/platform/server'
import { enrolmentIssued, enrolmentUsed } from '@wardline/product/access/provisioning/contract'
import { settings } from '@wardline/product/access/policies/preview'
import { hasActive, insertNotice, wasTold } from './queries.ts'

/**
 * Whoever can sign in already hears at once that a code was issued with which somebody sets their sign-in up anew, and that it was used; so
 * do all officers. An administrator who takes a person's sign-in over is seen. For a new colleague it is no news.
 */
export const followEnrolments = after('mfa-follows-enrolments', [enrolmentIssued, enrolmentUsed], async (db, fact) => {
  const person = fact.payload?.person
  if (person === undefined) return
  const isUse = fact.kind === enrolmentUsed.kind
  await db.write(fact.org, bySystem, async (tx) => {
    const isNews = isUse ? await wasTold(tx, person, 'enrolment-issued', settings['enrolment.days'].most + 8) : await hasActive(tx, person)
    // The fact's own id: heard twice, told once.
    const what = isUse ? 'enrolment-used' : 'enrolment-issued'
    if (isNews) await insertNotice(tx, { notice: fact.id, person, what, by: fact.actor === person ? null : fact.actor })
  })
})
