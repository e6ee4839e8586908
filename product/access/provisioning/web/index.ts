/** The web door of provisioning: who is signed in, and what they may do. */
export { CodeDialog } from './AddColleague.tsx'
export type { HandedCode } from './AddColleague.tsx'
export { MeProvider, useMay, useMe } from './me.tsx'
export type { Me } from './me.tsx'
export { People } from './People.tsx'
export { WaitingEnrolments } from './WaitingEnrolments.tsx'
