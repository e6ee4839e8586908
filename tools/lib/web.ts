import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { listFiles } from './files.ts'
import { root } from './root.ts'
import { runNode, type Ended } from './run.ts'

const built = path.join(root, 'apps/web/dist/index.html')

/** Builds apps/web/dist with Vite when it is missing or older than what it is made of. Nothing to do counts as success. */
export async function buildWeb(): Promise<Ended> {
  if (!existsSync(path.join(root, 'apps/web/index.html')) || isFresh()) return { code: 0, output: '' }
  // Within a test run NODE_ENV is "test", and Vite would build React's and our own development code.
  return runNode('node_modules/vite/bin/vite.js', ['build', 'apps/web', '--logLevel', 'warn'], { NODE_ENV: 'production' })
}

function isFresh(): boolean {
  if (!existsSync(built)) return false
  const age = statSync(built).mtimeMs
  const sources = listFiles(
    ['apps/web', 'ui', 'crypto', 'platform/contract', 'product'],
    (name) => /\.(tsx?|css|html|svg|json|webmanifest)$/.test(name) && !/\.test\.tsx?$/.test(name),
  )
  const parts = [...sources.filter((file) => !/^product\/[^/]+\/[^/]+\/server\//.test(file)), 'platform/contract.ts', 'package-lock.json']
  return parts.every((file) => statSync(path.join(root, file)).mtimeMs < age)
}
