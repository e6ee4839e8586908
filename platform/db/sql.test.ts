import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client } from 'pg'
import { testPostgresUrl } from '../testing/index.ts'
import { openConnection } from './pool.ts'
import { sql } from './sql.ts'

let client: Client
beforeAll(async () => {
  client = await openConnection(await testPostgresUrl(), 'sql test')
})
afterAll(() => client.end())

const back = async (values: readonly unknown[], type: string): Promise<unknown> => {
  const statement = sql`select ${values}`
  const { rows } = await client.query<{ it: unknown }>(`select $1::${type} as it`, statement.values as unknown[])
  return rows[0]!.it
}

test('arrays come back as they were sent, whatever stands in them', async () => {
  const tricky = ['', 'NULL', 'null', ' a', 'a b', 'a,b', '{a}', '"', '\\', "'; --", 'é', 'conversation|7', '-1', '1.5', '\n']
  expect(await back(tricky, 'text[]')).toEqual(tricky)
  expect(await back([], 'text[]')).toEqual([])
  expect(await back([null, 'a', null], 'text[]')).toEqual([null, 'a', null])
  expect(await back([1, -2, 9_007_199_254_740_991], 'bigint[]')).toEqual([1, -2, 9_007_199_254_740_991])
  expect(await back([1.5, -0.25], 'float8[]')).toEqual([1.5, -0.25])
  expect(await back([true, false], 'boolean[]')).toEqual([true, false])
  expect(await back([Buffer.from('00ff', 'hex')], 'bytea[]')).toEqual([Buffer.from('00ff', 'hex')])
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(fc.string({ unit: 'grapheme', maxLength: 12 }).filter((it) => !it.includes('\u0000')))),
      async (values) => {
        expect(await back(values, 'text[]')).toEqual(values)
      },
    ),
    { numRuns: 100 },
  )
})
