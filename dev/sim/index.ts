// The door of the simulation, for whoever starts it: what runs, runs in a process of its own (child.ts).
export { bugs } from '../bugs/crypto.ts'
export type { Bug } from '../bugs/crypto.ts'
export type { SeedReport } from './run.ts'
export { sourcesOf } from './plant.ts'
