import type { Bytes, Uuid } from '../bytes.ts'
import { equal, toHex } from '../bytes.ts'
import type { Codec } from '../canonical.ts'
import { choice, fixed, number64, set, struct, uuid } from '../canonical.ts'
import { checkPublicKey } from '../ed25519.ts'
import { refuse } from '../errors.ts'
import type { BoxPublicKey, DeviceKeys } from '../keys.ts'
import { suite } from '../keys.ts'
import { checkBoxPublicKey } from '../x25519.ts'
import type { Identity } from './identity.ts'
import type { Chained, Statement } from './statement.ts'
import { chained, define, requireSignature, requireSuccession } from './statement.ts'

/** An enrolled device: what others verify its messages with, and what its vault seal is made to. `added` in ms. */
export type Device = BoxPublicKey & { readonly device: Uuid; readonly signKey: Bytes; readonly added: number }

/** The public halves of an unlock factor that is no device. */
export type Factor = BoxPublicKey & { readonly factor: Uuid; readonly kind: 'passkey' | 'recovery'; readonly signKey: Bytes }

/** A person's devices and unlock factors, signed by the identity key that it names. */
export type DeviceList = Chained & {
  readonly person: Uuid
  readonly identity: Bytes
  readonly devices: readonly Device[]
  readonly factors: readonly Factor[]
}

const device: Codec<Device> = struct<Device>({ device: uuid, signKey: fixed(32), suite, publicKey: fixed(32), added: number64 })
const factor: Codec<Factor> = struct<Factor>({
  factor: uuid,
  kind: choice('passkey', 'recovery'),
  signKey: fixed(32),
  suite,
  publicKey: fixed(32),
})

export const deviceList = define<DeviceList>(
  'device-list',
  struct<DeviceList>({ ...chained, person: uuid, identity: fixed(32), devices: set(device, 64), factors: set(factor, 16) }),
  (body) => [body.person],
)

const refuseDoubled = (values: readonly string[]): void => {
  if (new Set(values).size !== values.length) refuse('malformed', 'doubled device, factor or key')
}

/** Signed by the person's present identity key; every key in it passes its check. */
export const verifyDeviceList = async (
  next: Statement<DeviceList>,
  trust: { readonly identity: Statement<Identity>; readonly prev: Statement<DeviceList> | null },
): Promise<void> => {
  const { body } = next
  const identity = trust.identity.body
  if (body.organisation !== identity.organisation || body.person !== identity.person) refuse('wrong-subject', 'device list')
  if (!equal(body.identity, identity.publicKey)) refuse('stale', 'device list of another identity key')
  requireSuccession(trust.prev, next)
  const members = [...body.devices, ...body.factors]
  refuseDoubled([...body.devices.map((d) => d.device), ...body.factors.map((f) => f.factor)])
  refuseDoubled([toHex(body.identity), ...members.flatMap((m) => [toHex(m.signKey), toHex(m.publicKey)])])
  for (const member of members) {
    checkPublicKey(member.signKey)
    checkBoxPublicKey(member.publicKey)
  }
  await requireSignature(next, body.identity)
}

/** The entry of a device made here. `added` in ms. */
export const publicDevice = (keys: DeviceKeys, added: number): Device => ({
  device: keys.device,
  signKey: keys.signing.publicKey,
  suite: keys.box.suite,
  publicKey: keys.box.publicKey,
  added,
})

/** The listed device of this id, if any. */
export const findDevice = (list: Statement<DeviceList>, id: Uuid): Device | undefined => list.body.devices.find((d) => d.device === id)
