import type { GivesOf } from '@wardline/platform/contract'
import type { Db } from '@wardline/platform/db'
import type { Caller } from '@wardline/platform/server'
import { rolesOfPeople } from '@wardline/product/access/roles/server'
import type { me, people as peopleEndpoint } from '../contract.ts'
import { readOrganisation, readPeople, readPerson } from './queries.ts'

/** A colleague as others see them. */
export type Colleague = GivesOf<typeof peopleEndpoint>['people'][number]

const pageSize = 1_000

/** A page of people whose access has not ended, by id; `next` is where the next page begins after, or null. */
export async function people(db: Db, after: string | null = null): Promise<{ people: Colleague[]; next: string | null }> {
  const rows = await readPeople(db, after, pageSize + 1)
  const page = rows.slice(0, pageSize)
  const roles = await rolesOfPeople(
    db,
    page.map((row) => row.person),
  )
  return {
    people: page.map((row) => ({ id: row.person, name: row.name, title: row.title, roles: [...(roles.get(row.person) ?? [])] })),
    next: rows.length > pageSize ? page.at(-1)!.person : null,
  }
}

/** What a signed-in person is told about themselves. */
export async function whoAmI(db: Db, caller: Caller): Promise<GivesOf<typeof me>> {
  const row = await readPerson(db, caller.person)
  const org = await readOrganisation(db)
  if (!row) throw new Error('A session belongs to a person who is not there.')
  return {
    person: row.person,
    signInName: row.sign_in_name,
    name: row.name,
    title: row.title,
    roles: caller.roles as GivesOf<typeof me>['roles'],
    closed: (caller.closed ?? []) as GivesOf<typeof me>['closed'],
    administers: caller.administers ?? true,
    organisation: { id: org.org, name: org.name, zone: org.zone, preset: org.preset },
    session: { id: caller.session, device: caller.device, provenAt: caller.provenAt },
  }
}
