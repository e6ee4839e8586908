import type { GivesOf, Static } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { monthOf } from '@wardline/platform/server'
import type { Caller, KeyLedger, Live } from '@wardline/platform/server'
import { careTeamOf, endOpening, openRecord as openToPerson } from '@wardline/product/access/care/server'
import { figures, provenLately } from '@wardline/product/access/policies/server'
import { readPerson } from '@wardline/product/access/provisioning/server'
import { signedInBy } from '@wardline/product/access/workstations/server'
import { recordClosed, recordOpened } from '../contract.ts'
import type { MyOpening, myOpenings, ReasonCode } from '../contract.ts'
import { businessDayAfter, explains, isOpen } from '../rules.ts'
import { tellAll } from './live.ts'
import { officersBeside } from './officers.ts'
import type { BreakGlassPorts } from './port.ts'
import { findOpening, insertDigest, insertNotices, insertOpening, openingsOfPerson, openOf, readToday, setClosed } from './queries.ts'
import type { OpeningRow } from './tables.ts'

type Mine = Static<typeof MyOpening>

/** What ties a sealed explanation to its row. */
export const explanationContext = (opening: string) => `break_glass|${opening}`

const mine = (row: OpeningRow): Mine => ({
  opening: row.opening,
  patient: row.patient,
  reason: row.reason,
  at: row.opened_at.getTime(),
  until: row.ends_at.getTime(),
})

/**
 * Opens a record. Officers are told in the same transaction, the care team next morning. The opening, or why there is none; undefined:
 * there is no such patient. Repeated under the same id it is the same opening.
 */
export async function openRecord(
  tx: Tx,
  desk: { readonly keys: KeyLedger; readonly live: Live; readonly ports: BreakGlassPorts },
  caller: Caller,
  asked: { readonly opening: string; readonly patient: string; readonly reason: ReasonCode; readonly explanation: string },
): Promise<Mine | 'step-up-needed' | 'say-why' | 'id-taken' | undefined> {
  const { today, zone } = await readToday(tx)
  const before = await findOpening(tx, asked.opening)
  if (before) return before.person === caller.person && before.patient === asked.patient ? mine(before) : 'id-taken'
  if (!explains(asked.explanation)) return 'say-why'
  if (!(await provenLately(tx, caller, tx.at.getTime()))) return 'step-up-needed'
  if (!(await desk.ports.isPatient(tx, asked.patient))) return undefined
  const policy = await figures(tx)
  const explanation = asked.explanation.trim()
  const sealed = await desk.keys.seal(
    { org: tx.org, bucket: 'patients', month: monthOf(tx.at) },
    Buffer.from(explanation),
    explanationContext(asked.opening),
  )
  const made = await insertOpening(tx, {
    ...asked,
    ...sealed,
    person: caller.person,
    roles: caller.roles,
    unit: (await readPerson(tx, caller.person))?.title ?? '',
    minutes: policy['break-glass.minutes'],
    dueOn: businessDayAfter(today, policy['break-glass.review-days']),
    zone,
  })
  if (!made) return 'id-taken'
  // From here on the care relationship is "opened", for whichever feature asks.
  await openToPerson(tx, {
    opening: asked.opening,
    person: caller.person,
    patient: asked.patient,
    kind: 'emergency',
    minutes: policy['break-glass.minutes'],
  })
  const told = await officersBeside(tx, caller.person)
  await insertNotices(tx, asked.opening, 'opened', told)
  const team = new Set((await careTeamOf(tx, asked.patient)).map((it) => it.person))
  await insertDigest(
    tx,
    asked.opening,
    [...team].filter((it) => it !== caller.person && !told.includes(it)),
    zone,
  )
  const opened = mine((await findOpening(tx, asked.opening))!)
  tx.announce(recordOpened, {
    key: `patient|${asked.patient}`,
    payload: {
      opening: asked.opening,
      patient: asked.patient,
      reason: asked.reason,
      explanation,
      until: opened.until,
      told,
      signedInBy: await signedInBy(tx, caller.session),
      ...((caller.closed ?? []).length > 0 ? { elsewhere: true as const } : {}),
    },
  })
  tx.afterCommit(() => tellAll(desk.live, [...told, caller.person]))
  return opened
}

/** Which of these records a person sees by an opening: also what a reply under way shows while the opening ends. */
export const grantsFor = async (db: Db, person: string, subjects: readonly string[]): Promise<ReadonlyMap<string, string>> =>
  new Map((await openOf(db, person, subjects)).map((row) => [row.patient, row.opening]))

/** A person's openings that last, and the time by which they are measured. */
export async function openingsOf(db: Db, person: string, now: number): Promise<GivesOf<typeof myOpenings>> {
  const rows = await openingsOfPerson(db, person)
  const at = rows[0]?.now.getTime() ?? now
  return { openings: rows.map(mine).filter((it) => isOpen({ until: it.until, closedAt: null }, at)), now: at }
}

/** Ends a person's own opening now; false if there is none that lasts. */
export async function closeRecord(tx: Tx, live: Live, opening: string, person: string): Promise<boolean> {
  const row = await setClosed(tx, opening, person)
  if (!row) return false
  await endOpening(tx, opening)
  tx.announce(recordClosed, { key: `patient|${row.patient}`, payload: { opening, patient: row.patient, why: 'closed' } })
  tx.afterCommit(() => tellAll(live, [person]))
  return true
}
