import { Count, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { roles } from './words.ts'

/** A role's name in requests and replies. */
export const Role = OneOf(...roles)

/** The roles of a person. */
export const RoleList = List(Role, roles.length)

/** When a role counts, in the organisation's time zone. */
export const Window = Shape({
  role: Role,
  until: Type.Optional(Moment),
  hours: Type.Optional(
    Shape({
      /** 1 Monday … 7 Sunday. */
      days: List(Count, 7),
      /** Minutes after midnight; `to` before `from` means the next morning. */
      from: Count,
      to: Count,
    }),
  ),
})

/** Why a combination of roles or a change of roles is refused. */
export const roleFailures = {
  'roles-exclude': {
    status: 409,
    what: 'These roles cannot be held by one person: who runs the system must not also judge its records.',
    next: 'Nothing was changed. Give one of the roles to another person; a practice can sign an exception for administrator and privacy officer.',
  },
  'role-to-self': {
    status: 409,
    what: 'Nobody gives themselves the role of privacy officer, security officer or auditor.',
    next: 'Nothing was changed. Ask another administrator to do it.',
  },
  'last-administrator': {
    status: 409,
    what: 'This would leave the organisation without an administrator.',
    next: 'Nothing was changed. Make somebody else administrator first.',
  },
  'last-officer': {
    status: 409,
    what: 'This would leave the organisation without its privacy officer or its security officer, for good or at some hours.',
    next: 'Nothing was changed. Give the role to somebody else first, at all hours and without an end.',
  },
  'guest-roles': {
    status: 422,
    what: 'A guest cannot have these roles.',
    next: 'Nothing was changed. Guests who treat may be clinician, nurse or operator; vendors operator or auditor.',
  },
  'bad-window': {
    status: 422,
    what: 'A role cannot be limited to these days and hours.',
    next: 'Nothing was changed. Choose an end in the future, at least one day, and hours that differ; the administrator’s role has no limits.',
  },
} as const

export const roleGranted = fact({
  kind: 'access.role.granted',
  payload: Shape({ person: Id, role: Role }),
  says: 'granted a role',
})

export const roleWithdrawn = fact({
  kind: 'access.role.withdrawn',
  payload: Shape({ person: Id, role: Role }),
  says: 'withdrew a role',
})

export const roleLimited = fact({
  kind: 'access.role.limited',
  payload: Shape({ person: Id, ...Window.properties }),
  says: 'limited a role to a time',
})

export const roleExceptionSigned = fact({
  kind: 'access.role.exception-signed',
  payload: Shape({ person: Id, reason: Text(500, 10) }),
  says: 'signed for one person being administrator and privacy officer',
})
