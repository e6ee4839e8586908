import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Feature } from '../http/feature.ts'
import { newId } from '../ids/ids.ts'
import { openTestServer } from '../testing/server.ts'
import type { TestServer } from '../testing/server.ts'
import { polling } from './polling.ts'

const [bad, good] = [newId(), newId()]
let wanted: string[] = []
const asked: string[] = []
const feature: Feature = {
  name: 'test/polling',
  authenticate: () => async () => null,
  ...polling<string, string>({
    name: 'test.polling',
    budgetMs: 3_600_000,
    due: async () => wanted.map((org) => ({ org })),
    claim: async (tx) => {
      if (tx.org === bad && wanted.length > 1) throw new Error('a damaged row')
      wanted = wanted.filter((org) => org !== tx.org)
      return `row of ${tx.org}`
    },
    call: async (_services, org, row) => `${org} ${row}`,
    late: 'late',
    then: async (_services, _org, _row, outcome) => void asked.push(outcome),
  }),
}
let it: TestServer
beforeAll(async () => void (it = await openTestServer([feature])))
afterAll(() => it.close())

test('an organisation that cannot be taken on keeps no place and stops no other, and is asked once it can', async () => {
  // More often than there are places.
  for (let i = 0; i < 6; i += 1) {
    wanted = [bad, good]
    await it.server.settle()
  }
  expect(asked.filter((line) => line.startsWith(good))).toHaveLength(6)
  expect(asked.at(-1)).toBe(`${bad} row of ${bad}`)
  expect(it.logged.some((line) => line.includes('polling.not-claimed') && line.includes(bad))).toBe(true)
})
