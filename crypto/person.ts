import type { Bytes, Uuid } from './bytes.ts'
import { random } from './bytes.ts'
import type { SigningKey } from './ed25519.ts'
import { newSeed, signingKeyOfSeed } from './ed25519.ts'
import { refuse } from './errors.ts'
import { boxKeyOf } from './keys.ts'
import type { UnlockFactor } from './factors.ts'
import { publicFactor, vaultPin } from './factors.ts'
import type { Device, DeviceList } from './statements/device-list.ts'
import { deviceList as deviceLists } from './statements/device-list.ts'
import type { Identity } from './statements/identity.ts'
import { identity as identities } from './statements/identity.ts'
import type { Statement } from './statements/statement.ts'
import { addSignature, after, draft } from './statements/statement.ts'
import { IDENTITY_DELAY } from './statements/verify-identity.ts'
import type { UserKey } from './statements/user-key.ts'
import type { Vault, VaultPin } from './statements/vault.ts'
import { writeUserKey } from './user-keys.ts'
import type { PersonKeys, StoredPerson, Unlock, VaultContent } from './vault.ts'
import { openVaultContent, personKeys, writeVault } from './vault.ts'

/** What a person publishes, and the keys that their device goes on with. Statements that did not change are null. */
export type PersonUpdate = {
  readonly keys: PersonKeys
  readonly deviceList: Statement<DeviceList>
  readonly vault: Statement<Vault>
  readonly userKey: Statement<UserKey> | null
  readonly identity: Statement<Identity> | null
}

const pinsOf = (factors: readonly UnlockFactor[], identityKey: Bytes): Promise<readonly VaultPin[]> =>
  Promise.all(factors.map(async (f) => ({ factor: f.factor, identity: identityKey, pin: await vaultPin(f, identityKey) })))

/** Makes a person's keys, first device list, first user key and vault. The directory then introduces `keys.identity` (`introducePerson`). */
export const createPerson = async (input: {
  readonly organisation: Uuid
  readonly person: Uuid
  readonly devices: readonly Device[]
  readonly factors: readonly UnlockFactor[]
  readonly time: number
}): Promise<PersonUpdate & { readonly userKey: Statement<UserKey> }> => {
  const { organisation, person, devices, factors, time } = input
  const content: VaultContent = { seed: newSeed(), generation: 1, userKey: random(32) }
  const identity = await signingKeyOfSeed(content.seed)
  const chain = after(null, organisation, time)
  const listed = { ...chain, person, identity: identity.publicKey, devices, factors: factors.map(publicFactor) }
  const deviceList = await addSignature(draft(deviceLists, listed), identity)
  const userKey = await writeUserKey({ organisation, person, identity, time, raw: content.userKey, before: null })
  const vault = await writeVault({ chain, deviceList, content, pins: await pinsOf(factors, identity.publicKey) })
  return { keys: await personKeys(vault.body, content, [userKey]), deviceList, vault, userKey, identity: null }
}

/** The directory's statement that an identity key belongs to a new employee. */
export const introducePerson = (input: {
  readonly directory: SigningKey
  readonly organisation: Uuid
  readonly person: Uuid
  readonly employee: string
  readonly publicKey: Bytes
  readonly time: number
}): Promise<Statement<Identity>> => {
  const { organisation, person, employee, publicKey, time } = input
  return addSignature(
    draft(identities, { ...after(null, organisation, time), person, employee, publicKey, effective: time }),
    input.directory,
  )
}

/**
 * Makes keys in place of those that nobody can open any more: a new identity key, and list, user key and vault that follow the old ones with
 * nothing of them. `identity` is null: two administrators sign it (`replaceIdentity`), and until then none of this counts.
 */
export const replacePerson = async (input: {
  readonly before: { readonly deviceList: Statement<DeviceList>; readonly userKey: Statement<UserKey>; readonly vault: Statement<Vault> }
  readonly devices: readonly Device[]
  readonly factors: readonly UnlockFactor[]
  readonly time: number
}): Promise<PersonUpdate & { readonly userKey: Statement<UserKey> }> => {
  const { before, devices, factors, time } = input
  const { organisation, person, version } = before.userKey.body
  const content: VaultContent = { seed: newSeed(), generation: version + 1, userKey: random(32) }
  const identity = await signingKeyOfSeed(content.seed)
  const listed = { person, identity: identity.publicKey, devices, factors: factors.map(publicFactor) }
  const deviceList = await addSignature(draft(deviceLists, { ...after(before.deviceList, organisation, time), ...listed }), identity)
  const lost = { statement: before.userKey, raw: null }
  const userKey = await writeUserKey({ organisation, person, identity, time, raw: content.userKey, before: lost })
  const chain = after(before.vault, organisation, time)
  const vault = await writeVault({ chain, deviceList, content, pins: await pinsOf(factors, identity.publicKey) })
  return { keys: { organisation, person, identity, boxes: [await boxKeyOf(content.userKey)] }, deviceList, vault, userKey, identity: null }
}

