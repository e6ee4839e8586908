import type { Uuid } from '../bytes.ts'
import { toHex } from '../bytes.ts'
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
  /** Listed devices that were cut off by then: their person's next list leaves them out, and until then this does. */
  readonly cutOff?: ReadonlySet<Uuid>
}

/** People by their id. */
export type People = ReadonlyMap<Uuid, PublicPerson>

/** Whose listed devices signed the statement: the person of each such key, in hex. A device that is cut off signs nothing. */
export const signersAmong = async (statement: Statement<unknown>, people: readonly PublicPerson[]): Promise<ReadonlyMap<string, Uuid>> => {
  const found = new Map<string, Uuid>()
  for (const { person, deviceList, cutOff } of people)
    for (const { device, signKey } of deviceList.body.devices)
      if (!cutOff?.has(device) && (await isSignedBy(statement, signKey))) found.set(toHex(signKey), person)
  return found
}

/** Which of these people signed the statement with a listed device. */
export const signingPeople = async (statement: Statement<unknown>, people: readonly PublicPerson[]): Promise<ReadonlySet<Uuid>> =>
  new Set((await signersAmong(statement, people)).values())

/** How many of the list's passkeys and recovery keys signed the statement. */
export const factorsThatSigned = async (statement: Statement<unknown>, list: Statement<DeviceList>): Promise<number> => {
  let found = 0
  for (const factor of list.body.factors) if (await isSignedBy(statement, factor.signKey)) found += 1
  return found
}

/** Refuses a statement that its named author did not sign with the named, still listed device. Throws `bad-signature`, `not-entitled`. */
export const requireAuthor = async (statement: Statement<{ readonly author: Author }>, people: People): Promise<void> => {
  const { person, device } = statement.body.author
  const listed = people.get(person)?.deviceList.body.devices.find((d) => d.device === device)
  if (!listed) return refuse('not-entitled', 'author is no listed device')
  if (!(await isSignedBy(statement, listed.signKey))) refuse('bad-signature', statement.kind)
}
