import { Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { RoleList, roleFailures, Window } from '@wardline/product/access/roles/contract'

/** The name that a person signs in with: lower case, unique in the installation, never given to anybody else. */
export const SignInName = Type.String({ pattern: '^[a-z0-9][a-z0-9._@+-]{1,63}$' })

/** The kind of organisation: what it begins with, and which rules are looser for five people than for five hundred. */
export const Preset = OneOf('practice', 'hospital')

/** A colleague as others see them. */
export const Colleague = Shape({ id: Id, name: Text(120), title: Text(120, 0), roles: RoleList })

export const me = endpoint({
  name: 'access.me',
  method: 'GET',
  path: '/api/v1/me',
  summary: 'The signed-in person, their organisation and this session.',
  takes: Shape({}),
  gives: Shape({
    person: Id,
    signInName: SignInName,
    name: Text(120),
    title: Text(120, 0),
    roles: RoleList,
    /** Those of the roles that open no records from where this request came: the organisation named its own networks. */
    closed: RoleList,
    /** Whether administration is open where this request came from; false: the organisation keeps it to its own networks. */
    administers: Type.Boolean(),
    organisation: Shape({ id: Id, name: Text(200), zone: Text(60), preset: Preset }),
    session: Shape({ id: Id, device: Type.Union([Id, Type.Null()]), provenAt: Moment }),
  }),
  fails: {},
})

export const people = endpoint({
  name: 'access.people',
  method: 'GET',
  path: '/api/v1/people',
  summary: 'Colleagues whose access has not ended, in pages of 1,000 by id.',
  takes: Shape({ after: Type.Optional(Id) }),
  gives: Shape({ people: List(Colleague, 1_000), next: Type.Union([Id, Type.Null()]) }),
  fails: {},
})

/** A one-time code with which a person sets password and authenticator; shown once, stored as its hash. */
export const Enrolment = Shape({
  person: Id,
  secret: Text(40),
  until: Moment,
  /** From when it counts, where that is not at once: they have signed in before, are told, and can stop it. */
  effectiveAt: Type.Union([Moment, Type.Null()]),
})

/** Roles that are given once a second person has agreed. */
const Waits = RoleList

const RolesAsked = Shape({
  roles: RoleList,
  /** Days and hours outside of which a role does not count; a role that is not named counts always. */
  windows: Type.Optional(List(Window, 8)),
  /** Why one person may be administrator and privacy officer; signing it is part of the request. */
  exception: Type.Optional(Text(500, 10)),
})

export const addPerson = endpoint({
  name: 'access.people.add',
  method: 'POST',
  path: '/api/v1/people',
  summary: 'Adds a colleague and gives the one-time code with which they set up their sign-in.',
  takes: Shape({ ...RolesAsked.properties, signInName: SignInName, name: Text(120), title: Text(120, 0) }),
  gives: Shape({ ...Enrolment.properties, waits: Waits }),
  fails: {
    'name-taken': {
      status: 409,
      what: 'This sign-in name is in use, or was: names are never given twice.',
      next: 'Nothing was added. Choose another sign-in name, for example with an initial.',
    },
    ...roleFailures,
  },
})

export const reissueEnrolment = endpoint({
  name: 'access.people.enrol',
  method: 'POST',
  path: '/api/v1/people/:person/enrolment',
  summary:
    'Gives a colleague a new one-time code, after a lost phone or a forgotten password. Earlier codes end; the present sign-in works until the code is used. Whoever has signed in before is told; the code counts after a day, or once a second officer has agreed.',
  takes: Shape({}),
  gives: Shape({
    ...Enrolment.properties,
    /** A second officer was asked to let it count at once. */
    second: Type.Boolean(),
  }),
  fails: {},
})

export const waitingEnrolments = endpoint({
  name: 'access.enrolments.waiting',
  method: 'GET',
  path: '/api/v1/enrolments',
  summary: 'Open codes with which a sign-in that exists can be set up anew: one’s own; for administrators and officers everybody’s.',
  takes: Shape({}),
  gives: Shape({
    waiting: List(
      Shape({
        person: Id,
        name: Text(120),
        issuedAt: Moment,
        effectiveAt: Moment,
        until: Moment,
        by: Type.Union([Id, Type.Null()]),
        mine: Type.Boolean(),
      }),
      200,
    ),
  }),
  fails: {},
})

export const stopEnrolment = endpoint({
  name: 'access.enrolments.stop',
  method: 'POST',
  path: '/api/v1/people/:person/enrolment/stop',
  summary:
    'Stops an open one-time code: one’s own, or as administrator or officer anybody’s. It needs no fresh proof, because it only takes away.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

export const setRoles = endpoint({
  name: 'access.people.roles',
  method: 'PUT',
  path: '/api/v1/people/:person/roles',
  summary: 'Sets which roles a colleague has.',
  takes: RolesAsked,
  gives: Shape({ roles: RoleList, waits: Waits }),
  fails: roleFailures,
})

export const rolesGiven = endpoint({
  name: 'access.people.roles-given',
  method: 'GET',
  path: '/api/v1/people/:person/roles',
  summary: 'The roles that a colleague was given, each with when it counts and whether it counts now.',
  takes: Shape({}),
  gives: Shape({ grants: List(Shape({ ...Window.properties, inForce: Type.Boolean() }), 8) }),
  fails: {},
})

export const deactivate = endpoint({
  name: 'access.people.deactivate',
  method: 'POST',
  path: '/api/v1/people/:person/deactivate',
  summary: 'Ends a colleague’s access: their sessions end at once, their name and records stay.',
  takes: Shape({}),
  gives: Shape({ sessionsEnded: Count }),
  fails: { 'last-administrator': roleFailures['last-administrator'], 'last-officer': roleFailures['last-officer'] },
})

export const organisationCreated = fact({
  kind: 'access.organisation.created',
  payload: Shape({ organisation: Id, preset: Preset }),
  says: 'created the organisation',
})

export const personAdded = fact({
  kind: 'access.person.added',
  payload: Shape({ person: Id }),
  says: 'added a colleague',
})

export const personDeactivated = fact({
  kind: 'access.person.deactivated',
  payload: Shape({ person: Id }),
  says: 'ended a colleague’s access',
})

export const personReactivated = fact({
  kind: 'access.person.reactivated',
  payload: Shape({ person: Id }),
  says: 'let a colleague back in whose access had ended',
})

export const enrolmentIssued = fact({
  kind: 'access.enrolment.issued',
  payload: Shape({ person: Id, enrolment: Id, until: Moment, effectiveAt: Type.Union([Moment, Type.Null()]) }),
  says: 'issued a one-time enrolment code',
})

/** Beside `enrolmentIssued`: nobody who was signed in issued it, but somebody at the server's machine who holds its keys. */
export const enrolmentIssuedAtServer = fact({
  kind: 'access.enrolment.issued-at-server',
  payload: Shape({ person: Id, enrolment: Id }),
  says: 'issued a one-time enrolment code for an administrator at the server’s machine',
})

export const enrolmentApproved = fact({
  kind: 'access.enrolment.approved',
  payload: Shape({ person: Id, enrolment: Id }),
  says: 'agreed that a new enrolment code counts at once',
})

export const enrolmentStopped = fact({
  kind: 'access.enrolment.stopped',
  payload: Shape({ person: Id, enrolment: Id }),
  says: 'stopped a one-time enrolment code',
})

export const enrolmentUsed = fact({
  kind: 'access.enrolment.used',
  payload: Shape({ person: Id, enrolment: Id }),
  says: 'set up sign-in with a one-time enrolment code',
})
