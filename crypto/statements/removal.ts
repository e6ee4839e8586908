import type { Uuid } from '../bytes.ts'
import { flag, number64, struct, uuid } from '../canonical.ts'
import type { People } from './signers.ts'
import { requireAuthor } from './signers.ts'
import type { Author, Chained, Statement } from './statement.ts'
import { author, chained, define, requireSuccession } from './statement.ts'

/**
 * A person leaves a conversation, or every conversation when `conversation` is the nil UUID. A later version with `removed` false lets
 * them be added again. `exclude` bars them from coming back by takeover. `epoch` is the newest epoch that the author saw; 0 for all.
 */
export type Removal = Chained & {
  readonly person: Uuid
  readonly conversation: Uuid
  readonly epoch: number
  readonly removed: boolean
  readonly exclude: boolean
  readonly author: Author
}

export const removal = define<Removal>(
  'removal',
  struct<Removal>({ ...chained, person: uuid, conversation: uuid, epoch: number64, removed: flag, exclude: flag, author }),
  (body) => [body.conversation, body.person],
)

/** Signed by its author's listed device; whether the author may remove is `mayRemove`'s question. */
export const verifyRemoval = async (
  next: Statement<Removal>,
  trust: { readonly people: People; readonly prev: Statement<Removal> | null },
): Promise<void> => {
  requireSuccession(trust.prev, next)
  await requireAuthor(next, trust.people)
}
