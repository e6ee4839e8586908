import type { Reporter, TestModule, TestSuite } from 'vitest/node'

/**
 * A reporter whose only output is the closing line `N passed, N failed, N skipped`. Files that do not load, hooks that fail and errors outside
 * any test count as failed. The line is printed when the process exits, so that nothing stands after it.
 */
export function plainLine(write: (line: string) => void = (line) => void process.stdout.write(line)): Reporter {
  return {
    onTestRunEnd(modules, errors) {
      const count = countResults(modules, errors.length)
      process.once('exit', () => write(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`))
    },
  }
}

/** How many tests of a run passed, failed and were skipped. */
export interface Count {
  passed: number
  failed: number
  skipped: number
}

/** Counts a run: `otherErrors` are those that vitest could not tie to a test. A test that never ran although nothing skipped it counts as failed. */
export function countResults(modules: readonly TestModule[], otherErrors: number): Count {
  const count: Count = { passed: 0, failed: otherErrors, skipped: 0 }
  for (const module of modules) {
    count.failed += brokenParts(module)
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') count.passed += 1
      else if (state === 'skipped') count.skipped += 1
      else count.failed += 1
    }
  }
  return count
}

function brokenParts(part: TestModule | TestSuite): number {
  let broken = part.errors().length > 0 ? 1 : 0
  for (const child of part.children) if (child.type === 'suite') broken += brokenParts(child)
  return broken
}
