/** The web door of devices: setting this browser up, the recovery key, my devices, alarms. */
export { alarmWords } from './alarm-words.ts'
export { Alarms } from './Alarms.tsx'
export { DeviceSetup } from './DeviceSetup.tsx'
export { takeRecoveryKey } from './fragment.ts'
export { MyDevices } from './MyDevices.tsx'
export { RenewRecoveryKey } from './RenewRecoveryKey.tsx'
export { ColleagueDevices } from './ColleagueDevices.tsx'
