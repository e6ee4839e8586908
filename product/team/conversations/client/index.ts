// The door of a device's view of conversations: epochs verified and opened, written, and their seals watched.
export { openRooms, usable } from './rooms.ts'
export type { Dispute, Info, Room, RoomParts, Rooms } from './rooms.ts'
export type { KnownEpoch } from './epochs.ts'
export { openAuthor } from './author.ts'
export type { Author, Authored, Begun } from './author.ts'
export { openSealWatch } from './seals.ts'
export type { SealWatch } from './seals.ts'
