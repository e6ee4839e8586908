import type { GivesOf, Static } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { monthOf } from '@wardline/platform/server'
import type { KeyLedger } from '@wardline/platform/server'
import { openingReviewed, reasonWords } from '../contract.ts'
import type { listOpenings, myNotices, Opening, Outcome, patientsView } from '../contract.ts'
import { judgeReview } from '../rules.ts'
import { explanationContext } from './open.ts'
import { listedOpenings, lockOpening, noticesOf, openingsOfPatient, readScreens, setReviewed } from './queries.ts'
import type { OpeningRow } from './tables.ts'

const noteContext = (opening: string) => `break_glass note|${opening}`

/** A text that was sealed, or what to say once its key was destroyed with the patient's records. */
const opened = (keys: KeyLedger, org: string, key: string, sealed: Buffer, context: string): string =>
  keys.open(org, key, sealed, context).toString('utf8')

const shown = (keys: KeyLedger, org: string, row: OpeningRow, screens: Static<typeof Opening>['screens']): Static<typeof Opening> => ({
  opening: row.opening,
  patient: row.patient,
  person: row.person,
  roles: [...row.roles],
  unit: row.unit,
  reason: row.reason,
  explanation: opened(keys, org, row.data_key, row.sealed, explanationContext(row.opening)),
  at: row.opened_at.getTime(),
  until: row.ends_at.getTime(),
  closedAt: row.closed_at?.getTime() ?? null,
  dueAt: row.due_at.getTime(),
  overdue: row.reviewed_at === null && row.due_at <= row.now,
  screens,
  review:
    row.reviewed_by === null || row.reviewed_at === null || row.outcome === null
      ? null
      : {
          by: row.reviewed_by,
          at: row.reviewed_at.getTime(),
          outcome: row.outcome,
          note: opened(keys, org, row.note_data_key!, row.note_sealed!, noteContext(row.opening)),
        },
})

/** The queue: what waits first. */
export async function queue(db: Db, keys: KeyLedger): Promise<GivesOf<typeof listOpenings>> {
  const rows = await listedOpenings(db)
  const seen = new Map<string, { screen: string; times: number }[]>()
  for (const { opening, screen, times } of await readScreens(
    db,
    rows.map((row) => row.opening),
  ))
    seen.set(opening, [...(seen.get(opening) ?? []), { screen, times }].slice(0, 50))
  const openings = rows.map((row) => shown(keys, db.org, row, seen.get(row.opening) ?? []))
  const waiting = openings.filter((it) => it.review === null)
  return { openings, waiting: waiting.length, overdue: waiting.filter((it) => it.overdue).length }
}

/** Records a review. Undefined: there is no such opening. */
export async function review(
  tx: Tx,
  keys: KeyLedger,
  opening: string,
  it: { readonly outcome: Outcome; readonly note: string },
): Promise<'reviewed' | NonNullable<ReturnType<typeof judgeReview>> | undefined> {
  const row = await lockOpening(tx, opening)
  if (!row) return undefined
  const refused = judgeReview({ person: row.person, reviewed: row.reviewed_at !== null }, { ...it, by: tx.by.actor ?? '' })
  if (refused) return refused
  const note = await keys.seal(
    { org: tx.org, bucket: 'patients', month: monthOf(tx.at) },
    Buffer.from(it.note.trim()),
    noteContext(opening),
  )
  await setReviewed(tx, opening, { outcome: it.outcome, ...note })
  tx.announce(openingReviewed, {
    key: `patient|${row.patient}`,
    payload: { opening, patient: row.patient, outcome: it.outcome },
  })
  return 'reviewed'
}

/** What a patient is told: no names, those come through the officer. */
export const viewOf = async (db: Db, patient: string): Promise<GivesOf<typeof patientsView>> => ({
  openings: (await openingsOfPatient(db, patient)).map((row) => ({
    roles: [...row.roles],
    unit: row.unit,
    reason: reasonWords[row.reason],
    at: row.opened_at.getTime(),
    until: (row.closed_at ?? row.ends_at).getTime(),
  })),
})

/** What somebody was told and has not put away. */
export const notices = async (db: Db, person: string): Promise<GivesOf<typeof myNotices>> => ({
  notices: (await noticesOf(db, person)).map((row) => ({
    notice: row.notice,
    kind: row.kind,
    opening: row.opening,
    patient: row.patient,
    person: row.person,
    roles: [...row.roles],
    unit: row.unit,
    reason: row.reason,
    at: row.opened_at.getTime(),
  })),
})
