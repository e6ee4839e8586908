import {
  after,
  archivePolicy,
  combineShares,
  directoryKey,
  encodeStatement,
  newSeed,
  newUuid,
  recipientPolicy,
  signStatement,
  signingKeyOfSeed,
  splitArchiveKey,
  toBase64url,
} from '@wardline/crypto'
import type { ArchivePolicy, BoxKey, SigningKey, Statement } from '@wardline/crypto'
import type { MemoryStore } from '@wardline/product/team/messages/client'
import type { Clock } from './clock.ts'
import { startDevice } from './device.ts'
import type { Device, Place } from './device.ts'
import type { State } from './state.ts'

/** A period of the archive: its policy, and the key that its quorum rebuilds. */
export interface Period {
  readonly policy: Statement<ArchivePolicy>
  readonly key: BoxKey
}

/** What the root's keeper has: enough for another archive policy. */
export interface Ceremony {
  readonly org: string
  readonly root: SigningKey
}

/** An organisation of people with devices, made once and copied for each seed. */
export interface Founded {
  readonly ceremony: Ceremony
  readonly period: Period
  readonly state: State
  /** The recovery key of each person, as printed. */
  readonly recovery: ReadonlyMap<string, string>
  readonly devices: readonly { readonly name: string; readonly person: string; readonly store: MemoryStore }[]
  readonly at: number
}

/** People by name, with how many devices each has. */
const staff = [
  ['ana', 2],
  ['ben', 2],
  ['cat', 1],
  ['dan', 1],
  ['eva', 1],
  ['finn', 1],
] as const

const DAY = 86_400_000

/** Another archive key, split two in three, and the policy that the root signs for it. */
export async function nextPeriod({ org, root }: Ceremony, before: Statement<ArchivePolicy> | null, at: number): Promise<Period> {
  const made = await splitArchiveKey(2, [newUuid(), newUuid(), newUuid()])
  const key = { ...made.publicKey, threshold: made.threshold, custodians: made.custodians }
  const body = { ...after(before, org, at), period: newUuid(), ...key, from: at, until: at + 365 * DAY }
  const policy = await signStatement(archivePolicy, body, root)
  return { policy, key: await combineShares([made.shares[0]!.text, made.shares[2]!.text], policy.body) }
}

/** Founds the organisation's keys; nobody works there yet. */
export async function foundState(at: number): Promise<{ readonly ceremony: Ceremony; readonly period: Period; readonly state: State }> {
  const org = newUuid()
  const root = await signingKeyOfSeed(newSeed())
  const directory = await signingKeyOfSeed(newSeed())
  const ceremony = { org, root }
  const period = await nextPeriod(ceremony, null, at)
  const certificate = await signStatement(directoryKey, { ...after(null, org, at), publicKey: directory.publicKey }, root)
  const demands = await signStatement(recipientPolicy, { ...after(null, org, at), demands: [] }, root)
  const held = (it: Statement<unknown>) => [{ statement: toBase64url(encodeStatement(it)), at }]
  const state: State = {
    org,
    root: toBase64url(root.publicKey),
    directory,
    trust: { directoryKeys: held(certificate), archivePolicies: held(period.policy), recipientPolicies: held(demands) },
    people: new Map(),
    devices: new Map(),
    sessions: new Map(),
    rooms: new Map(),
  }
  return { ceremony, period, state }
}

/** Hires everybody and lets each enrol their devices with the real engine; all of them know one another from one conversation. */
export async function settleStaff(place: Place, clock: Clock): Promise<Pick<Founded, 'recovery' | 'devices'>> {
  const recovery = new Map<string, string>()
  const devices: Device[] = []
  const until = async (so: () => boolean, what: string): Promise<void> => {
    if (!(await clock.runUntil(so, clock.now() + 120_000))) throw new Error(`The founding did not come to: ${what}.`)
  }
  const done = async <T>(work: Promise<{ ok: true; value: T } | { ok: false; code: string }>): Promise<T> => {
    let answer: Awaited<typeof work> | null = null
    void work.then((it) => (answer = it))
    await until(() => answer !== null, 'an answer')
    const it = answer as unknown as Awaited<typeof work>
    if (!it.ok) throw new Error(it.code)
    return it.value
  }
  const isIn = (device: Device, status: string) => () => device.state()?.status === status
  for (const [name, count] of staff) {
    const person = newUuid()
    place.state.people.set(person, { person, employee: name, statements: [], vault: null })
    for (let i = 1; i <= count; i++) {
      const device = startDevice(place, { name: count === 1 ? name : `${name}${i}`, person })
      devices.push(device)
      await until(isIn(device, i === 1 ? 'needs-new-person' : 'needs-recovery-key'), `${device.name} at its start`)
      if (i === 1) recovery.set(person, (await done(device.engine.createIdentity())).recoveryKey)
      else await done(device.engine.enrol(recovery.get(person)!))
      await done(device.engine.confirmRecoveryKey())
      await until(isIn(device, 'ready'), `${device.name} ready`)
    }
  }
  const [first] = devices
  const people = [...recovery.keys()].filter((it) => it !== first!.person)
  await done(first!.engine.createConversation({ conversation: newUuid(), kind: 'group', people, history: 'from-join' }))
  await clock.runTo(clock.now() + 20_000)
  for (const it of devices) it.kill()
  const kept = devices.map(({ name, person, store }) => ({ name, person, store: store.copy() }))
  return { recovery, devices: kept }
}
