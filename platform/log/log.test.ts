import { expect, test } from 'vitest'
import { openLog } from './log.ts'
import type { LogFields } from './log.ts'

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

test.each([canary, 'Rivera', '+13125550117', 'ana.rivera@example.org', 'x\n{"event":"forged"}', 'is ill', '1981-07-14', '../data/Rivera'])(
  'a field is an id, a code or a number, each in its place: %j is none',
  (typed) => {
    const fields = Object.fromEntries(
      ['request', 'org', 'session', 'text', 'version', 'ms', 'index'].map((name) => [name, typed]),
    ) as unknown as LogFields
    const line = logged((log) => log.info('test.happened', fields))
    expect(line).not.toContain(JSON.stringify(typed).slice(1, -1))
    expect(JSON.parse(line)).toMatchObject({ request: '[no id]', version: '[no version]', ms: '[no number]' })
    if (typed !== canary)
      expect(logged((log) => log.info('test.happened', { code: typed, kind: typed }))).not.toContain(JSON.stringify(typed))
  },
)

test('a field that is not listed is left out, name and all', () => {
  const line = logged((log) => log.warn('test.happened', { [canary]: canary, patient: canary, code: 'refused' } as unknown as LogFields))
  expect(line).not.toContain(canary)
  expect(JSON.parse(line)).toMatchObject({ code: 'refused', 'not-allowed': true })
})

test('ids, codes, versions and counts are written as they are', () => {
  const fields = {
    text: '0197f2b0-5f2e-7c31-8a4f-2b6d1c9e0a53',
    code: 'not-authentic',
    kind: 'patients.text.withdrawn',
    signal: 'SIGTERM',
    version: '18.1',
    ms: 1.5,
  }
  expect(JSON.parse(logged((log) => log.info('test.happened', fields)))).toMatchObject(fields)
})
