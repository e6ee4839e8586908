/** The door of compliance/archive: the key ceremony. */
export { CeremonyRefused, holdCeremony, storeCeremony } from './ceremony.ts'
export type { Ceremony, CeremonyCode, CeremonyPlan } from './ceremony.ts'
export { fingerprintOf, readFingerprint } from './fingerprint.ts'
export { ceremonyFiles, requireEmptyFolder, writeCeremony } from './folder.ts'
export type { CeremonyFile, CeremonyNames } from './folder.ts'
