import { archivePolicy, encodeStatement, parse, toBase64url, verifyArchivePolicy } from '@wardline/crypto'
import type { ArchivePolicy, Statement } from '@wardline/crypto'
import type { Db, Tx } from '@wardline/platform/db'
import { archivePolicyStored } from '../contract.ts'
import { sound } from './organisation-keys.ts'
import { insertArchivePolicy, lockOrganisation, readArchivePolicies, readArchivePolicy, readOrganisationKeys } from './queries.ts'
import { PolicyRefused } from './refused.ts'
import type { StoredStatement } from './tables.ts'

/** The newest archive policy, read from its signed statement; null where the organisation has no archive yet. */
export async function currentArchivePolicy(db: Db): Promise<Statement<ArchivePolicy> | null> {
  const row = await readArchivePolicy(db)
  return row ? parse(archivePolicy, row.statement) : null
}

/** Every archive policy there was, oldest first, for whoever verifies the newest from the first. */
export const archivePolicies = async (db: Db): Promise<StoredStatement[]> =>
  (await readArchivePolicies(db)).map((row) => ({ statement: row.statement, at: row.stored_at }))

/**
 * Stores an archive policy as encodeStatement wrote it. The root's signature, the chain to the one before and the organisation are
 * verified: versions rise by one, so an old policy never comes back. Throws PolicyRefused.
 */
export async function storeArchivePolicy(tx: Tx, encoded: Uint8Array): Promise<Statement<ArchivePolicy>> {
  await lockOrganisation(tx)
  const trust = await readOrganisationKeys(tx)
  if (!trust) throw new PolicyRefused('no-root')
  const prev = await currentArchivePolicy(tx)
  const next = await sound(async () => {
    const read = parse(archivePolicy, encoded)
    await verifyArchivePolicy(read, { root: trust.root_public_key, prev })
    return read
  })
  const { body } = next
  if (body.organisation !== tx.org) throw new PolicyRefused('other-organisation')
  await insertArchivePolicy(tx, {
    version: body.version,
    statement: encodeStatement(next),
    hash: next.hash,
    period: body.period,
    publicKey: body.publicKey,
    threshold: body.threshold,
    custodians: body.custodians.length,
    from: body.from,
    until: body.until,
  })
  tx.announce(archivePolicyStored, {
    key: 'archive-policy',
    payload: { version: body.version, period: body.period, statementHash: toBase64url(next.hash) },
  })
  return next
}
