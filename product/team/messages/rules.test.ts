import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochLimits } from '@wardline/product/team/conversations/rules'
import { judgeBatch, moveWatermark, noEnvelope } from './rules.ts'
import type { Locked, Send, Standing, Verdict } from './rules.ts'

const at = { now: 1_000_000, month: '2026-03' }
const locked = (more: Partial<Locked> = {}): Locked => ({
  n: 3,
  epochHash: 'E3',
  rekey: null,
  usedAt: 999_000,
  from: 10,
  last: 10,
  month: '2026-03',
  ...more,
})
const send = (more: Partial<Send> = {}): Send => ({
  conversation: 'c',
  person: 'p',
  device: 'd',
  msgId: 'm1',
  n: 3,
  epochHash: 'E3',
  prev: noEnvelope,
  hash: 'h1',
  stat: false,
  ...more,
})
const fine: Standing = { known: null, member: true, device: true, head: null }
const one = (it: Send, standing: Partial<Standing> = {}, conversation: Partial<Locked> = {}): Verdict =>
  judgeBatch([it], [{ ...fine, ...standing }], new Map([['c', locked(conversation)]]), at)[0]!

describe('one send', () => {
  test('is numbered after the last', () => {
    expect(one(send())).toEqual({ is: 'stored', sequence: 11 })
  })
  test.each([
    ['no member', one(send(), { member: false }), { code: 'not-found' }],
    ['no such conversation', judgeBatch([send()], [fine], new Map(), at)[0]!, { code: 'not-found' }],
    ['a revoked device', one(send(), { device: false }), { code: 'revoked' }],
    ['an older epoch', one(send({ n: 2 })), { code: 'stale-epoch', epoch: { n: 3, hash: 'E3' } }],
    ['an epoch of that number that is another', one(send({ epochHash: 'X' })), { code: 'stale-epoch' }],
    ['a wrong previous envelope', one(send({ prev: 'x' })), { code: 'chain', head: null }],
    ['none where there is one', one(send(), { head: 'h0' }), { code: 'chain', head: 'h0' }],
  ])('%s is refused', (_, verdict, wanted) => expect(verdict).toMatchObject({ is: 'refused', ...wanted }))

  test('what is known gets the first bytes back, whatever else has changed since', () => {
    const known = { conversation: 'c', sequence: 4, hash: 'first', at: 5 }
    expect(one(send({ hash: 'other', n: 1 }), { known, member: false, device: false })).toEqual({ is: 'known', ...known })
  })

  test.each([
    ['a removal', { rekey: 'removal' }, 'removal', 'removal'],
    ['a revoked device', { rekey: 'user-key' }, 'user-key', 'user-key'],
    ['another month', { month: '2026-02' }, 'boundary', 'boundary'],
    ['another policy', { rekey: 'policy' }, 'policy', null],
    ['a second differing set of seals', { rekey: 'dispute' }, 'dispute', null],
    ['500 messages', { from: 0, last: epochLimits.messages }, 'messages', null],
    ['24 hours', { usedAt: at.now - epochLimits.ageMs }, 'age', null],
    ['a removal beside a policy', { rekey: 'removal', from: 0, last: 500 }, 'removal', 'removal'],
  ] as const)('%s asks for a new epoch; a STAT waits only for what would let somebody read on', (_, conversation, ordinary, stat) => {
    expect(one(send(), {}, conversation)).toMatchObject({ code: 'rekey-first', rekey: ordinary })
    const urgent = one(send({ stat: true }), {}, conversation)
    if (stat === null) expect(urgent.is).toBe('stored')
    else expect(urgent).toMatchObject({ code: 'rekey-first', rekey: stat })
  })
})

