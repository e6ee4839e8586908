import { MdmRefused } from '@wardline/product/team/managed-devices/contract'
import type { MdmPage } from '@wardline/product/team/managed-devices/contract'
import { list, readIntune, text } from '../rules.ts'
import { read, tokenOf } from './ask.ts'
import type { Asking } from './ask.ts'

const fields = 'id,deviceName,userPrincipalName,operatingSystem,osVersion,managedDeviceOwnerType,complianceState,lastSyncDateTime'

/**
 * A page of Microsoft Graph's `deviceManagement/managedDevices` (permission DeviceManagementManagedDevices.Read.All). The token goes to the
 * same origin only, whatever `@odata.nextLink` says.
 */
export async function intunePage(asking: Asking, cursor: string | null): Promise<MdmPage> {
  const { apiUrl, loginUrl, tenant } = asking.settings
  const base = `${apiUrl}/v1.0/deviceManagement/managedDevices`
  const url = cursor ?? `${base}?$select=${fields}&$top=200`
  if (!URL.canParse(url) || new URL(url).origin !== new URL(apiUrl).origin)
    throw new MdmRefused('unreadable', 'The next page would lie at another address; it was not asked.')
  const token = await tokenOf(asking, `${loginUrl}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`, { scope: `${apiUrl}/.default` })
  const answer = await read(asking, url, token)
  if (!Array.isArray(answer.value)) throw new MdmRefused('unreadable', 'The answer holds no list of devices.')
  const next = text(answer['@odata.nextLink'], 4_000)
  return { devices: list(answer.value).map(readIntune), next: next === '' ? null : next }
}
