import { createHash, randomBytes } from 'node:crypto'
import type { Tx } from '@wardline/platform/db'
import { foldSecret, writeSecret } from '@wardline/product/access/provisioning/rules'
import { recoveryCodesMade, recoveryCodeUsed } from '../contract.ts'
import { recoveryPolicy } from '../rules.ts'
import { notify } from './notify.ts'
import { codesOf, replaceCodes, spendCode } from './queries.ts'

const hashOf = (code: string) => createHash('sha256').update(foldSecret(code)).digest()

/** Makes a person's ten recovery codes anew; the earlier ones end. They are returned this once and stored as hashes. */
export async function makeCodes(tx: Tx, person: string): Promise<string[]> {
  const codes = Array.from({ length: recoveryPolicy.codes }, () => writeSecret(randomBytes(recoveryPolicy.bytes)))
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
