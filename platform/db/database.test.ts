import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fact } from '../contract/fact.ts'
import { Shape } from '../contract/text.ts'
import { newId } from '../ids/ids.ts'
import { openTestServer } from '../testing/index.ts'
import type { TestServer } from '../testing/index.ts'
import { bySystem } from './index.ts'
import { sql } from './sql.ts'

const noted = fact({ kind: 'test.noted', payload: Shape({ n: Type.Integer() }), says: 'noted' })
const org = newId()
let it: TestServer

beforeAll(async () => {
  const nobody = { name: 'test/nobody', authenticate: () => async () => null }
  it = await openTestServer([nobody])
  await it.owner.query(
    "create table note (org uuid not null, n int not null check (n < 100), primary key (org, n)); select wl_tenant_table('note')",
  )
})
afterAll(() => it.close())

const notes = async () =>
  (await it.server.db.read(org, (db) => db.rows<{ n: number }>(sql`select n from note where org = ${org} order by n`))).map((row) => row.n)
const facts = async () => (await it.owner.query("select 1 from fact where kind = 'test.noted' and org = $1", [org])).rowCount

test('what was sent is stored with the commit, in its order, and later statements see it', async () => {
  const seen = await it.server.db.write(org, bySystem, async (tx) => {
    tx.send(sql`insert into note (org, n) values (${org}, 1)`)
    tx.send(sql`update note set n = 2 where org = ${org} and n = 1`)
    const rows = await tx.rows<{ n: number }>(sql`select n from note where org = ${org}`)
    tx.send(sql`insert into note (org, n) values (${org}, 3)`)
    tx.announce(noted, { key: 'note', payload: { n: 3 } })
    return rows.map((row) => row.n)
  })
  expect(seen).toEqual([2])
  expect(await notes()).toEqual([2, 3])
  expect(await facts()).toBe(1)
})

test.each([
  ['a doubled key', (n: number) => sql`insert into note (org, n) values (${org}, ${n})`, 3, 'constraint'],
  ['another tenant', (n: number) => sql`insert into note (org, n) values (${newId()}, ${n})`, 5, 'refused'],
  ['a broken statement', (n: number) => sql`insert into no_such_table (n) values (${n})`, 5, 'broken'],
] as const)(
  '%s among what was sent fails the transaction with its own code, and nothing of it is stored',
  async (_, statement, n, code) => {
    const [before, announced] = [await notes(), await facts()]
    let told = 0
    const done = it.server.db.write(org, bySystem, async (tx) => {
      await tx.rows(sql`select 1`)
      tx.send(sql`insert into note (org, n) values (${org}, 50)`)
      tx.send(statement(n))
      tx.send(sql`insert into note (org, n) values (${org}, 51)`)
      tx.announce(noted, { key: 'note', payload: { n } })
      tx.afterCommit(() => (told += 1))
    })
    await expect(done).rejects.toMatchObject({ name: 'DatabaseFailure', code })
    expect([await notes(), await facts(), told]).toEqual([before, announced, 0])
    // The connection is sound: the next transactions of as many as there are find nothing of this one.
    await Promise.all(Array.from({ length: 20 }, (_, i) => it.server.db.write(org, bySystem, (tx) => tx.rows(sql`select ${i}::int`))))
  },
)

test('a thrown error takes back what was sent before it', async () => {
  const before = await notes()
  const done = it.server.db.write(org, bySystem, async (tx) => {
    tx.send(sql`insert into note (org, n) values (${org}, 60)`)
    await tx.rows(sql`select 1`)
    throw new Error('no')
  })
  await expect(done).rejects.toThrow('no')
  expect(await notes()).toEqual(before)
})
