import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findSettings, isWeak, limitText } from './preview.ts'
import { figureAt, isInForce, judgeApproval, judgeChange, judgeTerm, longestException, waitsUntil } from './rules.ts'
import { settingNames, settings } from './words.ts'
import type { Setting } from './words.ts'

const day = fc
  .date({ min: new Date('1990-01-01T00:00:00Z'), max: new Date('2090-01-01T00:00:00Z'), noInvalidDate: true })
  .map((it) => it.toISOString().slice(0, 10))

test('an agreement binds from its first day to its last, both included, unless it was ended', () => {
  fc.assert(
    fc.property(day, fc.option(day), fc.boolean(), day, (startsOn, endsOn, ended, today) => {
      const binds = isInForce({ startsOn, endsOn, ended }, today)
      if (ended || today < startsOn || (endsOn !== null && today > endsOn)) expect(binds).toBe(false)
      else expect(binds).toBe(true)
    }),
  )
})

test('a term that ends before it starts is none', () => {
  expect(judgeTerm('2026-03-10', '2026-03-09')).toBe('ends-before-it-starts')
  expect(judgeTerm('2026-03-10', '2026-03-10')).toBeNull()
  expect(judgeTerm('2026-03-10', null)).toBeNull()
  expect(judgeTerm('2026-02-30', null)).toBe('no-such-day')
})

const names = fc.constantFrom(...settingNames)
const moments = fc.integer({ min: 0, max: 4e12 })

describe('the figures of the security policy', () => {
  test('each default is within its floor and its range, and the floor within the range', () => {
    for (const name of settingNames) {
      const it: Setting = settings[name]
      expect(isWeak(it, it.value), name).toBe(false)
      expect(it.least <= it.value && it.value <= it.most && it.least <= it.floor && it.floor <= it.most, name).toBe(true)
    }
  })

  test('each setting stands under one heading, and is found by any word of it', () => {
    const shown = (words: string) => findSettings(words).flatMap((it) => it.names)
    expect(shown('').toSorted()).toEqual([...settingNames].toSorted())
    fc.assert(
      fc.property(names, fc.boolean(), (name, isLoud) => {
        for (const word of settings[name].says.split(' ')) expect(shown(isLoud ? word.toUpperCase() : word)).toContain(name)
      }),
    )
    expect(findSettings(' watermark  nothing ')).toEqual([])
    expect(findSettings('training overdue').map((it) => it.title)).toEqual(['Training'])
  })

  test('the limit says what it means: at most, at least, or that the choice is free', () => {
    expect(limitText(settings['session.absolute-hours'])).toBe('At most 24')
    expect(limitText(settings['password.shortest'])).toBe('At least 8')
    expect(limitText(settings['device.storage'])).toBe('Any choice')
  })

  test('a weak figure counts exactly as long as its exception; afterwards it is the floor', () => {
    fc.assert(
      fc.property(
        names,
        fc.integer({ min: 0, max: 600 }),
        fc.option(moments, { nil: null }),
        moments,
        (name, value, exceptionUntil, now) => {
          const it: Setting = settings[name]
          const counts = figureAt(it, { value, exceptionUntil }, now)
          expect(counts).toBe(!isWeak(it, value) || (exceptionUntil !== null && now < exceptionUntil) ? value : it.floor)
          if (exceptionUntil === null || now >= exceptionUntil) expect(isWeak(it, counts)).toBe(false)
        },
      ),
    )
  })

  test('what is weaker than the floor is never taken without an exception that ends within twelve months', () => {
    fc.assert(
      fc.property(
        names,
        fc.integer({ min: -5, max: 600 }),
        fc.option(moments, { nil: null }),
        moments,
        (name, value, exceptionUntil, now) => {
          const it: Setting = settings[name]
          if (judgeChange(it, { value, exceptionUntil, current: it.value }, now) !== null) return
          expect(value >= it.least && value <= it.most).toBe(true)
          if (isWeak(it, value)) expect(exceptionUntil! > now && exceptionUntil! <= now + longestException).toBe(true)
        },
      ),
    )
  })

  test('nobody approves their own proposal, nor a decided one, nor one that is over or whose proposer is gone', () => {
    const judge = (more: Partial<Parameters<typeof judgeApproval>[0]>, by: string, makers: string[] = [], now = 4) =>
      judgeApproval({ proposedBy: 'a', open: true, expiresAt: 5, mayAsk: true, ...more }, by, new Set(makers), now)
    expect(judge({}, 'a')).toBe('own-proposal')
    expect(judge({ open: false }, 'b')).toBe('already-decided')
    expect(judge({}, 'b')).toBe(null)
    expect(judge({}, 'b', ['a'])).toBe('appointed-by-asker')
    expect(judge({}, 'b', ['c'])).toBe(null)
    expect(judge({}, 'b', [], 5)).toBe('over')
    expect(judge({ mayAsk: false }, 'b')).toBe('asker-gone')
    expect(waitsUntil(0)).toBe(3 * 86_400_000)
  })
})
