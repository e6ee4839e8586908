import { endpoint, fact, Id, List, Moment, Shape, Text, Type } from '@wardline/platform/contract'

const Query = Shape({
  filter: Type.Optional(Text(2_000, 0)),
  startIndex: Type.Optional(Text(12, 0)),
  count: Type.Optional(Text(12, 0)),
  attributes: Type.Optional(Text(2_000, 0)),
  excludedAttributes: Type.Optional(Text(2_000, 0)),
  sortBy: Type.Optional(Text(200, 0)),
  sortOrder: Type.Optional(Text(20, 0)),
})

const Any = Shape({})

/** SCIM answers in its own form (RFC 7644 section 3.12), so replies and errors are raw. */
const scim = <const Path extends string>(name: string, method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: Path, summary: string) =>
  endpoint({
    name: `scim.${name}`,
    method,
    path,
    summary,
    body: method === 'GET' || method === 'DELETE' ? 'json' : 'raw',
    takes: method === 'GET' || method === 'DELETE' ? Query : Any,
    gives: Any,
    fails: {},
  })

export const config = scim('config', 'GET', '/scim/v2/ServiceProviderConfig', 'What this SCIM service can do (RFC 7643 section 5).')
export const schemas = scim('schemas', 'GET', '/scim/v2/Schemas', 'The schemas of this SCIM service (RFC 7643 section 7).')
export const resourceTypes = scim('resource-types', 'GET', '/scim/v2/ResourceTypes', 'The kinds of resources (RFC 7643 section 6).')
export const listUsers = scim('users.list', 'GET', '/scim/v2/Users', 'People whom the directory may see, by filter, in pages.')
export const createUser = scim('users.create', 'POST', '/scim/v2/Users', 'Takes a person from the directory.')
export const readUser = scim('users.read', 'GET', '/scim/v2/Users/:user', 'One person.')
export const replaceUser = scim('users.replace', 'PUT', '/scim/v2/Users/:user', 'Makes a person what the directory says.')
export const patchUser = scim('users.patch', 'PATCH', '/scim/v2/Users/:user', 'Changes a person; `active` false ends their access.')
export const deleteUser = scim('users.delete', 'DELETE', '/scim/v2/Users/:user', 'Ends a person’s access; their records stay.')
export const listGroups = scim('groups.list', 'GET', '/scim/v2/Groups', 'Groups, by filter, in pages.')
export const createGroup = scim(
  'groups.create',
  'POST',
  '/scim/v2/Groups',
  'Takes a group; it gives no role until an administrator says so.',
)
export const readGroup = scim('groups.read', 'GET', '/scim/v2/Groups/:group', 'One group.')
export const replaceGroup = scim('groups.replace', 'PUT', '/scim/v2/Groups/:group', 'Makes a group what the directory says.')
export const patchGroup = scim('groups.patch', 'PATCH', '/scim/v2/Groups/:group', 'Changes a group or its members.')
export const deleteGroup = scim('groups.delete', 'DELETE', '/scim/v2/Groups/:group', 'Removes a group; what it gave is taken back.')

/** A bearer token as the administrator sees it: never the token itself. */
export const Token = Shape({
  id: Id,
  label: Text(80),
  madeAt: Moment,
  until: Moment,
  lastUsedAt: Type.Union([Moment, Type.Null()]),
})

export const tokens = endpoint({
  name: 'access.scim.tokens',
  method: 'GET',
  path: '/api/v1/admin/scim/tokens',
  summary: 'The organisation’s SCIM tokens that are good now, and the address for the directory.',
  takes: Shape({}),
  gives: Shape({ baseUrl: Text(600), tokens: List(Token, 10) }),
  fails: {},
})

export const issueToken = endpoint({
  name: 'access.scim.tokens.issue',
  method: 'POST',
  path: '/api/v1/admin/scim/tokens',
  summary:
    'Issues a SCIM token, good for a year and shown once. An earlier one works on until it is ended, so that it can be changed over.',
  takes: Shape({ label: Text(80) }),
  gives: Shape({ token: Token, secret: Text(100) }),
  fails: {
    'too-many-tokens': {
      status: 409,
      what: 'There are two tokens already.',
      next: 'Nothing was issued. End the one that the directory no longer uses.',
    },
  },
})

export const endToken = endpoint({
  name: 'access.scim.tokens.end',
  method: 'DELETE',
  path: '/api/v1/admin/scim/tokens/:token',
  summary: 'Ends a SCIM token at once.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

export const tokenIssued = fact({
  kind: 'access.scim.token-issued',
  payload: Shape({ token: Id, until: Moment }),
  says: 'issued a token for the directory',
})

export const tokenEnded = fact({ kind: 'access.scim.token-ended', payload: Shape({ token: Id }), says: 'ended a token of the directory' })
