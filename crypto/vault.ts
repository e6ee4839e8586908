import type { Bytes, Uuid } from './bytes.ts'
import { concat, equal, lp, random, u64 } from './bytes.ts'
import type { SigningKey } from './ed25519.ts'
import { signingKeyOfSeed } from './ed25519.ts'
import { refuse } from './errors.ts'
import type { UnlockFactor } from './factors.ts'
import { vaultPin } from './factors.ts'
import { gcmOpen, gcmSeal } from './gcm.ts'
import { derive } from './hash.ts'
import type { BoxKey } from './keys.ts'
import { openWith, sealTo } from './keys.ts'
import type { DeviceList } from './statements/device-list.ts'
import type { Identity } from './statements/identity.ts'
import type { Chained, Statement } from './statements/statement.ts'
import { addSignature, draft, requireSignature } from './statements/statement.ts'
import type { UserKey } from './statements/user-key.ts'
import type { Vault, VaultHead, VaultPin } from './statements/vault.ts'
import { vault, vaultContext } from './statements/vault.ts'
import { openUserKeys } from './user-keys.ts'

/** A person's keys in memory: none can be read out. `boxes` holds every generation, oldest first. */
export type PersonKeys = {
  readonly organisation: Uuid
  readonly person: Uuid
  readonly identity: SigningKey
  readonly boxes: readonly BoxKey[]
}

/** What a vault holds. */
export type VaultContent = { readonly seed: Bytes; readonly generation: number; readonly userKey: Bytes }

/**
 * How a vault is unlocked: by a factor, which knows the vault by its pin, or by an enrolled device's box key, which knows the identity key
 * that it was enrolled under.
 */
export type Unlock =
  | { readonly by: 'factor'; readonly factor: UnlockFactor }
  | { readonly by: 'device'; readonly device: Uuid; readonly box: BoxKey; readonly identity: Bytes }

/** What stands on the server for a person. `userKeys`: all generations, oldest first; `identities`: each verified by `verifyIdentity`. */
export type StoredPerson = {
  readonly vault: Statement<Vault>
  readonly deviceList: Statement<DeviceList>
  readonly userKeys: readonly Statement<UserKey>[]
  readonly identities: readonly Statement<Identity>[]
}

const boxKeys = (vaultKey: Bytes, context: Bytes): { readonly key: Bytes; readonly iv: Bytes } => {
  const material = derive(vaultKey, 'wl1 vault box', lp(context), 44)
  return { key: material.slice(0, 32), iv: material.slice(32) }
}

const CONTENT = 72
const readContent = (bytes: Bytes): VaultContent =>
  bytes.length === CONTENT
    ? { seed: bytes.slice(0, 32), generation: Number(new DataView(bytes.buffer).getBigUint64(32)), userKey: bytes.slice(40) }
    : refuse('malformed', 'vault content')

/** Writes and signs a vault entry under a vault key drawn anew, sealed to every device and factor of the list. */
export const writeVault = async (input: {
  readonly chain: Chained
  readonly deviceList: Statement<DeviceList>
  readonly content: VaultContent
  readonly pins: readonly VaultPin[]
}): Promise<Statement<Vault>> => {
  const { deviceList, content } = input
  const { person, devices, factors } = deviceList.body
  const identity = await signingKeyOfSeed(content.seed)
  const head: VaultHead = { ...input.chain, person, identity: identity.publicKey, deviceList: deviceList.hash }
  const context = vaultContext(head)
  const vaultKey = random(32)
  const { key, iv } = boxKeys(vaultKey, context)
  const holders = [...devices.map((d) => ({ id: d.device, key: d })), ...factors.map((f) => ({ id: f.factor, key: f }))]
  const seals = await Promise.all(
    holders.map(async (h) => ({ holder: h.id, seal: await sealTo(h.key, 'wl1 vault factor', { hash: context }, vaultKey) })),
  )
  const box = await gcmSeal(key, iv, concat(content.seed, u64(content.generation), content.userKey), context)
  return addSignature(draft(vault, { ...head, box, seals, pins: input.pins }), identity)
}

/** The identity key that this way of unlocking trusts by itself. Throws `vault-pin` for a vault that was never bound to the factor. */
const trustedIdentity = async (entry: Vault, unlock: Unlock): Promise<Bytes> => {
  if (unlock.by === 'device') return unlock.identity
  const stored = entry.pins.find((p) => p.factor === unlock.factor.factor) ?? refuse('vault-pin', 'no pin of this factor')
  const pin = await vaultPin(unlock.factor, stored.identity)
  return equal(pin, stored.pin) ? stored.identity : refuse('vault-pin', 'pin of another identity key')
}

