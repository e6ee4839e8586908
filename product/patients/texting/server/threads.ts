import type { GivesOf, Static } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { stoppedOf } from '@wardline/product/patients/consent/server'
import { householdsOf, linesOf, lockNumber, openJson, peopleOf } from '@wardline/product/patients/roster/server'
import type { Person, Reached } from '@wardline/product/patients/roster/server'
import { threadLooked } from '../contract.ts'
import type { getThread, listThreads, ThreadLine, ThreadText } from '../contract.ts'
import { announceThread, contentOf, isUnreadable, reasonsOf } from './outbox.ts'
import type { Desk } from './port.ts'
import {
  deletePause,
  findThread,
  inboundOf,
  listedThreads,
  newestTexts,
  outboundOf,
  pausedSince,
  releaseHeld,
  setWaiting,
  waitingByPatient,
  waitingThreads,
} from './queries.ts'
import { inboundContext } from './receive.ts'
import type { InboundRow, OutboundContent, OutboundRow, ThreadRow } from './tables.ts'

const who = (it: Person) => ({ patient: it.patient, given: it.given, family: it.family, birthDate: it.birthDate ?? null, test: it.test })

/** A code is the patient's proof, not the staff's: who can read it here could verify a number without the phone. */
const withoutCode = (purpose: string | null, body: string): string => (purpose === 'code' ? body.replace(/\d{6}/, '••••••') : body)

/** What stands in the place of a text whose bytes are damaged: one of them does not hide the others. */
const damaged = '[This text is damaged and cannot be read any more.]'

function readable(open: () => { readonly body: string }): string {
  try {
    return open().body
  } catch (thrown) {
    if (isUnreadable(thrown)) return damaged
    throw thrown
  }
}

async function linesFor(
  db: Db,
  desk: Pick<Desk, 'keys'>,
  reached: Reached,
  threads: readonly ThreadRow[],
): Promise<Static<typeof ThreadLine>[]> {
  const numbers = [...new Set(threads.map((it) => it.number))]
  const households = await householdsOf(db, numbers)
  const people = await peopleOf(db, desk.keys, [...threads.flatMap((it) => it.patient ?? []), ...[...households.values()].flat()])
  const lines = await linesOf(db, desk.keys, numbers)
  const stopped = await stoppedOf(db, desk.keys, numbers)
  const paused = new Set((await pausedSince(db, numbers)).map((it) => it.number))
  const ids = threads.map((it) => it.thread)
  const newest = new Map((await newestTexts(db, ids)).map((it) => [it.thread, it]))
  return threads.map((it) => {
    const last = newest.get(it.thread)
    const opened =
      last === undefined
        ? ''
        : last.direction === 'in'
          ? readable(() => openJson<{ body: string }>(desk.keys, db.org, last, inboundContext(last.text)))
          : readable(() => openJson<OutboundContent>(desk.keys, db.org, last, `outbound_text|${last.text}`))
    const person = it.patient === null ? undefined : people.get(it.patient)
    return {
      thread: it.thread,
      patient: person ? who(person) : null,
      candidates:
        it.patient === null
          ? (households.get(it.number) ?? [])
              .filter((id) => reached.has(id))
              .slice(0, 20)
              .flatMap((id) => (people.has(id) ? [who(people.get(id)!)] : []))
          : [],
      number: it.number,
      ending: (lines.get(it.number)?.e164 ?? '').slice(-4),
      lastAt: (last?.at ?? it.changed_at).getTime(),
      line: withoutCode(last?.purpose ?? null, opened)
        .slice(0, 120)
        .toWellFormed(),
      lastDirection: last?.direction ?? 'out',
      waitingSince: it.waiting_since?.getTime() ?? null,
      paused: paused.has(it.number),
      optedOut: stopped.has(it.number),
    }
  })
}

/** The patients whose data a list of threads shows. */
export const shownIn = (threads: readonly Static<typeof ThreadLine>[]): string[] => [
  ...new Set(threads.flatMap((it) => [...(it.patient ? [it.patient.patient] : []), ...it.candidates.map((one) => one.patient)])),
]

