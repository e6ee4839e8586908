import type { Bytes, Uuid } from '../bytes.ts'
import type { Codec } from '../canonical.ts'
import { hash, set, struct, uuid } from '../canonical.ts'
import { refuse } from '../errors.ts'
import type { People } from './signers.ts'
import { requireAuthor } from './signers.ts'
import type { Author, Chained, Statement } from './statement.ts'
import { author, chained, define, requireSuccession } from './statement.ts'

/** The last envelope of a device that counts in one conversation; zero where none does. */
export type LastAccepted = { readonly conversation: Uuid; readonly envelope: Bytes }

/** A device is cut off; whatever it sent after these envelopes is refused, and everything in conversations that are not named. */
export type Revocation = Chained & {
  readonly person: Uuid
  readonly device: Uuid
  readonly last: readonly LastAccepted[]
  readonly author: Author
}

const last: Codec<LastAccepted> = struct<LastAccepted>({ conversation: uuid, envelope: hash })

export const revocation = define<Revocation>(
  'revocation',
  struct<Revocation>({ ...chained, person: uuid, device: uuid, last: set(last, 65_536), author }),
  (body) => [body.person, body.device],
)

/** Signed by a listed device of the person or of an administrator, other than the device itself. */
export const verifyRevocation = async (
  next: Statement<Revocation>,
  trust: { readonly people: People; readonly administrators: ReadonlySet<Uuid>; readonly prev: Statement<Revocation> | null },
): Promise<void> => {
  requireSuccession(trust.prev, next)
  const { person, device, last: accepted } = next.body
  const by = next.body.author
  if (new Set(accepted.map((l) => l.conversation)).size !== accepted.length) refuse('malformed', 'doubled conversation')
  if (by.device === device || (by.person !== person && !trust.administrators.has(by.person))) refuse('not-entitled', 'revocation')
  await requireAuthor(next, trust.people)
}
