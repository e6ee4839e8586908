import { describe, expect, test } from 'vitest'
import type { MessageView, Sending } from '@wardline/product/team/messages/client'
import { firstNewOf } from './phrases.ts'
import { withReceipts } from './store.ts'

const [ada, raj, kim] = ['ada', 'raj', 'kim']
const message = (sequence: number | null, sending: Sending | null): MessageView => ({
  id: `m${sequence}`,
  conversation: 'c',
  sequence,
  person: kim,
  device: 'd',
  at: 0,
  mine: sending !== null,
  content: { is: 'text', text: 'K+ 6.8' },
  flags: { priority: 'routine', ask: 'fyi', due: 0, expiry: 0, mentions: [] },
  sending,
})
const sent = (delivered: number, shown: number): Sending => ({ is: 'sent', delivered, shown, of: 2 })
const told = (messages: readonly MessageView[], marks: readonly (readonly [string, number, number])[]) =>
  withReceipts(
    messages,
    marks.map(([person, delivered, shown]) => ({ person, delivered, shown })),
    [ada, raj],
  ).map((it) => it.sending)

describe('the marks of the other members', () => {
  test('are counted for each of my messages that they reach', () => {
    const messages = [message(1, sent(0, 0)), message(2, sent(0, 0)), message(3, sent(0, 0))]
    const marks = [
      [ada, 3, 1],
      [raj, 2, 2],
    ] as const
    expect(told(messages, marks)).toEqual([sent(2, 2), sent(2, 1), sent(1, 0)])
  })

  test('never lower what was told, and my own devices count for nobody', () => {
    expect(told([message(2, sent(2, 1))], [[ada, 1, 0]])).toEqual([sent(2, 1)])
    expect(told([message(2, sent(0, 0))], [[kim, 2, 2]])).toEqual([sent(0, 0)])
  })

  test('say nothing of messages of others, and of mine that are not stored', () => {
    const waiting = [message(1, null), message(null, { is: 'waiting' }), message(null, { is: 'not-sent', code: 'chain' })]
    expect(told(waiting, [[ada, 9, 9]])).toEqual(waiting.map((it) => it.sending))
  })
})

describe('the line over what is new', () => {
  const theirs = (sequence: number) => message(sequence, null)
  const mine = (sequence: number | null) => ({ ...message(sequence, { is: 'waiting' }), mine: true })

  test('stands over the oldest message that was not shown', () => {
    expect(firstNewOf([theirs(1), theirs(2), theirs(3)], 1)?.sequence).toBe(2)
    expect(firstNewOf([theirs(1), theirs(2)], 2)).toBeUndefined()
  })

  test('is gone once I have answered, and comes again for what follows', () => {
    expect(firstNewOf([theirs(1), theirs(2), mine(null)], 0)).toBeUndefined()
    expect(firstNewOf([theirs(1), mine(2), theirs(3), theirs(4)], 0)?.sequence).toBe(3)
  })
})
