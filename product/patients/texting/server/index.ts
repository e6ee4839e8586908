/** The door of patients/texting: texts to patients, for the features that send them, and what the roster needs of it. */
import path from 'node:path'
import { within } from '@wardline/platform/server'
import type { Feature, Workers } from '@wardline/platform/server'
import { optedOut } from '@wardline/product/patients/consent/contract'
import type { RosterPorts } from '@wardline/product/patients/roster/server'
import { digest } from './live.ts'
import { lookersUp, lookUpUnknown, noticeLost } from './look-up.ts'
import { withdrawFor } from './outbox.ts'
import { deskOf } from './port.ts'
import type { TextingOptions } from './port.ts'
import { routesOf } from './routes.ts'
import { sendDue, senders } from './send.ts'
import { waitingOf } from './threads.ts'
import { textCodeOf } from './write.ts'

export { judge, queueText, shown, withdrawForVisit } from './outbox.ts'
export type { NewText, Queued } from './outbox.ts'
export { deskOf } from './port.ts'
export type { Desk, TextingOptions } from './port.ts'
export { activeChannel, newestReminders } from './queries.ts'
export { connectNumber } from './write.ts'

/** Texting with its carrier: the feature itself, and what the roster takes from it. */
export interface Texting {
  readonly feature: Feature
  readonly ports: RosterPorts
  readonly options: TextingOptions
}

/** Composes texting. `options` go to appointments too, which sends through it. */
export const texting = (options: TextingOptions): Texting => {
  let desk: ReturnType<typeof deskOf> | undefined
  let sending: Workers | undefined
  let lookingUp: Workers | undefined
  return {
    options,
    ports: { textCode: textCodeOf(options), waitingOf },
    feature: {
      name: 'patients/texting',
      migrations: path.join(import.meta.dirname, 'migrations'),
      routes: routesOf(options),
      digest,
      // Whoever was told of the stop: what waits for the number is taken back in the same transaction.
      within: [
        within('texting.stops', [optedOut], async (tx, { payload }) => {
          if (desk) await withdrawFor(tx, desk, payload.number)
        }),
      ],
      start: async (services) => {
        desk = deskOf(options, services)
        const [senderCalls, lookUpCalls] = [senders(services), lookersUp(services)]
        ;[sending, lookingUp] = [senderCalls, lookUpCalls]
        return async () => void (await Promise.all([senderCalls.stop(), lookUpCalls.stop()]))
      },
      due: [
        {
          name: 'texting.send',
          run: async ({ db, log }) => (desk && sending ? sendDue(db, desk, sending, log) : 0),
          idle: async () => (await sending?.idle()) ?? false,
        },
        {
          name: 'texting.look-up',
          evenWhenHeld: true,
          run: async ({ db, log }) =>
            desk && lookingUp ? (await noticeLost(db, desk, log)) + (await lookUpUnknown(db, desk, lookingUp, log)) : 0,
          idle: async () => (await lookingUp?.idle()) ?? false,
        },
      ],
    },
  }
}
