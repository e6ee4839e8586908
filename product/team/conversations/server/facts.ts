import { removal, toHex } from '@wardline/crypto'
import type { Epoch, Facts, Removal } from '@wardline/crypto'
import type { Db } from '@wardline/platform/db'
import { publicPeople, readStatement, trustFacts } from '@wardline/product/team/devices/server'
import { newestRemovals } from './queries.ts'

/** Crypto's facts as the database has them, and a fingerprint: while it stays, so does every judgement by these facts. */
export interface LoadedFacts {
  readonly facts: Facts
  readonly fingerprint: string
}

/** Everybody whom an epoch or its predecessor names. */
export const peopleOf = (...epochs: readonly (Epoch | null)[]): string[] => [
  ...new Set(
    epochs.flatMap((it) =>
      it === null
        ? []
        : [
            ...it.roster.map((entry) => entry.person),
            it.author.person,
            ...it.recipients.filter((r) => r.kind === 'target').map((r) => r.subject),
          ],
    ),
  ),
]

/** The facts that an epoch of the conversation is judged by; null while the organisation has no archive or recipient policy. */
export async function loadFacts(db: Db, conversation: string, named: readonly string[]): Promise<LoadedFacts | null> {
  const trust = await trustFacts(db)
  if (!trust.archivePolicy || !trust.recipientPolicy) return null
  const targets = trust.recipientPolicy.body.demands.filter((it) => it.kind === 'target').map((it) => it.subject)
  const wanted = [...new Set([...named, ...targets])]
  const people = await publicPeople(db, wanted)
  const rows = await newestRemovals(db, conversation, wanted)
  const removals = rows.map((row) => readStatement<Removal>(removal, row))
  const hashes = [
    ...trust.hashes,
    ...[...people.values()].flatMap((it) => [it.identity.hash, it.deviceList.hash, it.userKey.hash]),
    ...removals.map((it) => it.hash),
  ]
  return {
    facts: {
      people,
      administrators: trust.administrators,
      hr: trust.hr,
      hands: trust.hands,
      roles: trust.roles,
      archivePolicy: trust.archivePolicy,
      recipientPolicy: trust.recipientPolicy,
      removals,
    },
    fingerprint: hashes.map(toHex).toSorted().join(),
  }
}
