import type { FeedRow, GroupRow, Said } from '@wardline/product/access/directory-sync/server'
import type { Json, Resource } from '../rules.ts'
import { ScimRefused } from '../rules.ts'
import { enterprise, schemaOf } from './about.ts'

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const isObject = (value: Json | undefined): value is Resource => typeof value === 'object' && value !== null && !Array.isArray(value)
export const versionOf = (version: number): string => `W/"${version}"`

interface Membership {
  readonly id: string
  readonly name: string
}

/** A person as SCIM shows them. */
export function userResource(base: string, row: FeedRow, groups: readonly Membership[]): Resource {
  return {
    ...(row.attributes as Resource),
    schemas: [schemaOf.user, ...(isObject((row.attributes as Resource)[enterprise]) ? [enterprise] : [])],
    id: row.person,
    ...(row.key === null ? {} : { externalId: row.key }),
    userName: row.user_name,
    displayName: row.name,
    ...(row.title === '' ? {} : { title: row.title }),
    active: row.active,
    groups: groups.map((group) => ({ value: group.id, display: group.name, $ref: `${base}/Groups/${group.id}` })),
    meta: {
      resourceType: 'User',
      created: row.made_at.toISOString(),
      lastModified: row.changed_at.toISOString(),
      version: versionOf(row.version),
      location: `${base}/Users/${row.person}`,
    },
  }
}

/** What a directory may say of a person and ask for again; a password is never among it. */
const kept = ['name', 'emails', 'phoneNumbers', 'nickName', 'preferredLanguage', 'locale', 'timezone', 'userType', enterprise] as const

/** What a SCIM resource says of a person. Throws ScimRefused. */
export function saidOf(resource: Resource): Said {
  const userName = textOf(resource.userName).trim()
  if (userName === '' || userName.length > 200) throw new ScimRefused(400, 'invalidValue', 'userName is a text of 1 to 200 characters.')
  const externalId = resource.externalId
  if (externalId !== undefined && (typeof externalId !== 'string' || externalId === '' || externalId.length > 300))
    throw new ScimRefused(400, 'invalidValue', 'externalId is a text of 1 to 300 characters.')
  const name = isObject(resource.name) ? resource.name : {}
  const whole = [name.givenName, name.familyName].map(textOf).filter((part) => part !== '')
  const attributes = Object.fromEntries(
    kept.flatMap((key): [string, Json][] => (resource[key] === undefined ? [] : [[key, resource[key]]])),
  )
  if (JSON.stringify(attributes).length > 16_000)
    throw new ScimRefused(400, 'invalidValue', 'The resource is larger than this service keeps.')
  return {
    key: externalId ?? null,
    userName,
    name: (textOf(resource.displayName).trim() || textOf(name.formatted).trim() || whole.join(' ') || userName).slice(0, 120),
    title: textOf(resource.title).slice(0, 120),
    attributes,
  }
}

/** A group as SCIM shows it. */
export function groupResource(
  base: string,
  row: GroupRow,
  members: readonly { readonly person: string; readonly name: string }[],
): Resource {
  return {
    schemas: [schemaOf.group],
    id: row.id,
    ...(row.key === null ? {} : { externalId: row.key }),
    displayName: row.name,
    members: members.map((it) => ({ value: it.person, display: it.name, $ref: `${base}/Users/${it.person}` })),
    meta: {
      resourceType: 'Group',
      created: row.made_at.toISOString(),
      lastModified: row.changed_at.toISOString(),
      version: versionOf(row.version),
      location: `${base}/Groups/${row.id}`,
    },
  }
}

/** What a SCIM resource says of a group. Throws ScimRefused. */
export function groupSaid(resource: Resource): { name: string; key: string | null; members: readonly string[] } {
  const name = textOf(resource.displayName).trim()
  if (name === '' || name.length > 300) throw new ScimRefused(400, 'invalidValue', 'displayName is a text of 1 to 300 characters.')
  const list = resource.members === undefined ? [] : resource.members
  if (!Array.isArray(list) || list.length > 20_000) throw new ScimRefused(400, 'invalidValue', 'members is a list of at most 20,000.')
  const members = (list as readonly Json[]).map((it) => (isObject(it) ? textOf(it.value) : ''))
  if (members.some((id) => !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)))
    throw new ScimRefused(400, 'invalidValue', 'A member’s value is the id of a user of this service.')
  const key = textOf(resource.externalId)
  return { name, key: key === '' ? null : key.slice(0, 300), members: [...new Set(members)] }
}
