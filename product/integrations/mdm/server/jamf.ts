import { MdmRefused } from '@wardline/product/team/managed-devices/contract'
import type { MdmPage } from '@wardline/product/team/managed-devices/contract'
import { list, readComputer, readMobile } from '../rules.ts'
import { read, tokenOf } from './ask.ts'
import type { Asking } from './ask.ts'

const size = 100
const sections = (names: readonly string[]) => names.map((name) => `section=${name}`).join('&')
const computers = sections(['GENERAL', 'OPERATING_SYSTEM', 'USER_AND_LOCATION', 'GROUP_MEMBERSHIPS'])
const mobiles = sections(['GENERAL', 'USER_AND_LOCATION', 'GROUPS'])

/** A page of Jamf Pro's inventory: computers first, then phones and tablets. The cursor is `<kind>:<page>`. */
export async function jamfPage(asking: Asking, cursor: string | null): Promise<MdmPage> {
  const { apiUrl, compliantGroup } = asking.settings
  const [, kind = 'computer', given = '0'] = /^(computer|mobile):(\d{1,6})$/.exec(cursor ?? 'computer:0') ?? []
  const page = Number(given)
  const token = await tokenOf(asking, `${apiUrl}/api/oauth/token`)
  const path = kind === 'computer' ? `/api/v1/computers-inventory?${computers}` : `/api/v2/mobile-devices/detail?${mobiles}`
  const answer = await read(asking, `${apiUrl}${path}&page=${page}&page-size=${size}`, token)
  if (!Array.isArray(answer.results) || typeof answer.totalCount !== 'number')
    throw new MdmRefused('unreadable', 'The answer holds no list of devices.')
  const results = list(answer.results)
  const isLast = results.length === 0 || (page + 1) * size >= answer.totalCount
  const next = !isLast ? `${kind}:${page + 1}` : kind === 'computer' ? 'mobile:0' : null
  const devices = results.map((it) => (kind === 'computer' ? readComputer(it, compliantGroup) : readMobile(it, compliantGroup)))
  return { devices, next }
}
