import type { LiveFrame, Services } from '@wardline/platform/server'
import { expect, test } from 'vitest'
import { figuresChanged } from './figures.ts'

test.each([
  [1, 3],
  [1_000, 3_000],
  [20_000, 30_000],
])('%i windows are told of a changed figure, and ask within %i ms, each at a moment of its own', async (count, within) => {
  const frames: LiveFrame[] = []
  const socket = { send: (frame: LiveFrame) => void frames.push(frame) }
  const live = { sockets: () => Array.from({ length: count }, () => socket) }
  await figuresChanged.heard({ db: {}, live } as unknown as Services, 'o', {})
  expect(frames).toHaveLength(count)
  expect(frames.at(-1)).toEqual({ t: 'policies', within })
})
