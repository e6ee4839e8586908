import { Bytes, Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { SignedIn } from '@wardline/product/access/sign-in/contract'

/** Where a shared workstation stands: decides how soon its screen is covered. */
export const StationPlace = OneOf('counter', 'hallway', 'phone')
/** How somebody came back at a shared workstation. */
export const ReopenedBy = OneOf('pin', 'badge-and-pin')
/** How the person of a session signed in. */
export const SignedInBy = OneOf('in-full', 'pin', 'badge-and-pin')

const Maybe = <T extends Parameters<typeof Type.Union>[0][number]>(of: T) => Type.Union([of, Type.Null()])
/** A public X25519 key. */
const Key = Bytes(32, 32)
const Pin = Text(12)
const Badge = Text(200)

const noStation = {
  status: 404,
  what: 'This browser is not set up as a shared workstation, or was removed as one.',
  next: 'Nothing was changed. Sign in as in any other browser, or ask your administrator to set it up again.',
} as const
const pinFailures = {
  'pin-form': { status: 422, what: 'A PIN has six digits.', next: 'Nothing was changed. Choose six digits.' },
  'pin-easy': {
    status: 422,
    what: 'This PIN is one of those that everybody tries first.',
    next: 'Nothing was changed. Choose six digits that do not count, repeat or mirror.',
  },
} as const

// --- administrators -------------------------------------------------------------------------------------------------------------------

export const setUpWorkstation = endpoint({
  name: 'access.workstations.set-up',
  method: 'POST',
  path: '/api/v1/workstations',
  summary: 'Makes this browser a shared workstation. `key`: the public half of a key that it has just made and keeps.',
  takes: Shape({ name: Text(80), location: Maybe(Id), place: StationPlace, key: Key }),
  gives: Shape({ workstation: Id }),
  fails: {
    'name-taken': { status: 409, what: 'Another shared workstation has this name.', next: 'Nothing was saved. Choose another name.' },
    'bad-location': { status: 422, what: 'There is no such location.', next: 'Nothing was saved. Choose one of the list.' },
  },
})

export const listWorkstations = endpoint({
  name: 'access.workstations.list',
  method: 'GET',
  path: '/api/v1/workstations',
  summary: 'The organisation’s shared workstations by name.',
  takes: Shape({}),
  gives: Shape({
    workstations: List(
      Shape({
        workstation: Id,
        name: Text(80),
        location: Maybe(Id),
        locationName: Text(120, 0),
        place: StationPlace,
        setUpAt: Moment,
        lastSeenAt: Moment,
        /** This browser is it. */
        here: Type.Boolean(),
      }),
      1_000,
    ),
  }),
  fails: {},
})

export const removeWorkstation = endpoint({
  name: 'access.workstations.remove',
  method: 'DELETE',
  path: '/api/v1/workstations/:workstation',
  summary: 'Takes a shared workstation’s right away; whoever is signed in there is signed out.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

// --- the workstation itself -----------------------------------------------------------------------------------------------------------

export const thisWorkstation = endpoint({
  name: 'access.workstation',
  method: 'GET',
  path: '/api/v1/workstation',
  summary: 'What this shared workstation is, and who of this place can come back by PIN.',
  takes: Shape({}),
  gives: Shape({
    workstation: Id,
    name: Text(80),
    organisation: Text(200),
    place: StationPlace,
    veilSeconds: Count,
    people: List(Shape({ person: Id, name: Text(120) }), 200),
  }),
  fails: { 'not-a-workstation': noStation },
})

export const whoseBadge = endpoint({
  name: 'access.workstation.badge',
  method: 'POST',
  path: '/api/v1/workstation/badge',
  summary: 'Whose badge this is, if they are in their shift. It opens nothing: their PIN does.',
  takes: Shape({ badge: Badge }),
  gives: Shape({ person: Id, name: Text(120) }),
  fails: {
    'not-a-workstation': noStation,
    'unknown-badge': {
      status: 401,
      what: 'This badge is nobody’s who has signed in for this shift.',
      next: 'Nothing was opened. Sign in fully once in your shift; after that the badge and your PIN are enough. If you work at another place, type your name and PIN.',
    },
  },
})

export const switchUser = endpoint({
  name: 'access.workstation.switch',
  method: 'POST',
  path: '/api/v1/workstation/switch',
  summary: 'Comes back within one’s shift: by PIN, or by badge and PIN.',
  takes: Shape({ person: Type.Optional(Id), name: Type.Optional(Text(200)), badge: Type.Optional(Badge), pin: Pin }),
  gives: SignedIn,
  fails: {
    'not-a-workstation': noStation,
    'wrong-pin': {
      status: 401,
      what: 'This PIN does not open anything.',
      next: 'Nothing was opened. Try again; after five wrong ones, or when your shift is over, sign in fully.',
    },
    wait: { status: 429, what: 'There were several wrong PINs.', next: 'Nothing was opened. Wait a minute, or sign in fully.' },
    'no-pins-here': {
      status: 429,
      what: 'There were many wrong PINs at this workstation.',
      next: 'Nothing was opened. Sign in fully here, or come back at another workstation. In ten minutes PINs work here again.',
    },
  },
})

export const beginShift = endpoint({
  name: 'access.workstation.shift',
  method: 'POST',
  path: '/api/v1/workstation/shift',
  summary: 'Whoever has just signed in fully at this shared workstation begins their shift; asked again, says where they stand.',
  takes: Shape({}),
  gives: Shape({
    workstation: Id,
    name: Text(80),
    place: StationPlace,
    veilSeconds: Count,
    shiftEndsAt: Moment,
    signedInBy: SignedInBy,
    hasPin: Type.Boolean(),
    /** A badge that an administrator registered waits for its person's own hand. */
    badgeWaits: Type.Boolean(),
  }),
  fails: {
    'not-a-workstation': noStation,
    'sign-in-again': {
      status: 401,
      what: 'This sign-in is too old to begin a shift here.',
      next: 'Nothing was changed. Sign in again.',
    },
  },
})

export const veil = endpoint({
  name: 'access.workstation.veil',
  method: 'POST',
  path: '/api/v1/workstation/veil',
  summary: 'Ends this session because its screen was covered; the person comes back by PIN, unless they end their shift with it.',
  takes: Shape({ endShift: Type.Optional(Type.Boolean()) }),
  gives: Shape({}),
  fails: { 'not-a-workstation': noStation },
})

/** What only this person's own keys on a shared workstation open: one half of the key is the server's, the other the workstation's. */
export const carried = endpoint({
  name: 'access.workstation.carried',
  method: 'GET',
  path: '/api/v1/workstation/carried',
  summary: 'What a person left sealed for themselves on shared workstations, and the server’s half of its key.',
  takes: Shape({}),
  gives: Shape({
    version: Count,
    half: Maybe(Bytes(32, 32)),
    seal: Maybe(Bytes(200)),
    sealed: Maybe(Bytes(400_000)),
    /** Workstations that may be sealed to, and those that are. */
    workstations: List(Shape({ workstation: Id, key: Key, isSealed: Type.Boolean() }), 1_000),
  }),
  fails: { 'not-a-workstation': noStation },
})

export const carry = endpoint({
  name: 'access.workstation.carry',
  method: 'PUT',
  path: '/api/v1/workstation/carried',
  summary: 'Keeps what a person seals for themselves. With a half: under a key drawn anew. `version` is the one that this follows.',
  takes: Shape({
    version: Count,
    half: Type.Optional(Bytes(32, 32)),
    sealed: Bytes(400_000),
    seals: List(Shape({ workstation: Id, seal: Bytes(200) }), 1_000),
  }),
  gives: Shape({ version: Count }),
  fails: {
    'not-a-workstation': noStation,
    'stale-version': {
      status: 409,
      what: 'Another workstation has kept something newer.',
      next: 'Nothing was kept. Open it again.',
    },
  },
})

// --- one's own PIN and badges ---------------------------------------------------------------------------------------------------------

/** Badges, the oldest first. `waits`: an administrator registered it, and its person has not held it to a reader yet; until then it is nobody's. */
const Badges = List(Shape({ badge: Id, registeredAt: Moment, waits: Type.Boolean() }), 10)

export const myPin = endpoint({
  name: 'access.pin',
  method: 'GET',
  path: '/api/v1/pin',
  summary: 'Whether one has a PIN for shared workstations, one’s badges, and until when one’s shift lasts.',
  takes: Shape({}),
  gives: Shape({
    setAt: Maybe(Moment),
    shiftEndsAt: Maybe(Moment),
    badges: Badges,
  }),
  fails: {},
})

export const setPin = endpoint({
  name: 'access.pin.set',
  method: 'PUT',
  path: '/api/v1/pin',
  summary: 'Sets one’s PIN for shared workstations.',
  takes: Shape({ pin: Pin }),
  gives: Shape({}),
  fails: pinFailures,
})

export const removePin = endpoint({
  name: 'access.pin.remove',
  method: 'DELETE',
  path: '/api/v1/pin',
  summary: 'Removes one’s PIN: shared workstations ask for a full sign-in.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

const badgeFailures = {
  'bad-badge': {
    status: 422,
    what: 'This is nothing that a badge reader types.',
    next: 'Nothing was saved. Hold the badge to the reader again.',
  },
  'badge-taken': {
    status: 409,
    what: 'This badge is registered already.',
    next: 'Nothing was saved. Use another badge, or remove it there first.',
  },
  'too-many-badges': { status: 409, what: 'There are three badges already.', next: 'Nothing was saved. Remove one first.' },
} as const

export const addBadge = endpoint({
  name: 'access.badges.add',
  method: 'POST',
  path: '/api/v1/badges',
  summary:
    'Registers one’s own badge, or makes one count that an administrator registered. Only a keyed hash of what the reader typed is kept.',
  takes: Shape({ badge: Badge }),
  gives: Shape({ badge: Id }),
  fails: badgeFailures,
})

export const addBadgeFor = endpoint({
  name: 'access.badges.add-for',
  method: 'POST',
  path: '/api/v1/people/:person/badges',
  summary: 'Registers a colleague’s badge. It counts once the colleague has held it to a reader while signed in.',
  takes: Shape({ badge: Badge }),
  gives: Shape({ badge: Id }),
  fails: badgeFailures,
})

export const badgesOf = endpoint({
  name: 'access.badges.of',
  method: 'GET',
  path: '/api/v1/people/:person/badges',
  summary: 'A colleague’s badges.',
  takes: Shape({}),
  gives: Shape({ badges: Badges }),
  fails: {},
})

export const removeBadgeOf = endpoint({
  name: 'access.badges.remove-of',
  method: 'DELETE',
  path: '/api/v1/people/:person/badges/:badge',
  summary: 'Revokes a colleague’s badge at once; what they opened with a badge is locked.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

export const removeBadge = endpoint({
  name: 'access.badges.remove',
  method: 'DELETE',
  path: '/api/v1/badges/:badge',
  summary: 'Removes one of one’s own badges.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

// --- facts ----------------------------------------------------------------------------------------------------------------------------

export const workstationSetUp = fact({
  kind: 'access.workstation.set-up',
  payload: Shape({ workstation: Id, place: StationPlace, location: Maybe(Id), key: Key }),
  says: 'set up a shared workstation',
})
export const workstationRemoved = fact({
  kind: 'access.workstation.removed',
  payload: Shape({ workstation: Id }),
  says: 'removed a shared workstation',
})
export const shiftBegan = fact({
  kind: 'access.workstation.shift-began',
  payload: Shape({ person: Id, session: Id, workstation: Id, shift: Id, endsAt: Moment }),
  says: 'began a shift on shared workstations',
})
export const shiftEnded = fact({
  kind: 'access.workstation.shift-ended',
  payload: Shape({
    person: Id,
    shift: Id,
    why: OneOf('time', 'signed-out', 'wrong-pins', 'replaced', 'credentials-changed', 'deactivated'),
  }),
  says: 'a shift on shared workstations ended',
})
export const switched = fact({
  kind: 'access.workstation.switched',
  payload: Shape({ person: Id, session: Id, workstation: Id, shift: Id, by: ReopenedBy }),
  says: 'came back at a shared workstation',
})
export const pinFailed = fact({
  kind: 'access.workstation.pin-failed',
  payload: Shape({ person: Id, workstation: Id, shift: Id, inARow: Count }),
  says: 'typed a wrong PIN at a shared workstation',
})
export const pinSet = fact({
  kind: 'access.workstation.pin-set',
  payload: Shape({ person: Id }),
  says: 'set a PIN for shared workstations',
})
export const pinRemoved = fact({
  kind: 'access.workstation.pin-removed',
  payload: Shape({ person: Id }),
  says: 'removed a PIN for shared workstations',
})
export const badgeAdded = fact({
  kind: 'access.workstation.badge-added',
  payload: Shape({ person: Id, badge: Id }),
  says: 'registered a badge',
})
export const badgeConfirmed = fact({
  kind: 'access.workstation.badge-confirmed',
  payload: Shape({ person: Id, badge: Id }),
  says: 'held a badge to a reader that an administrator had registered for them',
})
export const badgeRemoved = fact({
  kind: 'access.workstation.badge-removed',
  payload: Shape({ person: Id, badge: Id }),
  says: 'removed a badge',
})
