import type { Static } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { newId } from '@wardline/platform/server'
import type { KeyLedger } from '@wardline/platform/server'
import { numberAdded, numberFrozen, numberJudged, numberVerified } from '../contract.ts'
import type { ContactPoint, FrozenWhy, LineType, NumberState } from '../contract.ts'
import {
  contactLines,
  findContact,
  findNumber,
  freeze,
  insertContact,
  insertNumber,
  lockNumber,
  numberRows,
  patientsAt,
  setContact,
  setLineType,
  thaw,
} from './queries.ts'
import { ensureBlind, openJson, sealJson } from './sealing.ts'
import type { ContactRow, NumberRow } from './tables.ts'

const contextOf = (number: string) => `phone_number|${number}`
const e164Of = (keys: KeyLedger, org: string, row: NumberRow): string =>
  openJson<{ e164: string }>(keys, org, row, contextOf(row.number)).e164
const stateOf = (row: { state: ContactRow['state']; frozen_at: Date | null }): Static<typeof NumberState> =>
  row.state === 'wrong-person' ? 'wrong-person' : row.frozen_at ? 'frozen' : row.state

/** A line as texting needs it. */
export interface Line {
  readonly number: string
  /** E.164, or a short code's digits. */
  readonly e164: string
  readonly lineType: Static<typeof LineType>
  readonly frozen: boolean
}

/** How a number stands for one patient. */
export interface Contact {
  readonly state: Static<typeof NumberState>
  readonly how: 'code' | 'reply' | 'visit' | null
  readonly lineType: Static<typeof LineType>
}

/** The id of a number, which is made if it was never seen. `e164` has been read by `readNumber`, or came from a carrier. */
export async function ensureNumber(tx: Tx, keys: KeyLedger, e164: string, lineType: Line['lineType'] = 'unknown'): Promise<string> {
  const blind = (await ensureBlind(tx, keys)).token('number', e164)
  const there = await findNumber(tx, blind)
  if (there) return there.number
  const number = newId()
  await insertNumber(tx, { number, blind, lineType, ...(await sealJson(keys, tx.org, tx.at, contextOf(number), { e164 })) })
  return (await findNumber(tx, blind))!.number
}

/** Several lines by id. */
export async function linesOf(db: Db, keys: KeyLedger, numbers: readonly string[]): Promise<ReadonlyMap<string, Line>> {
  const rows = await numberRows(db, numbers)
  return new Map(
    rows.map((row) => [
      row.number,
      { number: row.number, e164: e164Of(keys, db.org, row), lineType: row.line_type, frozen: row.frozen_at !== null },
    ]),
  )
}

/** How a number stands for a patient; undefined if it is not among theirs. */
export async function contactOf(db: Db, patient: string, number: string): Promise<Contact | undefined> {
  const row = await findContact(db, patient, number)
  return row && { state: stateOf(row), how: row.verified_how, lineType: row.line_type }
}

/** The patients at each number, in the order in which they were added. */
export async function householdsOf(db: Db, numbers: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>(numbers.map((number) => [number, []]))
  for (const row of await patientsAt(db, numbers)) found.get(row.number)!.push(row.patient)
  return found
}

/** A patient's numbers as a screen shows them. */
export async function numbersOf(db: Db, keys: KeyLedger, patient: string): Promise<Static<typeof ContactPoint>[]> {
  return (await contactLines(db, patient)).map((row) => ({
    number: row.number,
    e164: e164Of(keys, db.org, row),
    lineType: row.line_type,
    state: stateOf(row),
    verifiedHow: row.verified_how,
    verifiedAt: row.verified_at?.getTime() ?? null,
    sharedWith: Math.max(0, row.shared),
  }))
}

/** Gives a patient a number. Returns it as it stands afterwards. */
export async function giveNumber(
  tx: Tx,
  keys: KeyLedger,
  it: { patient: string; e164: string; lineType: Line['lineType'] },
): Promise<Static<typeof ContactPoint>> {
  const number = await ensureNumber(tx, keys, it.e164, it.lineType)
  if (it.lineType !== 'unknown') await setLineType(tx, number, it.lineType)
  if (await insertContact(tx, it.patient, number))
    tx.announce(numberAdded, { key: `patient|${it.patient}`, payload: { patient: it.patient, number } })
  return (await numbersOf(tx, keys, it.patient)).find((row) => row.number === number)!
}

/** Nothing is sent to this line any more until somebody says whose it is. The line's lock must be held. */
export async function freezeNumber(tx: Tx, number: string, why: Static<typeof FrozenWhy>): Promise<void> {
  if ((await freeze(tx, number, why)) === 0) return
  const patients = (await householdsOf(tx, [number])).get(number)!.slice(0, 100)
  tx.announce(numberFrozen, { key: `number|${number}`, payload: { number, patients, why } })
}

/** The carrier said that this line takes no texts. The line's lock must be held. */
export async function markLandline(tx: Tx, number: string): Promise<void> {
  await setLineType(tx, number, 'landline')
}

/** An answer that a reminder asked for came from a number of one patient: logistics may go on without intake's word. */
export async function verifyByReply(tx: Tx, patient: string, number: string): Promise<void> {
  const row = await findContact(tx, patient, number)
  if (!row || row.state !== 'unverified' || row.frozen_at) return
  await setContact(tx, patient, number, 'verified', 'reply')
  tx.announce(numberVerified, { key: `patient|${patient}`, payload: { patient, number, how: 'reply' } })
}

/** A person says whose a number is. Undefined if the patient does not have it. */
export async function judgeStanding(
  tx: Tx,
  patient: string,
  number: string,
  standing: 'theirs' | 'not-theirs',
): Promise<Static<typeof NumberState> | undefined> {
  await lockNumber(tx, number, 'alone')
  const row = await findContact(tx, patient, number)
  if (!row) return undefined
  if (standing === 'theirs') {
    await thaw(tx, number)
    if (row.frozen_at || row.state === 'wrong-person') await setContact(tx, patient, number, 'unverified', null)
  } else await setContact(tx, patient, number, 'wrong-person', null)
  tx.announce(numberJudged, { key: `patient|${patient}`, payload: { patient, number, standing } })
  return stateOf((await findContact(tx, patient, number))!)
}
