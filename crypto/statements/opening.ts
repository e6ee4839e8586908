import type { Bytes, Uuid } from '../bytes.ts'
import { concat, equal, utf8 } from '../bytes.ts'
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

/**
 * A request to open the archive: what, for whose box key, on what ground (a hash: the reason itself can be erased). Its approval is the next
 * statement of the same subject, which repeats it word for word under another author.
 */
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

const sameScope = (a: readonly Scope[], b: readonly Scope[]): boolean =>
  a.length === b.length && a.every((it, i) => it.conversation === b[i]?.conversation && it.from === b[i].from && it.to === b[i].to)

/**
 * Signed by a listed device of another person than who asked, whom the root's statements let approve, over this very request. `asked` has
 * been verified. Throws `bad-chain`, `wrong-subject`, `not-entitled`, `bad-signature`.
 */
export const verifyApproval = async (
  next: Statement<Opening>,
  trust: { readonly people: People; readonly approvers: ReadonlySet<Uuid>; readonly asked: Statement<Opening> },
): Promise<void> => {
  requireSuccession(trust.asked, next)
  const [asked, approved] = [trust.asked.body, next.body]
  const same =
    approved.organisation === asked.organisation &&
    equal(approved.recipientKeyId, asked.recipientKeyId) &&
    equal(approved.reasonHash, asked.reasonHash) &&
    sameScope(approved.scope, asked.scope)
  if (!same) refuse('wrong-subject', 'approval of something else')
  const { person } = approved.author
  if (person === asked.author.person || !trust.approvers.has(person)) refuse('not-entitled', 'approval')
  await requireAuthor(next, trust.people)
}
