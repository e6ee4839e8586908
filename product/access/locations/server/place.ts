import type { Tx } from '@wardline/platform/db'
import type { Performer } from '@wardline/product/access/dual-control/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { refreshCallers } from '@wardline/product/access/sessions/server'
import { workplacesSet } from '../contract.ts'
import { countLocations, replaceWorkplaces } from './queries.ts'

/** Whether somebody is here who could work at these locations, which are all open; neither changes before the commit. */
export const mayWorkAt = async (tx: Tx, person: string, locations: readonly string[]): Promise<boolean> =>
  (await lockPerson(tx, person))?.active === true && (await countLocations(tx, locations)) === locations.length

/** Says where somebody works from the commit on. */
export async function place(tx: Tx, person: string, locations: readonly string[]): Promise<void> {
  await replaceWorkplaces(tx, person, locations)
  // Where one works decides what open windows hear.
  refreshCallers(tx, person)
  tx.announce(workplacesSet, { key: `person|${person}`, payload: { person, locations: [...locations] } })
}

/** Moves somebody out of the locations to which records are kept, once a second person agreed. */
export const moveOnApproval: Performer = {
  kind: 'workplaces',
  ask: 'location.edit',
  approve: 'role.approve',
  says: () => 'move a colleague out of the locations for which records are kept to networks',
  async perform(tx, person, payload) {
    const { locations } = payload as { locations: readonly string[] }
    if (!(await mayWorkAt(tx, person, locations))) return false
    await place(tx, person, locations)
    return true
  },
}
