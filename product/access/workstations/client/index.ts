// The door of what a shared workstation's browser keeps.
export {
  deleteOthers,
  dropOwed,
  forgetStation,
  identityHere,
  keepOwed,
  keepStationKey,
  newStationKey,
  owedOf,
  pinIdentity,
  stationKey,
} from './station.ts'
export type { Owed } from './station.ts'
