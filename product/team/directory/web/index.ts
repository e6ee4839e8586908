/** The web door of the directory: colleagues' names, and their safety numbers. */
export { forgetColleagues, keepNoColleagues, useColleagues } from './colleagues.ts'
export type { ColleagueLine, Colleagues } from './colleagues.ts'
export { SafetyNumber } from './SafetyNumber.tsx'
export { NotADevice, TeamFailed } from './TeamFailed.tsx'
