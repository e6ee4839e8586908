import type { Bytes, Uuid } from '../bytes.ts'
import { concat, utf8 } from '../bytes.ts'
import type { Codec } from '../canonical.ts'
import { hash, number64, set, struct, uuid } from '../canonical.ts'
import { refuse } from '../errors.ts'
import { sha256 } from '../hash.ts'
import type { People } from './signers.ts'
import { requireAuthor } from './signers.ts'
import type { Author, Chained, Statement } from './statement.ts'
import { author, chained, define, requireSuccession } from './statement.ts'

/** Epochs `from` to `to`, both included, of one conversation. */
export type Scope = { readonly conversation: Uuid; readonly from: number; readonly to: number }

/** A request to open the archive: what, for whose box key, on what ground (a hash: the reason itself can be erased). */
export type Opening = Chained & {
  readonly request: Uuid
  readonly recipientKeyId: Bytes
  readonly scope: readonly Scope[]
  readonly reasonHash: Bytes
  readonly author: Author
}

const scope: Codec<Scope> = struct<Scope>({ conversation: uuid, from: number64, to: number64 })

export const opening = define<Opening>(
  'opening',
  struct<Opening>({ ...chained, request: uuid, recipientKeyId: hash, scope: set(scope, 4096), reasonHash: hash, author }),
  (body) => [body.request],
)

/** What a request names of its reason: SHA-256(salt of 32 random bytes, reason in NFC), so that the reason itself can be erased. */
export const reasonHash = (reason: string, salt: Uint8Array): Bytes =>
  salt.length === 32 ? sha256(concat(salt, utf8(reason.normalize('NFC')))) : refuse('malformed', 'salt')

/** Signed by a listed device of an archive officer. */
export const verifyOpening = async (
  next: Statement<Opening>,
  trust: { readonly people: People; readonly officers: ReadonlySet<Uuid>; readonly prev: Statement<Opening> | null },
): Promise<void> => {
  requireSuccession(trust.prev, next)
  if (!trust.officers.has(next.body.author.person)) refuse('not-entitled', 'opening')
  await requireAuthor(next, trust.people)
}
