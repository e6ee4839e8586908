import type { Uuid } from '../bytes.ts'
import { equal } from '../bytes.ts'
import { checkPublicKey } from '../ed25519.ts'
import { refuse } from '../errors.ts'
import type { DeviceList } from './device-list.ts'
import type { Identity } from './identity.ts'
import type { PublicPerson } from './signers.ts'
import { factorsThatSigned, signersAmong } from './signers.ts'
import type { Statement } from './statement.ts'
import { isSignedBy, requireSignature, requireSuccession } from './statement.ts'

/** How long two administrators' change of an identity key stands in the log before it counts, in ms. */
export const IDENTITY_DELAY = 24 * 60 * 60 * 1000

/** What a change of identity is judged by. */
export type IdentityTrust = {
  /** The directory's key, certified by the root. */
  readonly directoryKey: Uint8Array
  readonly prev: Statement<Identity> | null
  /** The person's newest verified device list that stood in the log 24 h before the change: a list that a thief wrote yesterday is none. */
  readonly deviceList: Statement<DeviceList> | null
  readonly administrators: readonly PublicPerson[]
  /** When the log took the statement in, and now: the database's clock, ms. */
  readonly loggedAt: number
  readonly now: number
}

/** Who stood behind a verified identity. `renewed`: it was administrators, without the person's own key. `by`: the administrators who signed it. */
export type IdentityVerdict = { readonly renewed: boolean; readonly by: readonly Uuid[] }

/** How long after its moment a renewed identity may be put in use, in ms: what nobody used by then is void. */
export const IDENTITY_LASTS = 7 * 24 * 60 * 60 * 1000

const requireChangeRights = async (
  next: Statement<Identity>,
  prev: Statement<Identity>,
  trust: IdentityTrust,
): Promise<IdentityVerdict> => {
  const others = trust.administrators.filter((a) => a.person !== next.body.person)
  const signers = await signersAmong(next, others)
  const bySelf = await isSignedBy(next, prev.body.publicKey)
  const factors = trust.deviceList ? await factorsThatSigned(next, trust.deviceList) : 0
  // What nobody of these signed says nothing, and may say it in somebody's name.
  const known = signers.size + (bySelf ? 1 : 0) + factors
  if (known !== next.signatures.length) refuse(known < 2 ? 'not-entitled' : 'bad-signature', 'change of identity key')
  const by = [...new Set(signers.values())]
  const byAdministrators = by.length >= 2
  if (bySelf && (byAdministrators || factors > 0)) return { renewed: false, by }
  if (!byAdministrators) refuse('not-entitled', 'change of identity key')
  const { effective, time } = next.body
  if (effective < Math.max(trust.loggedAt, time) + IDENTITY_DELAY || trust.now < effective) refuse('too-early', 'change of identity key')
  if (trust.now > effective + IDENTITY_LASTS) refuse('stale', 'change of identity key')
  return { renewed: true, by }
}

/**
 * The directory may introduce a new person and nothing else. A changed key needs the old key together with a second factor or two
 * administrators' devices, or two administrators' devices and 24 h in the log. No signature of anybody else is on it, and none that does not hold.
 */
export const verifyIdentity = async (next: Statement<Identity>, trust: IdentityTrust): Promise<IdentityVerdict> => {
  requireSuccession(trust.prev, next)
  checkPublicKey(next.body.publicKey)
  if (!trust.prev) {
    await requireSignature(next, trust.directoryKey)
    if (next.signatures.length !== 1) refuse('bad-signature', 'introduction')
    return { renewed: false, by: [] }
  }
  if (equal(trust.prev.body.publicKey, next.body.publicKey)) refuse('bad-chain', 'identity key unchanged')
  return requireChangeRights(next, trust.prev, trust)
}
