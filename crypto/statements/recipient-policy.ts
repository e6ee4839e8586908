import type { Uuid } from '../bytes.ts'
import type { Codec } from '../canonical.ts'
import { choice, set, struct, uuid } from '../canonical.ts'
import { refuse } from '../errors.ts'
import type { PublicPerson } from './signers.ts'
import { signingPeople } from './signers.ts'
import type { Chained, Statement } from './statement.ts'
import { chained, define, isSignedBy, requireSuccession } from './statement.ts'

/** A recipient besides the members: a role, or a person to whom an unanswered message escalates. */
export type Demand = {
  readonly kind: 'role' | 'target'
  readonly subject: Uuid
  /** `always`: every conversation; `addressed`: those that were opened to it. */
  readonly when: 'always' | 'addressed'
}

/** Who must be able to open a conversation besides its members and the archive, which every epoch names. */
export type RecipientPolicy = Chained & { readonly demands: readonly Demand[] }

const demand: Codec<Demand> = struct<Demand>({ kind: choice('role', 'target'), subject: uuid, when: choice('always', 'addressed') })

export const recipientPolicy = define<RecipientPolicy>(
  'recipient-policy',
  struct<RecipientPolicy>({ ...chained, demands: set(demand, 4096) }),
  () => [],
)

/** Signed by the root or by two administrators' devices; one demand a subject. */
export const verifyRecipientPolicy = async (
  next: Statement<RecipientPolicy>,
  trust: { readonly root: Uint8Array; readonly prev: Statement<RecipientPolicy> | null; readonly administrators: readonly PublicPerson[] },
): Promise<void> => {
  requireSuccession(trust.prev, next)
  const { demands } = next.body
  if (new Set(demands.map((d) => `${d.kind}:${d.subject}`)).size !== demands.length) refuse('malformed', 'doubled demand')
  if (await isSignedBy(next, trust.root)) return
  if ((await signingPeople(next, trust.administrators)).size < 2) refuse('not-entitled', 'recipient policy')
}
