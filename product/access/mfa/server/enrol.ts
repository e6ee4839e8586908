import { randomBytes } from 'node:crypto'
import type { Tx } from '@wardline/platform/db'
import type { KeyLedger } from '@wardline/platform/server'
import { totpEnrolled } from '../contract.ts'
import { judgeCode, totpPolicy } from '../rules.ts'
import { deltaOf, sealKey, tell } from './keys.ts'
import { lockPending, promotePending, upsertPending } from './queries.ts'

/** Makes a new authenticator key for a person and returns what to scan. It counts once `confirmTotpOf` saw a code of it. */
export async function beginTotpOf(
  tx: Tx,
  keys: KeyLedger,
  it: { person: string; signInName: string; organisation: string },
): Promise<{ uri: string; key: string }> {
  const key = randomBytes(totpPolicy.keyBytes)
  await store(tx, keys, it.person, key)
  return tell(key, it)
}

/** Confirms the new authenticator with a code of it; the former one ends. */
export async function confirmTotpOf(tx: Tx, keys: KeyLedger, person: string, code: string): Promise<'done' | 'wrong-code' | 'not-begun'> {
  const row = await lockPending(tx, person, totpPolicy.confirmMinutes)
  if (!row) return 'not-begun'
  const now = tx.at.getTime()
  const judged = judgeCode(deltaOf(keys, tx.org, person, row, code, now), now, row.last_step)
  if (typeof judged === 'string') return 'wrong-code'
  await promotePending(tx, person, judged.step)
  tx.announce(totpEnrolled, { key: `person|${person}`, actor: person, payload: { person } })
  return 'done'
}

/** Gives a person an authenticator whose key is known already, without a code: for seeds of the demonstration and of tests. */
export async function enrolTotp(tx: Tx, keys: KeyLedger, it: { person: string; key: Uint8Array }): Promise<void> {
  await store(tx, keys, it.person, it.key)
  await promotePending(tx, it.person, -1)
  tx.announce(totpEnrolled, { key: `person|${it.person}`, payload: { person: it.person } })
}

async function store(tx: Tx, keys: KeyLedger, person: string, key: Uint8Array): Promise<void> {
  // Locks a former pending one, and makes the transaction's time known.
  await lockPending(tx, person, totpPolicy.confirmMinutes)
  const box = await sealKey(keys, { org: tx.org, now: tx.at }, person, key)
  await upsertPending(tx, person, box)
}
