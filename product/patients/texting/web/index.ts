/** The web door of texting: threads with patients, rows of the inbox. */
export { calledOf } from './called.ts'
export { PatientThread } from './PatientThread.tsx'
export type { OpenDialog } from './dialogs.ts'
export { SharedNumber } from './SharedNumber.tsx'
export { usePatientRows, useThreadFrames } from './threads.ts'
export type { PatientRow } from './threads.ts'
