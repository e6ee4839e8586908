import { fact, Id, OneOf, Shape, Text } from '@wardline/platform/contract'
import { roles } from './words.ts'

/** A role's name in requests and replies. */
export const Role = OneOf(...roles)

/** Why a combination of roles or a change of roles is refused. */
export const roleFailures = {
  'roles-exclude': {
    status: 409,
    what: 'These roles cannot be held by one person: who runs the system must not also judge its records.',
    next: 'Nothing was changed. Give one of the roles to another person; a practice can sign an exception for administrator and privacy officer.',
  },
  'role-to-self': {
    status: 409,
    what: 'Nobody gives themselves the role of privacy officer or auditor.',
    next: 'Nothing was changed. Ask another administrator to do it.',
  },
  'last-administrator': {
    status: 409,
    what: 'This would leave the organisation without an administrator.',
    next: 'Nothing was changed. Make somebody else administrator first.',
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

export const roleExceptionSigned = fact({
  kind: 'access.role.exception-signed',
  payload: Shape({ person: Id, reason: Text(500, 10) }),
  says: 'signed for one person being administrator and privacy officer',
})
