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
import { must, serial, stop } from '@wardline/product/team/devices/client'
import type { DeviceParts, Knowledge, OwnDevice } from '@wardline/product/team/devices/client'
import { newIdentities, useNewIdentity } from '@wardline/product/team/lost-keys/contract'
import { lostKeysPolicy } from '@wardline/product/team/lost-keys/preview'

/** A new identity as an administrator is asked to sign it. `digits`: what the person read out. `statement`: the other one's, once there is one. */
export interface Vouched {
  readonly person: string
  /** Who they are on the staff list, as whoever signs has seen it: see `knownAs`. */
  readonly employee: string
  readonly identityKey: string
  readonly digits: string
  readonly statement: string | null
}

/** A device's part in new identities. All throw Stop. */
export interface LostKeys {
  /** Draws keys here that wait for two administrators. `digits`: what they compare. */
  draw(): Promise<{ readonly identityKey: string; readonly digits: string; readonly recoveryKey: string }>
  /** What waits here; each for a request of its own. */
  drawn(): Promise<readonly { readonly identityKey: string; readonly digits: string }[]>
  /**
   * Whether keys wait here for a request that is open, or that may be about to be made. What waits for one that has ended, by the server's list, is
   * dropped: nothing can make use of it any more.
   */
  stillWait(): Promise<boolean>
  /** Drops what waits here for a request that is over: everything but these identity keys. */
  drop(except: readonly string[]): Promise<void>
  /** Uses what waits here for this identity key, under its request, which is ready. */
  use(request: string, identityKey: string): Promise<void>
  /** Who a person is on the staff list, by the identity that this device has verified. Stop: `alarm`, `no-keys`. */
  knownAs(person: string): Promise<string>
  /**
   * Signs that a key is this person's, if its digits are those that they read out, on top of the identity that this device knows of them. Returns
   * the signed statement. Stop: `wrong-digits`; `alarm` where what the server says about them does not hold.
   */
  sign(it: Vouched): Promise<string>
}

/** The part of the device of these. */
export function openLostKeys(
  { call, person, now, hasServerTime = () => true }: DeviceParts,
  knowledge: Knowledge,
  ownDevice: OwnDevice,
): LostKeys {
  const inTurn = serial()
  // Since this was opened: whoever drew them may not have asked yet.
  const drawnHere: string[] = []
  const shown = (publicKey: Bytes) => ({ identityKey: toBase64url(publicKey), digits: fingerprintOf({ person, publicKey }) })
  async function verified(whom: string): Promise<Statement<Identity>> {
    await knowledge.refreshTrust()
    const known = (await knowledge.people([whom], true)).get(whom)
    const newest = known?.identities.at(-1)?.statement ?? stop('no-keys')
    return knowledge.isBroken(whom) ? stop('alarm') : newest
  }
  return {
    draw: () =>
      inTurn(async () => {
        const { identityKey, recoveryKey } = await ownDevice.draw()
        drawnHere.push(toBase64url(identityKey))
        return { ...shown(identityKey), recoveryKey }
      }),
    stillWait: () =>
      inTurn(async () => {
        if ((await ownDevice.drawn()).length === 0) return false
        const listed = await call(newIdentities, {})
        if (!listed.ok) return true
        const open = listed.value.requests.filter((it) => it.mine).map((it) => it.identityKey)
        await ownDevice.dropDrawn([...open, ...drawnHere])
        return (await ownDevice.drawn()).length > 0
      }),
    async drawn() {
      return (await ownDevice.drawn()).map(shown)
    },
    drop: (except) => ownDevice.dropDrawn(except),
    knownAs: async (whom) => (await verified(whom)).body.employee,
    use: (request, identityKey) =>
      ownDevice.enrolDrawn(identityKey, async (body) => {
        await must(call(useNewIdentity, { params: { request }, body }))
      }),
    async sign({ person: whom, employee, identityKey, digits, statement }) {
      const own = ownDevice.own() ?? stop('not-ready')
      const publicKey = fromBase64url(identityKey)
      if (digits.replace(/\s/g, '') !== fingerprintOf({ person: whom, publicKey })) stop('wrong-digits')
      const before = await verified(whom)
      if (before.body.employee !== employee) stop('alarm')
      // The day is counted by the server's clock: before it has said its time, this machine's own would give a wrong one.
      if (!hasServerTime()) stop('unreachable')
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

/** The same person, key and place in the chain, with its day and no later one: only the moment at which it was made may differ. */
function isThis({ subject, body }: Statement<Identity>, ours: Statement<Identity>): boolean {
  const { version, prev, employee, publicKey, effective, time } = body
  const same = equal(prev, ours.body.prev) && equal(publicKey, ours.body.publicKey) && version === ours.body.version
  const its = same && subject === ours.subject && employee === ours.body.employee
  return its && effective >= time + IDENTITY_DELAY && effective <= ours.body.effective + lostKeysPolicy.slackMs
}
