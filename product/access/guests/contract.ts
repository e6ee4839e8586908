import { endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { Enrolment, SignInName } from '@wardline/product/access/provisioning/contract'
import { roleFailures, RoleList } from '@wardline/product/access/roles/contract'

/** Somebody who treats, or a vendor's person. */
export const GuestKind = OneOf('clinician', 'vendor')
/** How somebody made sure who the guest is. */
export const IdentityHow = OneOf('seen-in-person', 'employer-confirmed', 'video-with-document')

const refusals = {
  'bad-end': {
    status: 422,
    what: 'A guest’s access ends on a day to come, within a year.',
    next: 'Nothing was changed. Choose another day; it can be moved later.',
  },
} as const

export const addGuest = endpoint({
  name: 'access.guests.add',
  method: 'POST',
  path: '/api/v1/guests',
  summary: 'Lets a person of another organisation in until a moment, once somebody has made sure who they are.',
  takes: Shape({
    signInName: SignInName,
    name: Text(60),
    /** Where they come from; part of the name that everybody sees. */
    from: Text(40),
    title: Text(120, 0),
    kind: GuestKind,
    roles: RoleList,
    endsAt: Moment,
    identity: IdentityHow,
  }),
  gives: Enrolment,
  fails: {
    ...refusals,
    ...roleFailures,
    'name-taken': {
      status: 409,
      what: 'This sign-in name is in use, or was: names are never given twice.',
      next: 'Nothing was added. Choose another sign-in name.',
    },
  },
})

export const listGuests = endpoint({
  name: 'access.guests.list',
  method: 'GET',
  path: '/api/v1/guests',
  summary: 'Guests whose access has not ended, the next to end first.',
  takes: Shape({}),
  gives: Shape({
    guests: List(
      Shape({
        person: Id,
        kind: GuestKind,
        from: Text(40),
        endsAt: Moment,
        identity: IdentityHow,
        verifiedBy: Type.Union([Id, Type.Null()]),
      }),
      1_000,
    ),
  }),
  fails: {},
})

export const moveGuestEnd = endpoint({
  name: 'access.guests.move-end',
  method: 'PUT',
  path: '/api/v1/guests/:person/end',
  summary: 'Moves the moment at which a guest’s access ends.',
  takes: Shape({ endsAt: Moment }),
  gives: Shape({}),
  fails: refusals,
})

export const guestAdded = fact({
  kind: 'access.guest.added',
  payload: Shape({ person: Id, kind: GuestKind, endsAt: Moment, identity: IdentityHow }),
  says: 'let a guest in, having made sure who they are',
})
export const guestEndMoved = fact({
  kind: 'access.guest.end-moved',
  payload: Shape({ person: Id, endsAt: Moment }),
  says: 'moved the end of a guest’s access',
})
