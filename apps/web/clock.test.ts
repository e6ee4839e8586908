import { expect, test } from 'vitest'
import { openServerClock } from './clock.ts'

const minute = 60_000

test('the screen tells the server’s time: of two words the one that came faster counts, and a clock that was moved is believed', () => {
  let own = 1_000_000
  const clock = openServerClock(() => own)
  expect(clock.now()).toBe(own)
  clock.observe(own + 5 * minute - 300)
  clock.observe(own + 5 * minute - 20)
  own += 10_000
  clock.observe(own + 5 * minute - 400)
  expect(clock.now()).toBe(own + 5 * minute - 20)
  clock.observe(own + 24 * 60 * minute)
  expect(clock.now()).toBe(own + 24 * 60 * minute)
  clock.observe(own + 10 * minute)
  expect(clock.now()).toBe(own + 10 * minute)
})
