import { Id, List, Shape } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { signal } from '@wardline/platform/server'
import type { Live, LiveDigest, LiveFrame, LiveSocket } from '@wardline/platform/server'
import { conversationIdsOf, membersAmong } from './queries.ts'

/** The topic of a conversation. The organisation is part of it: ids are made by clients, and another tenant may know one. */
export const topicOf = (org: string, conversation: string): string => `conversation|${org}|${conversation}`

// What a person has left while one of their windows was still being told what it hears: that was read before they left.
const connecting = new WeakMap<LiveSocket, Set<string>>()

/** The person's open devices begin to hear a conversation. A window without an enrolled device hears none. */
export function joinAll(live: Live, org: string, conversation: string, people: readonly string[]): void {
  const topic = topicOf(org, conversation)
  for (const person of people)
    for (const socket of live.sockets({ person })) {
      if (socket.caller.org !== org || socket.caller.device === null) continue
      connecting.get(socket)?.delete(topic)
      socket.join(topic)
    }
}

/** The person's open devices hear no more of a conversation, from this moment. */
export function leaveAll(live: Live, org: string, conversation: string, people: readonly string[]): void {
  const topic = topicOf(org, conversation)
  for (const person of people)
    for (const socket of live.sockets({ person })) {
      connecting.get(socket)?.add(topic)
      socket.leave(topic)
    }
}

/** Tells a person's open devices themselves. */
export function tell(live: Live, person: string, frame: LiveFrame): void {
  for (const socket of live.sockets({ person })) socket.send(frame)
}

const mostMoved = 500

/**
 * Who may hear a conversation has changed at another node, or here by a commit whose answer was lost. Its word is not taken, because a later one
 * may have come before it: how things are now is read.
 */
export const rosterMoved = signal({
  kind: 'conversations.roster-moved',
  elsewhere: true,
  takes: Shape({ conversation: Id, people: List(Id, mostMoved) }),
  async heard({ db, live }, org, { conversation, people }) {
    if (!people.some((person) => live.sockets({ org, person }).length > 0)) return
    let applied: ReadonlySet<string> | undefined
    // Read again until nothing has moved: what committed after the read may have been done here before what was read.
    for (;;) {
      const members = new Set((await db.read(org, (read) => membersAmong(read, conversation, people))).map((it) => it.person))
      const moved = people.filter((it) => applied?.has(it) !== members.has(it))
      if (moved.length === 0) return
      applied = members
      const [here, gone] = [moved.filter((it) => members.has(it)), moved.filter((it) => !members.has(it))]
      leaveAll(live, org, conversation, gone)
      for (const person of gone) tell(live, person, { t: 'removed', conversation, person })
      joinAll(live, org, conversation, here)
      for (const person of here) tell(live, person, { t: 'conversation', conversation })
    }
  },
})

/** Tells the other nodes whose windows may hear a conversation no longer, or from now on. */
export function tellNodes(tx: Tx, conversation: string, people: readonly string[]): void {
  for (let i = 0; i < people.length; i += mostMoved) tx.signal(rosterMoved, { conversation, people: people.slice(i, i + mostMoved) })
}

/** After the commit: who came joins and is told, who went leaves and is told, everybody hears of the epoch. */
export function followEpoch(
  tx: Tx,
  live: Live,
  conversation: string,
  moved: { came: readonly string[]; went: readonly string[] },
  frame: LiveFrame,
): void {
  const { org } = tx
  tellNodes(tx, conversation, [...moved.went, ...moved.came])
  tx.afterCommit(() => {
    leaveAll(live, org, conversation, moved.went)
    for (const person of moved.went) tell(live, person, { t: 'removed', conversation, person })
    joinAll(live, org, conversation, moved.came)
    for (const person of moved.came) tell(live, person, { t: 'conversation', conversation })
    live.publish(topicOf(org, conversation), frame)
  })
}

/** A device that connects hears all of its person's conversations. */
export const digest: LiveDigest = {
  async connected(services, socket) {
    const { org, person, device } = socket.caller
    if (device === null) return
    const left = new Set<string>()
    connecting.set(socket, left)
    try {
      for (const row of await services.db.read(org, (db) => conversationIdsOf(db, person))) {
        const topic = topicOf(org, row.conversation)
        if (!left.has(topic)) socket.join(topic)
      }
    } finally {
      connecting.delete(socket)
    }
  },
  beat: () => Promise.resolve(new Map()),
}
