import type { Uuid } from '../bytes.ts'
import { NIL_UUID } from '../bytes.ts'
import { choice, set, struct, uuid } from '../canonical.ts'
import { refuse } from '../errors.ts'
import type { PublicPerson } from './signers.ts'
import { signingPeople } from './signers.ts'
import type { Chained, Statement } from './statement.ts'
import { chained, define, isSignedBy, requireSuccession } from './statement.ts'

/**
 * A power over others' keys. `role-manager` belongs to one role, the others to the organisation. `directory-hand` is the server's own signer
 * for leavers: it takes people out of all conversations, and takes back only what it has signed itself.
 */
export type Power = 'administrator' | 'hr' | 'role-manager' | 'archive-officer' | 'directory-hand'

/** Who holds a power. `role` is the nil UUID for all powers but `role-manager`. */
export type Authority = Chained & { readonly power: Power; readonly role: Uuid; readonly people: readonly Uuid[] }

export const authority = define<Authority>(
  'authority',
  struct<Authority>({
    ...chained,
    power: choice('administrator', 'hr', 'role-manager', 'archive-officer', 'directory-hand'),
    role: uuid,
    people: set(uuid, 256),
  }),
  (body) => [body.power, body.role],
)

/** Signed by the root, or, for administrators, HR and the directory's hand, by two of the present administrators' devices. */
export const verifyAuthority = async (
  next: Statement<Authority>,
  trust: { readonly root: Uint8Array; readonly prev: Statement<Authority> | null; readonly administrators: readonly PublicPerson[] },
): Promise<void> => {
  requireSuccession(trust.prev, next)
  const { power, role } = next.body
  if ((power === 'role-manager') === (role === NIL_UUID)) refuse('malformed', 'role of a power')
  if (await isSignedBy(next, trust.root)) return
  const rootOnly = power === 'role-manager' || power === 'archive-officer'
  if (rootOnly || (await signingPeople(next, trust.administrators)).size < 2) refuse('not-entitled', 'authority')
}
