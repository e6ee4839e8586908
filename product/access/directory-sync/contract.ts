import { Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { mappable } from './words.ts'

/** Roles that a directory's group can give. */
export const MappedRole = OneOf(...mappable)

/** What a group gives. */
export const Mapping = Shape({ group: Id, roles: List(MappedRole, 4) })

/** What applying a mapping would change for one person. */
export const Change = Shape({ person: Id, name: Text(120), gains: List(MappedRole, 4), loses: List(MappedRole, 4) })

export const directoryState = endpoint({
  name: 'access.directory.state',
  method: 'GET',
  path: '/api/v1/admin/directory',
  summary: 'The directory’s feeds, its groups and what they give.',
  takes: Shape({}),
  gives: Shape({
    sources: List(
      Shape({
        id: Id,
        kind: OneOf('scim', 'ldap'),
        label: Text(80),
        people: Count,
        brakePercent: Count,
        halted: Type.Union([Shape({ at: Moment, leavers: Count }), Type.Null()]),
      }),
      20,
    ),
    groups: List(Shape({ id: Id, source: Id, name: Text(300), people: Count, roles: List(MappedRole, 4) }), 2_000),
  }),
  fails: {},
})

export const previewMapping = endpoint({
  name: 'access.directory.mapping.preview',
  method: 'POST',
  path: '/api/v1/admin/directory/mapping/preview',
  summary: 'What a mapping of groups to roles would change, person by person. Changes nothing.',
  takes: Shape({ mapping: List(Mapping, 2_000) }),
  gives: Shape({ changes: List(Change, 20_000), digest: Text(64) }),
  fails: {},
})

export const applyMapping = endpoint({
  name: 'access.directory.mapping.apply',
  method: 'PUT',
  path: '/api/v1/admin/directory/mapping',
  summary: 'Applies a mapping whose changes were looked at: `digest` is the preview’s.',
  takes: Shape({ mapping: List(Mapping, 2_000), digest: Text(64) }),
  gives: Shape({ changed: Count }),
  fails: {
    'changes-differ': {
      status: 409,
      what: 'What this mapping would change is no longer what you looked at: somebody joined, left or moved meanwhile.',
      next: 'Nothing was changed. Look at the changes again and apply them.',
    },
  },
})

export const releaseFeed = endpoint({
  name: 'access.directory.release',
  method: 'POST',
  path: '/api/v1/admin/directory/sources/:source/release',
  summary: 'Lets a feed go on for an hour that was stopped because it would end the access of many people.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

export const setBrake = endpoint({
  name: 'access.directory.brake',
  method: 'PUT',
  path: '/api/v1/admin/directory/sources/:source/brake',
  summary: 'Sets how many of its people, in per cent, may leave within an hour before a feed stops and asks.',
  takes: Shape({ percent: Type.Integer({ minimum: 1, maximum: 100 }) }),
  gives: Shape({}),
  fails: {},
})

const Which = Shape({ source: Id, person: Id })

export const personJoined = fact({ kind: 'access.directory.joined', payload: Which, says: 'took a person from the directory' })
export const personChanged = fact({ kind: 'access.directory.changed', payload: Which, says: 'changed a person as the directory says' })
export const personLeft = fact({ kind: 'access.directory.left', payload: Which, says: 'ended a person’s access as the directory says' })
export const officeSpared = fact({
  kind: 'access.directory.office-spared',
  payload: Which,
  says: 'did not touch an officer whom the directory wanted to change: a person has to do that',
})
export const feedHalted = fact({
  kind: 'access.directory.halted',
  payload: Shape({ source: Id, leavers: Count, people: Count }),
  says: 'stopped the directory’s feed: it would end the access of many people at once',
})
export const feedReleased = fact({
  kind: 'access.directory.released',
  payload: Shape({ source: Id }),
  says: 'let the directory’s feed go on',
})
export const mappingApplied = fact({
  kind: 'access.directory.mapping-applied',
  payload: Shape({ groups: Count, people: Count, digest: Text(64) }),
  says: 'changed which roles the directory’s groups give',
})
export const sourceChanged = fact({
  kind: 'access.directory.source-changed',
  payload: Shape({ source: Id, kind: OneOf('scim', 'ldap') }),
  says: 'set up a feed of the directory',
})
