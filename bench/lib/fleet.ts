/**
 * A fleet: an organisation with many people, each with an enrolled device and an open session, and conversations with real epochs, all made
 * through the real front door. The load of benchmarks and of the crash rig sends with its devices, from another process than the server.
 */
import {
  addSignature,
  after,
  archivePolicy,
  authorEpoch,
  createDevice,
  createPerson,
  directoryKey,
  draft,
  encodeMemberSeals,
  encodeRecipientSeals,
  encodeStatement,
  fromBase64url,
  identity as identities,
  newSeed,
  newUuid,
  parse,
  planFirstEpoch,
  publicDevice,
  publicKeysOf,
  recipientPolicy,
  recoveryFactor,
  newRecoveryKey,
  signingKeyOfSeed,
  splitArchiveKey,
  toBase64url,
} from '@wardline/crypto'
import type { DeviceKeys, EpochRoot, Facts, PublicPerson, Statement, ArchivePolicy, RecipientPolicy } from '@wardline/crypto'
import { client } from '@wardline/platform/contract'
import { newId } from '@wardline/platform/server'
import type { KeyLedger, RunningServer } from '@wardline/platform/server'
import { storeArchivePolicy, storeOrganisationKeys } from '@wardline/product/access/policies/server'
import { createOrganisation, createPerson as addPerson, lockPerson } from '@wardline/product/access/provisioning/server'
import { beginSession } from '@wardline/product/access/sessions/server'
import { createConversation } from '@wardline/product/team/conversations/contract'
import { enrolDevice } from '@wardline/product/team/devices/contract'
import { acceptTrust } from '@wardline/product/team/devices/server'

/** One person with one device. */
export interface FleetMember {
  readonly person: string
  readonly device: DeviceKeys
  readonly cookie: string
  readonly publicPerson: PublicPerson
}

/** One conversation under its first epoch. */
export interface FleetRoom {
  readonly conversation: string
  readonly members: readonly FleetMember[]
  readonly root: EpochRoot
}

export interface Fleet {
  readonly org: string
  readonly members: readonly FleetMember[]
  /** Adds a conversation of these members, authored by the first. */
  room(members: readonly FleetMember[], kind: 'direct' | 'group'): Promise<FleetRoom>
}

const value = async <T>(
  what: string,
  answer: Promise<{ ok: true; value: T } | { ok: false; code: string; field?: string | undefined }>,
): Promise<T> => {
  const it = await answer
  if (!it.ok) throw new Error(`${what}: ${it.code} ${it.field ?? ''}`)
  return it.value
}

