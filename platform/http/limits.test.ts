import { expect, test } from 'vitest'
import { classLimits, limitsOf, openLimiter } from './limits.ts'

const route = { name: 'a.b', method: 'POST', open: false, limit: { most: 600, seconds: 60 } }
const by = { ip: '203.0.113.7', person: 'p', org: 'o' }

test('a call counts for its route, its person, its address and its organisation', () => {
  expect(limitsOf(route, by).map((it) => it.key)).toEqual(['a.b|p', 'write|person|p', 'write|address|203.0.113.7', 'write|organisation|o'])
  expect(limitsOf({ ...route, method: 'GET' }, by).map((it) => it.key.split('|')[0])).toEqual(['a.b', 'read', 'read', 'read'])
  expect(limitsOf({ ...route, open: true }, by).map((it) => it.key)).toEqual(['a.b|203.0.113.7'])
  expect(limitsOf(route, { ...by, person: null }).map((it) => it.key)).toEqual(['a.b|203.0.113.7'])
})

test('a route made for more than a class allows counts against its own limit alone', () => {
  expect(limitsOf({ ...route, limit: { most: 6_000, seconds: 60 } }, by)).toHaveLength(1)
})

test('one person cannot take what the house has', () => {
  for (const it of [classLimits.read, classLimits.write]) {
    expect(it.person.most * 5).toBeLessThan(it.address.most)
    expect(it.address.most).toBeLessThan(it.organisation.most)
  }
})

test('whoever took all waits until the window ends, and no longer', () => {
  const clock = { now: 0, ms: () => clock.now }
  const limiter = openLimiter(clock)
  for (let i = 0; i < 3; i += 1) expect(limiter.take('a', 3, 60)).toBe(0)
  clock.now = 15_500
  expect(limiter.take('a', 3, 60)).toBe(45)
  expect(limiter.take('b', 3, 60)).toBe(0)
  clock.now = 60_000
  expect(limiter.take('a', 3, 60)).toBe(0)
})
