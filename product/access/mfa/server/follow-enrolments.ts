import { after, bySystem } from '@wardline/platform/server'
import {
  enrolmentApproved,
  enrolmentIssued,
  enrolmentIssuedAtServer,
  enrolmentStopped,
  enrolmentUsed,
} from '@wardline/product/access/provisioning/contract'
import { settings } from '@wardline/product/access/policies/preview'
import { hasActive, insertNotice, wasTold } from './queries.ts'

const words = new Map([
  [enrolmentIssued.kind, 'enrolment-issued'],
  [enrolmentIssuedAtServer.kind, 'enrolment-at-server'],
  [enrolmentApproved.kind, 'enrolment-approved'],
  [enrolmentStopped.kind, 'enrolment-stopped'],
  [enrolmentUsed.kind, 'enrolment-used'],
])
const issued = ['enrolment-issued', 'enrolment-at-server']
/** Days within which a code that somebody was told about is used, stopped or agreed to: its longest life and its longest delay. */
const told = settings['enrolment.days'].most + settings['recovery.delay-hours'].most / 24 + 1

/**
 * Whoever can sign in already hears at once that a code was issued with which somebody sets their sign-in up anew, and what became of it; so
 * do all officers. An administrator who takes a person's sign-in over is seen. For a new colleague it is no news.
 */
export const followEnrolments = after(
  'mfa-follows-enrolments',
  [enrolmentIssued, enrolmentIssuedAtServer, enrolmentApproved, enrolmentStopped, enrolmentUsed],
  async (db, fact) => {
    const person = fact.payload?.person
    const what = words.get(fact.kind)
    if (person === undefined || what === undefined) return
    const waits = fact.payload && 'effectiveAt' in fact.payload && fact.payload.effectiveAt !== null
    await db.write(fact.org, bySystem, async (tx) => {
      const isNews =
        what === 'enrolment-at-server' ||
        (what === 'enrolment-issued'
          ? // What the server's machine issued is told by a word of its own.
            (waits && fact.actor !== null) || (!waits && (await hasActive(tx, person)))
          : await wasTold(tx, person, issued, told))
      // The fact's own id: heard twice, told once.
      if (isNews) await insertNotice(tx, { notice: fact.id, person, what, by: fact.actor === person ? null : fact.actor })
    })
  },
)
