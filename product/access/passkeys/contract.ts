import { Bytes, Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { Place } from '@wardline/product/access/sessions/contract'
import { SignedIn } from '@wardline/product/access/sign-in/contract'

/** What an authenticator made, base64url (WebAuthn level 3, section 5.2.1). Results of extensions never leave the browser. */
export const NewCredential = Shape({
  id: Bytes(1_023, 16),
  clientData: Bytes(4_096, 30),
  attestation: Bytes(16 * 1024, 37),
  transports: List(Text(20), 8),
})

/** What an authenticator signed, base64url (section 5.2.2). */
export const Assertion = Shape({
  id: Bytes(1_023, 16),
  clientData: Bytes(4_096, 30),
  authenticatorData: Bytes(4_096, 37),
  signature: Bytes(1_024, 8),
  userHandle: Type.Union([Bytes(64), Type.Null()]),
})

/** What a browser asks an authenticator to sign. `relyingParty` is the domain that the passkeys are of. */
export const Challenge = Shape({ challenge: Bytes(32, 32), relyingParty: Text(253), credentials: List(Bytes(1_023, 16), 10) })

/** Codes of endpoints that hand out challenges. */
export const noPasskeysHere = {
  'no-passkeys-here': {
    status: 409,
    what: 'Passkeys do not work at this address: they need a name, such as chat.example.org, and not a number.',
    next: 'Nothing was changed. Sign in with password and code, or open the address that your organisation gave you.',
  },
} as const

/** Codes of endpoints that take an assertion. */
export const notProven = {
  'not-proven': {
    status: 401,
    what: 'The passkey was not accepted: it is not known here, or its answer came too late.',
    next: 'Nothing was changed. Try again, or use your password and code.',
  },
} as const

const Name = Text(60)

export const myPasskeys = endpoint({
  name: 'access.passkeys.list',
  method: 'GET',
  path: '/api/v1/passkeys',
  summary: 'One’s own passkeys, and what the organisation asks for.',
  takes: Shape({}),
  gives: Shape({
    /** False: this address has a number for a name, and passkeys need a domain. */
    possible: Type.Boolean(),
    passkeys: List(
      Shape({
        id: Id,
        name: Name,
        maySync: Type.Boolean(),
        synced: Type.Boolean(),
        opensVault: Type.Boolean(),
        copied: Type.Boolean(),
        addedAt: Moment,
        usedAt: Type.Union([Moment, Type.Null()]),
      }),
      10,
    ),
    demand: Shape({ required: Count, asked: Count, deviceBound: Type.Boolean(), met: Type.Boolean() }),
  }),
  fails: {},
})

export const beginPasskey = endpoint({
  name: 'access.passkeys.begin',
  method: 'POST',
  path: '/api/v1/passkeys/begin',
  summary: 'Begins to add a passkey: what the browser asks the authenticator for. `credentials` are those that one has already.',
  takes: Shape({}),
  gives: Shape({ ...Challenge.properties, user: Shape({ handle: Bytes(32, 32), name: Text(64), displayName: Text(120) }) }),
  fails: {
    ...noPasskeysHere,
    'too-many-passkeys': { status: 409, what: 'You have ten passkeys already.', next: 'Nothing was added. Remove one first.' },
  },
})

export const addPasskey = endpoint({
  name: 'access.passkeys.add',
  method: 'POST',
  path: '/api/v1/passkeys',
  summary: 'Adds the passkey that an authenticator made.',
  takes: Shape({ name: Name, credential: NewCredential }),
  gives: Shape({ passkey: Id }),
  fails: {
    ...noPasskeysHere,
    'not-made': {
      status: 422,
      what: 'The passkey was not accepted: it answers another question, came too late, or did not ask who is there.',
      next: 'Nothing was added. Try again; the device must ask for a fingerprint, a face or a PIN.',
    },
    'passkey-known': { status: 409, what: 'This passkey has been added already.', next: 'Nothing was changed. You can use it.' },
  },
})

export const changePasskey = endpoint({
  name: 'access.passkeys.change',
  method: 'PUT',
  path: '/api/v1/passkeys/:passkey',
  summary: 'Names one of one’s own passkeys, or says that it opens one’s messages.',
  takes: Shape({ name: Type.Optional(Name), opensVault: Type.Optional(Type.Boolean()) }),
  gives: Shape({}),
  fails: {},
})

export const removePasskey = endpoint({
  name: 'access.passkeys.remove',
  method: 'DELETE',
  path: '/api/v1/passkeys/:passkey',
  summary: 'Removes one of one’s own passkeys: it signs nobody in from now on.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

export const beginPasskeySignIn = endpoint({
  name: 'access.sign-in.passkey.begin',
  method: 'POST',
  path: '/api/v1/sign-in/passkey/begin',
  summary: 'Begins a sign-in by passkey: a challenge for this browser alone, good once and for five minutes. No name is needed.',
  takes: Shape({}),
  gives: Challenge,
  fails: noPasskeysHere,
})

export const signInByPasskey = endpoint({
  name: 'access.sign-in.passkey',
  method: 'POST',
  path: '/api/v1/sign-in/passkey',
  summary: 'Signs in by what a passkey has signed: device and fingerprint, face or PIN are both factors at once.',
  takes: Shape({ assertion: Assertion, place: Type.Optional(Place) }),
  gives: SignedIn,
  fails: { ...notProven, ...noPasskeysHere },
})

export const beginStepUp = endpoint({
  name: 'access.step-up.passkey.begin',
  method: 'POST',
  path: '/api/v1/step-up/passkey/begin',
  summary: 'Begins to prove oneself once more by passkey; `credentials` are one’s own.',
  takes: Shape({}),
  gives: Challenge,
  fails: noPasskeysHere,
})

export const stepUpByPasskey = endpoint({
  name: 'access.step-up.passkey',
  method: 'POST',
  path: '/api/v1/step-up/passkey',
  summary: 'Proves once more who one is, by passkey; good for five minutes in this session.',
  takes: Shape({ assertion: Assertion }),
  gives: Shape({ until: Moment }),
  fails: { ...notProven, ...noPasskeysHere },
})

export const passkeyAdded = fact({
  kind: 'access.passkey.added',
  payload: Shape({ person: Id, passkey: Id, maySync: Type.Boolean(), synced: Type.Boolean() }),
  says: 'added a passkey',
})

export const passkeyChanged = fact({
  kind: 'access.passkey.changed',
  payload: Shape({ person: Id, passkey: Id }),
  says: 'named a passkey or let it open messages',
})

export const passkeyRemoved = fact({
  kind: 'access.passkey.removed',
  payload: Shape({ person: Id, passkey: Id }),
  says: 'removed a passkey',
})

export const passkeyCopied = fact({
  kind: 'access.passkey.copied',
  payload: Shape({ person: Id, passkey: Id }),
  says: 'a passkey’s counter went back, so there is a copy of it; it was disabled',
})

export const passkeyRefused = fact({
  kind: 'access.passkey.refused',
  payload: Shape({ person: Id, passkey: Id, reason: OneOf('signature', 'copied', 'disabled', 'inactive', 'not-theirs') }),
  says: 'an answer of a passkey was refused',
})
