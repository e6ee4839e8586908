import { authority, parse, parseStatement } from '@wardline/crypto'
import type { Tx } from '@wardline/platform/db'
import type { KeyLedger } from '@wardline/platform/server'
import { storeArchivePolicy, storeOrganisationKeys } from '@wardline/product/access/policies/server'
import { directoryHand } from '@wardline/product/team/conversations/server'
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

/** Whom the ceremony names as the directory's hand: the server makes it under this id. Null: the ceremony names none. */
export function handOf(it: Pick<HeldCeremony, 'trustStatements'>): string | null {
  const powers = it.trustStatements
    .filter((bytes) => parseStatement(bytes).kind === 'authority')
    .map((bytes) => parse(authority, bytes).body)
  const people = powers.filter(({ power }) => power === 'directory-hand').flatMap((body) => body.people)
  return people.length === 1 ? people[0]! : null
}

/**
 * Hands the public statements, and the directory's seed, to the organisation's server; each is verified there again. The directory's hand is
 * made where the ceremony names one. Throws PolicyRefused, Refusal.
 */
export async function storeCeremony(tx: Tx, keys: KeyLedger, it: HeldCeremony): Promise<void> {
  const { rootPublicKey, directorySeed, directoryStatement } = it
  await storeOrganisationKeys(tx, keys, { rootPublicKey, directorySeed, directoryStatement })
  await storeArchivePolicy(tx, it.archiveStatement)
  for (const statement of it.trustStatements) await acceptTrust(tx, statement)
  const hand = handOf(it)
  if (hand !== null) await directoryHand(tx, keys, hand)
}
