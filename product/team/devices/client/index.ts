// The door of a device's keys and of what it knows about others' keys.
export type { Alarm, AlarmKind } from './alarms.ts'
