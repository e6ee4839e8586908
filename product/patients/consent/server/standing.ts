import type { Db } from '@wardline/platform/db'
import { KeyFailure } from '@wardline/platform/server'
import type { KeyLedger } from '@wardline/platform/server'
import { openJson } from '@wardline/product/patients/roster/server'
import type { Basis, Channel, Scope } from '../contract.ts'
import { standing } from '../rules.ts'
import type { Receipt } from '../rules.ts'
import { newestStops, receiptsAt } from './queries.ts'
import { contextOf } from './receipts.ts'
import { isSigned } from './signing.ts'
import type { Document } from './signing.ts'
import type { ReceiptRow } from './tables.ts'

/** A row as the rules see it. */
export const asReceipt = (row: ReceiptRow): Receipt => ({
  receipt: row.receipt,
  kind: row.kind,
  patient: row.patient,
  number: row.number,
  scopes: row.scopes,
  channels: row.channels,
  basis: row.basis,
  revokes: row.revokes,
  expiresAt: row.expires_at?.getTime() ?? null,
  position: Number(row.position),
})

const sameWords = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((word, i) => word === b[i])

/** The signed text of a row; undefined if it was erased, altered, or belongs to another row. */
function textOf(keys: KeyLedger, org: string, row: ReceiptRow): string | undefined {
  try {
    return openJson<string>(keys, org, row, contextOf(row.receipt))
  } catch (thrown) {
    if (thrown instanceof KeyFailure) return undefined
    throw thrown
  }
}

/** Whether a row says what was signed: the signature holds and the columns repeat the signed text. */
export function isAuthentic(keys: KeyLedger, org: string, row: ReceiptRow): boolean {
  const text = textOf(keys, org, row)
  if (text === undefined || !isSigned(Buffer.from(text, 'utf8'), row.signature, row.public_key)) return false
  const it = JSON.parse(text) as Document
  return (
    it.organisation.id === org &&
    it.receipt === row.receipt &&
    it.kind === row.kind &&
    it.patient === row.patient &&
    sameWords(it.scopes, row.scopes) &&
    sameWords(it.channels, row.channels) &&
    it.basis === row.basis &&
    it.source === row.source &&
    it.revokes === row.revokes &&
    it.recordedAt === row.recorded_at.getTime() &&
    it.expiresAt === (row.expires_at?.getTime() ?? null)
  )
}

/** The consent that a text would rest on. */
export type Consent =
  | { readonly live: true; readonly receipt: string; readonly basis: Basis }
  | { readonly live: false; readonly why: 'none' | 'expired' | 'revoked' | 'narrower' }

/**
 * How a patient's consent stands for one number, purpose and way at `now` (ms). A receipt that is not authentic counts as none,
 * a resumption that is not authentic lifts nothing.
 */
export async function consentFor(
  db: Db,
  keys: KeyLedger,
  asked: {
    readonly patient: string
    readonly number: string
    readonly scope: Scope
    readonly channel: Channel
    /** Only this one counts: a text that waits rests on the consent that it was queued with. */
    readonly receipt?: string | undefined
  },
  now: number,
): Promise<Consent> {
  const rows = (await receiptsAt(db, asked.patient, asked.number))
    .filter((row) => row.kind !== 'grant' || asked.receipt === undefined || row.receipt === asked.receipt)
    .filter((row) => (row.kind !== 'grant' && row.kind !== 'resume') || isAuthentic(keys, db.org, row))
  const found = standing(rows.map(asReceipt), asked, now)
  return found.live ? { live: true, receipt: found.receipt.receipt, basis: found.receipt.basis ?? 'intake' } : found
}

/** Which of these numbers want no texts. */
export async function stoppedOf(db: Db, keys: KeyLedger, numbers: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = numbers.length === 0 ? [] : await newestStops(db, [...new Set(numbers)])
  return new Set(rows.filter((row) => row.kind === 'opt-out' || !isAuthentic(keys, db.org, row)).map((row) => row.number))
}
