#!/usr/bin/env node
// Finds a Node 24 (this one, or the project's own) and runs main.ts on it. Plain JavaScript, because the machine's Node may be older.
// What Node compiled is kept in the project's own folder, which halves the start of a command; in a folder for everybody's temporary
// files somebody else of the machine could put code there.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import module from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(realpathSync(fileURLToPath(import.meta.url)))
const own = path.resolve(here, '../../node_modules/.bin/node')

if (Number(process.versions.node.split('.')[0]) >= 24) {
  module.enableCompileCache(path.resolve(here, '../../.cache/compiled'))
  await import('./main.ts')
} else if (existsSync(own)) runOnOwn()
else {
  console.error(
    `wardline: this is Node ${process.versions.node}, and Wardline needs 24. Nothing was done. Run "npm ci" in ${path.resolve(here, '../..')}: it brings its own. [no-node]`,
  )
  process.exit(3)
}

function runOnOwn() {
  const child = spawn(own, [path.join(here, 'main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', () => {
    console.error('wardline: Node could not be started. Nothing was done. [no-node]')
    process.exit(3)
  })
  child.on('exit', (code) => process.exit(code ?? 3))
}
