import { createHash, randomBytes } from 'node:crypto'
import { newId } from '@wardline/platform/server'
import type { Db, Tx } from '@wardline/platform/db'
import { figures } from '@wardline/product/access/policies/server'
import { rolesOf } from '@wardline/product/access/roles/server'
import { hasSignedIn } from '@wardline/product/access/sessions/server'
import { enrolmentApproved, enrolmentIssued, enrolmentIssuedAtServer, enrolmentStopped, enrolmentUsed } from '../contract.ts'
import { foldSecret, writeSecret } from '../rules.ts'
import { approveEnrolment, cancelEnrolments, findEnrolment, insertEnrolment, lockPerson, spendEnrolment } from './queries.ts'
import { ProvisioningRefused } from './refused.ts'

const hashOf = (secret: string) => createHash('sha256').update(foldSecret(secret)).digest()

/** A one-time code that was issued. Times in ms. */
export interface Issued {
  readonly person: string
  readonly enrolment: string
  readonly secret: string
  readonly until: number
  /** From when it counts, where that is not at once. */
  readonly effectiveAt: number | null
}

/**
 * Issues a one-time code of 128 random bits with which a person sets password and authenticator; earlier ones end. A newcomer's counts at
 * once; with anybody else's, whoever did not ask for it has time to stop it. Throws ProvisioningRefused.
 */
export async function issueEnrolment(tx: Tx, person: string): Promise<Issued> {
  const row = await lockPerson(tx, person)
  if (!row?.active) throw new ProvisioningRefused('no-such-person')
  await cancelEnrolments(tx, person)
  const policy = await figures(tx)
  const waits = await hasSignedIn(tx, person)
  const enrolment = newId()
  const secret = writeSecret(randomBytes(16))
  const stored = await insertEnrolment(tx, {
    enrolment,
    person,
    secretHash: hashOf(secret),
    delayHours: waits ? policy['recovery.delay-hours'] : 0,
    days: policy['enrolment.days'],
  })
  const until = stored.until.getTime()
  const effectiveAt = waits ? stored.effective_at.getTime() : null
  tx.announce(enrolmentIssued, { key: `person|${person}`, payload: { person, enrolment, until, effectiveAt } })
  return { person, enrolment, secret, until, effectiveAt }
}

/**
 * Issues a code for an administrator at the server's own machine: everybody of the organisation is told. Null: this is no active
 * administrator.
 */
export async function issueEnrolmentAtServer(tx: Tx, person: string): Promise<(Issued & { name: string; delayHours: number }) | null> {
  const row = await lockPerson(tx, person)
  if (!row?.active || !(await rolesOf(tx, person)).includes('administrator')) return null
  const issued = await issueEnrolment(tx, person)
  tx.announce(enrolmentIssuedAtServer, { key: `person|${person}`, payload: { person, enrolment: issued.enrolment } })
  return { ...issued, name: row.name, delayHours: (await figures(tx))['recovery.delay-hours'] }
}

/** The open enrolment that this code belongs to, and in how many seconds it counts; null: it is none. */
export async function enrolmentOf(db: Db, person: string, secret: string): Promise<{ enrolment: string; waits: number } | null> {
  return (await findEnrolment(db, person, hashOf(secret))) ?? null
}

/** Uses up an enrolment; false if somebody did so before. */
export async function useEnrolment(tx: Tx, person: string, enrolment: string): Promise<boolean> {
  if (!(await spendEnrolment(tx, enrolment))) return false
  tx.announce(enrolmentUsed, { key: `person|${person}`, actor: person, payload: { person, enrolment } })
  return true
}

/** Stops an open code of a person; false: there is none. */
export async function stopEnrolment(tx: Tx, person: string): Promise<boolean> {
  await lockPerson(tx, person)
  const stopped = await cancelEnrolments(tx, person)
  for (const { enrolment } of stopped) tx.announce(enrolmentStopped, { key: `person|${person}`, payload: { person, enrolment } })
  return stopped.length > 0
}

/** A second person agreed: the code counts from now. False: it is gone, or counts already. */
export async function approveEnrolmentNow(tx: Tx, person: string, enrolment: string): Promise<boolean> {
  await lockPerson(tx, person)
  if ((await approveEnrolment(tx, enrolment)) === 0) return false
  tx.announce(enrolmentApproved, { key: `person|${person}`, payload: { person, enrolment } })
  return true
}
