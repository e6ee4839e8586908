import type { Json } from '../rules.ts'

const user = 'urn:ietf:params:scim:schemas:core:2.0:User'
const group = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const schemaOf = { user, group } as const

/** What this service can do (RFC 7643 section 5). */
export const serviceProviderConfig = (base: string): Json => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: 200 },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: 'A token of the organisation, issued by its administrator',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
})

/** The kinds of resources (RFC 7643 section 6). */
export const resourceTypes = (base: string): readonly Json[] =>
  [
    { id: 'User', endpoint: '/Users', schema: user, schemaExtensions: [{ schema: enterprise, required: false }] },
    { id: 'Group', endpoint: '/Groups', schema: group, schemaExtensions: [] },
  ].map((it) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    name: it.id,
    ...it,
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${it.id}` },
  }))

const attribute = (name: string, more: Record<string, Json> = {}): Json => ({
  name,
  type: 'string',
  multiValued: false,
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
  ...more,
})
const parts = (...names: string[]): Json => names.map((name) => attribute(name))

/** The schemas (RFC 7643 section 7), as far as they are kept. */
export const schemas = (base: string): readonly Json[] =>
  [
    {
      id: user,
      name: 'User',
      attributes: [
        attribute('userName', { required: true, uniqueness: 'server' }),
        attribute('name', { type: 'complex', subAttributes: parts('formatted', 'familyName', 'givenName') }),
        attribute('displayName'),
        attribute('title'),
        attribute('active', { type: 'boolean' }),
        attribute('emails', { type: 'complex', multiValued: true, subAttributes: parts('value', 'type') }),
        attribute('groups', { type: 'complex', multiValued: true, mutability: 'readOnly', subAttributes: parts('value', 'display') }),
      ],
    },
    {
      id: group,
      name: 'Group',
      attributes: [
        attribute('displayName', { required: true }),
        attribute('members', { type: 'complex', multiValued: true, subAttributes: parts('value', 'display') }),
      ],
    },
    { id: enterprise, name: 'EnterpriseUser', attributes: parts('employeeNumber', 'department', 'organization') },
  ].map((it) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    ...it,
    meta: { resourceType: 'Schema', location: `${base}/Schemas/${it.id}` },
  }))
