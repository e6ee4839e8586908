/** The web door of the second factor: recovery codes, and what changed about how people sign in. */
export { QrCode } from './QrCode.tsx'
export { Notices } from './Notices.tsx'
export { RecoveryCodes } from './RecoveryCodes.tsx'
export { OwnNotices } from './OwnNotices.tsx'
