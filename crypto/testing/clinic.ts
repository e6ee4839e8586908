// A small organisation with real keys, for tests: everybody's statements are made and verified by the same code that the product runs.
import type {
  ArchivePolicy,
  AuthoredEpoch,
  BoxKey,
  DeviceKeys,
  Epoch,
  EpochBody,
  Facts,
  Flags,
  Governance,
  Identity,
  NewArchiveKey,
  PersonKeys,
  PublicPerson,
  RecipientPolicy,
  Removal,
  RoleKey,
  SigningKey,
  Statement,
  Step,
  StoredPerson,
  UnlockFactor,
  Uuid,
} from '../index.ts'
import {
  NIL_UUID,
  ZERO_HASH,
  after,
  archivePolicy,
  authorEpoch,
  createDevice,
  createPerson,
  introducePerson,
  newRecoveryKey,
  newSigningKey,
  newUuid,
  newestBox,
  passkeyFactor,
  planEpoch,
  planFirstEpoch,
  publicDevice,
  publicKeysOf,
  recipientPolicy,
  recoveryFactor,
  removal,
  signStatement,
  splitArchiveKey,
  writeRoleKey,
} from '../index.ts'

/** A fixed start of time for tests: 22 November 2026, in ms. */
export const T0 = 1_795_305_600_000

/** A person with everything that their device and the server hold. */
export type Member = {
  readonly person: Uuid
  readonly device: DeviceKeys
  readonly passkey: UnlockFactor
  readonly recovery: UnlockFactor
  readonly keys: PersonKeys
  readonly stored: StoredPerson
  readonly known: PublicPerson
}

/** An organisation. */
export type Clinic = {
  readonly organisation: Uuid
  readonly root: SigningKey
  readonly directory: SigningKey
  readonly archive: NewArchiveKey
  readonly people: readonly Member[]
  readonly role: Uuid
  readonly facts: Facts
}

/** Who may do what in the conversations of these tests. */
export const GOVERNANCE: Governance = { add: 'members', remove: 'moderators', change: 'moderators', moderators: [] }

/** Flags of an ordinary message. */
export const ROUTINE: Flags = { priority: 'routine', ask: 'fyi', due: 0, expiry: 0, mentions: [] }

/** No checkpoint seen yet. */
export const CHECKPOINT = { size: 0, root: ZERO_HASH } as const

const known = (person: Uuid, identity: Statement<Identity>, stored: Pick<StoredPerson, 'deviceList' | 'userKeys'>): PublicPerson => {
  const userKey = stored.userKeys.at(-1)
  if (!userKey) throw new Error('no user key')
  return { person, identity, deviceList: stored.deviceList, userKey }
}

/** A new employee with one device, a passkey and a recovery key. */
export const hire = async (organisation: Uuid, directory: SigningKey, time = T0): Promise<Member> => {
  const person = newUuid()
  const device = await createDevice(newUuid())
  const passkey = await passkeyFactor(newUuid(), crypto.getRandomValues(new Uint8Array(32)))
  const recovery = await recoveryFactor(newUuid(), newRecoveryKey())
  const made = await createPerson({ organisation, person, devices: [publicDevice(device, time)], factors: [passkey, recovery], time })
  const publicKey = made.keys.identity.publicKey
  const identity = await introducePerson({ directory, organisation, person, employee: `E-${person.slice(0, 8)}`, publicKey, time })
  const stored = { vault: made.vault, deviceList: made.deviceList, userKeys: [made.userKey], identities: [identity] }
  return { person, device, passkey, recovery, keys: made.keys, stored, known: known(person, identity, stored) }
}

/** The same member after a change of their keys or devices. */
export const updated = (member: Member, keys: PersonKeys, stored: StoredPerson, device = member.device): Member => {
  const identity = stored.identities.at(-1)
  if (!identity) throw new Error('no identity')
  return { ...member, device, keys, stored, known: known(member.person, identity, stored) }
}

