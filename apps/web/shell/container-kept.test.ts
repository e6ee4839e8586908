import { beforeEach, expect, test, vi } from 'vitest'
import { keepShowing, lastShowing } from './container-kept.ts'

const kept = new Map<string, string>()
beforeEach(() => {
  kept.clear()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, it: string) => kept.set(key, it),
  })
})

test('until the server has answered, nothing is copied out and an idle screen is covered; afterwards its last answer counts', () => {
  expect(lastShowing()).toEqual({ copying: false, watermark: false, veilMinutes: 15 })
  const said = { copying: true, watermark: true, veilMinutes: 5 }
  keepShowing({ ...said, storage: 'cache' } as typeof said)
  expect(lastShowing()).toEqual(said)
  for (const text of ['null', '{', '[]', '{"copying":true}', '{"copying":"no","watermark":true,"veilMinutes":5}']) {
    kept.set('wl-container', text)
    expect(lastShowing().copying, text).toBe(false)
  }
  for (const veilMinutes of [0, -1, 100_000]) {
    kept.set('wl-container', JSON.stringify({ ...said, veilMinutes }))
    expect(lastShowing().veilMinutes).toBe(15)
  }
})
