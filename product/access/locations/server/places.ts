import type { Db, Tx } from '@wardline/platform/db'
import { newId } from '@wardline/platform/server'
import { readOrganisation } from '@wardline/product/access/provisioning/server'
import { locationAdded } from '../contract.ts'
import type { Workplaces } from '../rules.ts'
import { insertLocation, placeEverybody, readLocations, readWorkplaces } from './queries.ts'

/** Where somebody works, and the main location (null: the organisation has one place). */
export interface Standing {
  readonly works: Workplaces
  readonly main: string | null
}

/** Where a person works. Who was given no location in an organisation with several works nowhere. */
export async function workplacesOf(db: Db, person: string): Promise<Standing> {
  const found = await readWorkplaces(db, person)
  return found ? { works: { all: false, locations: found.locations }, main: found.main } : { works: { all: true }, main: null }
}

/** Adds a location; false if there is one of this id or name. The first makes the place that there was the main one. */
export async function openLocation(
  tx: Tx,
  it: { location: string; name: string; zone: string; senderName: string | null },
): Promise<boolean> {
  if ((await readLocations(tx)).length === 0) {
    const { name, zone } = await readOrganisation(tx)
    const main = newId()
    if (!(await insertLocation(tx, { location: main, name: name.slice(0, 120), zone, senderName: null, main: true }))) return false
    await placeEverybody(tx, main)
    tx.announce(locationAdded, { key: `location|${main}`, payload: { location: main } })
  }
  if (!(await insertLocation(tx, { ...it, main: false }))) return false
  tx.announce(locationAdded, { key: `location|${it.location}`, payload: { location: it.location } })
  return true
}
