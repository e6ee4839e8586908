import {
  addSignature,
  CryptoError,
  directoryKey,
  draft,
  encodeStatement,
  equal,
  identity,
  parse,
  signingKeyOfSeed,
  toBase64url,
  verifyDirectoryKey,
} from '@wardline/crypto'
import type { Identity, SigningKey, Statement } from '@wardline/crypto'
import type { Db, Tx } from '@wardline/platform/db'
import { monthOf } from '@wardline/platform/server'
import type { KeyLedger } from '@wardline/platform/server'
import { organisationKeysStored } from '../contract.ts'
import { insertOrganisationKeys, lockOrganisation, readDirectoryStatements, readOrganisationKeys } from './queries.ts'
import { PolicyRefused } from './refused.ts'
import type { StoredStatement } from './tables.ts'

/** The public side of the organisation's keys. `directoryStatement` is the root's certificate as encodeStatement writes it. */
export interface OrganisationKeys {
  readonly rootPublicKey: Uint8Array
  readonly directoryPublicKey: Uint8Array
  readonly directoryStatement: Uint8Array
  readonly version: number
}

const context = (version: number) => `organisation_keys|${version}`

/** The organisation's keys, or null before the first were stored. */
export async function organisationKeys(db: Db): Promise<OrganisationKeys | null> {
  const row = await readOrganisationKeys(db)
  if (!row) return null
  return {
    rootPublicKey: row.root_public_key,
    directoryPublicKey: row.directory_public_key,
    directoryStatement: row.directory_statement,
    version: row.version,
  }
}

/** Every certificate of the directory's key, oldest first: old ones vouch for people who were introduced under them. */
export const directoryStatements = async (db: Db): Promise<StoredStatement[]> =>
  (await readDirectoryStatements(db)).map((row) => ({ statement: row.directory_statement, at: row.stored_at }))

/**
 * Stores the root's public key and the directory key with the root's certificate over it; the directory's seed is sealed. A later call
 * brings a new directory key of the same root. The certificate is verified. Throws PolicyRefused.
 */
export async function storeOrganisationKeys(
  tx: Tx,
  keys: KeyLedger,
  it: { readonly rootPublicKey: Uint8Array; readonly directorySeed: Uint8Array; readonly directoryStatement: Uint8Array },
): Promise<void> {
  await lockOrganisation(tx)
  const before = await readOrganisationKeys(tx)
  if (before && !equal(before.root_public_key, it.rootPublicKey)) throw new PolicyRefused('other-root')
  const statement = await sound(async () => {
    const read = parse(directoryKey, it.directoryStatement)
    await verifyDirectoryKey(read, { root: it.rootPublicKey, prev: before ? parse(directoryKey, before.directory_statement) : null })
    return read
  })
  if (statement.body.organisation !== tx.org) throw new PolicyRefused('other-organisation')
  const { publicKey } = await signingKeyOfSeed(it.directorySeed)
  if (!equal(publicKey, statement.body.publicKey)) throw new PolicyRefused('not-its-key')
  const { version } = statement.body
  const box = await keys.seal({ org: tx.org, bucket: 'access', month: monthOf(tx.at) }, it.directorySeed, context(version))
  await insertOrganisationKeys(tx, { version, root: it.rootPublicKey, directory: publicKey, statement: encodeStatement(statement), ...box })
  tx.announce(organisationKeysStored, {
    key: 'organisation-keys',
    payload: { rootPublicKey: toBase64url(it.rootPublicKey), directoryPublicKey: toBase64url(publicKey), version },
  })
}

/** The directory's signing key, which cannot be read out of the value; null before keys were stored. */
export async function directorySigner(db: Db, keys: KeyLedger): Promise<SigningKey | null> {
  const row = await readOrganisationKeys(db)
  if (!row) return null
  const seed = keys.open(db.org, row.data_key, row.sealed, context(row.version))
  try {
    return await signingKeyOfSeed(seed)
  } finally {
    seed.fill(0)
  }
}

/**
 * Signs a statement that introduces a person or changes their identity key: the one kind that the directory signs. The statement is
 * re-made from its body, so nothing else can be smuggled under the signature. Throws PolicyRefused.
 */
export async function signAsDirectory(db: Db, keys: KeyLedger, body: Identity): Promise<Statement<Identity>> {
  const signer = await directorySigner(db, keys)
  if (!signer) throw new PolicyRefused('no-root')
  if (body.organisation !== db.org) throw new PolicyRefused('other-organisation')
  return addSignature(draft(identity, body), signer)
}

/** Runs what reads and verifies statements; what crypto refuses is `bad-statement` here. */
export async function sound<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (thrown) {
    if (thrown instanceof CryptoError) throw new PolicyRefused('bad-statement')
    throw thrown
  }
}
