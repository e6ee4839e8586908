/** Who hears what was told, in which order, and what a node does that may have missed something; with a database that answers as it is told. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Type } from '../contract.ts'
import type { Database, Db } from '../db/types.ts'
import type { Services } from '../http/route.ts'
import { newId } from '../ids/ids.ts'
import { signal } from './signal.ts'
import { openSignals } from './signals.ts'
import type { Signals } from './signals.ts'

interface Stored {
  readonly signal: string
  readonly org: string
  readonly kind: string
  readonly body: unknown
  readonly tx: number
}

let rows: Stored[]
/** The oldest transaction under way. */
let horizon: number
let isAway: boolean
/** Runs while the database reads: before its answer is made, and before that arrives. */
let meanwhile: (phase: 'asked' | 'answered') => void
let did: string[]
/** What waits for an answer, by what it is. */
let waiting: Map<string, () => void>
let ear: Signals

const Word = Type.Object({ word: Type.String() })
const quick = signal({
  kind: 'quick',
  takes: Word,
  heard: (_services, org, { word }) => void did.push(`${org} ${word}`),
  doubt: (_services, org) => void did.push(`doubt ${org}`),
})
const slow = signal({
  kind: 'slow',
  takes: Word,
  heard: (_services, org, { word }) =>
    new Promise<void>((resolve, reject) => {
      waiting.set(word, () => {
        waiting.delete(word)
        did.push(`${org} ${word}`)
        if (word === 'fails') reject(new Error('away'))
        else resolve()
      })
    }),
  doubt() {
    throw new Error('it is doubted all the same')
  },
})

const store = (kind: string, word: string, org = 'o'): Stored => {
  const it = { signal: newId(), org, kind, body: { word }, tx: horizon }
  rows.push(it)
  return it
}
const tell = ({ signal: id, org, kind, body }: Stored, isDone = false) => ear.here({ id, org, kind, body }, isDone)

/** Lets what is under way go on until it is so. */
async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !isSo(); i += 1) await Promise.resolve()
  expect(isSo()).toBe(true)
}

beforeEach(async () => {
  rows = []
  horizon = 100
  isAway = false
  meanwhile = () => {}
  did = []
  waiting = new Map()
  const sweep = {
    rows: async ({ values: [from] }: { values: readonly unknown[] }) => {
      if (isAway) throw new Error('away')
      meanwhile('asked')
      const found = from === null ? [] : rows.filter((it) => it.tx >= Number(from))
      const answer =
        found.length === 0 ? [{ horizon: String(horizon), org: null }] : found.map((it) => ({ ...it, horizon: String(horizon) }))
      meanwhile('answered')
      return answer
    },
    count: async () => 0,
  } as unknown as Db
  const db = { sweep: (run: (it: Db) => Promise<unknown>) => run(sweep) } as unknown as Database
  const live = { end: (of: object, reason: string) => void did.push(`end ${JSON.stringify(of)} ${reason}`) }
  const log = { error: (event: string) => void did.push(event) }
  ear = await openSignals([slow, quick], { db, live, log } as unknown as Services, 3_600_000)
})
afterEach(async () => {
  for (const answer of waiting.values()) answer()
  await ear.stop()
})

test('what was told here is heard at once, and not again; what its own server did is not heard there, unless it never learned that it should', async () => {
  tell(store('quick', 'one'))
  tell(store('quick', 'done'), true)
  store('quick', 'unknown')
  expect(did).toEqual(['o one'])
  for (let i = 0; i < 3; i += 1) await ear.look()
  expect(did).toEqual(['o one', 'o unknown'])
  // The answer to its commit comes late.
  tell(rows[2]!)
  expect(did).toEqual(['o one', 'o unknown'])
})

test('nor again where it commits while the database reads, or could not be read', async () => {
  isAway = true
  tell(store('quick', 'one'))
  await expect(ear.look()).rejects.toThrow()
  isAway = false
  meanwhile = (phase) => void (did.length < 3 && tell(store('quick', phase)))
  for (let i = 0; i < 3; i += 1) await ear.look()
  expect(did).toEqual(['o one', 'o asked', 'o answered'])
})

test('what takes its time holds up neither what stands behind it nor the next look, only its own kind in its own organisation', async () => {
  store('slow', 'first')
  store('slow', 'second')
  store('slow', 'of others', 'p')
  store('quick', 'one')
  const looks = [ear.look()]
  await until(() => did.includes('o one'))
  store('quick', 'two')
  looks.push(ear.look())
  await until(() => did.includes('o two'))
  expect([...waiting.keys()]).toEqual(['first', 'of others'])
  waiting.get('first')!()
  await until(() => waiting.has('second'))
  waiting.get('of others')!()
  waiting.get('second')!()
  await Promise.all(looks)
  expect(did).toEqual(['o one', 'o two', 'o first', 'p of others', 'o second'])
})

test.each([
  ['is not known', 'newer', 'one'],
  ['fails later', 'slow', 'fails'],
])('where a signal %s, all that may concern it is forgotten before the windows end', async (_, kind, word) => {
  store(kind, word)
  const looked = ear.look()
  if (kind === 'slow') {
    await until(() => waiting.has(word))
    waiting.get(word)!()
    did = []
  }
  await looked
  expect(did).toEqual(['live.signal-failed', 'live.doubt-failed', 'doubt o', 'end {"org":"o"} going-away'])
})

test('where another database took over that lacks the last transactions, nothing is believed of any organisation, and what is new there is heard', async () => {
  horizon = 1_000
  await ear.look()
  expect(did).toEqual([])
  horizon = 99
  store('quick', 'after')
  await ear.look()
  expect(did).toEqual(['live.doubt-failed', 'doubt null', 'end {} going-away'])
  await ear.look()
  expect(did.slice(3)).toEqual(['o after'])
})
