import { createHash, randomBytes } from 'node:crypto'
import { newId } from '@wardline/platform/server'
import type { Db, Tx } from '@wardline/platform/db'
import { figure } from '@wardline/product/access/policies/server'
import { enrolmentIssued, enrolmentUsed } from '../contract.ts'
import { foldSecret, writeSecret } from '../rules.ts'
import { cancelEnrolments, findEnrolment, insertEnrolment, lockPerson, spendEnrolment } from './queries.ts'
import { ProvisioningRefused } from './refused.ts'

const hashOf = (secret: string) => createHash('sha256').update(foldSecret(secret)).digest()

/** Issues a one-time code of 128 random bits with which a person sets password and authenticator; earlier ones end. Throws ProvisioningRefused. */
export async function issueEnrolment(tx: Tx, person: string): Promise<{ person: string; secret: string; until: number }> {
  const row = await lockPerson(tx, person)
  if (!row?.active) throw new ProvisioningRefused('no-such-person')
  await cancelEnrolments(tx, person)
  const enrolment = newId()
  const secret = writeSecret(randomBytes(16))
  const until = (
    await insertEnrolment(tx, { enrolment, person, secretHash: hashOf(secret), days: await figure(tx, 'enrolment.days') })
  ).until.getTime()
  tx.announce(enrolmentIssued, { key: `person|${person}`, payload: { person, enrolment, until } })
  return { person, secret, until }
}

/** The open enrolment that this code belongs to, or null. */
export async function enrolmentOf(db: Db, person: string, secret: string): Promise<string | null> {
  return (await findEnrolment(db, person, hashOf(secret)))?.enrolment ?? null
}

/** Uses up an enrolment; false if somebody did so before. */
export async function useEnrolment(tx: Tx, person: string, enrolment: string): Promise<boolean> {
  if (!(await spendEnrolment(tx, enrolment))) return false
  tx.announce(enrolmentUsed, { key: `person|${person}`, actor: person, payload: { person, enrolment } })
  return true
}
