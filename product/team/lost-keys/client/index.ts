// The door of a device's part in new identities: making one, signing one, using one.
export { openLostKeys } from './lost-keys.ts'
export type { LostKeys, Vouched } from './lost-keys.ts'