/** Which of several threads are reached: a patient's by the patient; a number's by one of its patients, or as nobody's. */
async function reachedAmong(db: Db, reached: Reached, threads: readonly ThreadRow[]): Promise<ThreadRow[]> {
  const households = await householdsOf(
    db,
    threads.flatMap((it) => (it.patient === null ? [it.number] : [])),
  )
  return threads.filter((it) => {
    if (it.patient !== null) return reached.has(it.patient)
    const household = households.get(it.number) ?? []
    return household.length === 0 ? reached.unknown : household.some((id) => reached.has(id))
  })
}

/** The list of the threads that are reached. */
export async function threadsOf(db: Db, desk: Pick<Desk, 'keys'>, reached: Reached): Promise<GivesOf<typeof listThreads>> {
  const rows = await reachedAmong(db, reached, await listedThreads(db, reached.only && [...reached.only], [...reached.but], 200))
  const threads = await linesFor(db, desk, reached, rows)
  const { count, changed } = await waitingThreads(db)
  // Who reaches some counts what they see.
  const waiting = reached.only === null && reached.but.size === 0 ? count : rows.filter((it) => it.waiting_since !== null).length
  return { threads, waiting, changedAt: changed?.getTime() ?? 0 }
}

/** Whether a thread is there and reached. */
export async function isReached(db: Db, reached: Reached, thread: string): Promise<boolean> {
  const row = await findThread(db, thread)
  return row !== undefined && (await reachedAmong(db, reached, [row])).length === 1
}

const page = 50

/** One thread with a page of its texts up to `before` (ms); undefined if it is not there. */
export async function threadPage(
  db: Db,
  desk: Pick<Desk, 'keys'>,
  reached: Reached,
  thread: string,
  before: number,
): Promise<GivesOf<typeof getThread> | undefined> {
  const row = await findThread(db, thread)
  if (!row || (await reachedAmong(db, reached, [row])).length === 0) return undefined
  const until = new Date(before)
  const out = (await outboundOf(db, thread, until, page + 1)).map((it) => sentText(db, desk, it))
  const came = (await inboundOf(db, thread, until, page + 1)).map((it) => cameText(db, desk, it))
  const all = [...out, ...came].toSorted((a, b) => b.at - a.at || (a.text < b.text ? 1 : -1))
  const [line] = await linesFor(db, desk, reached, [row])
  return { ...line!, texts: all.slice(0, page).toReversed(), more: all.length > page }
}

const sentText = (db: Db, desk: Pick<Desk, 'keys'>, row: OutboundRow): Static<typeof ThreadText> => ({
  text: row.text,
  direction: 'out',
  at: row.created_at.getTime(),
  body: withoutCode(
    row.purpose,
    readable(() => contentOf(desk, db.org, row)),
  ),
  out: {
    patient: row.patient,
    purpose: row.purpose,
    by: row.created_by,
    state: row.state,
    reasons: reasonsOf(row.codes),
    dueAt: row.due_at.getTime(),
    delivery: row.delivery,
    problem: row.problem,
  },
  in: null,
})

const cameText = (db: Db, desk: Pick<Desk, 'keys'>, row: InboundRow): Static<typeof ThreadText> => ({
  text: row.text,
  direction: 'in',
  at: row.at.getTime(),
  body: readable(() => openJson<{ body: string }>(desk.keys, db.org, row, inboundContext(row.text))),
  out: null,
  in: { meaning: row.meaning, media: row.media },
})

/** A person has looked: automation goes on, and with `done` nobody waits any more. False if there is no such thread. */
export async function look(tx: Tx, desk: Desk, thread: string, done: boolean): Promise<boolean> {
  const row = await findThread(tx, thread)
  if (!row) return false
  await lockNumber(tx, row.number, 'alone')
  const endedPause = (await deletePause(tx, row.number)) > 0
  if (endedPause && (await releaseHeld(tx, row.number)) > 0) tx.afterCommit(desk.hint)
  if (done) await setWaiting(tx, thread, 'none')
  if (!endedPause && !done) return true
  await announceThread(tx, desk, thread)
  tx.announce(threadLooked, { key: `number|${row.number}`, payload: { thread, number: row.number, done, endedPause } })
  return true
}

/** How many threads of each patient wait. */
export const waitingOf = async (db: Db, patients: readonly string[]): Promise<ReadonlyMap<string, number>> =>
  new Map((await waitingByPatient(db, patients)).map((row) => [row.patient, row.count]))
