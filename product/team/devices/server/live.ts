import type { Tx } from '@wardline/platform/db'
import type { Live, LiveDigest } from '@wardline/platform/server'

const topic = (org: string): string => `colleagues|${org}`

/** Tells the organisation's open devices, after the commit, that a person's statements have grown. */
export const announceStatements = (tx: Tx, live: Live, person: string, position: number, renewed = false): void =>
  tx.afterCommit(() => live.publish(topic(tx.org), { t: 'statements', person, position, ...(renewed && { renewed }) }))

/** Every signed-in device hears about new statements of colleagues. */
export const digest: LiveDigest = {
  connected: (_services, socket) => {
    socket.join(topic(socket.caller.org))
    return Promise.resolve()
  },
  beat: () => Promise.resolve(new Map()),
}
