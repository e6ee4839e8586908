import {
  CryptoError,
  archivePolicy,
  authority,
  directoryKey,
  equal,
  fromBase64url,
  isSignedBy,
  parse,
  recipientPolicy,
  roleKey,
  toHex,
  verifyArchivePolicy,
  verifyAuthority,
  verifyDirectoryKey,
  verifyRecipientPolicy,
  verifyRoleKey,
} from '@wardline/crypto'
import type {
  ArchivePolicy,
  Authority,
  Bytes,
  Chained,
  Definition,
  DirectoryKey,
  People,
  Power,
  PublicPerson,
  RecipientPolicy,
  RoleKey,
  Statement,
} from '@wardline/crypto'
import type { GivesOf } from '@wardline/platform/contract'
import type { trust as trustEndpoint } from '@wardline/product/team/devices/contract'
import type { Held } from './people.ts'
import { newestAt } from './people.ts'

/** The organisation's verified statements, each list oldest first, and the root that this device pinned at first sight. */
export interface KnownTrust {
  readonly organisation: string
  readonly root: Bytes
  readonly directoryKeys: readonly Held<DirectoryKey>[]
  readonly authorities: readonly Held<Authority>[]
  readonly archivePolicies: readonly Held<ArchivePolicy>[]
  readonly recipientPolicies: readonly Held<RecipientPolicy>[]
  readonly roleKeys: readonly Held<RoleKey>[]
}

/** What a device that keeps nothing must not forget of it: the root, and the newest statement of each subject by its hash. */
export interface Pinned {
  readonly organisation: string
  readonly root: Bytes
  readonly newest: readonly Bytes[]
}

/** What the organisation's statements said at a moment. */
export interface TrustFacts {
  readonly administrators: ReadonlySet<string>
  readonly hr: ReadonlySet<string>
  readonly hands: ReadonlySet<string>
  readonly archiveOfficers: ReadonlySet<string>
  readonly roles: ReadonlyMap<string, Statement<RoleKey>>
  readonly archivePolicy: Statement<ArchivePolicy> | null
  readonly recipientPolicy: Statement<RecipientPolicy> | null
}

/** Why an answer is not believed: `root` differs from the pinned one, or a statement does not verify or has vanished. */
export class TrustBroken extends Error {
  override readonly name = 'TrustBroken'
  readonly kind: 'root' | 'trust'
  readonly code: string
  constructor(kind: 'root' | 'trust', code: string) {
    super(`${kind}: ${code}`)
    this.kind = kind
    this.code = code
  }
}

type Answer = GivesOf<typeof trustEndpoint>
type HeldText = Answer['authorities'][number]
/** People as they stood at a moment. */
export type PeopleAt = (ids: readonly string[], time: number) => Promise<People>

const newestOfEach = <T extends Chained>(chain: readonly Held<T>[], time: number): readonly Statement<T>[] => {
  const found = new Map<string, Statement<T>>()
  for (const it of chain) if (it.at <= time) found.set(it.statement.subject, it.statement)
  return [...found.values()]
}

const holders = (powers: readonly Statement<Authority>[], power: Power, role?: string): ReadonlySet<string> =>
  new Set(powers.filter((it) => it.body.power === power && (role === undefined || it.body.role === role)).flatMap((it) => it.body.people))

/** What the organisation's statements said at a moment, ms. */
export function trustAt(known: KnownTrust, time: number): TrustFacts {
  const powers = newestOfEach(known.authorities, time)
  return {
    administrators: holders(powers, 'administrator'),
    hr: holders(powers, 'hr'),
    hands: holders(powers, 'directory-hand'),
    archiveOfficers: holders(powers, 'archive-officer'),
    roles: new Map(newestOfEach(known.roleKeys, time).map((it) => [it.body.role, it])),
    archivePolicy: newestAt(known.archivePolicies, time),
    recipientPolicy: newestAt(known.recipientPolicies, time),
  }
}

const chainsOf = (known: KnownTrust): readonly (readonly Held<Chained>[])[] => [
  known.directoryKeys,
  known.authorities,
  known.archivePolicies,
  known.recipientPolicies,
  known.roleKeys,
]

/** See `Pinned`. */
export const pinOf = (known: KnownTrust): Pinned => ({
  organisation: known.organisation,
  root: known.root,
  newest: chainsOf(known).flatMap((chain) => newestOfEach(chain, Infinity).map((it) => it.hash)),
})

/** Whether this pin says just what is known. */
export function isPinned(pin: Pinned | undefined, known: KnownTrust): boolean {
  const { newest } = pinOf(known)
  return newest.length === pin?.newest.length && newest.every((it, i) => equal(it, pin.newest[i] ?? new Uint8Array()))
}

