/** The door of team/messages: sealed envelopes, stored once, in one order, told to the members. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { digest, receiptCommand, sendCommand, syncCommand } from './live.ts'
import { receiptWork } from './receipts.ts'
import { routes } from './routes.ts'
import { writerOf } from './writer.ts'

export { eraseMessages } from './erase.ts'
export { conversationsOf, unwrapMessages } from './for-archive.ts'

export const messages: Feature = {
  name: 'team/messages',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
  live: [sendCommand, syncCommand, receiptCommand],
  digest,
  due: [receiptWork],
  start: (services) => {
    const writer = writerOf(services)
    // Whoever was told nothing yet is told before the database closes.
    return Promise.resolve(() => writer.idle())
  },
}
