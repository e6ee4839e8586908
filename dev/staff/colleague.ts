import {
  addSignature,
  changePerson,
  createDevice,
  createPerson,
  deviceList,
  encodeStatement,
  fromBase64url,
  identity,
  newRecoveryKey,
  newUuid,
  parse,
  publicDevice,
  recoveryFactor,
  signSession,
  toBase64url,
  userKey,
  vault,
} from '@wardline/crypto'
import type { DeviceKeys, PersonKeys, Statement, StoredPerson, UnlockFactor } from '@wardline/crypto'
import { client } from '@wardline/platform/contract'
import type { CallResult, Endpoint, GivesOf } from '@wardline/platform/contract'
import { bySystem } from '@wardline/platform/server'
import { createPerson as addPerson, lockPerson } from '@wardline/product/access/provisioning/server'
import type { NewPerson } from '@wardline/product/access/provisioning/server'
import { beginSession } from '@wardline/product/access/sessions/server'
import { enrolDevice, myVault, signInDevice } from '@wardline/product/team/devices/contract'
import type { Organisation, Place } from './organisation.ts'

/** A signed-in session of a person: what a browser tab is to the server. */
export interface Session {
  readonly org: string
  readonly person: string
  readonly session: string
  readonly cookie: string
  readonly call: ReturnType<typeof client>
}

/** A person with an enrolled device in their hand. */
export interface Colleague extends Session {
  readonly device: DeviceKeys
  readonly keys: PersonKeys
  readonly recovery: UnlockFactor
}

/** The value of an answer, or an error with its code. */
export function must<E extends Endpoint>(answer: CallResult<E>): GivesOf<E> {
  if (answer.ok) return answer.value
  throw new Error(`${answer.code}${answer.field ? ` (${answer.field})` : ''}: ${answer.what}`)
}

/** The one encoding of a statement, as requests carry it. */
export const wire = (statement: Statement<unknown>): string => toBase64url(encodeStatement(statement))

/** Signs a person in without password and code. */
export async function signIn(place: Place, org: string, person: string): Promise<Session> {
  const begun = await place.server.db.write(org, { actor: person, device: null }, async (tx) => {
    await lockPerson(tx, person)
    return beginSession(tx, { person, place: 'private' })
  })
  const cookie = `wl=${begun.token}`
  const { url } = place.server
  const call = client(
    (to, init) => fetch(to, init as RequestInit),
    url,
    () => ({ cookie, origin: url }),
  )
  return { org, person, session: begun.session, cookie, call }
}

let hired = 0

/** Adds a person, signs them in and enrols their first device over the API. */
export async function hire(place: Place, organisation: Organisation, it: Partial<NewPerson> = {}): Promise<Colleague> {
  const { org } = organisation
  hired += 1
  const person = await place.server.db.write(org, bySystem, (tx) =>
    addPerson(tx, {
      signInName: `nurse.${hired}.${newUuid().slice(0, 8)}`,
      name: `Nurse ${hired}`,
      title: 'RN',
      roles: ['clinician'],
      ...it,
    }),
  )
  return firstDevice(place, await signIn(place, org, person))
}

/** Enrols a person's first device over the API. */
export async function firstDevice(place: Place, session: Session): Promise<Colleague> {
  const { org, person } = session
  const device = await createDevice(newUuid())
  const recovery = await recoveryFactor(newUuid(), newRecoveryKey())
  const time = place.server.clock.ms()
  const made = await createPerson({ organisation: org, person, devices: [publicDevice(device, time)], factors: [recovery], time })
  must(
    await session.call(enrolDevice, {
      body: {
        device: device.device,
        identityKey: toBase64url(made.keys.identity.publicKey),
        // The device signs the list as well: it holds the key that the list names.
        deviceList: wire(await addSignature(made.deviceList, device.signing)),
        userKey: wire(made.userKey),
        vault: wire(made.vault),
      },
    }),
  )
  return { ...session, device, keys: made.keys, recovery }
}

/** A person's own statements and vault as the server holds them now. */
export async function storedOf(session: Session): Promise<StoredPerson> {
  const mine = must(await session.call(myVault, {}))
  const of = (kind: string) => mine.statements.filter((it) => it.kind === kind).map((it) => fromBase64url(it.statement))
  return {
    vault: parse(vault, fromBase64url(mine.vault!)),
    deviceList: parse(deviceList, of('device-list').at(-1)!),
    userKeys: of('user-key').map((it) => parse(userKey, it)),
    identities: of('identity').map((it) => parse(identity, it)),
  }
}

/** Enrols another device of a person, who unlocks their vault with the recovery key in a new session. */
export async function addDevice(place: Place, colleague: Colleague, from?: Session): Promise<Colleague> {
  const session = from ?? (await signIn(place, colleague.org, colleague.person))
  const device = await createDevice(newUuid())
  const time = place.server.clock.ms()
  const made = await changePerson(
    await storedOf(session),
    { by: 'factor', factor: colleague.recovery },
    { time, addDevices: [publicDevice(device, time)] },
  )
  const list = await addSignature(made.deviceList, device.signing)
  must(await session.call(enrolDevice, { body: { device: device.device, deviceList: wire(list), vault: wire(made.vault) } }))
  return { ...session, device, keys: made.keys, recovery: colleague.recovery }
}

/** Signs an enrolled device in again, in a new session. */
export async function signInAgain(place: Place, colleague: Colleague): Promise<Colleague> {
  const session = await signIn(place, colleague.org, colleague.person)
  const { org: organisation, person } = session
  const device = colleague.device.device
  const signature = await signSession({ organisation, person, device, session: session.session }, colleague.device.signing)
  must(await session.call(signInDevice, { params: { device }, body: { signature: toBase64url(signature) } }))
  return { ...colleague, ...session }
}