/** What was verified anew must hold what was pinned before. Throws `TrustBroken`. */
export function requirePinned(pin: Pinned, known: KnownTrust | null): void {
  if (known === null) return broken('root', 'gone')
  if (!equal(pin.root, known.root) || pin.organisation !== known.organisation) return broken('root', 'changed')
  const hashes = new Set(chainsOf(known).flatMap((chain) => chain.map((it) => toHex(it.statement.hash))))
  if (!pin.newest.every((it) => hashes.has(toHex(it)))) broken('trust', 'stale')
}

/** Moments at which something of this changed, ms. */
export const momentsOf = (known: KnownTrust): readonly number[] =>
  [known.authorities, known.archivePolicies, known.recipientPolicies, known.roleKeys].flatMap((chain) => chain.map((it) => it.at))

/**
 * Verifies what is new in an answer. The first answer's root is pinned: trust on first use, to be compared with the printed fingerprint.
 * Nothing that was there may be gone, so an old state is not taken for a new one. `soFar` hears what is verified already, whenever people are
 * about to be asked for: who signed a later statement is judged by the earlier ones. Throws `TrustBroken`.
 */
export async function extendTrust(
  before: KnownTrust | null,
  answer: Answer,
  peopleAt: PeopleAt,
  soFar: (known: KnownTrust) => void,
): Promise<KnownTrust | null> {
  if (answer.root === null) return before ? broken('root', 'gone') : null
  const root = fromBase64url(answer.root)
  if (before && (!equal(before.root, root) || before.organisation !== answer.organisation)) return broken('root', 'changed')
  const { organisation } = answer
  let known: KnownTrust = before ?? {
    organisation,
    root,
    directoryKeys: [],
    authorities: [],
    archivePolicies: [],
    recipientPolicies: [],
    roleKeys: [],
  }
  const prev = <T extends Chained>(chain: readonly Held<T>[], next: Statement<T>): Statement<T> | null =>
    chain.findLast((it) => it.statement.subject === next.subject)?.statement ?? null
  try {
    const directoryKeys = await grow(known.directoryKeys, answer.directoryKeys, directoryKey, organisation, (next, chain) =>
      verifyDirectoryKey(next, { root, prev: prev(chain, next) }),
    )
    known = { ...known, directoryKeys }
    const archivePolicies = await grow(known.archivePolicies, answer.archivePolicies, archivePolicy, organisation, (next, chain) =>
      verifyArchivePolicy(next, { root, prev: prev(chain, next) }),
    )
    known = { ...known, archivePolicies }
    const authorities = await grow(known.authorities, answer.authorities, authority, organisation, async (next, chain, at) => {
      soFar({ ...known, authorities: chain })
      await verifyAuthority(next, { root, prev: prev(chain, next), administrators: await signersOf(next, root, chain, at, peopleAt) })
    })
    known = { ...known, authorities }
    soFar(known)
    const recipientPolicies = await grow(
      known.recipientPolicies,
      answer.recipientPolicies,
      recipientPolicy,
      organisation,
      async (next, chain, at) =>
        verifyRecipientPolicy(next, {
          root,
          prev: prev(chain, next),
          administrators: await signersOf(next, root, authorities, at, peopleAt),
        }),
    )
    known = { ...known, recipientPolicies }
    const roleKeys = await grow(known.roleKeys, answer.roleKeys, roleKey, organisation, async (next, chain, at) => {
      const managers = holders(newestOfEach(authorities, at), 'role-manager', next.body.role)
      const people = await peopleAt([next.body.author.person, ...next.body.holders.map((it) => it.person)], at)
      await verifyRoleKey(next, { people, managers, prev: prev(chain, next) })
    })
    return { ...known, roleKeys }
  } catch (thrown) {
    if (thrown instanceof CryptoError) return broken('trust', thrown.code)
    throw thrown
  }
}

const broken = (kind: 'root' | 'trust', code: string): never => {
  throw new TrustBroken(kind, code)
}

/** People are looked up only where the root has not signed: their own statements hang on the root's. */
async function signersOf(
  next: Statement<Chained>,
  root: Bytes,
  authorities: readonly Held<Authority>[],
  at: number,
  peopleAt: PeopleAt,
): Promise<readonly PublicPerson[]> {
  if (await isSignedBy(next, root)) return []
  const ids = [...holders(newestOfEach(authorities, at), 'administrator')]
  return [...(await peopleAt(ids, at)).values()]
}

async function grow<T extends Chained>(
  chain: readonly Held<T>[],
  answer: readonly HeldText[],
  definition: Definition<T>,
  organisation: string,
  verify: (next: Statement<T>, chain: readonly Held<T>[], at: number) => Promise<void>,
): Promise<readonly Held<T>[]> {
  const known = new Set(chain.map((it) => toHex(it.statement.hash)))
  let grown = chain
  for (const { statement: text, at } of answer) {
    const statement = parse(definition, fromBase64url(text))
    if (known.delete(toHex(statement.hash))) continue
    if (statement.body.organisation !== organisation) throw new CryptoError('wrong-subject', 'statement of an organisation')
    await verify(statement, grown, at)
    grown = [...grown, { statement, at }]
  }
  return known.size === 0 ? grown : broken('trust', 'stale')
}
