import {
  CryptoError,
  ZERO_HASH,
  deviceList,
  encodeStatement,
  equal,
  fromBase64url,
  introducePerson,
  isSignedBy,
  parse,
  revocation,
  toBase64url,
  userKey,
  vault,
  verifyDeviceList,
  verifyRevocation,
  verifySession,
  verifyUserKey,
} from '@wardline/crypto'
import type { Chained, Definition, DeviceList, Statement } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import { strongerRekey } from '@wardline/product/team/conversations/rules'
import type {
  deviceHeads,
  enrolDevice,
  myDevices,
  myVault,
  putVault,
  revokeDevice,
  statementsOf,
} from '@wardline/product/team/devices/contract'
import { isActive, newestOf, publicPeople, refuse, roomsOf } from './state.ts'
import type { Caller, Held, ListedDevice, Person, State } from './state.ts'

// Devices, vaults and statements of people, as the server judges and keeps them.

const badStatement = (field: string): never => refuse('bad-statement', field)

async function judged<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof CryptoError) return badStatement(thrown.code)
    throw thrown
  }
}
const parsed = <T extends Chained>(definition: Definition<T>, text: string): Promise<Statement<T>> =>
  judged(() => parse(definition, fromBase64url(text)))
const textOf = (it: Statement<unknown>): string => toBase64url(encodeStatement(it))

function requireNext<T extends Chained>(prev: Statement<T> | null, next: Statement<T>): void {
  const follows = prev
    ? next.body.version === prev.body.version + 1 && equal(next.body.prev, prev.hash)
    : next.body.version === 1 && equal(next.body.prev, ZERO_HASH)
  if (!follows) refuse('stale-version')
}

interface Change {
  readonly introduce?: string | undefined
  readonly deviceList?: string | undefined
  readonly userKey?: string | undefined
  readonly vault: string
  readonly joins?: string
  readonly gone?: string
}

/** What a change of keys will do, once all of it was judged. */
interface Judged {
  readonly statements: readonly Omit<Held, 'position'>[]
  readonly devices: readonly ListedDevice[]
  readonly newKey: boolean
  apply(): void
}

/** Judges a change of a person's keys, all or nothing. */
async function judgeKeys(state: State, it: Person, change: Change, at: number): Promise<Judged> {
  const now = newestOf(it)
  if (change.introduce !== undefined && now.identity) refuse('already-introduced')
  const made =
    change.introduce === undefined
      ? null
      : await introducePerson({
          directory: state.directory,
          organisation: state.org,
          person: it.person,
          employee: it.employee,
          publicKey: fromBase64url(change.introduce),
          time: at,
        })
  const trusted = made ?? now.identity ?? badStatement('not-introduced')
  const statements: Omit<Held, 'position'>[] = []
  const append = (kind: Held['kind'], statement: Statement<unknown>) => void statements.push({ kind, statement: textOf(statement), at })
  if (made) append('identity', made)
  const list = change.deviceList === undefined ? null : await parsed(deviceList, change.deviceList)
  const devices = list ? await judgeList(state, it.person, list, now.deviceList, change, at, trusted) : []
  if (list) append('device-list', list)
  const key = change.userKey === undefined ? null : await parsed(userKey, change.userKey)
  if (key) {
    requireNext(now.userKey, key)
    await judged(() => verifyUserKey(key, { identity: trusted, prev: now.userKey }))
    append('user-key', key)
  }
  const present = list ?? now.deviceList ?? badStatement('incomplete')
  if (!key && !now.userKey) badStatement('incomplete')
  const entry = await parsed(vault, change.vault)
  requireNext(it.vault, entry)
  const holders = new Set([...present.body.devices.map((d) => d.device), ...present.body.factors.map((f) => f.factor)])
  if (!equal(entry.body.deviceList, present.hash)) badStatement('stale')
  if (entry.body.seals.length !== holders.size || !entry.body.seals.every((seal) => holders.has(seal.holder))) badStatement('vault-holders')
  if (!(await isSignedBy(entry, present.body.identity))) badStatement('bad-signature')
  return {
    statements,
    devices,
    newKey: now.userKey !== null && key !== null,
    apply() {
      for (const device of devices) state.devices.set(device.device, device)
      for (const held of statements) it.statements.push({ ...held, position: it.statements.length + 1 })
      it.vault = entry
    },
  }
}

async function judgeList(
  state: State,
  person: string,
  next: Statement<DeviceList>,
  prev: Statement<DeviceList> | null,
  change: Change,
  at: number,
  trusted: Parameters<typeof verifyDeviceList>[1]['identity'],
): Promise<ListedDevice[]> {
  requireNext(prev, next)
  await judged(() => verifyDeviceList(next, { identity: trusted, prev }))
  const present = [...state.devices.values()].filter((it) => it.person === person)
  for (const old of present) {
    const now = next.body.devices.find((it) => it.device === old.device)
    const leaves = old.revokedAt !== null || old.device === change.gone
    if (leaves ? now !== undefined : now === undefined) badStatement('device-left')
  }
  const added = next.body.devices.filter((it) => !present.some((old) => old.device === it.device))
  for (const it of added) {
    if (it.device !== change.joins) badStatement('device-not-let-in')
    if (!(await isSignedBy(next, it.signKey))) badStatement('device-not-proven')
  }
  return added.map((it) => ({ device: it.device, person, signKey: it.signKey, enrolledAt: at, revokedAt: null }))
}

