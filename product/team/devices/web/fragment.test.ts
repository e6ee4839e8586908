import { expect, test } from 'vitest'
import { takeRecoveryKey } from './fragment.ts'

const page = (address: string) => {
  const { pathname, search, hash } = new URL(address, 'https://chat.example.org')
  const left: string[] = []
  return {
    left,
    location: { pathname, search, hash } as Location,
    history: { replaceState: (_state: unknown, _title: string, to: string) => void left.push(to) } as unknown as History,
  }
}

test('a recovery key leaves the address at once, and only a recovery key does', () => {
  const kit = page('/t/1?show=team#recovery-key=K7QM-2XW9%20RT4B')
  expect(takeRecoveryKey(kit)).toBe('K7QM-2XW9 RT4B')
  expect(kit.left).toEqual(['/t/1?show=team'])
  const other = page('/#wl-main')
  expect(takeRecoveryKey(other)).toBeNull()
  expect(other.left).toEqual([])
})

test('a broken one is taken out all the same', () => {
  const broken = page('/#recovery-key=%E0%A4%A')
  expect(takeRecoveryKey(broken)).toBeNull()
  expect(broken.left).toEqual(['/'])
  const empty = page('/#recovery-key=')
  expect(takeRecoveryKey(empty)).toBeNull()
  expect(empty.left).toEqual(['/'])
})
