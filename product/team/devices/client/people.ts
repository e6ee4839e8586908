import {
  CryptoError,
  deviceList,
  equal,
  fromBase64url,
  identity,
  isSignedBy,
  keyIdOf,
  parse,
  revocation,
  userKey,
  verifyDeviceList,
  verifyIdentity,
  verifyRevocation,
  verifyUserKey,
} from '@wardline/crypto'
import type { Bytes, Device, DeviceList, Identity, IdentityVerdict, PublicPerson, Revocation, Statement, UserKey } from '@wardline/crypto'
import type { Static } from '@wardline/platform/contract'
import type { HeldStatement } from '@wardline/product/team/devices/contract'

/** A verified statement and when the server accepted it, ms. */
export interface Held<T> {
  readonly statement: Statement<T>
  readonly at: number
}

/** A verified identity with who stood behind it, and when the log took it in. */
export interface HeldIdentity extends Held<Identity>, IdentityVerdict {
  readonly loggedAt: number
}

/** A person's verified statements, oldest first, up to `position`. `askedAt`: when the server was last asked what is new, by this device's clock. */
export interface KnownPerson {
  readonly person: string
  readonly position: number
  readonly identities: readonly HeldIdentity[]
  readonly deviceLists: readonly Held<DeviceList>[]
  readonly userKeys: readonly Held<UserKey>[]
  readonly revocations: readonly Held<Revocation>[]
  readonly newestAt: number
  readonly askedAt: number
}

/** A person of whom nothing is known. */
export const nobody = (person: string): KnownPerson => ({
  person,
  position: 0,
  identities: [],
  deviceLists: [],
  userKeys: [],
  revocations: [],
  newestAt: 0,
  askedAt: 0,
})

/** What a person's statements are verified from. */
export interface PersonTrust {
  readonly organisation: string
  readonly directoryKeys: readonly Bytes[]
  /** Administrators by signed statement at a moment, this person left out. */
  readonly administratorsAt: (time: number) => Promise<readonly PublicPerson[]>
  readonly now: number
}

/** How far the verification came; `code` is why it stopped, null where it did not. */
export interface Extended {
  readonly known: KnownPerson
  readonly code: string | null
}

type HeldText = Static<typeof HeldStatement>

/** The newest of a chain at a moment; a chain is oldest first. */
export const newestAt = <T>(chain: readonly Held<T>[], time: number): Statement<T> | null =>
  chain.findLast((it) => it.at <= time)?.statement ?? null

/** A person as they stood at a moment, ms; null before they had keys. */
export function publicAt(known: KnownPerson, time: number): PublicPerson | null {
  const id = newestAt(known.identities, time)
  const list = newestAt(known.deviceLists, time)
  const key = newestAt(known.userKeys, time)
  if (!id || !list || !key) return null
  const cutOff = new Set(known.revocations.filter((it) => it.at <= time).map((it) => it.statement.body.device))
  return { person: known.person, identity: id, deviceList: list, userKey: key, ...(cutOff.size > 0 && { cutOff }) }
}

/** The listed device of this id, of any time: an id and its key never come back with another key or person. */
export function deviceOf(known: KnownPerson, device: string): Device | null {
  for (const { statement } of known.deviceLists.toReversed()) {
    const found = statement.body.devices.find((it) => it.device === device)
    if (found) return found
  }
  return null
}

/**
 * When a device was cut off by a new identity of its person, ms: their lists name it no longer from there, and no revocation says which of its
 * envelopes was the last. Null: it was not.
 */
export function replacedAt(known: KnownPerson, device: string): number | null {
  const last = known.deviceLists.findLastIndex((it) => it.statement.body.devices.some((d) => d.device === device))
  const [before, next] = last < 0 ? [] : known.deviceLists.slice(last, last + 2)
  return before && next && !equal(before.statement.body.identity, next.statement.body.identity) ? next.at : null
}

/** Whether a box key went with an identity that nobody could open any more: some later generation has no link to those before it. */
export function isGivenUp(known: KnownPerson, keyId: Uint8Array): boolean {
  const place = known.userKeys.findIndex((it) => equal(keyIdOf(it.statement.body), keyId))
  return place >= 0 && known.userKeys.slice(place + 1).some((it) => it.statement.body.link.length === 0)
}

/** A new identity that administrators put in place of one that nobody could use. `by`: who signed it; `at` in ms. */
export interface Renewal {
  readonly version: number
  readonly at: number
  readonly by: readonly string[]
}

/** The newest identity of a person that administrators signed, also where the person has changed it themselves since. Null: there is none. */
export function renewalOf(known: KnownPerson): Renewal | null {
  const found = known.identities.findLast((it) => it.renewed)
  return found ? { version: found.statement.body.version, at: found.at, by: found.by } : null
}

/** What was being accepted while the server answered, and how far its clock was misjudged, ms. */
const SLACK = 10 * 60 * 1000

