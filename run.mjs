// The one entry of every npm script: installs what is missing, then runs tools/<name>.ts on the project's own Node 24.
// Plain JavaScript for Node 18+, because it runs before anything is installed.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
const isReady = () => existsSync(node) && installed()

// Two that install at once, or one beside what an interrupted one left running, would break node_modules: the second waits.
const lockFile = path.join(root, '.cache/installing')
const longest = 15 * 60_000
const isAlive = (pid) => {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    return thrown.code === 'EPERM'
  }
}
/** What the lock says, with whose it is: the numbers of a start and of its installation. Null: there is none. */
const readLock = (file = lockFile) => {
  try {
    return { text: readFileSync(file, 'utf8'), at: statSync(file).mtimeMs }
  } catch {
    return null
  }
}
/** Whether whoever wrote it still installs. What is older than any installation was left behind, and its numbers may be of others by now. */
const isHeld = ({ text, at }) => Date.now() - at < longest && text.split(' ').some((pid) => Number(pid) > 0 && isAlive(Number(pid)))
const own = `${lockFile}.${process.pid}`
/** A file with our number, if there is none yet. It appears with its content: nobody ever sees an empty one, which nobody would hold. */
const appear = (file) => {
  writeFileSync(own, `${process.pid}`)
  try {
    linkSync(own, file)
    return true
  } catch (thrown) {
    if (thrown.code === 'EEXIST') return false
    throw thrown
  } finally {
    rmSync(own, { force: true })
  }
}
/** Takes away a lock that was left behind. One start at a time does so: a slower one would take away the lock of whoever came next. */
const clear = () => {
  const broom = `${lockFile}.clearing`
  if (!appear(broom)) {
    const found = readLock(broom)
    if (found !== null && !isHeld(found)) rmSync(broom, { force: true })
    return
  }
  const aside = `${own}.left`
  try {
    const found = readLock()
    if (found === null || isHeld(found)) return
    renameSync(lockFile, aside)
    // Its owner may have finished between the look and the move, and another one begun: what was moved is then theirs, and goes back.
    if (readLock(aside)?.text !== found.text) linkSync(aside, lockFile)
  } catch (thrown) {
    if (thrown.code !== 'EEXIST' && thrown.code !== 'ENOENT') throw thrown
  } finally {
    rmSync(aside, { force: true })
    rmSync(broom, { force: true })
  }
}
const takeLock = () => {
  mkdirSync(path.dirname(lockFile), { recursive: true })
  if (appear(lockFile)) return true
  const found = readLock()
  if (found !== null && isHeld(found)) return false
  clear()
  return appear(lockFile)
}
/** Adds the number of the installation, whole or not at all. */
const note = (pid) => {
  writeFileSync(own, `${process.pid} ${pid}`)
  renameSync(own, lockFile)
}
/** Lets go of the lock, if it is ours. */
const leaveLock = () => {
  if (readLock()?.text.split(' ')[0] === `${process.pid}`) rmSync(lockFile, { force: true })
}

async function install() {
  let isTold = false
  while (!takeLock()) {
    if (!isTold) console.error('Another start is installing here. Waiting for it ...')
    isTold = true
    await new Promise((done) => setTimeout(done, 200))
  }
  if (isReady()) return leaveLock()
  console.error('Installing what is missing (npm ci, about half a minute) ...')
  rmSync(stampFile, { force: true })
  // npm's own variables and NODE_ENV=production would change what a nested npm installs.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_/i.test(key) && key !== 'NODE_ENV'))
  // A group of its own: whoever interrupts this stops all of it, and it is gone before this is.
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
    detached: true,
  })
  if (npm.pid !== undefined) note(npm.pid)
  let isInterrupted = false
  const interrupt = () => {
    isInterrupted = true
    try {
      process.kill(-npm.pid, 'SIGTERM')
    } catch {
      // It is gone already.
    }
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, interrupt)
  const status = await new Promise((done) => {
    npm.on('error', () => done(1))
    npm.on('exit', (code) => done(code ?? 1))
  })
  for (const signal of signals) process.off(signal, interrupt)
  const isDone = status === 0 && existsSync(node)
  if (isDone) writeFileSync(stampFile, stamp)
  leaveLock()
  if (isInterrupted) {
    console.error('Interrupted: nothing was started. The next start installs anew.')
    process.exit(130)
  }
  if (!isDone) {
    console.error('npm ci failed: nothing was started. Run "npm ci" to see why; a C compiler is not needed, the npm registry is.')
    process.exit(status || 1)
  }
}

if (!isReady()) await install()

const child = spawn(node, ['--disable-warning=ExperimentalWarning', tool, ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { NODE_COMPILE_CACHE: compiled, ...process.env, WARDLINE_CWD: process.cwd() },
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 128 + 15 : 1)))