/**
 * The statement by which administrators put another identity key in a person's place, still without signatures. It counts a day after the
 * log took it in, and a little later, so that the log's clock need not be guessed.
 */
export const replaceIdentity = (before: Statement<Identity>, publicKey: Bytes, time: number): Statement<Identity> => {
  const { organisation, person, employee } = before.body
  const effective = time + IDENTITY_DELAY + SLACK
  return draft(identities, { ...after(before, organisation, time), person, employee, publicKey, effective })
}
const SLACK = 10 * 60 * 1000

/** What changes in a person's list. Removing a device always draws a new user key; `newIdentity` replaces the identity key as well. */
export type PersonChange = {
  readonly time: number
  readonly addDevices?: readonly Device[]
  readonly removeDevices?: readonly Uuid[]
  readonly addFactors?: readonly UnlockFactor[]
  readonly removeFactors?: readonly Uuid[]
  readonly newUserKey?: boolean
  /**
   * Signed by the old key and by `secondFactor`; without one, two administrators' devices add their signatures (`addSignature`). `effective`
   * in ms: the change's time, or a day later where the administrators act alone.
   */
  readonly newIdentity?: { readonly secondFactor?: UnlockFactor; readonly effective: number }
}

const nextIdentity = async (
  stored: StoredPerson,
  change: PersonChange,
  old: SigningKey,
  publicKey: Bytes,
): Promise<Statement<Identity>> => {
  const before = stored.identities.at(-1) ?? refuse('bad-chain', 'no identity statement')
  const { organisation, person, employee } = before.body
  const effective = change.newIdentity?.effective ?? change.time
  const made = draft(identities, { ...after(before, organisation, change.time), person, employee, publicKey, effective })
  const signed = await addSignature(made, old)
  const second = change.newIdentity?.secondFactor
  return second ? addSignature(signed, second.signing) : signed
}

const nextList = (stored: StoredPerson, change: PersonChange, identity: SigningKey): Promise<Statement<DeviceList>> => {
  const { body } = stored.deviceList
  const gone = new Set([...(change.removeDevices ?? []), ...(change.removeFactors ?? [])])
  const made = draft(deviceLists, {
    ...after(stored.deviceList, body.organisation, change.time),
    person: body.person,
    identity: identity.publicKey,
    devices: [...body.devices.filter((d) => !gone.has(d.device)), ...(change.addDevices ?? [])],
    factors: [...body.factors.filter((f) => !gone.has(f.factor)), ...(change.addFactors ?? []).map(publicFactor)],
  })
  return addSignature(made, identity)
}

/** Pins of factors at hand are made anew; those of absent ones are carried, for the identity key that they were made for. */
const nextPins = async (
  stored: StoredPerson,
  list: Statement<DeviceList>,
  atHand: readonly UnlockFactor[],
  identityKey: Bytes,
): Promise<readonly VaultPin[]> => {
  const made = await pinsOf(atHand, identityKey)
  const carried = stored.vault.body.pins.filter((old) => !made.some((m) => m.factor === old.factor))
  return [...made, ...carried].filter((pin) => list.body.factors.some((f) => f.factor === pin.factor))
}

/**
 * Changes a person's devices, factors and keys in one act and writes the vault again under a new vault key. Opens the present vault first,
 * with all of `openVault`'s checks.
 */
export const changePerson = async (stored: StoredPerson, unlock: Unlock, change: PersonChange): Promise<PersonUpdate> => {
  const old = await openVaultContent(stored, unlock)
  const oldIdentity = await signingKeyOfSeed(old.seed)
  const { organisation, person } = stored.vault.body
  const seed = change.newIdentity ? newSeed() : old.seed
  const identity = await signingKeyOfSeed(seed)
  const newKey = change.newUserKey === true || change.newIdentity !== undefined || (change.removeDevices?.length ?? 0) > 0

  const before = stored.userKeys.at(-1) ?? refuse('bad-chain', 'no user key')
  const raw = newKey ? random(32) : old.userKey
  const userKey = newKey
    ? await writeUserKey({ organisation, person, identity, time: change.time, raw, before: { statement: before, raw: old.userKey } })
    : null
  const content: VaultContent = { seed, generation: old.generation + (newKey ? 1 : 0), userKey: raw }
  const deviceList = await nextList(stored, change, identity)
  const second = change.newIdentity?.secondFactor
  const atHand = [...(unlock.by === 'factor' ? [unlock.factor] : []), ...(second ? [second] : []), ...(change.addFactors ?? [])]
  const distinct = atHand.filter((f, i) => atHand.findIndex((g) => g.factor === f.factor) === i)
  const pins = await nextPins(stored, deviceList, distinct, identity.publicKey)
  const vault = await writeVault({ chain: after(stored.vault, organisation, change.time), deviceList, content, pins })
  return {
    keys: await personKeys(vault.body, content, userKey ? [...stored.userKeys, userKey] : stored.userKeys),
    deviceList,
    vault,
    userKey,
    identity: change.newIdentity ? await nextIdentity(stored, change, oldIdentity, identity.publicKey) : null,
  }
}
