import { newId } from '@wardline/platform/server'
import type { Tx } from '@wardline/platform/db'
import { setRolesOf } from '@wardline/product/access/roles/server'
import type { Role, RoleWindow } from '@wardline/product/access/roles/server'
import { organisationCreated, personAdded } from '../contract.ts'
import { foldName, isSignInName, isZone } from '../rules.ts'
import { insertOrganisation, insertPerson } from './queries.ts'
import { ProvisioningRefused } from './refused.ts'

/** What an organisation begins with. `zone` is of the IANA database. */
export interface NewOrganisation {
  readonly name: string
  readonly zone: string
  readonly preset: 'practice' | 'hospital'
}

/** Creates the organisation whose id this transaction was opened for. Throws ProvisioningRefused. */
export async function createOrganisation(tx: Tx, it: NewOrganisation): Promise<void> {
  if (it.name.trim() === '' || it.name.length > 200) throw new ProvisioningRefused('bad-name')
  if (!isZone(it.zone)) throw new ProvisioningRefused('bad-zone')
  await insertOrganisation(tx, it)
  tx.announce(organisationCreated, { key: 'organisation', payload: { organisation: tx.org, preset: it.preset } })
}

/** When each of several roles counts. */
export type Windows = readonly (RoleWindow & { readonly role: Role })[]

/** A person to be added. Their sign-in is set up by an enrolment code (`issueEnrolment`), or by seeds. */
export interface NewPerson {
  readonly signInName: string
  readonly name: string
  readonly title: string
  readonly roles: readonly Role[]
  /** Why this person may be administrator and privacy officer, signed by whoever acts. */
  readonly exception?: string
  /** When a role counts; a role without a window counts always. */
  readonly windows?: Windows
  /** An id chosen beforehand, for seeds; else a random one. */
  readonly person?: string
  /** A signer that the server makes for itself: without access from the first, and never let in. */
  readonly internal?: boolean
}

/** Adds a person and gives them their roles; returns their id. Throws ProvisioningRefused or RolesRefused. */
export async function createPerson(tx: Tx, it: NewPerson): Promise<string> {
  const signInName = foldName(it.signInName)
  if (!isSignInName(signInName)) throw new ProvisioningRefused('bad-sign-in-name')
  if (it.name.trim() === '' || it.name.length > 120 || it.title.length > 120) throw new ProvisioningRefused('bad-name')
  const person = it.person ?? newId()
  if (!(await insertPerson(tx, { person, signInName, name: it.name, title: it.title, internal: it.internal ?? false })))
    throw new ProvisioningRefused('name-taken')
  tx.announce(personAdded, { key: `person|${person}`, payload: { person } })
  await setRolesOf(tx, person, it.roles, it.exception, it.windows)
  return person
}
