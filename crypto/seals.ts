import type { Bytes, Uuid } from './bytes.ts'
import { concat, equal, lp, toHex } from './bytes.ts'
import type { Codec } from './canonical.ts'
import { blob, choice, decode, encode, hash, set, struct, uuid } from './canonical.ts'
import { refuse } from './errors.ts'
import { derive } from './hash.ts'
import type { BoxKey, BoxPublicKey } from './keys.ts'
import { keyIdOf, openWith, sealTo } from './keys.ts'
import type { Epoch, Recipient, RosterEntry } from './statements/epoch.ts'
import { MAX_RECIPIENTS, recipientBytes } from './statements/epoch.ts'
import type { Statement } from './statements/statement.ts'

/** M_n sealed to one member. */
export type MemberSeal = { readonly person: Uuid; readonly seal: Bytes }

/** K_n sealed to the archive, a role or an escalation target, in the one form that every member can recompute. */
export type RecipientSeal = Recipient & { readonly seal: Bytes }

const memberSeal: Codec<MemberSeal> = struct<MemberSeal>({ person: uuid, seal: blob(4096) })
const recipientSeal: Codec<RecipientSeal> = struct<RecipientSeal>({
  kind: choice('archive', 'role', 'target'),
  subject: uuid,
  keyId: hash,
  seal: blob(4096),
})
const memberSeals = set(memberSeal, 1000)
const recipientSeals = set(recipientSeal, MAX_RECIPIENTS)

/** The stored form of member seals. */
export const encodeMemberSeals = (seals: readonly MemberSeal[]): Bytes => encode(memberSeals, seals)
/** Reads stored member seals. Throws `malformed`. */
export const decodeMemberSeals = (bytes: Uint8Array): readonly MemberSeal[] => decode(memberSeals, bytes)
/** The stored form of one candidate set of recipient seals; equal sets have equal bytes. */
export const encodeRecipientSeals = (seals: readonly RecipientSeal[]): Bytes => encode(recipientSeals, seals)
/** Reads a stored candidate set. Throws `malformed`. */
export const decodeRecipientSeals = (bytes: Uint8Array): readonly RecipientSeal[] => decode(recipientSeals, bytes)

/** Finds public keys by their id, which is their hash: nothing else needs to be trusted. */
export type KeyBook = (keyId: Bytes) => BoxPublicKey

/** A key book of these keys; it throws `bad-key` for an id that none of them has. */
export const keyBook = (keys: readonly BoxPublicKey[]): KeyBook => {
  const known = new Map(keys.map((key) => [toHex(keyIdOf(key)), key]))
  return (keyId) => known.get(toHex(keyId)) ?? refuse('bad-key', 'no key of this id')
}

const BATCH = 32

/** Seals M_n to every member, with ordinary randomness. */
export const sealToMembers = async (epoch: Statement<Epoch>, secret: Bytes, keys: KeyBook): Promise<readonly MemberSeal[]> => {
  const seals: MemberSeal[] = []
  for (let i = 0; i < epoch.body.roster.length; i += BATCH) {
    const batch = epoch.body.roster.slice(i, i + BATCH)
    seals.push(...(await Promise.all(batch.map((entry) => sealToMember(epoch, secret, entry, keys(entry.keyId))))))
  }
  return seals
}

/** Seals M_n to one member. */
export const sealToMember = async (epoch: Statement<Epoch>, secret: Bytes, entry: RosterEntry, key: BoxPublicKey): Promise<MemberSeal> => ({
  person: entry.person,
  seal: await sealTo(key, 'wl1 member seal', { hash: epoch.hash }, secret),
})

/** Opens a member seal to M_n. */
export const openMemberSeal = (epoch: Statement<Epoch>, box: BoxKey, seal: Bytes): Promise<Bytes> =>
  openWith(box, 'wl1 member seal', { hash: epoch.hash }, seal)

/**
 * S_{n,r}: K_n sealed with randomness that follows from M_n and r, so that every member gets the same bytes and a cheating author is found.
 */
export const sealToRecipients = (epoch: Statement<Epoch>, secret: Bytes, root: Bytes, keys: KeyBook): Promise<readonly RecipientSeal[]> =>
  Promise.all(
    epoch.body.recipients.map(async (recipient) => {
      const r = recipientBytes(recipient)
      const coins = derive(secret, 'wl1 coins', concat(lp(epoch.hash), r), 32)
      const seal = await sealTo(keys(recipient.keyId), 'wl1 seal', { hash: epoch.hash, rest: r }, root, coins)
      return { ...recipient, seal }
    }),
  )

/** Opens a recipient seal to K_n. */
export const openRecipientSeal = (epoch: Statement<Epoch>, box: BoxKey, recipient: Recipient, seal: Bytes): Promise<Bytes> =>
  openWith(box, 'wl1 seal', { hash: epoch.hash, rest: recipientBytes(recipient) }, seal)

/** The recipients whose seals in this candidate set are missing or not byte for byte what they must be. */
export const differingSeals = (own: readonly RecipientSeal[], candidate: readonly RecipientSeal[]): readonly Recipient[] =>
  own
    .filter((mine) => !candidate.some((theirs) => equal(recipientBytes(theirs), recipientBytes(mine)) && equal(theirs.seal, mine.seal)))
    .map(({ kind, subject, keyId }) => ({ kind, subject, keyId }))
