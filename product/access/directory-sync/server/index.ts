/** The door of access/directory-sync: joiners, movers and leavers as the organisation's directory tells them. */
import path from 'node:path'
import type { Tx } from '@wardline/platform/db'
import { newId } from '@wardline/platform/server'
import type { Feature } from '@wardline/platform/server'
import { sourceChanged } from '../contract.ts'
import { insertSource } from './queries.ts'
import { routes } from './routes.ts'

export { change, comeBack, DirectoryRefused, followGroups, halt, join, leave, setMembers } from './people.ts'
export type { DirectoryCode, Said } from './people.ts'
export {
  createdUnder,
  feedPeople,
  feedPerson,
  groupsOf,
  insertGroup,
  lockSource,
  membersOf,
  readGroups,
  readSources,
  removeGroup,
  updateGroup,
} from './queries.ts'
export type { FeedRow, GroupRow, SourceRow } from './tables.ts'

/** Opens a feed of the directory; returns its id. */
export async function addSource(tx: Tx, it: { kind: 'scim' | 'ldap'; label: string }): Promise<string> {
  const source = newId()
  await insertSource(tx, { source, ...it })
  tx.announce(sourceChanged, { key: `directory|${source}`, payload: { source, kind: it.kind } })
  return source
}

export const directorySync: Feature = {
  name: 'access/directory-sync',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
}
