import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { demandOf, judgeCounter, meets, relyingPartyOf } from './rules.ts'

test.each([
  ['https://chat.example.org', 'chat.example.org'],
  ['https://chat.example.org:8443', 'chat.example.org'],
  ['http://localhost:8420', 'localhost'],
  ['http://127.0.0.1:8420', undefined],
  ['https://10.0.0.7', undefined],
  ['https://[::1]', undefined],
  ['http://chat.example.org', undefined],
  ['https://chat.example.org/path', undefined],
  ['', undefined],
])('passkeys at %s are of %s', (origin, id) => {
  expect(relyingPartyOf(origin)?.id).toBe(id)
})

test('a counter is fine only if it rises, or never counted', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (stored, sent) => {
      expect(judgeCounter(stored, sent)).toBe(sent > stored || (stored === 0 && sent === 0) ? 'fine' : 'copied')
      expect(judgeCounter(stored, stored)).toBe(stored === 0 ? 'fine' : 'copied')
    }),
  )
})

describe('what an organisation asks for', () => {
  const bound = { maySync: false, copied: false }
  const synced = { maySync: true, copied: false }
  test('the owner of a small practice: one, which may be a copied one; from fifteen people on two', () => {
    const small = demandOf({ preset: 'practice', people: 5, officer: true })
    expect(small).toEqual({ required: 1, asked: 2, deviceBound: false })
    expect(meets(small, [synced])).toBe(true)
    expect(meets(small, [])).toBe(false)
    const larger = demandOf({ preset: 'practice', people: 15, officer: true })
    expect(meets(larger, [synced])).toBe(false)
    expect(meets(larger, [synced, synced])).toBe(true)
  })
  test('an officer of a hospital: two that never leave their device', () => {
    const demand = demandOf({ preset: 'hospital', people: 5, officer: true })
    expect(meets(demand, [synced, synced, bound])).toBe(false)
    expect(meets(demand, [bound, bound])).toBe(true)
    expect(meets(demand, [bound, { ...bound, copied: true }])).toBe(false)
  })
  test('staff: none is demanded', () => {
    expect(meets(demandOf({ preset: 'hospital', people: 500, officer: false }), [])).toBe(true)
  })
})
