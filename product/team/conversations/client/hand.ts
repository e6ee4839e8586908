import {
  addSignature,
  after,
  authority,
  CryptoError,
  draft,
  encodeStatement,
  equal,
  fromBase64url,
  NIL_UUID,
  parse,
  toBase64url,
} from '@wardline/crypto'
import type { Authority, Statement } from '@wardline/crypto'
import type { DeviceParts, Knowledge, OwnDevice } from '@wardline/product/team/devices/client'
import { stop } from '@wardline/product/team/devices/client'

/** What an administrator is asked to sign: that this signer may take leavers out. `statement`: the other one's, once there is one. */
export interface NamedHand {
  readonly person: string
  readonly statement: string | null
}

/** Signs that the directory's hand may sign for leavers, on top of what this device knows of the organisation. Throws Stop. */
export async function signHand({ now }: DeviceParts, knowledge: Knowledge, ownDevice: OwnDevice, it: NamedHand): Promise<string> {
  const own = ownDevice.own() ?? stop('not-ready')
  await knowledge.refreshTrust()
  const before = knowledge.powerOf('directory-hand')
  const people = [it.person]
  const ours = draft(authority, { ...after(before, own.organisation, now()), power: 'directory-hand', role: NIL_UUID, people })
  const theirs = it.statement === null ? ours : read(it.statement)
  const { body, subject } = theirs
  const same = subject === ours.subject && body.version === ours.body.version && equal(body.prev, ours.body.prev)
  // Whoever else it would name, or whatever else it would give them, is not what was asked for.
  if (!same || body.people.length !== 1 || body.people[0] !== it.person) stop('refused')
  return toBase64url(encodeStatement(await addSignature(theirs, own.device.signing)))
}

function read(statement: string): Statement<Authority> {
  try {
    return parse(authority, fromBase64url(statement))
  } catch (thrown) {
    if (thrown instanceof CryptoError) return stop('refused')
    throw thrown
  }
}
