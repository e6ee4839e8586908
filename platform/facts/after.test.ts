import { afterAll, beforeAll, expect, test } from 'vitest'
import { fact } from '../contract/fact.ts'
import { Shape, Text } from '../contract/text.ts'
import { bySystem } from '../db/database.ts'
import type { Feature } from '../http/feature.ts'
import { newId } from '../ids/ids.ts'
import { openTestServer } from '../testing/server.ts'
import type { TestServer } from '../testing/server.ts'
import { after } from './listeners.ts'

const happened = fact({ kind: 'test.happened', payload: Shape({ text: Text(100) }), says: 'did something' })
const heard: string[] = []
/** The organisation at whose second fact the second listener stumbles. */
let stubborn = ''
const stumbled: string[] = []
const feature: Feature = {
  name: 'test/after',
  authenticate: () => async () => null,
  after: [
    after('test.hears', [happened], async (_db, it) => void heard.push(`${it.org} ${it.payload?.text}`)),
    after('test.stumbles', [happened], async (_db, it) => {
      if (it.org === stubborn && it.payload?.text === 'two') throw new Error('not now')
      stumbled.push(`${it.org} ${it.payload?.text}`)
    }),
  ],
}
let it: TestServer
beforeAll(async () => void (it = await openTestServer([feature])))
afterAll(() => it.close())

/** An organisation with three facts that have their places in the log. */
const organisation = async () => {
  const org = newId()
  await it.owner.query("insert into org (org, name, zone, preset) values ($1, 'A', 'UTC', 'practice')", [org])
  await it.server.db.write(org, bySystem, async (tx) => {
    for (const text of ['one', 'two', 'three']) tx.announce(happened, { key: 'k', payload: { text } })
  })
  await it.owner.query(
    "insert into log_entry (org, index, fact, leaf, leaf_hash) select org, row_number() over (order by key, ctid) - 1, id, 'x', decode(repeat('00', 32), 'hex') from fact where org = $1",
    [org],
  )
  return org
}

test('a payload that does not open is tried again, parked with an alarm, and stops no other fact and no other organisation', async () => {
  // The damaged one is looked at first, whatever order the database gives them in.
  const [bad, ...good] = [await organisation(), await organisation(), await organisation()].toSorted()
  await it.owner.query(
    'update fact_payload set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) where org = $1 and fact = (select fact from log_entry where org = $1 and index = 1)',
    [bad],
  )
  await it.server.settle()
  for (const org of good)
    expect(heard.filter((line) => line.startsWith(org))).toEqual(['one', 'two', 'three'].map((text) => `${org} ${text}`))
  expect(heard.filter((line) => line.startsWith(bad!))).toEqual([`${bad} one`])
  const alarms = () => it.logged.map((line) => JSON.parse(line) as { event: string; index?: number; attempts?: number })
  expect(alarms().find((line) => line.event === 'facts.listener-failed')).toMatchObject({ index: 1, attempts: 1 })
  for (let i = 0; i < 4; i += 1) {
    await it.shift(20_000)
    await it.server.settle()
  }
  expect(heard.filter((line) => line.startsWith(bad!))).toEqual([`${bad} one`, `${bad} three`])
  const { rows } = await it.owner.query('select listener, index from parked_fact where org = $1 order by listener', [bad])
  expect(rows).toEqual([
    { listener: 'test.hears', index: 1 },
    { listener: 'test.stumbles', index: 1 },
  ])
})

test('a listener whose place cannot be stored in one organisation still hears the others', async () => {
  const [bad, good] = [await organisation(), await organisation()]
  await it.owner.query(`alter table listener_cursor add constraint test_fault check (org <> '${bad}')`)
  it.logged.length = 0
  await it.server.settle()
  expect(heard.filter((line) => line.startsWith(good))).toHaveLength(3)
  expect(it.logged.some((line) => line.includes('facts.feeding-failed') && line.includes(bad))).toBe(true)
  await it.owner.query('alter table listener_cursor drop constraint test_fault')
  await it.server.settle()
})

test('listeners that read together come forward each by itself: one that fails holds no other back, and none hears a fact twice for it', async () => {
  const org = await organisation()
  stubborn = org
  await it.server.settle()
  expect(heard.filter((line) => line.startsWith(org))).toEqual(['one', 'two', 'three'].map((text) => `${org} ${text}`))
  const places = async () =>
    (await it.owner.query('select listener, next_index::int as next from listener_cursor where org = $1 order by listener', [org])).rows
  expect(await places()).toEqual([
    { listener: 'test.hears', next: 3 },
    { listener: 'test.stumbles', next: 1 },
  ])
  stubborn = ''
  await it.shift(20_000)
  await it.server.settle()
  expect(await places()).toEqual([
    { listener: 'test.hears', next: 3 },
    { listener: 'test.stumbles', next: 3 },
  ])
  expect(stumbled.filter((line) => line.startsWith(org))).toEqual(['one', 'two', 'three'].map((text) => `${org} ${text}`))
})
