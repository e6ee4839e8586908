/** The web door of managed devices: device management, the rule, and whose devices nobody vouches for. */
export { ManagedDevices } from './ManagedDevices.tsx'