/** Follows verified identity statements from a trusted key to the vault's. */
const requireIdentity = (trusted: Bytes, entry: Vault, identities: readonly Statement<Identity>[]): void => {
  if (equal(trusted, entry.identity)) return
  const start = identities.findIndex((s) => equal(s.body.publicKey, trusted))
  const end = identities.findIndex((s) => equal(s.body.publicKey, entry.identity))
  const steps = start >= 0 && end > start ? identities.slice(start, end + 1) : refuse('vault-pin', 'unknown identity key')
  for (const [i, step] of steps.entries()) {
    const before = steps[i - 1]
    if (step.body.person !== entry.person || (before && !equal(step.body.prev, before.hash))) refuse('bad-chain', 'identity keys')
  }
}

const requireHolders = (entry: Vault, list: Statement<DeviceList>): void => {
  if (!equal(entry.deviceList, list.hash) || list.body.person !== entry.person) refuse('wrong-subject', 'device list of a vault')
  const listed = new Set([...list.body.devices.map((d) => d.device), ...list.body.factors.map((f) => f.factor)])
  if (entry.seals.length !== listed.size || !entry.seals.every((s) => listed.has(s.holder))) refuse('wrong-subject', 'holder of a vault')
}

/**
 * Opens a vault to its content, in this order: the pin (or the device's known identity key), the succession of identity keys, the
 * signature over entry and version, the device list that it names, and only then the seal. Otherwise the server could seal a whole vault
 * of its own to the user's real passkey. `newestSeen`: the version below which an entry is refused as `stale`.
 */
export const openVaultContent = async (stored: StoredPerson, unlock: Unlock, newestSeen = 0): Promise<VaultContent> => {
  const { vault: statement, deviceList } = stored
  const entry = statement.body
  requireIdentity(await trustedIdentity(entry, unlock), entry, stored.identities)
  await requireSignature(statement, entry.identity)
  if (entry.version < newestSeen) refuse('stale', 'vault')
  await requireSignature(deviceList, entry.identity)
  requireHolders(entry, deviceList)

  const holder = unlock.by === 'factor' ? unlock.factor.factor : unlock.device
  const seal = entry.seals.find((s) => s.holder === holder)?.seal ?? refuse('not-entitled', 'no seal for this holder')
  const context = vaultContext(entry)
  const box = unlock.by === 'factor' ? unlock.factor.box : unlock.box
  const { key, iv } = boxKeys(await openWith(box, 'wl1 vault factor', { hash: context }, seal), context)
  const content = readContent(await gcmOpen(key, iv, entry.box, context))
  const identity = await signingKeyOfSeed(content.seed)
  return equal(identity.publicKey, entry.identity) ? content : refuse('wrong-subject', 'identity key of a vault')
}

/** The keys of a vault's content. Throws `stale`, `bad-chain` where the user keys at hand are not those it was written for. */
export const personKeys = async (entry: Vault, content: VaultContent, userKeys: readonly Statement<UserKey>[]): Promise<PersonKeys> => {
  const identity = await signingKeyOfSeed(content.seed)
  if (userKeys.length !== content.generation) refuse('stale', 'generations of a user key')
  return { organisation: entry.organisation, person: entry.person, identity, boxes: await openUserKeys(content.userKey, userKeys) }
}

/** Opens a vault to keys that cannot be read out. See `openVaultContent` for the checks and their order. */
export const openVault = async (stored: StoredPerson, unlock: Unlock, newestSeen = 0): Promise<PersonKeys> =>
  personKeys(stored.vault.body, await openVaultContent(stored, unlock, newestSeen), stored.userKeys)

/** The newest generation of a person's box key. */
export const newestBox = (keys: PersonKeys): BoxKey => keys.boxes.at(-1) ?? refuse('bad-key', 'no box key')

/** The generation that a seal names. Throws `bad-key`. */
export const boxOf = (keys: PersonKeys, keyId: Bytes): BoxKey =>
  keys.boxes.find((box) => equal(box.keyId, keyId)) ?? refuse('bad-key', 'no box key of this id')

/** A vault counts as safe with two ways in of which one survives the loss of every device. */
export const isVaultSafe = (list: DeviceList): boolean => list.factors.length >= 1 && list.factors.length + list.devices.length >= 2
