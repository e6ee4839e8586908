import { deviceList, identity, parse, userKey } from '@wardline/crypto'
import type { Bytes, Epoch, Identity, DeviceList, PublicPerson, Removal, SigningKey, Statement, UserKey, Vault } from '@wardline/crypto'
import type { GivesOf, Static } from '@wardline/platform/contract'
import type { HeldStatement, trust } from '@wardline/product/team/devices/contract'
import type { Message } from '@wardline/product/team/messages/contract'
import type { RekeyWord } from '@wardline/product/team/conversations/contract'

// What the model of the server holds: plain data, so that a seed begins with a copy of what was founded once.

export type Held = Static<typeof HeldStatement>

/** A person with their statements. */
export interface Person {
  readonly person: string
  readonly employee: string
  readonly statements: Held[]
  vault: Statement<Vault> | null
}

export interface ListedDevice {
  readonly device: string
  readonly person: string
  readonly signKey: Bytes
  readonly enrolledAt: number
  revokedAt: number | null
}

/** A signed-in session. `ended`: whatever comes with it is refused. */
export interface Session {
  readonly session: string
  readonly person: string
  device: string | null
  ended: boolean
}

export interface StoredEpoch {
  readonly n: number
  readonly statement: Statement<Epoch>
  readonly text: string
  readonly at: number
  readonly seals: Map<string, { seal: string; missing: boolean }>
  readonly history: Map<string, string>
  readonly sets: { readonly person: string; readonly recipients: string; readonly at: number }[]
}

export type StoredMessage = Static<typeof Message> & { readonly envelope: string; readonly msgId: string }

/** A conversation with everything that is in it. */
export interface Room {
  readonly id: string
  readonly kind: 'direct' | 'group'
  readonly pair: readonly [string, string] | null
  readonly createdAt: number
  readonly members: Map<string, { since: number; removedAt: number | null }>
  readonly epochs: StoredEpoch[]
  readonly removals: { readonly statement: Statement<Removal>; readonly text: string; readonly at: number }[]
  readonly messages: StoredMessage[]
  readonly heads: Map<string, string>
  readonly marks: Map<string, { person: string; delivered: number; shown: number; at: number }>
  rekey: RekeyWord | null
  usedAt: number | null
  from: number
  month: string
  disputed: boolean
}

/** The whole of it. */
export interface State {
  readonly org: string
  readonly root: string
  readonly directory: SigningKey
  readonly trust: Pick<GivesOf<typeof trust>, 'directoryKeys' | 'archivePolicies' | 'recipientPolicies'>
  readonly people: Map<string, Person>
  readonly devices: Map<string, ListedDevice>
  readonly sessions: Map<string, Session>
  readonly rooms: Map<string, Room>
}

/** Who calls: what a session stands for. */
export interface Caller {
  readonly person: string
  readonly session: string
  readonly device: string | null
}

/** What the server says instead of doing it. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: string
  readonly field: string | undefined
  constructor(code: string, field?: string) {
    super(code)
    this.code = code
    this.field = field
  }
}

/** Throws a Refused. */
export const refuse = (code: string, field?: string): never => {
  throw new Refused(code, field)
}

/** `YYYY-MM`, UTC. */
export const monthOf = (at: number): string => new Date(at).toISOString().slice(0, 7)

/** Whether a person is served a conversation. */
export const isMember = (room: Room, person: string): boolean => room.members.get(person)?.removedAt === null

/** The conversations that a person is served. */
export const roomsOf = (state: State, person: string): Room[] => [...state.rooms.values()].filter((it) => isMember(it, person))

/** A device that may act for its person. */
export const isActive = (state: State, it: { readonly person: string; readonly device: string }): boolean => {
  const row = state.devices.get(it.device)
  return row?.person === it.person && row.revokedAt === null
}

/** A person's newest statements. */
export interface Newest {
  readonly identity: Statement<Identity> | null
  readonly deviceList: Statement<DeviceList> | null
  readonly userKey: Statement<UserKey> | null
}

const read = new Map<string, Statement<unknown>>()
const parsed = <T>(text: string, make: () => Statement<T>): Statement<T> => {
  const known = read.get(text)
  if (known) return known as Statement<T>
  const made = make()
  if (read.size > 20_000) read.clear()
  read.set(text, made)
  return made
}

/** See Newest. */
export function newestOf(it: Person | undefined): Newest {
  const text = (kind: Held['kind']) => it?.statements.findLast((held) => held.kind === kind)?.statement
  const [id, list, key] = [text('identity'), text('device-list'), text('user-key')]
  const bytes = (of: string) => new Uint8Array(Buffer.from(of, 'base64url'))
  return {
    identity: id ? parsed(id, () => parse(identity, bytes(id))) : null,
    deviceList: list ? parsed(list, () => parse(deviceList, bytes(list))) : null,
    userKey: key ? parsed(key, () => parse(userKey, bytes(key))) : null,
  }
}

/** People as others know them. Who has no keys yet is left out. */
export const publicPeople = (state: State, people: readonly string[]): Map<string, PublicPerson> =>
  new Map(
    people.flatMap((person) => {
      const { identity: id, deviceList: list, userKey: key } = newestOf(state.people.get(person))
      return id && list && key ? [[person, { person, identity: id, deviceList: list, userKey: key }] as const] : []
    }),
  )
