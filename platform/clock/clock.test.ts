import { expect, test } from 'vitest'
import type { Database } from '../db/types.ts'
import { openLog } from '../log/log.ts'
import { openClock } from './clock.ts'

/** A database and a node whose clocks a test turns, each by itself. */
function stage() {
  const start = Date.UTC(2026, 2, 10, 14, 40)
  const it = { database: start, ours: 0, logged: [] as string[] }
  const db = {
    read: (_org: string, run: (read: object) => Promise<unknown>) =>
      run({ one: async () => ({ now: new Date(it.database), raw: new Date(it.database) }) }),
  } as unknown as Database
  const clock = openClock(openLog({ write: (line) => void it.logged.push(line) }), () => it.ours)
  return {
    it,
    clock,
    /** Both go on by `ms`, the database's by `more` besides; then it is read. */
    async pass(ms: number, more = 0) {
      it.ours += ms
      it.database += ms + more
      await clock.read(db)
    },
  }
}

test('a jump forward holds until the clock has run evenly for five seconds', async () => {
  const { it, clock, pass } = stage()
  await pass(1_000)
  await pass(1_000, 1_900)
  expect(clock.held).toBe(false)
  await pass(1_000, 3_600_000)
  expect(clock.held).toBe(true)
  for (let i = 0; i < 40; i += 1) await pass(100)
  expect(clock.held).toBe(true)
  await pass(1_000)
  expect(clock.held).toBe(false)
  expect(clock.ms()).toBe(it.database)
  expect(it.logged.filter((line) => line.includes('clock.jumped-forward')).length).toBe(1)
})

test('a second jump begins the wait anew; a step back ends it only if it takes back the whole jump', async () => {
  const { clock, pass } = stage()
  await pass(1_000)
  await pass(1_000, 3_600_000)
  await pass(4_000)
  await pass(500, 60_000)
  await pass(4_000)
  expect(clock.held).toBe(true)
  await pass(500, -600_000)
  expect(clock.held).toBe(true)
  await pass(100, -3_060_000)
  expect(clock.held).toBe(false)
})

test('a jump back holds nothing, is told, and is believed at once', async () => {
  const { it, clock, pass } = stage()
  await pass(1_000)
  await pass(1_000, -3_600_000)
  expect(clock.held).toBe(false)
  expect(clock.ms()).toBe(it.database)
  expect(it.logged.join('')).toContain('clock.jumped-back')
})
