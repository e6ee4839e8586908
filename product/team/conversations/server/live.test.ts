import type { Live, LiveSocket, Services } from '@wardline/platform/server'
import { expect, test } from 'vitest'
import { digest, joinAll, leaveAll, rosterMoved, topicOf } from './live.ts'

/** A window whose list of conversations is being read, as it was before what happens now. */
function connecting(conversations: readonly string[]) {
  const topics = new Set<string>()
  const socket = {
    caller: { org: 'o', person: 'ana', device: 'd' },
    join: (topic: string) => void topics.add(topic),
    leave: (topic: string) => void topics.delete(topic),
  } as unknown as LiveSocket
  const live = { sockets: () => [socket] } as unknown as Live
  let answer: () => void = () => undefined
  const rows = new Promise((resolve) => {
    answer = () => resolve(conversations.map((conversation) => ({ conversation })))
  })
  const connected = digest.connected({ db: { read: () => rows } } as unknown as Services, socket)
  return { topics, live, answer: () => (answer(), connected) }
}

test('a window that connects while its person is removed hears nothing of that conversation', async () => {
  const { topics, live, answer } = connecting(['left', 'stays'])
  leaveAll(live, 'o', 'left', ['ana'])
  await answer()
  expect([...topics]).toEqual([topicOf('o', 'stays')])
  // Whoever comes back later hears it again.
  joinAll(live, 'o', 'left', ['ana'])
  expect(topics.size).toBe(2)
})

test('whoever left and came back meanwhile hears it', async () => {
  const { topics, live, answer } = connecting(['a', 'b'])
  leaveAll(live, 'o', 'a', ['ana'])
  joinAll(live, 'o', 'a', ['ana'])
  joinAll(live, 'o', 'new', ['ana'])
  await answer()
  expect(topics).toEqual(new Set(['a', 'b', 'new'].map((it) => topicOf('o', it))))
})

test.each([
  ['leaves', ['ana'], []],
  ['comes back', [], ['ana']],
])('who %s here while it is read what another server did is where they are now', async (_, before, now) => {
  const topics = new Set<string>()
  const socket = {
    caller: { org: 'o', person: 'ana', device: 'd' },
    join: (topic: string) => void topics.add(topic),
    leave: (topic: string) => void topics.delete(topic),
    send: () => undefined,
  } as unknown as LiveSocket
  const live = { sockets: () => [socket] } as unknown as Live
  const rows = (people: readonly string[]) => people.map((person) => ({ person }))
  let reads = 0
  const read = async () => {
    reads += 1
    if (reads > 1) return rows(now)
    // Its transaction commits after this read, and is done here before what was read.
    if (now.length === 0) leaveAll(live, 'o', 'a', ['ana'])
    else joinAll(live, 'o', 'a', ['ana'])
    return rows(before)
  }
  await rosterMoved.heard({ db: { read }, live } as unknown as Services, 'o', { conversation: 'a', people: ['ana'] })
  expect([...topics]).toEqual(now.map(() => topicOf('o', 'a')))
})