/** All conversations of the person need a new epoch. */
function rekeyAll(state: State, person: string): number {
  const rooms = roomsOf(state, person)
  for (const room of rooms) room.rekey = strongerRekey(room.rekey, 'user-key')
  return rooms.length
}

/** What the model does about keys; `told` hears of whose statements have grown, `ended` of devices whose sessions are over. */
export function keysOf(state: State, now: () => number, told: (person: string) => void, ended: (device: string) => void) {
  const mine = (caller: Caller): Person => state.people.get(caller.person) ?? refuse('not-found')
  const bind = (caller: Caller, device: string): void => {
    state.sessions.get(caller.session)!.device = device
  }
  return {
    vault(caller: Caller): GivesOf<typeof myVault> {
      const it = mine(caller)
      return {
        organisation: state.org,
        person: it.person,
        employee: it.employee,
        session: caller.session,
        device: caller.device,
        statements: [...it.statements],
        vault: it.vault && textOf(it.vault),
        devices: [...state.devices.values()]
          .filter((d) => d.person === it.person)
          .map(({ device, enrolledAt, revokedAt }) => ({ device, enrolledAt, revokedAt })),
      }
    },
    statements({ people }: TakesOf<typeof statementsOf>): GivesOf<typeof statementsOf> {
      const of = (person: string, after: number) => (state.people.get(person)?.statements ?? []).filter((it) => it.position > after)
      return { people: people.map(({ person, after }) => ({ person, statements: of(person, after) })), more: false }
    },
    async enrol(caller: Caller, body: TakesOf<typeof enrolDevice>): Promise<GivesOf<typeof enrolDevice>> {
      const it = mine(caller)
      const { device, identityKey, ...rest } = body
      const made = await judgeKeys(state, it, { ...rest, introduce: identityKey, joins: device }, now())
      if (!made.devices.some((d) => d.device === device)) badStatement('device-not-enrolled')
      made.apply()
      if (made.newKey) rekeyAll(state, it.person)
      bind(caller, device)
      told(it.person)
      return { statements: it.statements.slice(-made.statements.length) }
    },
    async putVault(caller: Caller, body: TakesOf<typeof putVault>): Promise<GivesOf<typeof putVault>> {
      const it = mine(caller)
      if (caller.device === null || !isActive(state, { person: caller.person, device: caller.device })) refuse('not-a-device')
      const made = await judgeKeys(state, it, body, now())
      made.apply()
      if (made.newKey) rekeyAll(state, it.person)
      told(it.person)
      return { statements: it.statements.slice(-made.statements.length) }
    },
    async revoke(caller: Caller, device: string, body: TakesOf<typeof revokeDevice>): Promise<GivesOf<typeof revokeDevice>> {
      if (caller.device === null) refuse('not-a-device')
      const it = mine(caller)
      const statement = await parsed(revocation, body.revocation)
      const row = state.devices.get(device)
      if (statement.body.device !== device || statement.body.author.device !== caller.device) badStatement('wrong-subject')
      if (!row || row.person !== it.person) return refuse('not-found')
      if (row.revokedAt !== null) refuse('already-revoked')
      const people = publicPeople(state, [it.person])
      await judged(() => verifyRevocation(statement, { people, administrators: new Set(), prev: null }))
      if (!body.rekey) return refuse('rekey-missing')
      const made = await judgeKeys(state, it, { ...body.rekey, gone: device }, now())
      const held: Held = { position: it.statements.length + 1, kind: 'revocation', statement: body.revocation, at: now() }
      it.statements.push(held)
      row.revokedAt = now()
      made.apply()
      const conversations = rekeyAll(state, it.person)
      ended(device)
      told(it.person)
      return { statements: it.statements.slice(held.position - 1), conversations }
    },
    list(person: string, here: string | null): GivesOf<typeof myDevices>['devices'] {
      const rest = { name: 'A device', system: '', browser: '', version: 0, isCurrent: 'unknown', because: null, managed: false } as const
      const fate = { storage: 'cache', wanted: 'cache', lostAt: null, wipedAt: null, wipe: 'none' } as const
      return [...state.devices.values()]
        .filter((it) => it.person === person)
        .map(({ device, enrolledAt, revokedAt }) => ({
          ...rest,
          ...fate,
          device,
          enrolledAt,
          revokedAt,
          seenAt: device === here ? now() : enrolledAt,
        }))
    },
    heads(caller: Caller, device: string): GivesOf<typeof deviceHeads> {
      if (state.devices.get(device)?.person !== caller.person) refuse('not-found')
      const heads = [...state.rooms.values()].flatMap((room) => {
        const envelope = room.heads.get(device)
        return envelope === undefined ? [] : [{ conversation: room.id, envelope }]
      })
      return { heads }
    },
    async signIn(caller: Caller, device: string, signature: string): Promise<{ device: string }> {
      const row = state.devices.get(device)
      const claim = { organisation: state.org, person: caller.person, device, session: caller.session }
      const mayBind = row?.person === caller.person && row.revokedAt === null
      if (!mayBind || !(await verifySession(row.signKey, fromBase64url(signature), claim))) refuse('not-proven')
      bind(caller, device)
      return { device }
    },
  }
}
