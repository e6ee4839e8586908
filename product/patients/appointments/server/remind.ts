import { createHash } from 'node:crypto'
import type { GivesOf } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { newId } from '@wardline/platform/server'
import { readOrganisation } from '@wardline/product/access/provisioning/server'
import { numbersOf, peopleOf } from '@wardline/product/patients/roster/server'
import type { Person, Reached } from '@wardline/product/patients/roster/server'
import { judge, newestReminders, queueText, shown } from '@wardline/product/patients/texting/server'
import type { Desk, NewText } from '@wardline/product/patients/texting/server'
import type { previewReminders, sendReminders } from '../contract.ts'
import { boundsOf, dayIn, inOrder, reminderText, reminderUseBy } from '../rules.ts'
import { visitsBetween, visitsById } from './queries.ts'
import type { VisitRow } from './tables.ts'

type Reminder = Omit<NewText, 'text' | 'number' | 'patient'> & { readonly patient: string }

/** The reminder of a visit, to whichever number. At most one of a visit in a day of the practice. */
function reminderOf(row: VisitRow, person: Person, zone: string, now: number): Reminder {
  const at = row.starts_at
  const said = person.zone ?? zone
  return {
    purpose: 'reminder',
    patient: row.patient,
    draft: (practice, phone, language) => reminderText({ practice, phone, language, startsAt: at.getTime(), zone: said }),
    visit: { id: row.visit, at },
    useBy: new Date(reminderUseBy(at.getTime())),
    dedupe: createHash('sha256')
      .update(`reminder|${row.visit}|${at.getTime()}|${dayIn(now, zone)}`)
      .digest(),
  }
}

/** The number that a reminder can go to, or the best one with what stands against it; undefined: the patient has none. */
async function choose(db: Db, desk: Desk, reminder: Reminder, now: number) {
  let best: { number: string; judged: Awaited<ReturnType<typeof judge>> } | undefined
  for (const { number } of inOrder(await numbersOf(db, desk.keys, reminder.patient))) {
    const judged = await judge(db, desk, { ...reminder, number }, now)
    best ??= { number, judged }
    if (judged.verdict.kind === 'send' || judged.verdict.kind === 'hold') return { number, judged }
  }
  return best
}

/** What "send reminders" would do for a day. Keeps nothing. */
export async function previewDay(
  db: Db,
  desk: Desk,
  reached: Reached,
  day: string,
  now: number,
): Promise<GivesOf<typeof previewReminders>['reminders']> {
  const { zone } = await readOrganisation(db)
  const [from, until] = boundsOf(day, zone)
  const rows = (await visitsBetween(db, new Date(from), new Date(until))).filter(
    (row) => row.state === 'booked' && reached.has(row.patient),
  )
  const people = await peopleOf(
    db,
    desk.keys,
    rows.map((row) => row.patient),
  )
  const sent = await newestReminders(
    db,
    rows.map((row) => row.visit),
  )
  const lines: GivesOf<typeof previewReminders>['reminders'] = []
  for (const row of rows) {
    const person = people.get(row.patient)!
    const chosen = await choose(db, desk, reminderOf(row, person, zone, now), now)
    const before = sent.find((it) => it.visit === row.visit)
    lines.push({
      visit: row.visit,
      patient: row.patient,
      given: person.given,
      family: person.family,
      startsAt: row.starts_at.getTime(),
      number: chosen?.number ?? null,
      body: chosen?.judged.body ?? '',
      decision: shown(chosen?.judged.verdict ?? noNumber),
      alreadySent: before !== undefined && dayIn(before.created_at.getTime(), zone) === dayIn(now, zone),
    })
  }
  return lines
}

/** A patient without a number. */
const noNumber = { kind: 'refuse', until: null, codes: ['no-number'], rules: 'texting-1' } as const

/** Sends the reminder of one visit; undefined if there is no visit to come. */
export async function remind(tx: Tx, desk: Desk, visit: string): Promise<GivesOf<typeof sendReminders>['reminders'][number] | undefined> {
  const [row] = await visitsById(tx, [visit])
  if (!row || row.state !== 'booked' || row.starts_at.getTime() <= tx.at.getTime()) return undefined
  const { zone } = await readOrganisation(tx)
  const person = (await peopleOf(tx, desk.keys, [row.patient])).get(row.patient)!
  const reminder = reminderOf(row, person, zone, tx.at.getTime())
  const chosen = await choose(tx, desk, reminder, tx.at.getTime())
  if (!chosen) return { visit, decision: shown(noNumber), alreadySent: false }
  const queued = await queueText(tx, desk, { ...reminder, text: newId(), number: chosen.number })
  if (queued.kind !== 'judged') throw new Error('A reminder has its own id and thread.')
  return { visit, decision: shown(queued.verdict), alreadySent: queued.again }
}
