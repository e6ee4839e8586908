// The one entry of every npm script: installs what is missing, then runs tools/<name>.ts on the project's own Node 24.
// Plain JavaScript for Node 18+, because it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import path from 'node:path'

const root = path.dirname(fileURLToPath(import.meta.url))
const node = path.join(root, 'node_modules/.bin/node')
const stampFile = path.join(root, 'node_modules/.wardline-installed')
const stamp = createHash('sha256')
  .update(readFileSync(path.join(root, 'package-lock.json')))
  .digest('hex')
// Kept in the project's own folder: in one for everybody's temporary files somebody else of the machine could put code there.
const compiled = path.join(root, '.cache/compiled')
const [name = '', ...args] = process.argv.slice(2)
const tool = path.join(root, 'tools', `${name}.ts`)

if (!/^[a-z-]+$/.test(name) || !existsSync(tool)) {
  console.error(`run.mjs: there is no tools/${name}.ts. The scripts are listed in package.json.`)
  process.exit(2)
}

// npm writes its own copy of the lock file last, so one that is newer than ours says that a bare `npm ci` went through.
const byNpm = () => {
  const [ours, npms] = ['package-lock.json', 'node_modules/.package-lock.json'].map((name) =>
    statSync(path.join(root, name), { throwIfNoEntry: false }),
  )
  return npms !== undefined && npms.mtimeMs > ours.mtimeMs
}
const installed = () => (existsSync(stampFile) ? readFileSync(stampFile, 'utf8') === stamp : byNpm())
if (!existsSync(node) || !installed()) {
  console.error('Installing what is missing (npm ci, about half a minute) ...')
  // npm's own variables and NODE_ENV=production would change what a nested npm installs.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_/i.test(key) && key !== 'NODE_ENV'))
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, env, stdio: ['ignore', 2, 2] })
  if (done.status !== 0 || !existsSync(node)) {
    console.error('npm ci failed: nothing was started. Run "npm ci" to see why; a C compiler is not needed, the npm registry is.')
    process.exit(done.status || 1)
  }
  writeFileSync(stampFile, stamp)
}

const child = spawn(node, ['--disable-warning=ExperimentalWarning', tool, ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { NODE_COMPILE_CACHE: compiled, ...process.env, WARDLINE_CWD: process.cwd() },
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 128 + 15 : 1)))
