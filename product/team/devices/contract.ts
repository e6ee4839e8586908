import { Bytes, Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'

/** A signed statement in its one stored encoding (crypto's encodeStatement), base64url. Readers parse and verify it themselves. */
export const SignedStatement = Bytes(64 * 1024, 100)
/** A SHA-256 hash, base64url. */
export const Hash = Bytes(32, 32)

/** The kinds of statements that a person's chain is made of. */
export const personStatementKinds = ['identity', 'device-list', 'user-key', 'revocation'] as const
/** One of {@link personStatementKinds}. */
export type PersonStatementKind = (typeof personStatementKinds)[number]

/**
 * A statement about a person as the server holds it: `position` counts a person's statements from 1, `at` is when it was accepted. `loggedAt`:
 * when the log took in an identity that administrators signed, at least a day earlier.
 */
export const HeldStatement = Shape({
  position: Count,
  kind: OneOf(...personStatementKinds),
  statement: SignedStatement,
  at: Moment,
  loggedAt: Type.Optional(Moment),
})

const badStatement = {
  'bad-statement': {
    status: 422,
    what: 'A statement is not signed by who must sign it, or does not follow the one before it.',
    next: 'Nothing was changed. Read the present statements again and make a new one.',
  },
  'stale-version': {
    status: 409,
    what: 'Another change of your devices or keys came first.',
    next: 'Nothing was changed. Read the present statements again and make a new one.',
  },
} as const

const notADevice = {
  'not-a-device': {
    status: 409,
    what: 'This needs a session that is bound to one of your enrolled devices.',
    next: 'Nothing was changed. Enrol this device, or sign it in, and try again.',
  },
} as const

/** My vault and everything that a device of mine starts from. */
export const myVault = endpoint({
  name: 'team.devices.vault',
  method: 'GET',
  path: '/api/v1/devices/vault',
  summary: 'My sealed vault, my statements, and the session that a device signs to prove itself',
  takes: Shape({}),
  gives: Shape({
    organisation: Id,
    person: Id,
    employee: Text(256),
    session: Id,
    /** The device that this session is bound to. */
    device: Type.Union([Id, Type.Null()]),
    statements: List(HeldStatement, 10_000),
    vault: Type.Union([SignedStatement, Type.Null()]),
    devices: List(Shape({ device: Id, enrolledAt: Moment, revokedAt: Type.Union([Moment, Type.Null()]) }), 1_000),
  }),
  fails: {},
})

const notManaged = {
  'not-managed': {
    status: 403,
    what: 'Your organisation lets messages onto managed devices only, and does not vouch for this one.',
    next: 'Nothing was changed, and messages wait. Use a managed device, or ask whoever looks after devices to look at this one.',
  },
} as const

/** Enrols this device: the person's first one introduces them (`identityKey` and `userKey` are given then), a later one was let into the vault. */
export const enrolDevice = endpoint({
  name: 'team.devices.enrol',
  method: 'POST',
  path: '/api/v1/devices',
  summary: 'Enrols a device by a signed device list that the device itself has signed too, and binds this session to it',
  takes: Shape({
    device: Id,
    identityKey: Type.Optional(Bytes(32, 32)),
    deviceList: SignedStatement,
    userKey: Type.Optional(SignedStatement),
    vault: SignedStatement,
  }),
  gives: Shape({ statements: List(HeldStatement, 10) }),
  fails: {
    ...badStatement,
    ...notManaged,
    'already-introduced': {
      status: 409,
      what: 'You have an identity key already.',
      next: 'Nothing was changed. Unlock your vault with your recovery key or another device, then enrol this device.',
    },
    'no-directory-key': {
      status: 503,
      what: 'This organisation has no directory key yet, so nobody can be introduced.',
      next: 'Nothing was changed. Whoever set up the server must finish "wardline init".',
    },
  },
})

/** Changes unlock factors, user key or vault from an enrolled device. */
export const putVault = endpoint({
  name: 'team.devices.put-vault',
  method: 'PUT',
  path: '/api/v1/devices/vault',
  summary: 'Replaces vault, device list or user key; each must be the next version of the one that is here',
  takes: Shape({
    deviceList: Type.Optional(SignedStatement),
    userKey: Type.Optional(SignedStatement),
    vault: SignedStatement,
  }),
  gives: Shape({ statements: List(HeldStatement, 10) }),
  fails: { ...badStatement, ...notADevice },
})

/** Signs an enrolled device in: it proves that it holds its key by signing the session's id. */
export const signInDevice = endpoint({
  name: 'team.devices.sign-in',
  method: 'POST',
  path: '/api/v1/devices/:device/session',
  summary: 'Binds this session to an enrolled device that signs it',
  takes: Shape({ signature: Bytes(64, 64) }),
  gives: Shape({ device: Id }),
  fails: {
    ...notManaged,
    'not-proven': {
      status: 422,
      what: 'The signature is not of a device that is enrolled for you.',
      next: 'Nothing was changed. Enrol this device again with your recovery key or another device.',
    },
  },
})

/** Cuts a device off. The person's own device changes the keys in the same request; an administrator's leaves that to the person. */
export const revokeDevice = endpoint({
  name: 'team.devices.revoke',
  method: 'POST',
  path: '/api/v1/devices/:device/revocation',
  summary: 'Revokes a device by a signed statement that names its last accepted envelope in each conversation',
  takes: Shape({
    revocation: Bytes(4 * 1024 * 1024, 100),
    rekey: Type.Optional(
      Shape({
        identity: Type.Optional(SignedStatement),
        deviceList: SignedStatement,
        userKey: SignedStatement,
        vault: SignedStatement,
      }),
    ),
  }),
  gives: Shape({ statements: List(HeldStatement, 10), conversations: Count }),
  fails: {
    ...badStatement,
    ...notADevice,
    'already-revoked': { status: 409, what: 'That device is revoked already.', next: 'Nothing was changed. Nothing needs to be done.' },
    'rekey-missing': {
      status: 422,
      what: 'Whoever revokes a device of their own must replace their user key and vault key with it.',
      next: 'Nothing was changed. Send the new device list, user key and vault with the revocation.',
    },
  },
})

/** What a revocation of a device has to name now. */
export const deviceHeads = endpoint({
  name: 'team.devices.heads',
  method: 'GET',
  path: '/api/v1/devices/:device/heads',
  summary: 'The last accepted envelope of a device in each conversation',
  takes: Shape({}),
  gives: Shape({ heads: List(Shape({ conversation: Id, envelope: Hash }), 65_536) }),
  fails: {},
})

/** Whether a device was told to wipe itself, and what came of it. */
export const WipeWord = OneOf('none', 'waiting', 'done')

/** Where a device keeps messages and keys: encrypted in its browser, or nowhere. */
export const Storage = OneOf('cache', 'memory')
/** Who asks that nothing is kept; null: nobody. */
export const StorageBecause = Type.Union([OneOf('workstation', 'organisation', 'device', 'own'), Type.Null()])

/** What the organisation lets this browser keep and show. */
export const Container = Shape({
  storage: Storage,
  because: StorageBecause,
  /** Whether text may be copied out of messages. */
  copying: Type.Boolean(),
  /** Whether the reader's name and the time stand behind messages. */
  watermark: Type.Boolean(),
  veilMinutes: Count,
  /** Without contact for so long, a device shows nothing until it has reached the server; and wipes itself before it shows anything. */
  lockHours: Count,
  wipeDays: Count,
})

export const container = endpoint({
  name: 'team.devices.container',
  method: 'GET',
  path: '/api/v1/devices/container',
  summary: 'What the organisation lets a browser of the signed-in person keep and show; the strictest of all that binds it',
  takes: Shape({ device: Type.Optional(Id) }),
  gives: Container,
  fails: {},
})

/** What a device is and how it stands, for its person. */
export const myDevices = endpoint({
  name: 'team.devices.list',
  method: 'GET',
  path: '/api/v1/devices',
  summary: 'One’s own devices: what they are, when they were last here, whether they were lost and are wiped.',
  takes: Shape({}),
  gives: Shape({
    devices: List(
      Shape({
        device: Id,
        name: Text(60),
        system: Text(40, 0),
        browser: Text(40, 0),
        version: Count,
        isCurrent: OneOf('current', 'old', 'unknown'),
        storage: Storage,
        /** What it is to be, and who asks for it. */
        wanted: Storage,
        because: StorageBecause,
        managed: Type.Boolean(),
        enrolledAt: Moment,
        seenAt: Moment,
        revokedAt: Type.Union([Moment, Type.Null()]),
        lostAt: Type.Union([Moment, Type.Null()]),
        wipedAt: Type.Union([Moment, Type.Null()]),
        wipe: WipeWord,
      }),
      1_000,
    ),
  }),
  fails: {},
})

export const devicesOf = endpoint({
  name: 'team.devices.of-colleague',
  method: 'GET',
  path: '/api/v1/people/:person/devices',
  summary: 'A colleague’s devices, for whoever may report one of them as lost.',
  takes: Shape({}),
  gives: myDevices.gives,
  fails: {},
})

/** A device says what it is; a sign of life at the same time. */
export const describeDevice = endpoint({
  name: 'team.devices.describe',
  method: 'PUT',
  path: '/api/v1/devices/:device/about',
  summary: 'Says what the device of this session is, and that it is here',
  takes: Shape({ system: Text(40, 0), browser: Text(40, 0), version: Count, storage: Storage }),
  /** What it is to be from now on. */
  gives: Container,
  fails: notADevice,
})

/** Names a device. */
export const nameDevice = endpoint({
  name: 'team.devices.name',
  method: 'PUT',
  path: '/api/v1/devices/:device/name',
  summary: 'Names one of one’s own devices',
  takes: Shape({ name: Text(60) }),
  gives: Shape({}),
  fails: {},
})

export const setStorage = endpoint({
  name: 'team.devices.set-storage',
  method: 'PUT',
  path: '/api/v1/devices/:device/storage',
  summary: 'Asks that a device keeps nothing, or no longer asks it: of one’s own by choice, of a colleague’s by demand',
  takes: Shape({ storage: Storage }),
  gives: Shape({}),
  fails: {},
})

/** A factor's sealed key of what a device keeps at the server. */
const KeptSeal = Shape({ factor: Id, seal: Bytes(200) })
const mostKept = 400_000

export const kept = endpoint({
  name: 'team.devices.kept',
  method: 'GET',
  path: '/api/v1/devices/:device/kept',
  summary: 'What a device that keeps nothing in its browser left at the server, sealed to its person’s unlock factors',
  takes: Shape({}),
  gives: Shape({ organisation: Id, version: Count, sealed: Type.Union([Bytes(mostKept), Type.Null()]), seals: List(KeptSeal, 64) }),
  fails: {},
})

export const keep = endpoint({
  name: 'team.devices.keep',
  method: 'PUT',
  path: '/api/v1/devices/:device/kept',
  summary: 'Keeps what such a device must not forget. With seals: under a key drawn anew. `version` is the one that this follows.',
  takes: Shape({ version: Count, sealed: Bytes(mostKept), seals: Type.Optional(List(KeptSeal, 64)) }),
  gives: Shape({ version: Count }),
  fails: {
    ...notADevice,
    'stale-version': {
      status: 409,
      what: 'Another window has kept something newer for this device.',
      next: 'Nothing was kept. Open your messages again.',
    },
  },
})

/** A device is lost: its sessions end at once and it is told to wipe itself. Needs no enrolled device: a borrowed one will do. */
export const reportLost = endpoint({
  name: 'team.devices.lost',
  method: 'POST',
  path: '/api/v1/devices/:device/lost',
  summary: 'Reports a device as lost: its sessions end at once, and it wipes itself as soon as it asks',
  takes: Shape({}),
  gives: Shape({ sessionsEnded: Count }),
  fails: {},
})

const notTheDevice = {
  'not-proven': {
    status: 401,
    what: 'This is not signed by that device.',
    next: 'Nothing was changed. Enrol this device again with a passkey, your recovery key or another device.',
  },
} as const

/** Asked by a device that has no session any more: whether it is to wipe itself. */
export const deviceOrders = endpoint({
  name: 'team.devices.orders',
  method: 'POST',
  path: '/api/v1/devices/:device/orders',
  summary: 'What a device that proves itself by its own key is to do; it needs no session',
  takes: Shape({ organisation: Id, signature: Bytes(64, 64) }),
  gives: Shape({ wipe: Type.Boolean(), now: Moment }),
  fails: notTheDevice,
})

/** The signed receipt of a device that wiped itself. */
export const deviceWiped = endpoint({
  name: 'team.devices.wiped',
  method: 'POST',
  path: '/api/v1/devices/:device/wiped',
  summary: 'Takes the signed receipt of a device that has wiped itself; it needs no session',
  takes: Shape({ organisation: Id, receipt: Bytes(512, 64) }),
  gives: Shape({}),
  fails: notTheDevice,
})

/** Statements of people, from a position on, for a client to verify. */
export const statementsOf = endpoint({
  name: 'team.devices.statements',
  method: 'POST',
  path: '/api/v1/people/statements',
  summary: 'Identity, device lists, user keys and revocations of people, each after the position that the caller has',
  takes: Shape({ people: Type.Array(Shape({ person: Id, after: Count }), { minItems: 1, maxItems: 1_000 }) }),
  gives: Shape({
    people: List(Shape({ person: Id, statements: List(HeldStatement, 10_000) }), 1_000),
    /** True: the answer was cut; ask again with the new positions. */
    more: Type.Boolean(),
  }),
  fails: {},
})

/** A statement about the organisation itself. */
export const TrustStatement = Shape({ statement: SignedStatement, at: Moment })

/** What all verification starts from. Clients pin the root at first sight and compare its printed fingerprint. */
export const trust = endpoint({
  name: 'team.devices.trust',
  method: 'GET',
  path: '/api/v1/trust',
  summary: "The organisation's root key and the chains of statements that hang on it, oldest first",
  takes: Shape({}),
  gives: Shape({
    organisation: Id,
    root: Type.Union([Bytes(32, 32), Type.Null()]),
    directoryKeys: List(TrustStatement, 100),
    authorities: List(TrustStatement, 10_000),
    archivePolicies: List(TrustStatement, 1_000),
    recipientPolicies: List(TrustStatement, 1_000),
    roleKeys: List(TrustStatement, 10_000),
  }),
  fails: {},
})

/** The directory introduced a person: their first identity key. */
export const personIntroduced = fact({
  kind: 'team.person.introduced',
  payload: Shape({ person: Id, statement: Hash }),
  says: "introduced a person's identity key",
})

/** A person's identity key was replaced. */
export const identityChanged = fact({
  kind: 'team.identity.changed',
  payload: Shape({ person: Id, version: Count, statement: Hash }),
  says: 'changed an identity key',
})

/** A device was enrolled by a device list. */
export const deviceEnrolled = fact({
  kind: 'team.device.enrolled',
  payload: Shape({ person: Id, device: Id, version: Count, statement: Hash }),
  says: 'enrolled a device',
})

/** A device list was replaced; every accepted one is a leaf of the log. */
export const deviceListChanged = fact({
  kind: 'team.device-list.changed',
  payload: Shape({ person: Id, version: Count, statement: Hash }),
  says: 'changed a list of devices and unlock factors',
})

/** A person has a new generation of the user key. */
export const userKeyChanged = fact({
  kind: 'team.user-key.changed',
  payload: Shape({ person: Id, version: Count, statement: Hash }),
  says: 'changed a user key',
})

/** A sealed vault was replaced. */
export const vaultChanged = fact({
  kind: 'team.vault.changed',
  payload: Shape({ person: Id, version: Count, statement: Hash }),
  says: 'changed a sealed vault',
})

/** A device was cut off. */
export const deviceRevoked = fact({
  kind: 'team.device.revoked',
  payload: Shape({ person: Id, device: Id, statement: Hash }),
  says: 'revoked a device',
})

/** A device was reported as lost. */
export const deviceLost = fact({
  kind: 'team.device.lost',
  payload: Shape({ person: Id, device: Id }),
  says: 'reported a device as lost and ordered it to wipe itself',
})

/** A leaver's device was told to wipe itself. */
export const leaverWipeOrdered = fact({
  kind: 'team.device.wipe-ordered',
  payload: Shape({ person: Id, device: Id }),
  says: 'ordered a leaver’s device to wipe itself',
})

/** A device has wiped itself, by its signed receipt. */
export const deviceWipedItself = fact({
  kind: 'team.device.wiped',
  payload: Shape({ person: Id, device: Id, why: OneOf('ordered', 'stale') }),
  says: 'a device wiped itself and signed for it',
})

/** Somebody asked that a device keeps nothing, or no longer asks it. */
export const storageSet = fact({
  kind: 'team.device.storage-set',
  payload: Shape({ person: Id, device: Id, storage: Storage, by: OneOf('organisation', 'own') }),
  says: 'said whether a device may keep messages and keys',
})

/** A device was named. */
export const deviceNamed = fact({
  kind: 'team.device.named',
  payload: Shape({ person: Id, device: Id }),
  says: 'named a device',
})

/** A statement about the organisation was accepted: authority, recipient policy, role key. */
export const trustChanged = fact({
  kind: 'team.trust.changed',
  payload: Shape({ subject: Text(200), version: Count, statement: Hash }),
  says: 'accepted a statement about the organisation',
})

/** To every open device of the organisation: a person's statements have grown. `renewed`: administrators put another identity in its place. */
export const StatementsFrame = Shape({ t: Type.Literal('statements'), person: Id, position: Count, renewed: Type.Optional(Type.Boolean()) })
