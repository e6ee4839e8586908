/** Microsoft's token endpoint and Graph's managed devices, as far as client credentials and reading devices go; whatever else is refused. */
import { pretend } from './pretend.ts'
import type { Answer, PretendServer } from './pretend.ts'

/** A managedDevice of Graph v1.0. */
export interface IntuneDevice {
  id: string
  deviceName: string
  userPrincipalName: string
  operatingSystem: string
  osVersion: string
  managedDeviceOwnerType: 'company' | 'personal' | 'unknown'
  complianceState: 'compliant' | 'noncompliant' | 'inGracePeriod' | 'conflict' | 'error' | 'configManager' | 'unknown'
  lastSyncDateTime: string
}

/** A pretend Intune. `pageSize`: what Graph gives at most, whatever is asked. */
export interface PretendIntune extends PretendServer {
  readonly tenant: string
  readonly clientId: string
  readonly secret: string
  readonly devices: IntuneDevice[]
  pageSize: number
  /** Where the next page is said to lie; null: here. */
  nextAt: string | null
}

const graphError = (status: number, code: string, message: string): Answer => ({ status, body: { error: { code, message } } })

/** Starts a pretend Intune. */
export async function openIntune(): Promise<PretendIntune> {
  const tokens = new Set<string>()
  const own = {
    tenant: '6babcaad-604b-40ac-a9d7-9fd97c0b779f',
    clientId: '11111111-2222-4333-8444-555555555555',
    secret: 'graph~secret.Q8',
    devices: [] as IntuneDevice[],
    pageSize: 100,
    nextAt: null as string | null,
  }
  const server = await pretend(({ method, url, form, bearer }) => {
    if (url.pathname.endsWith('/oauth2/v2.0/token')) return token(url, form)
    if (method !== 'GET' || url.pathname !== '/v1.0/deviceManagement/managedDevices')
      return graphError(404, 'NotFound', 'Resource not found.')
    if (!tokens.has(bearer)) return graphError(401, 'InvalidAuthenticationToken', 'Access token is empty or has expired.')
    const unknown = [...url.searchParams.keys()].find((name) => !['$select', '$top', '$skiptoken'].includes(name))
    if (unknown !== undefined) return graphError(400, 'BadRequest', `Query option '${unknown}' is not allowed.`)
    const chosen = url.searchParams.get('$select')?.split(',')
    const from = Number(url.searchParams.get('$skiptoken') ?? '0')
    const page = own.devices.slice(from, from + own.pageSize)
    const value = page.map((it) => (chosen ? Object.fromEntries(Object.entries(it).filter(([name]) => chosen.includes(name))) : it))
    const more = from + own.pageSize < own.devices.length
    const next = new URL(url.pathname, own.nextAt ?? server.url)
    if (chosen) next.searchParams.set('$select', chosen.join(','))
    next.searchParams.set('$skiptoken', `${from + own.pageSize}`)
    return {
      status: 200,
      body: { '@odata.context': `${server.url}/v1.0/$metadata`, value, ...(more ? { '@odata.nextLink': next.href } : {}) },
    }
  })
  function token(url: URL, form: URLSearchParams): Answer {
    const wrong = (error: string, text: string): Answer => ({ status: 401, body: { error, error_description: `${text}\r\nTrace ID: 0` } })
    if (url.pathname !== `/${own.tenant}/oauth2/v2.0/token`) return wrong('invalid_request', 'AADSTS90002: Tenant was not found.')
    if (form.get('grant_type') !== 'client_credentials' || form.get('scope') !== `${server.url}/.default`)
      return wrong('invalid_scope', 'AADSTS70011: The provided value for scope is not valid.')
    if (form.get('client_id') !== own.clientId)
      return wrong('unauthorized_client', 'AADSTS700016: Application was not found in the directory.')
    if (form.get('client_secret') !== own.secret) return wrong('invalid_client', 'AADSTS7000215: Invalid client secret provided.')
    const made = `ey.${tokens.size}.${own.clientId}`
    tokens.add(made)
    return { status: 200, body: { token_type: 'Bearer', expires_in: 3599, access_token: made } }
  }
  return Object.assign(own, server)
}
