/** Jamf Pro's API clients and inventory, as far as reading devices goes; whatever else is refused. */
import { pretend } from './pretend.ts'
import type { Answer, PretendServer } from './pretend.ts'

/** A device of Jamf's; the same record serves both inventories. */
export interface JamfDevice {
  kind: 'computer' | 'mobile'
  id: string
  name: string
  username: string
  osVersion: string
  managed: boolean
  groups: string[]
  contact: string
}

/** A pretend Jamf Pro. */
export interface PretendJamf extends PretendServer {
  readonly clientId: string
  readonly secret: string
  readonly devices: JamfDevice[]
}

const jamfError = (status: number, code: string, description: string): Answer => ({
  status,
  body: { httpStatus: status, errors: [{ code, description, id: '0', field: null }] },
})

const groupsOf = (it: JamfDevice) => it.groups.map((groupName, i) => ({ groupId: `${i + 1}`, groupName, smartGroup: true }))

/** Starts a pretend Jamf Pro. */
export async function openJamf(): Promise<PretendJamf> {
  const tokens = new Set<string>()
  const own = { clientId: '8f0c2d7e-wardline', secret: 'jamf-secret-0123456789', devices: [] as JamfDevice[] }
  const server = await pretend(({ method, url, form, bearer }) => {
    if (method === 'POST' && url.pathname === '/api/oauth/token') return token(form)
    const kind = { '/api/v1/computers-inventory': 'computer', '/api/v2/mobile-devices/detail': 'mobile' }[url.pathname]
    if (method !== 'GET' || kind === undefined) return jamfError(404, 'NOT_FOUND', 'No such resource.')
    if (!tokens.has(bearer)) return jamfError(401, 'INVALID_TOKEN', 'Unauthorized')
    const [page, size] = [Number(url.searchParams.get('page') ?? 0), Number(url.searchParams.get('page-size') ?? 100)]
    if (!Number.isInteger(page) || page < 0 || !Number.isInteger(size) || size < 1 || size > 2_000)
      return jamfError(400, 'INVALID_FIELD', 'page and page-size must be whole numbers.')
    const all = own.devices.filter((it) => it.kind === kind)
    const sections = url.searchParams.getAll('section')
    const results = all
      .slice(page * size, (page + 1) * size)
      .map((it) => (kind === 'computer' ? computer(it, sections) : mobile(it, sections)))
    return { status: 200, body: { totalCount: all.length, results } }
  })
  function token(form: URLSearchParams): Answer {
    if (
      form.get('grant_type') !== 'client_credentials' ||
      form.get('client_id') !== own.clientId ||
      form.get('client_secret') !== own.secret
    )
      return { status: 401, body: { error: 'invalid_client', error_description: 'Client authentication failed' } }
    const made = `jamf.${tokens.size}`
    tokens.add(made)
    return { status: 200, body: { access_token: made, scope: 'api-role:1', token_type: 'Bearer', expires_in: 59 } }
  }
  return Object.assign(own, server)
}

const computer = (it: JamfDevice, sections: readonly string[]) => ({
  id: it.id,
  udid: `00000000-${it.id}`,
  general: sections.includes('GENERAL')
    ? { name: it.name, lastContactTime: it.contact, remoteManagement: { managed: it.managed, managementUsername: '' } }
    : null,
  operatingSystem: sections.includes('OPERATING_SYSTEM') ? { name: 'macOS', version: it.osVersion, build: '' } : null,
  userAndLocation: sections.includes('USER_AND_LOCATION') ? { username: it.username } : null,
  groupMemberships: sections.includes('GROUP_MEMBERSHIPS') ? groupsOf(it) : null,
})

const mobile = (it: JamfDevice, sections: readonly string[]) => ({
  mobileDeviceId: it.id,
  deviceType: 'iOS',
  general: sections.includes('GENERAL')
    ? {
        displayName: it.name,
        lastInventoryUpdateDate: it.contact,
        osVersion: it.osVersion,
        managed: it.managed,
        deviceOwnershipType: it.managed ? 'Institutional' : 'Personal Device Profile',
      }
    : null,
  userAndLocation: sections.includes('USER_AND_LOCATION') ? { username: it.username } : null,
  groups: sections.includes('GROUPS') ? groupsOf(it) : null,
})
