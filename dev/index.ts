/** The pretend world: everything that stands in for the outside in development, the demonstration and tests. */
export { openWorld, worldBegins } from './world.ts'
export type { World, WorldOptions } from './world.ts'
