import type { Tx } from '@wardline/platform/db'
import type { KeyLedger } from '@wardline/platform/server'
import { storeArchivePolicy, storeOrganisationKeys } from '@wardline/product/access/policies/server'
import { acceptTrust } from '@wardline/product/team/devices/server'

/** What a ceremony hands to the server: the public half, and the directory's seed, which lives nowhere else. Statements as encodeStatement writes them. */
export interface HeldCeremony {
  readonly rootPublicKey: Uint8Array
  readonly directorySeed: Uint8Array
  readonly directoryStatement: Uint8Array
  readonly archiveStatement: Uint8Array
  /** Authorities and the recipient policy. */
  readonly trustStatements: readonly Uint8Array[]
}

/** Hands the public statements, and the directory's seed, to the organisation's server; each is verified there again. Throws PolicyRefused, Refusal. */
export async function storeCeremony(tx: Tx, keys: KeyLedger, it: HeldCeremony): Promise<void> {
  const { rootPublicKey, directorySeed, directoryStatement } = it
  await storeOrganisationKeys(tx, keys, { rootPublicKey, directorySeed, directoryStatement })
  await storeArchivePolicy(tx, it.archiveStatement)
  for (const statement of it.trustStatements) await acceptTrust(tx, statement)
}
