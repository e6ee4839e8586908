import type { Bytes, Uuid } from '../bytes.ts'
import { equal, toHex } from '../bytes.ts'
import type { Codec } from '../canonical.ts'
import { blob, fixed, flag, hash, number64, set, struct, uuid } from '../canonical.ts'
import { refuse } from '../errors.ts'
import type { BoxPublicKey } from '../keys.ts'
import { keyIdOf, suite } from '../keys.ts'
import { checkBoxPublicKey } from '../x25519.ts'
import type { People } from './signers.ts'
import { requireAuthor } from './signers.ts'
import type { Author, Chained, Statement } from './statement.ts'
import { author, chained, define, requireSuccession } from './statement.ts'

/** A person who can open the role's key. Managers who are not eligible hold it too, and may not take over. */
export type RoleHolder = { readonly person: Uuid; readonly keyId: Bytes; readonly eligible: boolean; readonly seal: Bytes }

/**
 * Who is eligible for a role, and the role's key of this generation sealed to each. `link` seals the key of the generation before to this
 * one; empty where its maker could not open that.
 */
export type RoleKey = Chained &
  BoxPublicKey & {
    readonly role: Uuid
    readonly generation: number
    readonly link: Bytes
    readonly holders: readonly RoleHolder[]
    readonly author: Author
  }

const holder: Codec<RoleHolder> = struct<RoleHolder>({ person: uuid, keyId: hash, eligible: flag, seal: blob(4096) })

export const roleKey = define<RoleKey>(
  'role-key',
  struct<RoleKey>({
    ...chained,
    role: uuid,
    generation: number64,
    suite,
    publicKey: fixed(32),
    link: blob(4096),
    holders: set(holder, 4096),
    author,
  }),
  (body) => [body.role],
)

/** Whether this person may take over conversations that are open to the role. */
export const isEligible = (key: Statement<RoleKey>, person: Uuid): boolean =>
  key.body.holders.some((h) => h.person === person && h.eligible)

const nameOf = (h: RoleHolder): string => `${h.person}:${toHex(h.keyId)}:${h.eligible}`

const requireGeneration = (prev: RoleKey | null, next: RoleKey): void => {
  if (!prev) {
    if (next.generation !== 1) refuse('bad-chain', 'first generation of a role')
    return
  }
  const sameKey = equal(prev.publicKey, next.publicKey)
  if (next.generation === prev.generation + 1 && !sameKey) return
  if (next.generation !== prev.generation || !sameKey) refuse('bad-chain', 'generation of a role')
  const now = new Set(next.holders.map(nameOf))
  if (!prev.holders.every((h) => now.has(nameOf(h)))) refuse('bad-chain', 'a holder left without a new generation')
  if (!equal(prev.link, next.link)) refuse('bad-chain', 'link of a role')
}

/**
 * Signed by a manager of the role. Whoever leaves, or whose user key changed, forces a new generation; all seals name the holders' present
 * user keys.
 */
export const verifyRoleKey = async (
  next: Statement<RoleKey>,
  trust: { readonly people: People; readonly managers: ReadonlySet<Uuid>; readonly prev: Statement<RoleKey> | null },
): Promise<void> => {
  requireSuccession(trust.prev, next)
  const { holders, author: by, publicKey } = next.body
  requireGeneration(trust.prev?.body ?? null, next.body)
  if (new Set(holders.map((h) => h.person)).size !== holders.length) refuse('malformed', 'doubled holder')
  for (const h of holders) {
    const person = trust.people.get(h.person)
    if (!person || !equal(keyIdOf(person.userKey.body), h.keyId)) refuse('stale', 'user key of a holder')
    if (!h.eligible && !trust.managers.has(h.person)) refuse('not-entitled', 'holder of a role')
  }
  checkBoxPublicKey(publicKey)
  if (!trust.managers.has(by.person)) refuse('not-entitled', 'role key')
  await requireAuthor(next, trust.people)
}