/**
 * Verifies a person's further statements one by one, each by its own rule and by what was true when it was accepted. Stops at the first
 * that does not hold: nothing behind it is believed. Moments come from the server; they never go back, and nothing turns up that would have been
 * there when this device last asked.
 */
export async function extendPerson(before: KnownPerson, held: readonly HeldText[], trust: PersonTrust): Promise<Extended> {
  let known = before
  for (const it of held) {
    if (it.position <= known.position) continue
    try {
      if (it.position !== known.position + 1) return { known, code: 'bad-chain' }
      if (it.at < Math.max(known.newestAt, known.askedAt) - SLACK) return { known, code: 'bad-chain' }
      known = { ...(await extendByOne(known, it, trust)), position: it.position, newestAt: Math.max(known.newestAt, it.at) }
    } catch (thrown) {
      if (thrown instanceof CryptoError) return { known, code: thrown.code }
      throw thrown
    }
  }
  return { known, code: null }
}

async function extendByOne(known: KnownPerson, it: HeldText, trust: PersonTrust): Promise<KnownPerson> {
  const bytes = fromBase64url(it.statement)
  const { at } = it
  switch (it.kind) {
    case 'identity': {
      const statement = mine(parse(identity, bytes), known, trust)
      const verdict = await verifyOneIdentity(statement, known, it, trust)
      return { ...known, identities: [...known.identities, { statement, at, loggedAt: it.loggedAt ?? at, ...verdict }] }
    }
    case 'device-list': {
      const statement = mine(parse(deviceList, bytes), known, trust)
      await verifyDeviceList(statement, { identity: presentIdentity(known), prev: known.deviceLists.at(-1)?.statement ?? null })
      for (const device of statement.body.devices) await requireProven(known, statement, device)
      return { ...known, deviceLists: [...known.deviceLists, { statement, at }] }
    }
    case 'user-key': {
      const statement = mine(parse(userKey, bytes), known, trust)
      await verifyUserKey(statement, { identity: presentIdentity(known), prev: known.userKeys.at(-1)?.statement ?? null })
      return { ...known, userKeys: [...known.userKeys, { statement, at }] }
    }
    case 'revocation': {
      const statement = mine(parse(revocation, bytes), known, trust)
      const administrators = await trust.administratorsAt(at)
      const self = publicAt(known, Infinity)
      await verifyRevocation(statement, {
        people: new Map([...administrators, ...(self ? [self] : [])].map((p) => [p.person, p])),
        administrators: new Set(administrators.map((p) => p.person)),
        prev: known.revocations.findLast((r) => r.statement.body.device === statement.body.device)?.statement ?? null,
      })
      return { ...known, revocations: [...known.revocations, { statement, at }] }
    }
  }
}

const wrong = (code: 'wrong-subject' | 'bad-chain' | 'bad-signature' | 'bad-key'): never => {
  throw new CryptoError(code, 'statement of a person')
}

function mine<T extends { readonly organisation: string; readonly person: string }>(
  statement: Statement<T>,
  known: KnownPerson,
  trust: PersonTrust,
): Statement<T> {
  const { body } = statement
  return body.organisation === trust.organisation && body.person === known.person ? statement : wrong('wrong-subject')
}

const presentIdentity = (known: KnownPerson): Statement<Identity> => known.identities.at(-1)?.statement ?? wrong('bad-chain')

/** A device keeps its key for life, and a new one has signed its first list itself: nobody can list a key that they do not hold. */
async function requireProven(known: KnownPerson, list: Statement<DeviceList>, device: Device): Promise<void> {
  const before = deviceOf(known, device.device)
  if (before && !equal(before.signKey, device.signKey)) wrong('bad-key')
  if (!before && !(await isSignedBy(list, device.signKey))) wrong('bad-signature')
}

const DAY = 24 * 60 * 60 * 1000

async function verifyOneIdentity(
  next: Statement<Identity>,
  known: KnownPerson,
  { at, loggedAt = at }: Pick<HeldText, 'at' | 'loggedAt'>,
  trust: PersonTrust,
): Promise<IdentityVerdict> {
  const before = known.identities.at(-1)
  // It names the one before it, so the log cannot have had it earlier than that.
  if (loggedAt > at || (before && loggedAt < before.at - SLACK)) wrong('bad-chain')
  const prev = before?.statement ?? null
  const administrators = prev ? await trust.administratorsAt(at) : []
  const others = { prev, deviceList: newestAt(known.deviceLists, at - DAY), administrators, loggedAt, now: Math.min(at, trust.now) }
  let last: unknown = new CryptoError('bad-signature', 'no directory key')
  for (const directoryKey of trust.directoryKeys.toReversed()) {
    try {
      return await verifyIdentity(next, { ...others, directoryKey })
    } catch (thrown) {
      last = thrown
    }
  }
  throw last
}
