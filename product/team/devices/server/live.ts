import { Count, Id, Shape, Type } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { signal } from '@wardline/platform/server'
import type { LiveDigest } from '@wardline/platform/server'

const topic = (org: string): string => `colleagues|${org}`

/** A person's statements have grown: every open device of the organisation is told, at every node. */
export const statementsGrown = signal({
  kind: 'devices.statements-grown',
  takes: Shape({ person: Id, position: Count, renewed: Type.Boolean() }),
  heard: ({ live }, org, { person, position, renewed }) =>
    live.publish(topic(org), { t: 'statements', person, position, ...(renewed && { renewed }) }),
})

/** Tells the organisation's open devices, after the commit, that a person's statements have grown. */
export const announceStatements = (tx: Tx, person: string, position: number, renewed = false): void =>
  tx.signal(statementsGrown, { person, position, renewed })

/** Every signed-in device hears about new statements of colleagues. */
export const digest: LiveDigest = {
  connected: (_services, socket) => {
    socket.join(topic(socket.caller.org))
    return Promise.resolve()
  },
  beat: () => Promise.resolve(new Map()),
}
