import { deviceList, identity, parse, toHex, userKey } from '@wardline/crypto'
import type { Definition, DeviceList, Identity, Chained, PublicPerson, Statement, UserKey } from '@wardline/crypto'
import type { Db } from '@wardline/platform/db'
import { newestStatements } from './queries.ts'
import type { StatementRow } from './tables.ts'

// What was parsed once is remembered by its hash: the same few statements are judged with every epoch.
const remembered = new Map<string, Statement<Chained>>()
const most = 8_192

/** Reads a stored statement. It was verified when it was accepted. */
export function read<T extends Chained>(
  definition: Definition<T>,
  row: { readonly hash: Buffer; readonly statement: Buffer },
): Statement<T> {
  const key = `${definition.kind}:${toHex(row.hash)}`
  const known = remembered.get(key)
  if (known) return known as Statement<Chained> as Statement<T>
  const made = parse(definition, row.statement)
  if (remembered.size >= most) remembered.delete(remembered.keys().next().value!)
  remembered.set(key, made)
  return made
}

/** The newest statements of one person, as far as there are any. */
export interface NewestKeys {
  readonly identity: Statement<Identity> | null
  readonly deviceList: Statement<DeviceList> | null
  readonly userKey: Statement<UserKey> | null
}

/** The newest statements of a person; all null before their first device. */
export async function newestKeys(db: Db, person: string): Promise<NewestKeys> {
  const rows = await newestStatements(db, [person])
  const of = (kind: StatementRow['kind']) => rows.find((row) => row.kind === kind)
  const [id, list, key] = [of('identity'), of('device-list'), of('user-key')]
  return {
    identity: id ? read(identity, id) : null,
    deviceList: list ? read(deviceList, list) : null,
    userKey: key ? read(userKey, key) : null,
  }
}

/** People as others know them: the newest accepted identity, device list and user key. Who has no keys yet is left out. */
export async function publicPeople(db: Db, people: readonly string[]): Promise<ReadonlyMap<string, PublicPerson>> {
  const rows = await newestStatements(db, [...new Set(people)])
  const found = new Map<string, Map<StatementRow['kind'], StatementRow>>()
  for (const row of rows) {
    const mine = found.get(row.person) ?? new Map<StatementRow['kind'], StatementRow>()
    found.set(row.person, mine.set(row.kind, row))
  }
  const known = new Map<string, PublicPerson>()
  for (const [person, its] of found) {
    const [id, list, key] = [its.get('identity'), its.get('device-list'), its.get('user-key')]
    if (id && list && key)
      known.set(person, { person, identity: read(identity, id), deviceList: read(deviceList, list), userKey: read(userKey, key) })
  }
  return known
}
