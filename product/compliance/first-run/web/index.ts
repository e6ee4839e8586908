/** The web door of the first run: the steps, the checklist, and where the set-up stands. */
export type { HoldCeremony } from './CeremonyStep.tsx'
export { SetUp } from './SetUp.tsx'
export type { Surroundings } from './SetUp.tsx'
export { useFirstRun } from './standing.ts'
export type { Standing } from './standing.ts'
