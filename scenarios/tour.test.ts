import { spawn } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

// What `npm run tour` tells must be true: message, answer, archive opened by a quorum, emergency, reminder, reply, STOP, audit verified.
test('the tour ends without an untrue step', async () => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, '../tools/tour.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: string[] = []
  child.stdout.on('data', (data: Buffer) => said.push(data.toString()))
  child.stderr.on('data', (data: Buffer) => said.push(data.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  expect(code, said.join('')).toBe(0)
  const text = said.join('')
  for (const promise of [
    'the nurse has the answer',
    'two shares',
    'in the review queue',
    'exactly one confirmation',
    'entries of the audit log are whole',
  ])
    expect(text).toContain(promise)
}, 240_000)
