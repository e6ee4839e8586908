/** The door of team/lost-keys: a new identity for somebody who lost everything that opens their messages. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { everyDevice } from '@wardline/product/team/devices/server'
import type { Admission, Conversations } from '@wardline/product/team/devices/server'
import { routesWith } from './routes.ts'

/** Lost keys. `conversations` and `admission` as devices have them: a new identity changes both. */
export const lostKeys = (conversations: Conversations, admission: Admission = everyDevice): Feature => ({
  name: 'team/lost-keys',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes: routesWith(conversations, admission),
})
