import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { settings } from '@wardline/product/access/policies/preview'
import { foldPassword, judgePassword, waitsOf } from './rules.ts'
import { commonPasswords } from './words.ts'
import { openQueue, Busy } from './server/queue.ts'

const { floor: shortest, value } = settings['password.shortest']
const about = ['Dr Nora Lindqvist', 'nora', 'Maple Street Dental', 'wardline']

describe('judgePassword (NIST SP 800-63B-4, 3.1.1.2)', () => {
  test('counts characters, not bytes or units: 8 to 128 of any kind', () => {
    const kinds = ['x', 'é', '汉', '🦷', ' ']
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...kinds), { maxLength: 140, size: 'max' }), fc.uuid(), (letters, uuid) => {
        // The random tail keeps it off every list.
        const typed = [...letters, ...(letters.length > 40 ? uuid : '')].join('')
        const length = [...foldPassword(typed)].length
        const judged = judgePassword(typed, [], shortest)
        if (length < shortest) expect(judged).toBe('password-too-short')
        else if (length > 128) expect(judged).toBe('password-too-long')
        else expect(['password-common', null]).toContain(judged)
      }),
    )
    expect(judgePassword('e\u0301'.repeat(7), [], shortest)).toBe('password-too-short')
    expect(judgePassword('🦷🪥😁🧵🪒🧼🧴🩺', [], shortest)).toBeNull()
  })

  test('demands no kinds of characters', () => {
    for (const typed of ['correct horse battery', 'zwischen den zeilen', '4071 8823 1956', 'ОченьДлинныйПароль'])
      expect(judgePassword(typed, about, shortest), typed).toBeNull()
  })

  test('refuses every listed password, in any case', () => {
    expect(commonPasswords.size).toBeGreaterThan(200)
    for (const listed of commonPasswords) {
      expect(listed.length, listed).toBeGreaterThanOrEqual(shortest)
      expect(judgePassword(listed, [], shortest), listed).toBe('password-common')
      expect(judgePassword(listed.toUpperCase(), [], shortest), listed).toBe('password-common')
    }
  })

  test('compares the whole: a listed word inside a longer password is no matter', () => {
    expect(judgePassword('my sunshine on a rainy monday', about, shortest)).toBeNull()
  })

  test('refuses repetitions and runs', () => {
    for (const typed of ['zzzzzzzzzz', 'ababababab', 'xyzxyzxyz', '1212121212121', 'efghijklm', '98765432'])
      expect(judgePassword(typed, [], shortest), typed).toBe('password-common')
  })

  test('refuses the person’s, the organisation’s and the product’s name, however dressed up', () => {
    for (const typed of [
      'Lindqvist',
      'lindqvist1987',
      'NoraLindqvist!',
      'maple-street-dental',
      'MapleStreetDental26',
      'wardline2026',
      'Wardline!!',
      'nora.nora.nora',
    ])
      expect(judgePassword(typed, about, shortest), typed).toBe('password-about-you')
    expect(judgePassword('nora likes the maple tree', about, shortest)).toBeNull()
  })

  test('folding is done once and changes neither case nor spaces', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (typed) => {
        expect(foldPassword(foldPassword(typed))).toBe(foldPassword(typed))
      }),
    )
    expect(foldPassword(' Ab ')).toBe(' Ab ')
  })
})

test('an organisation asks for as many characters as its policy says', () => {
  expect(judgePassword('eleven-char', [], value)).toBe('password-too-short')
  expect(judgePassword('twelve-chars', [], value)).toBeNull()
})

describe('waits', () => {
  test('by default they begin at the fifth wrong attempt and end at a quarter of an hour', () => {
    const { 'back-off.free-tries': free, 'back-off.longest-minutes': longest } = settings
    expect(waitsOf(free.value, longest.value)).toEqual([0, 0, 0, 0, 60, 120, 240, 480, 900])
  })

  test('whatever the policy says, free tries cost nothing, and then waits never shrink up to the longest', () => {
    const { 'back-off.free-tries': free, 'back-off.longest-minutes': longest } = settings
    fc.assert(
      fc.property(
        fc.integer({ min: free.least, max: free.most }),
        fc.integer({ min: longest.least, max: longest.most }),
        (tries, minutes) => {
          const waits = waitsOf(tries, minutes)
          expect(waits.slice(0, tries).every((it) => it === 0)).toBe(true)
          expect(waits.slice(tries).every((it, i, all) => it > 0 && it >= (all[i - 1] ?? 0))).toBe(true)
          expect(waits.at(-1)).toBe(minutes * 60)
        },
      ),
    )
  })
})

describe('the queue', () => {
  test('runs at most so many at once, in order, and keeps none out that fits', async () => {
    const run = openQueue(2, 10)
    let running = 0
    let most = 0
    const order: number[] = []
    const gates: (() => void)[] = []
    const all = Array.from({ length: 8 }, (_, i) =>
      run(async () => {
        order.push(i)
        running += 1
        most = Math.max(most, running)
        await new Promise<void>((go) => gates.push(go))
        running -= 1
        if (i === 3) throw new Error('one of them fails')
      }),
    )
    const settled = Promise.allSettled(all)
    while (order.length < 8 || gates.length > 0) {
      gates.shift()?.()
      await Promise.resolve()
    }
    expect((await settled).map((it) => it.status)).toEqual(all.map((_, i) => (i === 3 ? 'rejected' : 'fulfilled')))
    expect(most).toBe(2)
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  test('turns away whom it cannot serve soon, and recovers', async () => {
    const run = openQueue(1, 2)
    let go = () => {}
    const first = run(() => new Promise<void>((resolve) => (go = resolve)))
    const waiting = [run(async () => 1), run(async () => 2)]
    await expect(run(async () => 3)).rejects.toBeInstanceOf(Busy)
    go()
    await first
    expect(await Promise.all(waiting)).toEqual([1, 2])
    expect(await run(async () => 4)).toBe(4)
  })
})
