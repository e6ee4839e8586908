import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { bugs, sourcesOf } from '@wardline/dev/sim'
import type { SeedReport } from '@wardline/dev/sim'
import { expect, test } from 'vitest'

const node = path.resolve(import.meta.dirname, '../../node_modules/.bin/node')

/** Runs seeds as `npm run sim` does: in a process of their own. */
async function run(first: number, last: number, bug = ''): Promise<SeedReport[]> {
  const child = path.join(import.meta.dirname, 'child.ts')
  const { stdout } = await promisify(execFile)(node, ['--disable-warning=ExperimentalWarning', child, `${first}`, `${last}`, '1', bug])
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SeedReport)
}

test('a seed is the same run each time, whatever ran before it in its process, and nothing breaks', async () => {
  const [together, alone] = await Promise.all([run(5, 7), run(7, 7)])
  expect(together.flatMap((it) => it.failures)).toEqual([])
  expect(together[2]).toEqual(alone[0])
  expect(together[0]!.trace).not.toBe(together[1]!.trace)
})

test('a planted mistake is found', async () => {
  const reports = await run(1, 40, 'outbox-seals-again')
  expect(reports.at(-1)!.failures.map((it) => it.oracle)).toContain('resend')
})

test('every planted mistake still fits the source', () => {
  expect(new Set(bugs.map((it) => it.name)).size).toBe(bugs.length)
  for (const bug of bugs) expect([...sourcesOf(bug).keys()].length).toBeGreaterThan(0)
})
