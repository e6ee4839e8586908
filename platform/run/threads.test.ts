import { readdirSync, readFileSync } from 'node:fs'
import { getPriority, platform } from 'node:os'
import { expect, test } from 'vitest'
import { standBack } from './threads.ts'

test.skipIf(platform() !== 'linux')('helper threads stand back, the event loop does not', async () => {
  const before = getPriority(process.pid)
  await standBack()
  const named = (start: string) =>
    readdirSync('/proc/self/task')
      .filter((thread) => readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').startsWith(start))
      .map((thread) => getPriority(Number(thread)))
  expect(named('libuv-worker').length).toBeGreaterThan(0)
  for (const priority of named('libuv-worker')) expect(priority).toBeGreaterThanOrEqual(10)
  expect(getPriority(process.pid)).toBe(before)
  // Asked again it has nothing to do.
  expect(await standBack()).toBe(0)
})
