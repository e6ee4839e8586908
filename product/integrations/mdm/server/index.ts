/** The door of integrations/mdm: device management of either vendor, over addresses that the outgoing guard lets through. */
import type { Outgoing } from '@wardline/platform/server'
import type { Mdm } from '@wardline/product/team/managed-devices/contract'
import { intunePage } from './intune.ts'
import { jamfPage } from './jamf.ts'

/** Device management. */
export const openMdm = (outgoing: Outgoing): Mdm => ({
  page: (settings, secret, cursor) =>
    settings.vendor === 'intune' ? intunePage({ outgoing, settings, secret }, cursor) : jamfPage({ outgoing, settings, secret }, cursor),
})
