import type { Bytes, Uuid } from './bytes.ts'
import { NONE, concat, equal, u64, uuidToBytes } from './bytes.ts'
import { refuse } from './errors.ts'
import { sha256 } from './hash.ts'
import type { BoxKey } from './keys.ts'
import { boxKeyOf, openWith, sealTo } from './keys.ts'
import type { SigningKey } from './ed25519.ts'
import type { Statement } from './statements/statement.ts'
import { addSignature, after, draft } from './statements/statement.ts'
import type { UserKey } from './statements/user-key.ts'
import { userKey } from './statements/user-key.ts'

const linkContext = (organisation: Uuid, person: Uuid, generation: number): { readonly hash: Bytes } => ({
  hash: sha256(concat(uuidToBytes(organisation), uuidToBytes(person), u64(generation))),
})

/**
 * What a new generation is made of: the statement before it (null: the first) with its private key (null: lost, so that nothing of before opens
 * any more), and the identity key that signs.
 */
export type UserKeyInput = {
  readonly organisation: Uuid
  readonly person: Uuid
  readonly identity: SigningKey
  readonly time: number
  readonly raw: Bytes
  readonly before: { readonly statement: Statement<UserKey>; readonly raw: Bytes | null } | null
}

/** Signs a generation of a person's box key and seals the one before to it: rotation is one link, never a re-encryption of history. */
export const writeUserKey = async (input: UserKeyInput): Promise<Statement<UserKey>> => {
  const { organisation, person, identity, before } = input
  const chain = after(before?.statement ?? null, organisation, input.time)
  const box = await boxKeyOf(input.raw)
  const link = before?.raw ? await sealTo(box, 'wl1 user link', linkContext(organisation, person, chain.version), before.raw) : NONE
  const body = { ...chain, person, identity: identity.publicKey, suite: box.suite, publicKey: box.publicKey, link }
  return addSignature(draft(userKey, body), identity)
}

/**
 * The generations of a person's box key that the newest leads to, oldest first, from its private bytes and the verified statements of all.
 * Each opened link counts only if it gives the stated public key; before one without a link nothing opens. Throws `bad-chain`, `bad-seal`.
 */
export const openUserKeys = async (newest: Bytes, statements: readonly Statement<UserKey>[]): Promise<readonly BoxKey[]> => {
  const boxes: BoxKey[] = []
  let raw = newest
  for (const statement of statements.toReversed()) {
    const { organisation, person, version, publicKey, link } = statement.body
    const box = await boxKeyOf(raw)
    if (version !== statements.length - boxes.length || !equal(box.publicKey, publicKey)) refuse('bad-chain', 'generations of a user key')
    boxes.unshift(box)
    if (link.length === 0) break
    raw = await openWith(box, 'wl1 user link', linkContext(organisation, person, version), link)
  }
  return boxes.length > 0 ? boxes : refuse('bad-chain', 'no user key')
}
