/** The web door of shared workstations: the lock screen, the bars of whoever works there, their settings. */
export { noteStation, stationHere } from './flag.ts'
export type { StationFlag } from './flag.ts'
export { LockScreen } from './LockScreen.tsx'
export { MyPin } from './MyPin.tsx'
export { ShiftBars } from './ShiftBars.tsx'
export type { Shift } from './ShiftBars.tsx'
export { forgetStationHere, sweepBrowser } from './sweep.ts'
export { Workstations } from './Workstations.tsx'
