import type { Uuid } from '../bytes.ts'
import { refuse } from '../errors.ts'
import type { DeviceList } from './device-list.ts'
import type { Identity } from './identity.ts'
import type { Author, Statement } from './statement.ts'
import { isSignedBy } from './statement.ts'
import type { UserKey } from './user-key.ts'

/** A person as others know them: the newest verified identity, device list and user key. */
export type PublicPerson = {
  readonly person: Uuid
  readonly identity: Statement<Identity>
  readonly deviceList: Statement<DeviceList>
  readonly userKey: Statement<UserKey>
}

/** People by their id. */
export type People = ReadonlyMap<Uuid, PublicPerson>

const isSignedByDeviceOf = async (statement: Statement<unknown>, list: Statement<DeviceList>): Promise<boolean> => {
  for (const device of list.body.devices) if (await isSignedBy(statement, device.signKey)) return true
  return false
}

/** Which of these people signed the statement with a listed device. */
export const signingPeople = async (statement: Statement<unknown>, people: readonly PublicPerson[]): Promise<ReadonlySet<Uuid>> => {
  const found = new Set<Uuid>()
  for (const person of people) if (await isSignedByDeviceOf(statement, person.deviceList)) found.add(person.person)
  return found
}

/** Whether a passkey or recovery key of the list signed the statement. */
export const isSignedByFactor = async (statement: Statement<unknown>, list: Statement<DeviceList>): Promise<boolean> => {
  for (const factor of list.body.factors) if (await isSignedBy(statement, factor.signKey)) return true
  return false
}

/** Refuses a statement that its named author did not sign with the named, still listed device. Throws `bad-signature`, `not-entitled`. */
export const requireAuthor = async (statement: Statement<{ readonly author: Author }>, people: People): Promise<void> => {
  const { person, device } = statement.body.author
  const listed = people.get(person)?.deviceList.body.devices.find((d) => d.device === device)
  if (!listed) return refuse('not-entitled', 'author is no listed device')
  if (!(await isSignedBy(statement, listed.signKey))) refuse('bad-signature', statement.kind)
}
