import { textStates } from '@wardline/product/patients/texting/contract'
import { stateWords } from '@wardline/ui'
import { expect, test } from 'vitest'
import { stateOf, type ThreadText } from './states.ts'

const format = { locale: 'en-US', timeZone: 'America/Chicago' }
const out = (it: Partial<NonNullable<ThreadText['out']>>): NonNullable<ThreadText['out']> => ({
  patient: null,
  purpose: 'answer',
  by: null,
  state: 'accepted',
  reasons: [],
  dueAt: Date.UTC(2026, 2, 11, 13),
  delivery: null,
  problem: null,
  ...it,
})
const words = (it: Partial<NonNullable<ThreadText['out']>>) => stateWords(stateOf(out(it), format))

test('every state of a text is told in words, and what did not arrive says why', () => {
  expect(Object.fromEntries(textStates.map((state) => [state, words({ state })]))).toEqual({
    held: 'Queued until Wed 08:00',
    queued: 'Queued',
    sending: 'Sending…',
    accepted: 'Sent',
    refused: 'Not sent',
    unknown: 'Unknown: the carrier did not answer. It is being looked up and not sent again by itself.',
    'not-taken': 'Not sent',
    withdrawn: 'Not sent',
  })
  expect(words({ state: 'unknown', problem: 'unreadable' })).toContain('damaged')
  expect(words({ delivery: 'delivered' })).toBe('Delivered')
  expect(words({ delivery: 'undelivered', problem: 'number-unreachable' })).toBe('Not sent: the phone is off or out of reach')
  expect(words({ state: 'refused', problem: 'a new word' })).toBe('Not sent: a new word')
  expect(words({ state: 'withdrawn', reasons: [{ code: 'opted-out', says: 'Texts were stopped.' }] })).toBe('Not sent: Texts were stopped.')
})
