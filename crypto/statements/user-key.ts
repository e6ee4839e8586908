import type { Bytes, Uuid } from '../bytes.ts'
import { equal } from '../bytes.ts'
import { blob, fixed, struct, uuid } from '../canonical.ts'
import { refuse } from '../errors.ts'
import type { BoxPublicKey } from '../keys.ts'
import { suite } from '../keys.ts'
import { checkBoxPublicKey } from '../x25519.ts'
import type { Identity } from './identity.ts'
import type { Chained, Statement } from './statement.ts'
import { chained, define, requireSignature, requireSuccession } from './statement.ts'

/**
 * A generation of a person's box key; version is the generation. `link` seals the private key of the generation before to this one; it is
 * empty for the first, and for the first of an identity key that came in place of one that nobody could use any more.
 */
export type UserKey = Chained & BoxPublicKey & { readonly person: Uuid; readonly identity: Bytes; readonly link: Bytes }

export const userKey = define<UserKey>(
  'user-key',
  struct<UserKey>({ ...chained, person: uuid, identity: fixed(32), suite, publicKey: fixed(32), link: blob(4096) }),
  (body) => [body.person],
)

/** Signed by the person's present identity key; only generation 1, and the first of a new identity key, may have no link. */
export const verifyUserKey = async (
  next: Statement<UserKey>,
  trust: { readonly identity: Statement<Identity>; readonly prev: Statement<UserKey> | null },
): Promise<void> => {
  const { body } = next
  const identity = trust.identity.body
  if (body.organisation !== identity.organisation || body.person !== identity.person) refuse('wrong-subject', 'user key')
  if (!equal(body.identity, identity.publicKey)) refuse('stale', 'user key of another identity key')
  requireSuccession(trust.prev, next)
  if (trust.prev && equal(trust.prev.body.publicKey, body.publicKey)) refuse('bad-chain', 'user key unchanged')
  const isFirst = trust.prev === null
  const mayBreak = trust.prev !== null && !equal(trust.prev.body.identity, body.identity)
  if (body.link.length === 0 ? !isFirst && !mayBreak : isFirst) refuse('malformed', 'link')
  checkBoxPublicKey(body.publicKey)
  await requireSignature(next, body.identity)
}
