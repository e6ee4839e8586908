import type { Tx } from '@wardline/platform/db'
import { monthOf } from '@wardline/platform/server'
import type { KeyLedger } from '@wardline/platform/server'
import { figure } from '@wardline/product/access/policies/server'
import { readOrganisation, readPerson } from '@wardline/product/access/provisioning/server'
import { passwordSet } from '../contract.ts'
import { judgePassword } from '../rules.ts'
import type { PasswordRefusal } from '../rules.ts'
import { hashPassword } from './hashing.ts'
import { upsertPassword } from './queries.ts'

/** A password that is not taken; `code` says why. */
export class PasswordRefused extends Error {
  readonly code: PasswordRefusal
  constructor(code: PasswordRefusal) {
    super(`password: ${code}`)
    this.name = 'PasswordRefused'
    this.code = code
  }
}

export const sealContext = (person: string) => `password|${person}`

/** Why a new password of this person is not taken, or null. */
export async function passwordRefusal(tx: Tx, it: { person: string; password: string }): Promise<PasswordRefusal | null> {
  const person = await readPerson(tx, it.person)
  if (!person) throw new Error('A password needs a person of this organisation.')
  const organisation = await readOrganisation(tx)
  const about = [person.name, person.sign_in_name, organisation.name, 'wardline']
  return judgePassword(it.password, about, await figure(tx, 'password.shortest'))
}

/** Stores the argon2id string of a password that was judged, sealed. Failures are forgotten and a disabled one works again. */
export async function storePassword(tx: Tx, keys: KeyLedger, person: string, hashed: string): Promise<void> {
  const box = await keys.seal({ org: tx.org, bucket: 'access', month: monthOf(tx.at) }, Buffer.from(hashed), sealContext(person))
  await upsertPassword(tx, person, box)
  tx.announce(passwordSet, { key: `person|${person}`, payload: { person } })
}

/** Judges and sets a person's password, for seeds and set-up: hashing takes some 40 ms, in which the transaction waits. Throws PasswordRefused. */
export async function setPassword(tx: Tx, keys: KeyLedger, it: { person: string; password: string }): Promise<void> {
  const refused = await passwordRefusal(tx, it)
  if (refused) throw new PasswordRefused(refused)
  await storePassword(tx, keys, it.person, await hashPassword(it.password))
}
