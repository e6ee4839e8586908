import type { Live, LiveSocket, Services } from '@wardline/platform/server'
import { expect, test } from 'vitest'
import { digest, joinAll, leaveAll, topicOf } from './live.ts'

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