/** A clinic of `size` people. Person 0 is the administrator and manages a role for which the last person is eligible. */
export const openClinic = async (size: number): Promise<Clinic> => {
  const organisation = newUuid()
  const [root, directory] = [await newSigningKey(), await newSigningKey()]
  const people: Member[] = []
  for (let i = 0; i < size; i++) people.push(await hire(organisation, directory))
  const [first] = people
  const last = people.at(-1)
  if (!first || !last) throw new Error('a clinic needs people')

  const archive = await splitArchiveKey(2, [newUuid(), newUuid(), newUuid()])
  const period: ArchivePolicy = {
    ...after(null, organisation, T0),
    period: newUuid(),
    ...archive.publicKey,
    threshold: archive.threshold,
    custodians: archive.custodians,
    from: T0,
    until: T0 + 365 * 24 * 3_600_000,
  }
  const role = newUuid()
  const demands: RecipientPolicy = {
    ...after(null, organisation, T0),
    demands: [{ kind: 'role', subject: role, when: 'always' }],
  }
  const roleStatement: Statement<RoleKey> = await writeRoleKey({
    organisation,
    role,
    time: T0,
    author: { person: first.person, device: first.device, boxes: first.keys.boxes },
    prev: null,
    eligible: [last.known],
    managers: [first.known],
  })
  const facts: Facts = {
    people: new Map(people.map((m) => [m.person, m.known])),
    administrators: new Set([first.person]),
    hr: new Set(),
    hands: new Set(),
    roles: new Map([[role, roleStatement]]),
    archivePolicy: await signStatement(archivePolicy, period, root),
    recipientPolicy: await signStatement(recipientPolicy, demands, root),
    removals: [],
  }
  return { organisation, root, directory, archive, people, role, facts }
}

/** One of the clinic's people. */
export const person = (clinic: Clinic, i: number): Member => {
  const found = clinic.people[i]
  if (!found) throw new Error('no such person')
  return found
}

/** The facts with people as they are now. */
export const withPeople = (facts: Facts, ...people: readonly Member[]): Facts => ({
  ...facts,
  people: new Map([...facts.people, ...people.map((m) => [m.person, m.known] as const)]),
})

/** The body of a first epoch of these members, the first of whom writes it and moderates. */
export const firstBody = (clinic: Clinic, members: readonly Member[], change: Partial<EpochBody> = {}): EpochBody => {
  const [author] = members
  if (!author) throw new Error('an epoch needs an author')
  const body = planFirstEpoch(
    {
      organisation: clinic.organisation,
      conversation: newUuid(),
      author: { person: author.person, device: author.device.device },
      time: T0,
      members: members.map((m) => m.person),
      addressed: [],
      governance: { ...GOVERNANCE, moderators: [author.person] },
      history: 'all',
    },
    clinic.facts,
  )
  return { ...body, ...change }
}

/** Writes a first epoch. */
export const begin = (clinic: Clinic, members: readonly Member[], change: Partial<EpochBody> = {}): Promise<AuthoredEpoch> => {
  const [author] = members
  if (!author) throw new Error('an epoch needs an author')
  return authorEpoch({ body: firstBody(clinic, members, change), publicKeys: publicKeysOf(clinic.facts), device: author.device })
}

/** Plans and writes the epoch after `prev`. `change` spoils the plan. */
export const follow = (
  prev: Statement<Epoch>,
  author: Member,
  facts: Facts,
  step: Omit<Step, 'author' | 'time' | 'heads'> & { readonly heads?: Step['heads'] } = {},
  change: Partial<EpochBody> = {},
): Promise<AuthoredEpoch> => {
  const by = { person: author.person, device: author.device.device }
  const body = planEpoch(prev, { heads: [], ...step, author: by, time: T0 }, facts)
  return authorEpoch({ body: { ...body, ...change }, publicKeys: publicKeysOf(facts), device: author.device })
}

/** The member's own seal in a freshly made epoch. */
export const sealOf = (made: AuthoredEpoch, member: Pick<Member, 'person'>): Uint8Array<ArrayBuffer> => {
  const found = made.members.find((m) => m.person === member.person)
  if (!found) throw new Error('no member seal')
  return found.seal
}

/** What a member needs to open an epoch. */
export const opener = (made: AuthoredEpoch, author: Member, member: Member) => ({
  epoch: made.epoch,
  authorKey: author.device.signing.publicKey,
  box: newestBox(member.keys) satisfies BoxKey,
  seal: sealOf(made, member),
})

/** A signed removal from a conversation, or, without one, from all. */
export const remove = (
  clinic: Clinic,
  author: Member,
  leaver: Member,
  where: Statement<Epoch> | null,
  change: Partial<Removal> = {},
): Promise<Statement<Removal>> =>
  signStatement(
    removal,
    {
      ...after(null, clinic.organisation, T0),
      person: leaver.person,
      conversation: where ? where.body.conversation : NIL_UUID,
      epoch: where ? where.body.version : 0,
      removed: true,
      exclude: false,
      author: { person: author.person, device: author.device.device },
      ...change,
    },
    author.device.signing,
  )
