import type { GivesOf } from '@wardline/platform/contract'
import type { Db } from '@wardline/platform/db'
import type { KeyLedger } from '@wardline/platform/server'
import { numbersOf, openJson } from '@wardline/product/patients/roster/server'
import { channels, scopes } from '../contract.ts'
import type { consentState, exportReceipt } from '../contract.ts'
import { isStopped, standing } from '../rules.ts'
import { findReceipt, receiptsOfPatient } from './queries.ts'
import { contextOf } from './receipts.ts'
import { asReceipt } from './standing.ts'

/** What a patient agreed to, number by number, and the receipts behind it. */
export async function stateOf(db: Db, keys: KeyLedger, patient: string, now: number): Promise<GivesOf<typeof consentState>> {
  const numbers = (await numbersOf(db, keys, patient)).map((it) => it.number)
  const rows = await receiptsOfPatient(db, patient, numbers)
  const receipts = rows.map(asReceipt)
  return {
    numbers: numbers.map((number) => {
      const stop = isStopped(receipts, number) ? rows.find((row) => row.number === number && row.kind === 'opt-out') : undefined
      return {
        number,
        optedOut: stop ? { at: stop.recorded_at.getTime(), source: stop.source! } : null,
        live: scopes.flatMap((scope) =>
          channels.flatMap((channel) => {
            const found = standing(receipts, { patient, number, scope, channel }, now)
            return found.live ? [{ scope, channel, receipt: found.receipt.receipt, expiresAt: found.receipt.expiresAt }] : []
          }),
        ),
      }
    }),
    receipts: rows.map((row) => ({
      receipt: row.receipt,
      kind: row.kind,
      number: row.number,
      scopes: row.scopes,
      basis: row.basis,
      recordedAt: row.recorded_at.getTime(),
      recordedBy: row.recorded_by,
      expiresAt: row.expires_at?.getTime() ?? null,
      source: row.source,
      revokes: row.revokes,
    })),
  }
}

/** A receipt of a patient in the form that can be checked anywhere; undefined if it is not theirs. */
export async function portable(
  db: Db,
  keys: KeyLedger,
  patient: string,
  receipt: string,
): Promise<GivesOf<typeof exportReceipt> | undefined> {
  const row = await findReceipt(db, receipt)
  if (!row) return undefined
  const theirs =
    row.patient === patient || (row.patient === null && (await numbersOf(db, keys, patient)).some((it) => it.number === row.number))
  if (!theirs) return undefined
  return {
    format: 'wardline-consent-receipt-1',
    document: openJson<string>(keys, db.org, row, contextOf(receipt)),
    signature: row.signature.toString('base64url'),
    publicKey: row.public_key.toString('base64url'),
  }
}
