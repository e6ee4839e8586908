// npm run bench [name ...]: each benchmark prints its figures beside floors measured in the same run, and writes bench/results/<name>.json.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { node, root } from './lib/root.ts'

const all = readdirSync(path.join(root, 'bench'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3))
const asked = process.argv.slice(2).filter((it) => !it.startsWith('-'))
const flags = process.argv.slice(2).filter((it) => it.startsWith('-'))
if (flags.includes('--help')) {
  console.log(`npm run bench [name ...] [-- --quick]   one of: ${all.join(', ')}; without a name, all of them`)
  process.exit(0)
}
const unknown = asked.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. There are: ${all.join(', ')}.`)
  process.exit(2)
}
for (const name of asked.length > 0 ? asked : all) {
  const code = await new Promise<number>((resolve) => {
    const child = spawn(node, ['--disable-warning=ExperimentalWarning', path.join(root, 'bench', `${name}.ts`), ...flags], {
      stdio: 'inherit',
    })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal))
    child.once('exit', (ended) => resolve(ended ?? 1))
  })
  if (code !== 0) process.exit(code)
}
