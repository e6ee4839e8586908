import type { Me } from '@wardline/product/access/provisioning/web'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sweepSession } from '../kept.ts'
import { lastSession, rememberSession } from './last-session.ts'

const me = { person: 'p', name: 'Kim Tran', roles: ['clinician'] } as unknown as Me
const before = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')
const kept = new Map<string, string>()

beforeAll(() => {
  const localStorage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  }
  Object.defineProperty(globalThis, 'localStorage', { value: localStorage, configurable: true })
})
afterAll(() => {
  if (before) Object.defineProperty(globalThis, 'localStorage', before)
  else Reflect.deleteProperty(globalThis, 'localStorage')
})

test('without the server a page opens only for who worked here in the last ten minutes, and never after signing out', () => {
  const at = Date.UTC(2026, 2, 10)
  rememberSession(me, at)
  expect(lastSession(at + 599_000)).toEqual(me)
  expect(lastSession(at + 600_000)).toBeNull()
  // A clock that was put back does not make it last.
  expect(lastSession(at - 1)).toBeNull()
  rememberSession(me, at)
  sweepSession()
  expect(lastSession(at + 1)).toBeNull()
  expect(kept.size).toBe(0)
})

test('what is kept by somebody else’s hand is not believed', () => {
  for (const text of ['', 'null', '{', '{"me":{},"until":"later"}', `{"me":{},"until":${Number.MAX_SAFE_INTEGER}}`]) {
    kept.set('wl-last-session', text)
    expect(lastSession(Date.UTC(2026, 2, 10))).toBeNull()
  }
})
