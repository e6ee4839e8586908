import { randomInt, timingSafeEqual } from 'node:crypto'
import type { Tx } from '@wardline/platform/db'
import type { KeyLedger, Services } from '@wardline/platform/server'
import { codeAsked, codeMissed, numberVerified } from '../contract.ts'
import { codePolicy, judgeTry, readCode, waitForCode } from '../rules.ts'
import type { Try } from '../rules.ts'
import {
  closeVerifications,
  codesSent,
  findContact,
  findVerification,
  insertVerification,
  lockNumber,
  lockVerification,
  setContact,
  setVerification,
} from './queries.ts'
import { blind, ensureBlind } from './sealing.ts'

/** What carries a code to a phone: texting, given when the server is composed, because texting stands on this feature. */
export type TextCode = (
  tx: Tx,
  services: Pick<Services, 'keys' | 'live' | 'hint' | 'clock'>,
  it: {
    readonly patient: string
    readonly number: string
    readonly verification: string
    readonly code: string
    /** Stores the verification that the text rests on; called only when the text may go. */
    readonly open: () => Promise<void>
  },
) => Promise<{ readonly sent: boolean; readonly codes: readonly string[] }>

/** What became of asking for a code. */
export type Started =
  | { readonly kind: 'no-such-number' }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'done'; readonly sent: boolean; readonly expiresAt: number | null; readonly refused: readonly string[] }

/** Has a code sent to a patient's number. Asking again with the same id sends nothing again. */
export async function startCode(
  tx: Tx,
  services: Pick<Services, 'keys' | 'live' | 'hint' | 'clock'>,
  textCode: TextCode,
  it: { patient: string; number: string; verification: string },
): Promise<Started> {
  // The line's lock first: it also makes two people who ask at once wait for each other.
  await lockNumber(tx, it.number, 'alone')
  if (!(await findContact(tx, it.patient, it.number))) return { kind: 'no-such-number' }
  const before = await findVerification(tx, it.verification)
  if (before) {
    if (before.patient !== it.patient || before.number !== it.number) return { kind: 'no-such-number' }
    return { kind: 'done', sent: true, expiresAt: before.expires_at.getTime(), refused: [] }
  }
  const sentAt = (await codesSent(tx, it.number)).map((row) => row.started_at.getTime())
  const seconds = waitForCode(sentAt, tx.at.getTime())
  if (seconds > 0) return { kind: 'wait', seconds }
  const code = String(randomInt(10 ** codePolicy.digits)).padStart(codePolicy.digits, '0')
  const hash = (await ensureBlind(tx, services.keys)).code(it.verification, code)
  let expiresAt: number | null = null
  const outcome = await textCode(tx, services, {
    ...it,
    code,
    open: async () => {
      await closeVerifications(tx, it.patient, it.number)
      const row = await insertVerification(tx, { ...it, hash, minutes: codePolicy.minutes })
      expiresAt = row.expires_at.getTime()
    },
  })
  if (outcome.sent) tx.announce(codeAsked, { key: `patient|${it.patient}`, payload: it })
  return { kind: 'done', sent: outcome.sent, expiresAt, refused: outcome.codes }
}

/** Compares a code that was read out with the open one. A wrong try is counted whatever happens next. */
export async function tryCode(tx: Tx, keys: KeyLedger, it: { patient: string; number: string; typed: string }): Promise<Try> {
  const row = await lockVerification(tx, it.patient, it.number)
  const hash = await blind(tx, keys)
  if (!row || !hash) return 'none-open'
  const code = readCode(it.typed)
  const right = code !== undefined && timingSafeEqual(hash.code(row.verification, code), row.code_hash)
  const verdict = judgeTry({ open: true, tries: row.tries, expiresAt: row.expires_at.getTime() }, right, tx.at.getTime())
  const { patient, number } = it
  const key = `patient|${patient}`
  if (verdict === 'right') {
    await setVerification(tx, row.verification, 'used', row.tries)
    await setContact(tx, patient, number, 'verified', 'code')
    tx.announce(numberVerified, { key, payload: { patient, number, how: 'code' } })
  } else if (verdict === 'none-open') await setVerification(tx, row.verification, 'dead', row.tries)
  else {
    await setVerification(tx, row.verification, verdict === 'wrong' ? 'open' : 'dead', row.tries + 1)
    tx.announce(codeMissed, { key, payload: { patient, number, verification: row.verification, tries: row.tries + 1 } })
  }
  return verdict
}
