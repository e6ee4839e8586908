import {
  authority,
  encodeStatement,
  parseStatement,
  recipientPolicy,
  roleKey,
  verifyAuthority,
  verifyRecipientPolicy,
  verifyRoleKey,
} from '@wardline/crypto'
import type {
  ArchivePolicy,
  Authority,
  Chained,
  Power,
  PublicPerson,
  RecipientPolicy,
  RoleKey,
  SigningKey,
  Statement,
} from '@wardline/crypto'
import type { GivesOf } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { Refusal } from '@wardline/platform/server'
import type { KeyLedger } from '@wardline/platform/server'
import {
  archivePolicies,
  currentArchivePolicy,
  directorySigner as storedSigner,
  directoryStatements,
  organisationKeys,
} from '@wardline/product/access/policies/server'
import { trustChanged } from '@wardline/product/team/devices/contract'
import type { trust as trustEndpoint } from '@wardline/product/team/devices/contract'
import { badStatement, hashText, judged, requireNext } from './judging.ts'
import { publicPeople, read } from './people.ts'
import { allTrust, insertTrust, newestTrust, revokedOf } from './queries.ts'
import type { TrustKind, TrustRow } from './tables.ts'

/** Who and what the organisation's signed statements name, newest of each; crypto judges epochs and removals by them. */
export interface TrustFacts {
  readonly administrators: ReadonlySet<string>
  readonly hr: ReadonlySet<string>
  readonly hands: ReadonlySet<string>
  /** Who may ask for the archive to be opened. */
  readonly archiveOfficers: ReadonlySet<string>
  readonly roles: ReadonlyMap<string, Statement<RoleKey>>
  /** Null while the organisation has none: then no conversation can begin. */
  readonly archivePolicy: Statement<ArchivePolicy> | null
  readonly recipientPolicy: Statement<RecipientPolicy> | null
  /** Of all the statements behind this: while they stay, so does every judgement by them. */
  readonly hashes: readonly Uint8Array[]
}

/** The organisation's trust as it is now. */
export async function trustFacts(db: Db): Promise<TrustFacts> {
  const rows = await newestTrust(db, ['authority', 'recipient-policy', 'role-key'])
  const of = (kind: TrustKind) => rows.filter((row) => row.kind === kind)
  const powers = of('authority').map((row) => read<Authority>(authority, row))
  const roleKeys = of('role-key').map((row) => read<RoleKey>(roleKey, row))
  const [policy] = of('recipient-policy')
  const archivePolicy = await currentArchivePolicy(db)
  return {
    administrators: holders(powers, 'administrator'),
    hr: holders(powers, 'hr'),
    hands: holders(powers, 'directory-hand'),
    archiveOfficers: holders(powers, 'archive-officer'),
    roles: new Map(roleKeys.map((it) => [it.body.role, it])),
    archivePolicy,
    recipientPolicy: policy ? read<RecipientPolicy>(recipientPolicy, policy) : null,
    hashes: [...rows.map((row) => row.hash), ...(archivePolicy ? [archivePolicy.hash] : [])],
  }
}

const holders = (powers: readonly Statement<Authority>[], power: Power): ReadonlySet<string> =>
  new Set(powers.filter((it) => it.body.power === power).flatMap((it) => it.body.people))

/** Who is an administrator by signed statement; the role of the same name gives no power over keys. */
export async function administratorIds(db: Db): Promise<ReadonlySet<string>> {
  const rows = await newestTrust(db, ['authority'])
  return holders(
    rows.map((row) => read<Authority>(authority, row)),
    'administrator',
  )
}

/** The newest statement of a power, by its subject; null: there is none. */
export async function newestAuthority(db: Db, subject: string): Promise<Statement<Authority> | null> {
  const row = (await newestTrust(db, ['authority'])).find((it) => it.subject === subject)
  return row ? read<Authority>(authority, row) : null
}

