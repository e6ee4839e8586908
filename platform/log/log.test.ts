import { expect, test } from 'vitest'
import { openLog } from './log.ts'

const canary = 'canary-of-a-patient'

function logged(write: (log: ReturnType<typeof openLog>) => void): string {
  const lines: string[] = []
  write(openLog({ write: (line) => void lines.push(line) }))
  expect(lines).toHaveLength(1)
  expect(lines[0]!.trimEnd()).not.toContain('\n')
  return lines[0]!
}

test('of an error its name, code and our own frames are written, never its message, however that is made up', () => {
  for (const message of [canary, `first line\n    at ${canary} (/secret)`, `\n    at ${canary}\n    at ${canary}`]) {
    const line = logged((log) => log.error('test.failed', {}, Object.assign(new TypeError(message), { code: canary + ' with blanks' })))
    expect(line).not.toContain(canary)
    const { error, frames } = JSON.parse(line) as { error: string; frames: string[] }
    expect(error).toBe('TypeError')
    expect(frames[0]).toContain('log.test.ts')
  }
  expect(logged((log) => log.error('test.failed', {}, canary))).not.toContain(canary)
})

test('fields are those that are listed, values are codes: no sentence, no second line', () => {
  const line = logged((log) =>
    log.info('test.happened', {
      code: `${canary} is ill`,
      patient: canary,
      request: `x\n{"event":"forged"}`,
      kind: 'a.b',
      rows: ['ok', 'a b'],
    }),
  )
  expect(JSON.parse(line)).toMatchObject({
    code: '[not a code]',
    patient: '[not allowed]',
    request: '[not a code]',
    kind: 'a.b',
    rows: ['ok', '[not a code]'],
  })
  expect(line).not.toContain(canary)
})
