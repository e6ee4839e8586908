// The door of what a shared workstation's browser keeps.
export { deleteOthers, dropOwed, forgetStation, keepOwed, keepStationKey, newStationKey, owedOf, stationKey } from './station.ts'
export type { Owed } from './station.ts'
