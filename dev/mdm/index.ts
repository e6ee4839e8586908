/** Pretend device management: Microsoft Intune and Jamf Pro, in the shape of their own APIs. */
export { openIntune } from './intune.ts'
export type { IntuneDevice, PretendIntune } from './intune.ts'
export { openJamf } from './jamf.ts'
export type { JamfDevice, PretendJamf } from './jamf.ts'