/** Administrators with the keys of their devices; those that are cut off by now are named as such. */
export async function administrators(db: Db): Promise<PublicPerson[]> {
  const found = [...(await publicPeople(db, [...(await administratorIds(db))])).values()]
  const cutOff = new Set(
    await revokedOf(
      db,
      found.map((it) => it.person),
    ),
  )
  return found.map((it) => ({ ...it, cutOff }))
}

/** The directory's key, which introduces new people. Refusal `no-directory-key` before the organisation's keys were stored. */
export async function directorySigner(db: Db, keys: KeyLedger): Promise<SigningKey> {
  const signer = await storedSigner(db, keys)
  if (!signer) throw new Refusal('no-directory-key')
  return signer
}

/**
 * Stores a statement about the organisation as encodeStatement wrote it: authority, recipient policy or role key, judged by its own rule
 * from the root down. Refusals: `bad-statement`, `stale-version`, `no-directory-key`.
 */
export async function acceptTrust(tx: Tx, encoded: Uint8Array): Promise<Statement<Chained>> {
  const next = await judged(() => parseStatement(encoded))
  const { kind } = next
  if (kind !== 'authority' && kind !== 'recipient-policy' && kind !== 'role-key') throw badStatement('kind')
  if (next.body.organisation !== tx.org) throw badStatement('wrong-subject')
  const anchor = await organisationKeys(tx)
  if (!anchor) throw new Refusal('no-directory-key')
  const root = anchor.rootPublicKey
  const rows = await newestTrust(tx, [kind])
  const prev = rows.map((row) => parsed(row)).find((it) => it.subject === next.subject) ?? null
  requireNext(prev, next)
  const admins = await administrators(tx)
  await judged(async () => {
    if (kind === 'authority')
      await verifyAuthority(next as Statement<Authority>, { root, prev: prev as Statement<Authority> | null, administrators: admins })
    else if (kind === 'recipient-policy')
      await verifyRecipientPolicy(next as Statement<RecipientPolicy>, {
        root,
        prev: prev as Statement<RecipientPolicy> | null,
        administrators: admins,
      })
    else await judgeRoleKey(tx, next as Statement<RoleKey>, prev as Statement<RoleKey> | null)
  })
  await insertTrust(tx, {
    subject: next.subject,
    version: next.body.version,
    kind,
    hash: Buffer.from(next.hash),
    statement: Buffer.from(encodeStatement(next)),
  })
  tx.announce(trustChanged, {
    key: `trust|${next.subject}`,
    payload: { subject: next.subject, version: next.body.version, statement: hashText(next.hash) },
  })
  return next
}

const parsed = (row: TrustRow): Statement<Chained> => parseStatement(row.statement)

async function judgeRoleKey(tx: Tx, next: Statement<RoleKey>, prev: Statement<RoleKey> | null): Promise<void> {
  const rows = await newestTrust(tx, ['authority'])
  const managers = new Set(
    rows
      .map((row) => read<Authority>(authority, row).body)
      .filter((it) => it.power === 'role-manager' && it.role === next.body.role)
      .flatMap((it) => it.people),
  )
  const people = await publicPeople(tx, [next.body.author.person, ...next.body.holders.map((it) => it.person)])
  await verifyRoleKey(next, { people, managers, prev })
}

const heldTrust = ({ statement, at }: { readonly statement: Uint8Array; readonly at: Date }) => ({
  statement: hashText(statement),
  at: at.getTime(),
})

/** Everything that a client verifies from, oldest first. */
export async function readTrust(db: Db): Promise<GivesOf<typeof trustEndpoint>> {
  const anchor = await organisationKeys(db)
  const rows = await allTrust(db)
  const of = (kind: TrustKind) =>
    rows.filter((row) => row.kind === kind).map((row) => ({ statement: hashText(row.statement), at: row.at.getTime() }))
  return {
    organisation: db.org,
    root: anchor ? hashText(anchor.rootPublicKey) : null,
    directoryKeys: (await directoryStatements(db)).map(heldTrust),
    authorities: of('authority'),
    archivePolicies: (await archivePolicies(db)).map(heldTrust),
    recipientPolicies: of('recipient-policy'),
    roleKeys: of('role-key'),
  }
}
