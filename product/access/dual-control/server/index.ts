/** The door of access/dual-control: acts that need a second person in another role. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { expire } from './ask.ts'
import type { Performer } from './ask.ts'
import { followLeavers } from './follow-leavers.ts'
import { routesOf } from './routes.ts'

export { askersOf, askSecond, hasSecond, makersOf, openAct } from './ask.ts'
export type { Performer } from './ask.ts'

/** Dual control over what these do; they are given when the server is composed, because they stand on it. */
export const dualControl = (performers: readonly Performer[]): Feature => ({
  name: 'access/dual-control',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes: routesOf(performers),
  after: [followLeavers],
  due: [expire],
})
