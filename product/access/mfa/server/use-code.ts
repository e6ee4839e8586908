import type { Tx } from '@wardline/platform/db'
import type { KeyLedger } from '@wardline/platform/server'
import { figure } from '@wardline/product/access/policies/server'
import { authenticatorDisabled } from '../contract.ts'
import { judgeCode } from '../rules.ts'
import { deltaOf } from './keys.ts'
import { chargeAttempt, disable, hasActive, takeStep } from './queries.ts'

/** What became of a code. */
export type CodeResult = 'right' | 'wrong' | 'replayed' | 'disabled' | 'not-set'

/**
 * Tries a code against a person's authenticator, by the database's time. Right: it is used up. Otherwise the attempt is counted, so the
 * caller must let the transaction commit; after as many in a row as the policy says the authenticator is disabled.
 */
export async function useCode(tx: Tx, keys: KeyLedger, person: string, code: string): Promise<CodeResult> {
  const most = await figure(tx, 'code.most-failures')
  const row = await chargeAttempt(tx, person, most)
  if (!row) return (await hasActive(tx, person)) ? 'disabled' : 'not-set'
  const now = tx.at.getTime()
  const judged = judgeCode(deltaOf(keys, tx.org, person, row, code, now), now, row.last_step)
  if (typeof judged === 'object' && (await takeStep(tx, person, judged.step))) return 'right'
  if (row.failures >= most) {
    await disable(tx, person)
    tx.announce(authenticatorDisabled, { key: `person|${person}`, payload: { person, authenticator: 'totp' } })
  }
  return typeof judged === 'string' ? judged : 'replayed'
}
