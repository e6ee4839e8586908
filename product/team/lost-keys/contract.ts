import { Bytes, Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { enrolDevice, Hash, HeldStatement, SignedStatement } from '@wardline/product/team/devices/contract'

/** How far a new identity is: `asked` by the person, `signed` by one administrator, `waits` for its day signed by both, `ready`. */
export const RequestState = OneOf('asked', 'signed', 'waits', 'ready')

/** What the server knows of devices of somebody who asks for a new identity. */
const Devices = Shape({
  /** Those that hold keys and are neither lost nor removed. */
  holding: Count,
  /** The one that was here last, and when, by the server's clock. */
  seen: Type.Union([Shape({ name: Text(60), at: Moment }), Type.Null()]),
  /** It was here after the person asked: messages can be opened on it, so nothing is signed or used. */
  work: Type.Boolean(),
  /** Those that were reported as lost, and the last time that one was. */
  lost: Count,
  lostAt: Type.Union([Moment, Type.Null()]),
})

/** Somebody who lost everything that opens their messages, and the identity that they made anew. */
const NewIdentity = Shape({
  request: Id,
  person: Id,
  /** The new identity key; whoever signs compares its digits with the person. */
  identityKey: Bytes(32, 32),
  state: RequestState,
  askedAt: Moment,
  /** After this it is void. */
  until: Moment,
  /** The administrators who have signed, in order. */
  by: List(Id, 2),
  /** How many more could sign it: the signed list names them, they are not the person, and have not signed. */
  couldSign: Count,
  /** From when it counts; null before the first signature. */
  effectiveAt: Type.Union([Moment, Type.Null()]),
  /** The statement, with the signatures that it has. */
  statement: Type.Union([SignedStatement, Type.Null()]),
  mine: Type.Boolean(),
  mayStop: Type.Boolean(),
  /** For the person, and for whoever signs or stops it; null: for others. */
  devices: Type.Union([Devices, Type.Null()]),
})

export const newIdentities = endpoint({
  name: 'team.new-identities.list',
  method: 'GET',
  path: '/api/v1/new-identities',
  summary:
    'New identities that are under way: one’s own, and everybody’s as soon as an administrator has signed; who may sign or stop them sees them at once.',
  takes: Shape({}),
  gives: Shape({
    requests: List(NewIdentity, 500),
    /** Administrators by the signed statement; two others than the person are needed. */ signers: Count,
  }),
  fails: {},
})

export const askNewIdentity = endpoint({
  name: 'team.new-identities.ask',
  method: 'POST',
  path: '/api/v1/new-identities',
  summary:
    'Asks for a new identity, made in this browser, because nothing is left that opens the old one; an earlier request that nobody has signed ends',
  takes: Shape({ identityKey: Bytes(32, 32) }),
  gives: Shape({ request: Id }),
  fails: {
    'no-identity': {
      status: 409,
      what: 'You have no keys yet, so there are none to replace.',
      next: 'Nothing was changed. Make your keys in this browser.',
    },
    'has-device': {
      status: 409,
      what: 'This browser is one of your devices: your keys are open in it.',
      next: 'Nothing was changed. Make a new recovery key in the settings instead. If no messages open here, sign out, sign in again and ask then.',
    },
    'bad-statement': enrolDevice.fails['bad-statement'],
    signed: {
      status: 409,
      what: 'An administrator has signed the identity that you asked for before.',
      next: 'Nothing was changed. Go on in the browser where you asked; or stop that one, and ask again.',
    },
  },
})

const over = {
  over: {
    status: 409,
    what: 'This request has ended: it was stopped, used, or is older than its days.',
    next: 'Nothing was changed. The person can ask again.',
  },
} as const

export const signNewIdentity = endpoint({
  name: 'team.new-identities.sign',
  method: 'POST',
  path: '/api/v1/new-identities/:request/signatures',
  summary: 'Signs somebody’s new identity; two administrators do, neither of them for themselves',
  takes: Shape({ statement: SignedStatement }),
  gives: Shape({ effectiveAt: Moment }),
  fails: {
    ...over,
    'own-request': {
      status: 403,
      what: 'Nobody signs their own new identity.',
      next: 'Nothing was changed. Two other administrators can sign it.',
    },
    'keys-work': {
      status: 409,
      what: 'A device of theirs that holds keys has been in use since they asked: somebody can open their messages on it.',
      next: 'Nothing was signed, and the request stands. Ask them to look at that device: if it is theirs and at hand, they need no new identity, and the request is to be stopped. If somebody else has it, they or an administrator report it as lost; then it counts no more.',
    },
    'signed-before': {
      status: 409,
      what: 'You have signed this already.',
      next: 'Nothing was changed. Another administrator must sign it now.',
    },
    'not-an-administrator': {
      status: 403,
      what: 'The organisation’s signed list of administrators does not name you.',
      next: 'Nothing was changed. Somebody who is on that list can sign.',
    },
    'bad-statement': {
      status: 422,
      what: 'The statement is not of this request, or not signed on your device.',
      next: 'Nothing was changed. Open the request again and sign it once more.',
    },
  },
})

export const stopNewIdentity = endpoint({
  name: 'team.new-identities.stop',
  method: 'POST',
  path: '/api/v1/new-identities/:request/stop',
  summary: 'Stops a new identity that is under way: the person from wherever they are signed in, or an officer',
  takes: Shape({}),
  gives: Shape({}),
  fails: over,
})

export const useNewIdentity = endpoint({
  name: 'team.new-identities.use',
  method: 'POST',
  path: '/api/v1/new-identities/:request/keys',
  summary: 'Puts the new keys in place of the old ones: this device is the person’s only one, and nothing of before opens',
  takes: Shape({ device: Id, deviceList: SignedStatement, userKey: SignedStatement, vault: SignedStatement }),
  gives: Shape({ statements: List(HeldStatement, 10) }),
  fails: {
    ...over,
    'not-managed': enrolDevice.fails['not-managed'],
    'bad-statement': enrolDevice.fails['bad-statement'],
    'stale-version': enrolDevice.fails['stale-version'],
    'keys-work': {
      status: 409,
      what: 'A device of yours that holds keys has been in use since you asked: somebody can open your messages on it.',
      next: 'Nothing was changed, and your new keys wait here. If you have that device, open your messages on it and stop this request. If somebody else has it, report it as lost; then it counts no more.',
    },
    'too-early': {
      status: 409,
      what: 'The new identity does not count yet.',
      next: 'Nothing was changed. It goes on by itself once both administrators have signed and its day has passed.',
    },
  },
})

const about = { person: Id, request: Id } as const

/** Somebody asked for a new identity. */
export const newIdentityAsked = fact({
  kind: 'team.new-identity.asked',
  payload: Shape(about),
  says: 'asked for a new identity, because nothing opens the old one',
})

/** An administrator signed a new identity; the log takes its statement in with the first signature. */
export const newIdentitySigned = fact({
  kind: 'team.new-identity.signed',
  payload: Shape({ ...about, statement: Hash, effectiveAt: Moment }),
  says: 'signed that a new identity is this person’s',
})

/** A second administrator signed it too. */
export const newIdentityConfirmed = fact({
  kind: 'team.new-identity.confirmed',
  payload: Shape({ ...about, statement: Hash, effectiveAt: Moment }),
  says: 'confirmed that a new identity is this person’s',
})

/** It was stopped. */
export const newIdentityStopped = fact({
  kind: 'team.new-identity.stopped',
  payload: Shape(about),
  says: 'stopped a new identity',
})

/** It is in use: every earlier device is cut off. */
export const newIdentityUsed = fact({
  kind: 'team.new-identity.used',
  payload: Shape(about),
  says: 'uses a new identity that two administrators signed',
})
