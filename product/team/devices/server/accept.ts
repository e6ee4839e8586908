import {
  deviceList,
  encodeStatement,
  equal,
  identity,
  introducePerson,
  isSignedBy,
  keyIdOf,
  parse,
  userKey,
  vault,
  verifyDeviceList,
  verifyIdentity,
  verifyUserKey,
} from '@wardline/crypto'
import type { Chained, Definition, DeviceList, Identity, Statement, UserKey, Vault } from '@wardline/crypto'
import { DatabaseFailure, monthOf, Refusal } from '@wardline/platform/server'
import type { Static } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import type { KeyLedger } from '@wardline/platform/server'
import {
  deviceEnrolled,
  deviceListChanged,
  identityChanged,
  personIntroduced,
  userKeyChanged,
  vaultChanged,
} from '@wardline/product/team/devices/contract'
import type { HeldStatement, PersonStatementKind } from '@wardline/product/team/devices/contract'
import { administrators, directorySigner } from './trust.ts'
import { badStatement, bytesOf, hashText, judged, judgeVault, requireNext } from './judging.ts'
import { newestKeys, read } from './people.ts'
import {
  deviceListOfAge,
  devicesOf,
  findVault,
  insertDevice,
  insertStatement,
  lockKeyPerson,
  putKeyPerson,
  putVaultRow,
} from './queries.ts'

/** What a person changes about their keys in one act; all texts are base64url of signed statements. */
export interface KeyChange {
  readonly person: string
  /** Who they are on the staff list; stands in the directory's introduction. */
  readonly employee: string
  /** The first identity key of a person who has none: the directory introduces it. */
  readonly introduce?: string | undefined
  readonly identity?: string | undefined
  readonly deviceList?: string | undefined
  readonly userKey?: string | undefined
  readonly vault: string
  /** A device that is being revoked in this transaction: the only one that may leave the list. */
  readonly gone?: string | undefined
  /** The device that is being enrolled, and was let in: the only one that may join the list. */
  readonly joins?: string | undefined
  /** An identity that two administrators signed for a person whose keys nobody can open: every earlier device is cut off with it. */
  readonly replaces?: Replacement | undefined
}

/** See KeyChange; `loggedAt` is when the log took the statement in. */
export interface Replacement {
  readonly identity: Uint8Array
  readonly loggedAt: Date
}

/** What was accepted. `newKey`: the identity or user key changed, so that every conversation of the person needs a new epoch. */
export interface AcceptedKeys {
  readonly statements: Static<typeof HeldStatement>[]
  readonly enrolled: readonly string[]
  readonly newKey: boolean
  readonly position: number
}

const parsed = async <T extends Chained>(definition: Definition<T>, text: string): Promise<Statement<T>> => {
  const bytes = await bytesOf(text)
  return judged(() => parse(definition, bytes))
}

/**
 * Judges and stores a change of a person's keys, all or nothing: each statement by its own rule, and the whole by this one: list, user
 * key and vault are of the newest identity key, and the vault is sealed to exactly the newest list. Refusals: `stale-version`,
 * `bad-statement`, `already-introduced`, `no-directory-key`.
 */
export async function acceptKeys(tx: Tx, keys: KeyLedger, change: KeyChange): Promise<AcceptedKeys> {
  const { person } = change
  const row = await lockKeyPerson(tx, person)
  const now = await newestKeys(tx, person)
  if (change.introduce !== undefined && row) throw new Refusal('already-introduced')
  if (change.introduce === undefined && !row) throw badStatement('not-introduced')

  const held: Static<typeof HeldStatement>[] = []
  let position = row?.position ?? 0
  const append = async (kind: PersonStatementKind, statement: Statement<Chained>, loggedAt?: Date): Promise<void> => {
    position += 1
    const bytes = encodeStatement(statement)
    const { at } = await insertStatement(tx, {
      person,
      position,
      kind,
      version: statement.body.version,
      hash: statement.hash,
      statement: bytes,
      loggedAt: loggedAt ?? null,
    }).catch(asStale)
    held.push({ position, kind, statement: hashText(bytes), at: at.getTime(), ...(loggedAt && { loggedAt: loggedAt.getTime() }) })
  }
  const about = (statement: Statement<Chained>) => ({
    key: `person|${person}`,
    payload: { person, version: statement.body.version, statement: hashText(statement.hash) },
  })

  const newIdentity = await nextIdentity(tx, keys, change, now.identity)
  const trusted = newIdentity ?? now.identity
  if (!trusted) throw badStatement('not-introduced')
  if (newIdentity) {
    await append('identity', newIdentity, change.replaces?.loggedAt)
    if (now.identity) tx.announce(identityChanged, about(newIdentity))
    else tx.announce(personIntroduced, { key: `person|${person}`, payload: { person, statement: hashText(newIdentity.hash) } })
  }

  const newList = change.deviceList === undefined ? null : await parsed(deviceList, change.deviceList)
  const enrolled = newList ? await judgeList(tx, newList, now.deviceList, trusted, change) : []
  if (newList) {
    await append('device-list', newList)
    tx.announce(deviceListChanged, about(newList))
    for (const device of enrolled) tx.announce(deviceEnrolled, { key: `person|${person}`, payload: { ...about(newList).payload, device } })
  }

  const newUserKey = change.userKey === undefined ? null : await parsed(userKey, change.userKey)
  if (newUserKey) {
    requireNext(now.userKey, newUserKey)
    await judged(() => verifyUserKey(newUserKey, { identity: trusted, prev: now.userKey }))
    await append('user-key', newUserKey)
    tx.announce(userKeyChanged, about(newUserKey))
  }

  const list = newList ?? now.deviceList
  const box = newUserKey ?? now.userKey
  if (!list || !box) throw badStatement('incomplete')
  requireOneIdentity(trusted, list, box)

  const entry = await putVault(tx, keys, change, list)
  tx.announce(vaultChanged, about(entry))
  await putKeyPerson(tx, {
    person,
    identity_key: Buffer.from(trusted.body.publicKey),
    identity_version: trusted.body.version,
    device_list_hash: Buffer.from(list.hash),
    device_list_version: list.body.version,
    user_key_id: Buffer.from(keyIdOf(box.body)),
    user_key_version: box.body.version,
    vault_version: entry.body.version,
    position,
  })
  return { statements: held, enrolled, newKey: row !== undefined && (newIdentity !== null || newUserKey !== null), position }
}

