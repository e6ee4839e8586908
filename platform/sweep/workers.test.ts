import { expect, test } from 'vitest'
import { openLog } from '../log/log.ts'
import { openWorkers } from './workers.ts'

function open(more: { budgetMs?: number } = {}) {
  const logged: string[] = []
  const freed: string[] = []
  const log = openLog({ write: (line) => void logged.push(line) })
  const workers = openWorkers({
    name: 'test',
    most: 3,
    mostEach: 2,
    budgetMs: 3_600_000,
    log,
    freed: () => void freed.push('freed'),
    ...more,
  })
  return { workers, logged, freed }
}
const never = () => new Promise<string>(() => {})

test('one organisation has its share of the places, everybody together has all, and a place that is given back is free', () => {
  const { workers, freed } = open()
  const [first, second] = [workers.take('a'), workers.take('a')]
  expect([first, second]).not.toContain(undefined)
  expect(workers.full).toEqual(['a'])
  expect(workers.take('a')).toBeUndefined()
  expect(workers.take('b')).toBeDefined()
  expect(workers.take('c')).toBeUndefined()
  second!.release()
  expect(freed).toHaveLength(1)
  expect(workers.full).toEqual([])
  expect(workers.take('c')).toBeDefined()
})

test('who begins a call does not wait for it; idle does', async () => {
  const { workers } = open()
  const said: string[] = []
  const { promise, resolve } = Promise.withResolvers<string>()
  workers.take('a')!.run({ call: () => promise, late: 'late', then: async (it) => void said.push(it) })
  expect(said).toEqual([])
  resolve('answered')
  expect(await workers.idle()).toBe(true)
  expect(said).toEqual(['answered'])
  expect(await workers.idle()).toBe(false)
})

test('a call that is never answered counts as late when its time is used up, and its place is free again', async () => {
  const { workers, freed } = open({ budgetMs: 1 })
  const said: string[] = []
  for (const org of ['a', 'a']) workers.take(org)!.run({ call: never, late: 'late', then: async (it) => void said.push(it) })
  await workers.idle()
  expect(said).toEqual(['late', 'late'])
  expect(workers.full).toEqual([])
  expect(freed.length).toBeGreaterThan(0)
})

test('stopping hears who answers and gives up on who does not; nothing begins afterwards', async () => {
  const { workers } = open()
  const said: string[] = []
  workers.take('a')!.run({ call: async () => 'answered', late: 'late', then: async (it) => void said.push(it) })
  workers.take('b')!.run({ call: never, late: 'late', then: async (it) => void said.push(it) })
  await workers.stop(1)
  expect(said).toEqual(['answered', 'late'])
  expect(workers.take('a')).toBeUndefined()
})

test('what cannot be written down is logged, and holds no place', async () => {
  const { workers, logged } = open()
  for (const org of ['a', 'a'])
    workers.take(org)!.run({ call: async () => 'answered', late: 'late', then: () => Promise.reject(new Error('canary of a patient')) })
  await workers.idle()
  expect(workers.full).toEqual([])
  expect(logged).toHaveLength(2)
  expect(logged.join('')).toContain('workers.failed')
  expect(logged.join('')).not.toContain('canary')
})
