import { createHash, randomBytes } from 'node:crypto'
import type { Tx } from '@wardline/platform/db'
import { figure } from '@wardline/product/access/policies/server'
import { foldSecret, writeSecret } from '@wardline/product/access/provisioning/rules'
import { recoveryCodesMade, recoveryCodeUsed } from '../contract.ts'
import { recoveryCodeBytes } from '../rules.ts'
import { notify } from './notify.ts'
import { codesOf, replaceCodes, spendCode } from './queries.ts'

const hashOf = (code: string) => createHash('sha256').update(foldSecret(code)).digest()

/** Makes a person's recovery codes anew, as many as the policy says; the earlier ones end. They are returned this once and stored as hashes. */
export async function makeCodes(tx: Tx, person: string): Promise<string[]> {
  const length = await figure(tx, 'recovery.codes')
  const codes = Array.from({ length }, () => writeSecret(randomBytes(recoveryCodeBytes)))
  await replaceCodes(
    tx,
    person,
    codes.map((it) => hashOf(it)),
  )
  tx.announce(recoveryCodesMade, { key: `person|${person}`, payload: { person } })
  await notify(tx, person, 'recovery-codes-made')
  return codes
}

/** Uses up a recovery code in place of an authenticator's; false: it is not one of this person's, or was used. */
export async function useRecoveryCode(tx: Tx, person: string, code: string): Promise<boolean> {
  if ((await spendCode(tx, person, hashOf(code))) === 0) return false
  const { left } = await codesOf(tx, person)
  tx.announce(recoveryCodeUsed, { key: `person|${person}`, actor: person, payload: { person, left } })
  await notify(tx, person, 'recovery-code-used')
  return true
}
