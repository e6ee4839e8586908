import { equal } from '../bytes.ts'
import { checkPublicKey } from '../ed25519.ts'
import { refuse } from '../errors.ts'
import type { DeviceList } from './device-list.ts'
import type { Identity } from './identity.ts'
import type { PublicPerson } from './signers.ts'
import { isSignedByFactor, signingPeople } from './signers.ts'
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

const requireChangeRights = async (next: Statement<Identity>, prev: Statement<Identity>, trust: IdentityTrust): Promise<void> => {
  const others = trust.administrators.filter((a) => a.person !== next.body.person)
  const byAdministrators = (await signingPeople(next, others)).size >= 2
  const bySelf = await isSignedBy(next, prev.body.publicKey)
  if (bySelf && (byAdministrators || (trust.deviceList && (await isSignedByFactor(next, trust.deviceList))))) return
  if (!byAdministrators) refuse('not-entitled', 'change of identity key')
  if (next.body.effective < trust.loggedAt + IDENTITY_DELAY || trust.now < next.body.effective)
    refuse('too-early', 'change of identity key')
}

/**
 * The directory may introduce a new person and nothing else. A changed key needs the old key together with a second factor or two
 * administrators' devices, or two administrators' devices and 24 h in the log.
 */
export const verifyIdentity = async (next: Statement<Identity>, trust: IdentityTrust): Promise<void> => {
  requireSuccession(trust.prev, next)
  checkPublicKey(next.body.publicKey)
  if (!trust.prev) return requireSignature(next, trust.directoryKey)
  if (equal(trust.prev.body.publicKey, next.body.publicKey)) refuse('bad-chain', 'identity key unchanged')
  await requireChangeRights(next, trust.prev, trust)
}
