import { describe, expect, test } from 'vitest'
import { openLanes } from './lanes.ts'
import type { LanesOptions } from './lanes.ts'

interface Command {
  readonly group: string
  readonly key: string
  readonly n: number
  readonly bytes?: number
}

/** Lanes whose batches are held until the test lets them go. */
function held(options: Partial<LanesOptions<Command>> = {}) {
  const started: { group: string; batch: readonly Command[]; finish: () => void }[] = []
  const lanes = openLanes<Command>({
    lanes: 4,
    most: 256,
    mostBytes: 1_000,
    mostWaiting: 10_000,
    mostWaitingBytes: 1_000_000,
    gatherMs: 1,
    group: (it) => it.group,
    key: (it) => it.key,
    bytes: (it) => it.bytes ?? 1,
    run: (group, batch) => new Promise<void>((finish) => started.push({ group, batch, finish: () => finish() })),
    ...options,
  })
  const until = async (condition: () => boolean) => {
    for (let i = 0; i < 1_000 && !condition(); i += 1) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(condition()).toBe(true)
  }
  return { lanes, started, until }
}

describe('lanes', () => {
  test('what comes within a millisecond shares a batch; a group has at most half of the lanes', async () => {
    const { lanes, started, until } = held()
    for (let n = 0; n < 5; n += 1) lanes.offer({ group: 'a', key: `k${n}`, n })
    await until(() => started.length === 1)
    expect(started[0]!.batch.map((it) => it.n)).toEqual([0, 1, 2, 3, 4])
    lanes.offer({ group: 'a', key: 'x', n: 5 })
    await until(() => started.length === 2)
    lanes.offer({ group: 'a', key: 'y', n: 6 })
    lanes.offer({ group: 'b', key: 'z', n: 7 })
    await until(() => started.length === 3)
    expect(started[2]!.group).toBe('b')
    expect(lanes.waiting).toBe(1)
    started[0]!.finish()
    await until(() => started.length === 4)
    expect(started[3]!.batch.map((it) => it.n)).toEqual([6])
    for (const it of started) it.finish()
    await lanes.idle()
  })

  test('commands of one key are never in two batches and keep their order', async () => {
    const { lanes, started, until } = held()
    lanes.offer({ group: 'a', key: 'k', n: 0 })
    await until(() => started.length === 1)
    for (let n = 1; n < 4; n += 1) lanes.offer({ group: 'a', key: 'k', n })
    lanes.offer({ group: 'a', key: 'other', n: 9 })
    await until(() => started.length === 2)
    expect(started[1]!.batch.map((it) => it.n)).toEqual([9])
    started[0]!.finish()
    await until(() => started.length === 3)
    expect(started[2]!.batch.map((it) => it.n)).toEqual([1, 2, 3])
    for (const it of started) it.finish()
    await lanes.idle()
    expect(lanes.waiting).toBe(0)
  })

  test('a batch is cut at its number and its bytes; the rest follows in order', async () => {
    const { lanes, started, until } = held({ most: 3, mostBytes: 10 })
    for (let n = 0; n < 4; n += 1) lanes.offer({ group: 'a', key: 'k', n })
    lanes.offer({ group: 'a', key: 'big', n: 4, bytes: 50 })
    lanes.offer({ group: 'a', key: 'big', n: 5, bytes: 5 })
    await until(() => started.length === 2)
    expect(started.map((it) => it.batch.map((c) => c.n))).toEqual([[0, 1, 2], [4]])
    started[0]!.finish()
    started[1]!.finish()
    await until(() => started.length >= 3)
    started[2]!.finish()
    await until(() => started.flatMap((it) => it.batch).length === 6)
    for (const it of started) it.finish()
    await lanes.idle()
    expect(started.flatMap((it) => it.batch.filter((c) => c.key === 'k').map((c) => c.n))).toEqual([0, 1, 2, 3])
    expect(started.flatMap((it) => it.batch.filter((c) => c.key === 'big').map((c) => c.n))).toEqual([4, 5])
  })

  test('more than may wait is refused, and taken again when there is room', async () => {
    const { lanes, started, until } = held({ mostWaiting: 4 })
    expect([1, 2, 3].map((n) => lanes.offer({ group: 'a', key: 'k', n }))).toEqual([true, true, false])
    await until(() => started.length === 1)
    expect(lanes.offer({ group: 'a', key: 'k', n: 4 })).toBe(true)
    started[0]!.finish()
    await until(() => started.length === 2)
    started[1]!.finish()
    await lanes.idle()
  })

  test('one group has half of the room to wait in, by number and by bytes; the others find theirs', async () => {
    const { lanes, started, until } = held({ lanes: 2, mostWaiting: 20, mostWaitingBytes: 100 })
    const offer = (group: string, bytes: number) => lanes.offer({ group, key: 'k', n: 0, bytes })
    expect(Array.from({ length: 12 }, () => offer('a', 1)).filter((taken) => taken)).toHaveLength(10)
    expect(offer('b', 30)).toBe(true)
    expect(offer('b', 30)).toBe(false)
    expect(offer('b', 20)).toBe(true)
    expect(offer('c', 41)).toBe(false)
    expect(offer('c', 40)).toBe(true)
    await until(() => started.length === 2)
    for (let done = 0; done < started.length; done += 1) {
      started[done]!.finish()
      await until(() => lanes.waiting === 0 || started.length > done + 1)
    }
    await lanes.idle()
    expect(started.flatMap((it) => it.batch)).toHaveLength(13)
    expect(offer('a', 50)).toBe(true)
    await until(() => lanes.waiting === 0)
    started.at(-1)!.finish()
    await lanes.idle()
  })

  test('every command is done once, in its key’s order, whatever comes when', async () => {
    const done = new Map<string, number[]>()
    const lanes = openLanes<Command>({
      lanes: 4,
      most: 7,
      mostBytes: 1_000,
      mostWaiting: 100_000,
      mostWaitingBytes: 100_000,
      gatherMs: 1,
      group: (it) => it.group,
      key: (it) => it.key,
      bytes: () => 1,
      run: async (_group, batch) => {
        for (let i = 0; i < batch[0]!.n % 3; i += 1) await new Promise((resolve) => setImmediate(resolve))
        for (const it of batch) done.set(it.key, [...(done.get(it.key) ?? []), it.n])
      },
    })
    for (let n = 0; n < 3_000; n += 1) {
      lanes.offer({ group: `g${n % 5}`, key: `k${n % 37}`, n })
      if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await lanes.idle()
    const all = [...done.values()].flat()
    expect(all).toHaveLength(3_000)
    expect(new Set(all).size).toBe(3_000)
  })
})