/** A second first device at the same moment loses at the primary key. */
const asStale = (thrown: unknown): never => {
  throw thrown instanceof DatabaseFailure && thrown.code === 'constraint' ? new Refusal('stale-version') : thrown
}

function requireOneIdentity(trusted: Statement<Identity>, list: Statement<DeviceList>, box: Statement<UserKey>): void {
  const is = (key: Uint8Array) => equal(key, trusted.body.publicKey)
  if (!is(list.body.identity) || !is(box.body.identity)) throw badStatement('stale')
}

/** The directory introduces a new person; a later key is judged by who signed it. Null: the identity stays. */
async function nextIdentity(
  tx: Tx,
  keys: KeyLedger,
  change: KeyChange,
  prev: Statement<Identity> | null,
): Promise<Statement<Identity> | null> {
  const { person, employee } = change
  if (change.introduce !== undefined) {
    const publicKey = await bytesOf(change.introduce)
    const directory = await directorySigner(tx, keys)
    const made = await introducePerson({ directory, organisation: tx.org, person, employee, publicKey, time: tx.at.getTime() })
    await judged(() => verifyIdentity(made, { ...nobody(tx), directoryKey: directory.publicKey, prev: null }))
    return made
  }
  const { replaces } = change
  if (replaces) {
    const next = await judged(() => parse(identity, replaces.identity))
    requireNext(prev, next)
    const trust = { ...nobody(tx), directoryKey: new Uint8Array(32), prev, administrators: await administrators(tx) }
    // The old key is gone with everything else, so no device list of its lends a second factor.
    await judged(() => verifyIdentity(next, { ...trust, loggedAt: replaces.loggedAt.getTime() }))
    return next
  }
  if (change.identity === undefined) return null
  const next = await parsed(identity, change.identity)
  requireNext(prev, next)
  const old = await deviceListOfAge(tx, person, 24)
  const admins = await administrators(tx)
  const trust = {
    ...nobody(tx),
    // A changed key is never the directory's to sign.
    directoryKey: new Uint8Array(32),
    prev,
    deviceList: old ? read(deviceList, old) : null,
    administrators: admins,
  }
  await judged(() => verifyIdentity(next, trust))
  return next
}

const nobody = (tx: Tx) => ({ deviceList: null, administrators: [], loggedAt: tx.at.getTime(), now: tx.at.getTime() })

/** Judges a device list and enrols what is new in it. A new device has signed the list itself: it holds its key. Returns the new ones. */
async function judgeList(
  tx: Tx,
  next: Statement<DeviceList>,
  prev: Statement<DeviceList> | null,
  trusted: Statement<Identity>,
  change: KeyChange,
): Promise<string[]> {
  requireNext(prev, next)
  await judged(() => verifyDeviceList(next, { identity: trusted, prev }))
  const listed = new Map(next.body.devices.map((it) => [it.device, it]))
  const present = await devicesOf(tx, change.person)
  for (const old of present) {
    const now = listed.get(old.device)
    const leaves = old.revoked_at !== null || old.device === change.gone || change.replaces !== undefined
    if (leaves ? now !== undefined : now === undefined) throw badStatement('device-left')
    if (now && !equal(now.signKey, old.sign_key)) throw badStatement('device-key-changed')
  }
  const added = next.body.devices.filter((it) => !present.some((old) => old.device === it.device))
  for (const device of added) {
    if (device.device !== change.joins) throw badStatement('device-not-let-in')
    if (!(await isSignedBy(next, device.signKey))) throw badStatement('device-not-proven')
    if ((await insertDevice(tx, { device: device.device, person: change.person, signKey: device.signKey })) === 0)
      throw badStatement('device-known')
  }
  return added.map((it) => it.device)
}

async function putVault(tx: Tx, keys: KeyLedger, change: KeyChange, list: Statement<DeviceList>): Promise<Statement<Vault>> {
  const { person } = change
  const entry = await parsed(vault, change.vault)
  await judgeVault(entry, await presentVault(tx, keys, person), list)
  const scope = { org: tx.org, bucket: 'access', month: monthOf(tx.at) } as const
  const box = await keys.seal(scope, encodeStatement(entry), `vault|${person}|${entry.body.version}`)
  await putVaultRow(tx, person, { version: entry.body.version, hash: Buffer.from(entry.hash), data_key: box.dataKey, sealed: box.sealed })
  return entry
}

/** The vault as it stands, unwrapped; null before the first. Its content stays sealed to the person's factors. */
export async function presentVault(db: Db, keys: KeyLedger, person: string): Promise<Statement<Vault> | null> {
  const row = await findVault(db, person)
  return row ? parse(vault, keys.open(db.org, row.data_key, row.sealed, `vault|${person}|${row.version}`)) : null
}
