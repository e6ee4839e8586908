import type { Bytes, Uuid } from '../bytes.ts'
import type { Codec } from '../canonical.ts'
import { fixed, hash, number32, number64, set, struct, uuid } from '../canonical.ts'
import { refuse } from '../errors.ts'
import type { BoxPublicKey } from '../keys.ts'
import { suite } from '../keys.ts'
import { checkBoxPublicKey } from '../x25519.ts'
import type { Chained, Statement } from './statement.ts'
import { chained, define, requireSignature, requireSuccession } from './statement.ts'

/** A custodian and the hash of the share they hold, so that a wrong share is known before all are together. */
export type Custodian = { readonly index: number; readonly person: Uuid; readonly shareHash: Bytes }

/** The archive's key for a period, and who holds its shares. Times in ms. */
export type ArchivePolicy = Chained &
  BoxPublicKey & {
    readonly period: Uuid
    readonly threshold: number
    readonly custodians: readonly Custodian[]
    readonly from: number
    readonly until: number
  }

const custodian: Codec<Custodian> = struct<Custodian>({ index: number32, person: uuid, shareHash: hash })

export const archivePolicy = define<ArchivePolicy>(
  'archive-policy',
  struct<ArchivePolicy>({
    ...chained,
    period: uuid,
    suite,
    publicKey: fixed(32),
    threshold: number32,
    custodians: set(custodian, 16),
    from: number64,
    until: number64,
  }),
  () => [],
)

/** Signed by the root. Versions rise by one over all periods, so that an old policy never comes back. */
export const verifyArchivePolicy = async (
  next: Statement<ArchivePolicy>,
  trust: { readonly root: Uint8Array; readonly prev: Statement<ArchivePolicy> | null },
): Promise<void> => {
  requireSuccession(trust.prev, next)
  const { threshold, custodians, from, until } = next.body
  const indices = custodians.map((c) => c.index).sort((a, b) => a - b)
  if (threshold < 1 || threshold > custodians.length || indices.some((index, i) => index !== i + 1)) refuse('malformed', 'custodians')
  if (from >= until) refuse('malformed', 'period')
  checkBoxPublicKey(next.body.publicKey)
  await requireSignature(next, trust.root)
}
