import {
  addSignature,
  CryptoError,
  encodeStatement,
  equal,
  fingerprintOf,
  fromBase64url,
  identity,
  IDENTITY_DELAY,
  parse,
  replaceIdentity,
  toBase64url,
} from '@wardline/crypto'
import type { Bytes, Identity, Statement } from '@wardline/crypto'
import { must, stop } from '@wardline/product/team/devices/client'
import type { DeviceParts, Knowledge, OwnDevice } from '@wardline/product/team/devices/client'
import { useNewIdentity } from '@wardline/product/team/lost-keys/contract'

/** A new identity as an administrator is asked to sign it. `digits`: what the person read out. `statement`: the other one's, once there is one. */
export interface Vouched {
  readonly person: string
  readonly identityKey: string
  readonly digits: string
  readonly statement: string | null
}

/** A device's part in new identities. All throw Stop. */
export interface LostKeys {
  /** Draws keys here that wait for two administrators. `digits`: what they compare. */
  draw(): Promise<{ readonly identityKey: string; readonly digits: string; readonly recoveryKey: string }>
  /** What waits here; null: nothing. */
  drawn(): Promise<{ readonly identityKey: string; readonly digits: string } | null>
  /** Uses what waits here, under a request that is ready. */
  use(request: string): Promise<void>
  /**
   * Signs that a key is this person's, if its digits are those that they read out, on top of the identity that this device knows of them. Returns
   * the signed statement. Stop: `wrong-digits`; `alarm` where what the server says about them does not hold.
   */
  sign(it: Vouched): Promise<string>
}

/** The part of the device of these. */
export function openLostKeys({ call, person, now }: DeviceParts, knowledge: Knowledge, ownDevice: OwnDevice): LostKeys {
  const shown = (publicKey: Bytes) => ({ identityKey: toBase64url(publicKey), digits: fingerprintOf({ person, publicKey }) })
  return {
    async draw() {
      const { identityKey, recoveryKey } = await ownDevice.draw()
      return { ...shown(identityKey), recoveryKey }
    },
    async drawn() {
      const publicKey = await ownDevice.drawn()
      return publicKey && shown(publicKey)
    },
    use: (request) =>
      ownDevice.enrolDrawn(async (body) => {
        await must(call(useNewIdentity, { params: { request }, body }))
      }),
    async sign({ person: whom, identityKey, digits, statement }) {
      const own = ownDevice.own() ?? stop('not-ready')
      const publicKey = fromBase64url(identityKey)
      if (digits.replace(/\s/g, '') !== fingerprintOf({ person: whom, publicKey })) stop('wrong-digits')
      await knowledge.refreshTrust()
      const known = (await knowledge.people([whom], true)).get(whom)
      const before = known?.identities.at(-1)?.statement
      if (!before || knowledge.isBroken(whom)) return stop('alarm')
      const ours = replaceIdentity(before, publicKey, now())
      const theirs = statement === null ? ours : read(statement)
      if (!isThis(theirs, ours)) stop('alarm')
      return toBase64url(encodeStatement(await addSignature(theirs, own.device.signing)))
    },
  }
}

function read(statement: string): Statement<Identity> {
  try {
    return parse(identity, fromBase64url(statement))
  } catch (thrown) {
    if (thrown instanceof CryptoError) return stop('alarm')
    throw thrown
  }
}

/** The same person, key and place in the chain, with its day: only the moment at which it was made may differ. */
function isThis({ subject, body }: Statement<Identity>, ours: Statement<Identity>): boolean {
  const { version, prev, employee, publicKey, effective, time } = body
  const same = equal(prev, ours.body.prev) && equal(publicKey, ours.body.publicKey) && version === ours.body.version
  return same && subject === ours.subject && employee === ours.body.employee && effective >= time + IDENTITY_DELAY
}