/** Makes a fleet of `size` people in a new organisation of a running server. `progress` is told how many are ready. */
export async function makeFleet(
  server: RunningServer,
  keys: KeyLedger,
  size: number,
  progress: (ready: number) => void = () => {},
): Promise<Fleet> {
  const org = newId()
  await server.clock.read(server.db)
  const time = server.clock.ms()
  const policies = await ceremony(server, keys, org, time)
  // What follows a policy demands a new epoch of every conversation that is there when it hears of it: before the first one is made.
  await server.settle()
  const callAs = (cookie: string) =>
    client(
      (url, init) => fetch(url, init as RequestInit),
      server.url,
      () => ({ cookie, origin: server.url }),
    )
  const members: FleetMember[] = []
  for (let i = 0; i < size; i += 1) {
    const person = newId()
    const cookie = await server.db.write(org, { actor: null, device: null }, async (tx) => {
      await addPerson(tx, { person, signInName: `fleet-${person.slice(0, 13)}`, name: `Fleet ${i}`, title: '', roles: ['clinician'] })
      await lockPerson(tx, person)
      return `wl=${(await beginSession(tx, { person, place: 'private' })).token}`
    })
    const device = await createDevice(newUuid())
    const made = await createPerson({
      organisation: org,
      person,
      devices: [publicDevice(device, time)],
      factors: [await recoveryFactor(newUuid(), newRecoveryKey())],
      time,
    })
    const deviceList = await addSignature(made.deviceList, device.signing)
    const { statements } = await value(
      'enrol',
      callAs(cookie)(enrolDevice, {
        body: {
          device: device.device,
          identityKey: toBase64url(made.keys.identity.publicKey),
          deviceList: toBase64url(encodeStatement(deviceList)),
          userKey: toBase64url(encodeStatement(made.userKey)),
          vault: toBase64url(encodeStatement(made.vault)),
        },
      }),
    )
    const introduced = statements.find((it) => it.kind === 'identity')!
    members.push({
      person,
      device,
      cookie,
      publicPerson: { person, identity: parse(identities, fromBase64url(introduced.statement)), deviceList, userKey: made.userKey },
    })
    progress(members.length)
  }
  return {
    org,
    members,
    async room(of, kind) {
      const [author] = of
      if (!author) throw new Error('A room needs members.')
      const conversation = newUuid()
      const facts: Facts = {
        people: new Map(of.map((it) => [it.person, it.publicPerson])),
        administrators: new Set(),
        hr: new Set(),
        hands: new Set(),
        roles: new Map(),
        ...policies,
        removals: [],
      }
      const body = planFirstEpoch(
        {
          organisation: org,
          conversation,
          author: { person: author.person, device: author.device.device },
          time: server.clock.ms(),
          members: of.map((it) => it.person),
          addressed: [],
          governance:
            kind === 'direct'
              ? { add: 'nobody', remove: 'nobody', change: 'nobody', moderators: [] }
              : { add: 'members', remove: 'members', change: 'members', moderators: [] },
          history: 'from-join',
        },
        facts,
      )
      const epoch = await authorEpoch({ body, publicKeys: publicKeysOf(facts), device: author.device })
      await value(
        'conversation',
        callAs(author.cookie)(createConversation, {
          body: {
            conversation,
            kind,
            epoch: {
              statement: toBase64url(encodeStatement(epoch.epoch)),
              members: toBase64url(encodeMemberSeals(epoch.members)),
              recipients: toBase64url(encodeRecipientSeals(epoch.recipients)),
            },
          },
        }),
      )
      return { conversation, members: of, root: epoch.root }
    },
  }
}

async function ceremony(
  server: RunningServer,
  keys: KeyLedger,
  org: string,
  time: number,
): Promise<{ archivePolicy: Statement<ArchivePolicy>; recipientPolicy: Statement<RecipientPolicy> }> {
  const root = await signingKeyOfSeed(newSeed())
  const directorySeed = newSeed()
  const directory = await signingKeyOfSeed(directorySeed)
  const chain = after(null, org, time)
  const certificate = await addSignature(draft(directoryKey, { ...chain, publicKey: directory.publicKey }), root)
  const custodians = [newUuid(), newUuid(), newUuid()]
  const archive = await splitArchiveKey(2, custodians)
  const policy = await addSignature(
    draft(archivePolicy, {
      ...chain,
      ...archive.publicKey,
      period: newUuid(),
      threshold: 2,
      custodians: archive.custodians,
      from: time - 1,
      until: time + 400 * 86_400_000,
    }),
    root,
  )
  const recipients = await addSignature(draft(recipientPolicy, { ...chain, demands: [] }), root)
  await server.db.write(org, { actor: null, device: null }, async (tx) => {
    await createOrganisation(tx, { name: 'Fleet', zone: 'UTC', preset: 'hospital' })
    await storeOrganisationKeys(tx, keys, {
      rootPublicKey: root.publicKey,
      directorySeed,
      directoryStatement: encodeStatement(certificate),
    })
    await storeArchivePolicy(tx, encodeStatement(policy))
    await acceptTrust(tx, encodeStatement(recipients))
  })
  return { archivePolicy: policy, recipientPolicy: recipients }
}
