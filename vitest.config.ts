import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { defineConfig } from 'vitest/config'
import { plainLine } from './testing/reporter.ts'

const databaseSetup = path.join(import.meta.dirname, 'platform/testing/global-setup.ts')

export default defineConfig({
  test: {
    include: ['**/*.test.ts', '**/*.test.tsx'],
    exclude: ['**/node_modules/**', '**/.types/**', '**/dist/**', '.seeded/**', '.cache/**', '.wardline*/**'],
    // Modules are shared between the files of one thread: allowed because no test mocks a module, and eight times faster.
    pool: 'threads',
    isolate: false,
    // A test waits for databases, browsers and processes about as much as it computes: on two cores three files at a time leave 4 % of them idle.
    maxWorkers: Math.max(3, availableParallelism()),
    globalSetup: existsSync(databaseSetup) ? [databaseSetup] : [],
    setupFiles: [path.join(import.meta.dirname, 'testing/on-failure.ts')],
    reporters: ['default', plainLine()],
    // Against a test that hangs, not one that is slow on a loaded machine.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 5_000,
  },
})
