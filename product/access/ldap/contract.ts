import { Count, endpoint, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'

/** How the directory is spoken to. */
export const LdapSettings = Shape({
  host: Type.String({ pattern: '^[A-Za-z0-9.:_-]{1,253}$' }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  /** `none` is for this machine itself only. */
  security: OneOf('ldaps', 'starttls', 'none'),
  /** The directory's certificate authority, PEM; empty: the public ones. */
  authority: Text(16_000, 0),
  bindDn: Text(500, 1),
  userBase: Text(500, 1),
  userFilter: Text(500, 1),
  groupBase: Text(500, 0),
  groupFilter: Text(500, 0),
  /** The attribute that never changes: objectGUID (Active Directory), entryUUID (OpenLDAP), nsUniqueId (389). */
  keyAttribute: OneOf('objectGUID', 'entryUUID', 'nsUniqueId'),
  userNameAttribute: Text(100),
  nameAttribute: Text(100),
  titleAttribute: Text(100, 0),
})

const State = Shape({
  settings: LdapSettings,
  on: Type.Boolean(),
  workedAt: Type.Union([Moment, Type.Null()]),
  seen: Type.Union([Count, Type.Null()]),
  problem: Type.Union([Shape({ what: Text(600, 0), at: Moment }), Type.Null()]),
})

export const readLdap = endpoint({
  name: 'access.ldap.read',
  method: 'GET',
  path: '/api/v1/admin/ldap',
  summary: 'The LDAP directory and how its last synchronisation went; never its password.',
  takes: Shape({}),
  gives: Shape({ ldap: Type.Union([State, Type.Null()]) }),
  fails: {},
})

const notEncrypted = {
  status: 422,
  what: 'Without encryption only this machine itself may be asked.',
  next: 'Nothing was stored. Choose LDAPS or StartTLS.',
} as const

export const setLdap = endpoint({
  name: 'access.ldap.set',
  method: 'PUT',
  path: '/api/v1/admin/ldap',
  summary: 'Sets the LDAP directory, on or off. Without a password the old one stays, as long as host and account are the same.',
  takes: Shape({ settings: LdapSettings, on: Type.Boolean(), password: Type.Optional(Text(500)) }),
  gives: Shape({}),
  fails: {
    'not-encrypted': notEncrypted,
    'password-missing': {
      status: 422,
      what: 'The password of the directory’s account is missing.',
      next: 'Nothing was stored. Enter it: another host or account does not get the old one.',
    },
  },
})

/** What a synchronisation would do. */
const Plan = Shape({
  joins: List(Text(200), 50),
  adopts: List(Text(200), 50),
  leaves: List(Text(200), 50),
  returns: List(Text(200), 50),
  counts: Shape({ people: Count, groups: Count, joins: Count, adopts: Count, changes: Count, leaves: Count, returns: Count }),
  /** Whether so many would leave that the feed would stop and ask. */
  stops: Type.Boolean(),
})

export const testLdap = endpoint({
  name: 'access.ldap.test',
  method: 'POST',
  path: '/api/v1/admin/ldap/test',
  summary: 'Asks the directory and tells what a synchronisation would do, or the exact error. Changes nothing.',
  takes: Shape({ settings: LdapSettings, password: Type.Optional(Text(500)) }),
  gives: Shape({
    checks: List(Shape({ name: Text(120), ok: Type.Boolean(), detail: Text(600, 0) }), 20),
    plan: Type.Union([Plan, Type.Null()]),
  }),
  fails: { 'password-missing': setLdap.fails['password-missing'] },
})