describe('a batch', () => {
  test('carries a device’s chain on from message to message, and breaks it where one is refused', () => {
    const sends = [
      send(),
      send({ msgId: 'm2', prev: 'h1', hash: 'h2' }),
      send({ msgId: 'm3', prev: 'hX', hash: 'h3' }),
      send({ msgId: 'm4', prev: 'h3', hash: 'h4' }),
    ]
    const verdicts = judgeBatch(
      sends,
      sends.map(() => fine),
      new Map([['c', locked()]]),
      at,
    )
    expect(verdicts.map((it) => it.is)).toEqual(['stored', 'stored', 'refused', 'refused'])
  })

  test('stores a message id once though it comes twice', () => {
    const sends = [send(), send({ hash: 'other' })]
    expect(judgeBatch(sends, [fine, fine], new Map([['c', locked()]]), at)[1]).toMatchObject({ is: 'known', sequence: 11, hash: 'h1' })
  })

  test('whatever comes: accepted messages are numbered without a gap, each id once, each chain unbroken', () => {
    const anySend = fc.record({
      conversation: fc.constantFrom('a', 'b', 'c'),
      device: fc.constantFrom('d1', 'd2', 'd3'),
      msgId: fc.integer({ min: 0, max: 30 }).map(String),
      n: fc.constantFrom(3, 3, 3, 2),
      link: fc.constantFrom('right', 'right', 'right', 'wrong'),
      member: fc.constantFrom(true, true, true, false),
    })
    fc.assert(
      fc.property(fc.array(anySend, { maxLength: 80 }), (plan) => {
        const heads = new Map<string, string>()
        const sends: Send[] = []
        for (const [i, it] of plan.entries()) {
          // A client that believes that everything it sends is stored.
          const chain = `${it.conversation} ${it.device}`
          const hash = `h${i}`
          sends.push(send({ ...it, person: it.device, hash, prev: it.link === 'right' ? (heads.get(chain) ?? noEnvelope) : 'wrong' }))
          heads.set(chain, hash)
        }
        const all = new Map(['a', 'b', 'c'].map((id) => [id, locked({ last: 7, from: 0 })]))
        const verdicts = judgeBatch(
          sends,
          plan.map((it) => ({ ...fine, member: it.member })),
          all,
          at,
        )
        const stored = sends.flatMap((it, i) =>
          verdicts[i]!.is === 'stored' ? [{ it, sequence: (verdicts[i] as { sequence: number }).sequence }] : [],
        )
        for (const id of all.keys()) {
          const numbers = stored.filter(({ it }) => it.conversation === id).map(({ sequence }) => sequence)
          expect(numbers).toEqual(numbers.map((_, i) => 8 + i))
          for (const device of ['d1', 'd2', 'd3']) {
            const chain = stored.filter(({ it }) => it.conversation === id && it.device === device).map(({ it }) => it)
            expect(chain.map((it) => it.prev)).toEqual([noEnvelope, ...chain.map((it) => it.hash)].slice(0, chain.length))
          }
        }
        expect(new Set(stored.map(({ it }) => `${it.device} ${it.msgId}`)).size).toBe(stored.length)
        expect(stored.every(({ it }) => it.n === 3)).toBe(true)
      }),
    )
  })
})

test('a watermark never goes back, shows nothing that was not delivered, and ends where the conversation does', () => {
  const mark = fc.record({ delivered: fc.nat(100), shown: fc.nat(100) })
  fc.assert(
    fc.property(mark, mark, fc.nat(100), (before, report, last) => {
      const start = { delivered: Math.max(before.delivered, before.shown), shown: before.shown }
      const next = moveWatermark(start, report, Math.max(last, start.delivered)) ?? start
      expect(next.delivered).toBeGreaterThanOrEqual(start.delivered)
      expect(next.shown).toBeGreaterThanOrEqual(start.shown)
      expect(next.shown).toBeLessThanOrEqual(next.delivered)
      expect(next.delivered).toBeLessThanOrEqual(Math.max(last, start.delivered))
      expect(moveWatermark(next, report, Math.max(last, start.delivered))).toBeNull()
    }),
  )
})
