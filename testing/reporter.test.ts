import { describe, expect, test } from 'vitest'
import type { TestModule } from 'vitest/node'
import { countResults } from './reporter.ts'

type State = 'passed' | 'failed' | 'skipped' | 'pending'

/** The parts of vitest's report that are counted. */
function moduleOf(states: readonly State[], errors: readonly string[] = [], suiteErrors: readonly string[] = []): TestModule {
  const suite = { type: 'suite', errors: () => suiteErrors, children: [] }
  const children = Object.assign([suite], { allTests: () => states.map((state) => ({ result: () => ({ state }) })) })
  return { type: 'module', errors: () => errors, children } as unknown as TestModule
}

describe('the closing line counts', () => {
  test('tests by how they ended', () => {
    expect(countResults([moduleOf(['passed', 'passed', 'skipped']), moduleOf(['failed'])], 0)).toEqual({ passed: 2, failed: 1, skipped: 1 })
  })
  test('a file that does not load as failed', () => {
    expect(countResults([moduleOf([], ['SyntaxError'])], 0).failed).toBe(1)
  })
  test('a hook that fails as failed', () => {
    expect(countResults([moduleOf(['passed'], [], ['beforeAll'])], 0).failed).toBe(1)
  })
  test('an error outside any test as failed', () => {
    expect(countResults([], 2).failed).toBe(2)
  })
  test('a test that never ran as failed', () => {
    expect(countResults([moduleOf(['pending'])], 0).failed).toBe(1)
  })
})
