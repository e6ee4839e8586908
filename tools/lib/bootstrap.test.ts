/** The one entry of every npm script, with a pretend npm: what is missing is installed once, also when a start is interrupted or two begin at once. */
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { root } from './root.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'wardline-bootstrap-'))
  for (const name of ['tools', 'bin']) mkdirSync(path.join(folder, name))
  copyFileSync(path.join(root, 'run.mjs'), path.join(folder, 'run.mjs'))
  writeFileSync(path.join(folder, 'package-lock.json'), '{}')
  writeFileSync(path.join(folder, 'tools/start.ts'), "console.log('started')\n")
  // Empties node_modules, works until the file "go" is there, and writes its own lock file last, as npm does.
  const npm = `#!/bin/sh
echo begun >> npm.log; rm -rf node_modules; mkdir -p node_modules/.bin; echo $$ > npm.pid
while [ ! -e go ] && [ -e npm.pid ]; do sleep 0.05; done
ln -s "${process.execPath}" node_modules/.bin/node; echo {} > node_modules/.package-lock.json; echo ended >> npm.log
`
  writeFileSync(path.join(folder, 'bin/npm'), npm)
  chmodSync(path.join(folder, 'bin/npm'), 0o755)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string) => path.join(folder, name)
const log = () => (existsSync(file('npm.log')) ? readFileSync(file('npm.log'), 'utf8').trim().split('\n') : [])
const go = () => writeFileSync(file('go'), '')

/** A start, and what it said. */
function start() {
  const child = spawn(process.execPath, [file('run.mjs'), 'start'], {
    cwd: folder,
    env: { ...process.env, PATH: `${file('bin')}:${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let told = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      told += String(data)
      for (const look of waiting) look()
    })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const says = (words: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => told.includes(words) && resolve()
      waiting.add(look)
      void ended.then(() => reject(new Error(`It ended without saying "${words}": ${told}`)))
      look()
    })
  return { child, ended, says, told: () => told }
}
/** Until the pretend npm has begun for the nth time. */
async function begun(times: number): Promise<number> {
  while (log().filter((it) => it === 'begun').length < times || !existsSync(file('npm.pid'))) await new Promise(setImmediate)
  return Number(readFileSync(file('npm.pid'), 'utf8'))
}

test('two starts at once: one installs, the other waits, and both start', async () => {
  const first = start()
  await first.says('Installing')
  const second = start()
  await second.says('Waiting for it')
  await begun(1)
  go()
  expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0])
  expect([first.told(), second.told()].map((it) => it.includes('started'))).toEqual([true, true])
  expect(log()).toEqual(['begun', 'ended'])
  expect(existsSync(file('.cache/installing'))).toBe(false)
})

test('an interrupted start takes its installation with it, and the next one installs anew', async () => {
  const first = start()
  const npm = await begun(1)
  first.child.kill('SIGINT')
  expect(await first.ended).toBe(130)
  expect(() => process.kill(npm, 0)).toThrow('ESRCH')
  go()
  const second = start()
  expect(await second.ended).toBe(0)
  expect(second.told()).toContain('started')
  expect(log()).toEqual(['begun', 'begun', 'ended'])
})

test('a start that was killed leaves an installation behind: the next one waits for it and uses it', async () => {
  const first = start()
  await begun(1)
  // The number of the installation is noted before anything else can happen to it.
  while (!/ \d/.test(readFileSync(file('.cache/installing'), 'utf8'))) await new Promise(setImmediate)
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  const second = start()
  await second.says('Waiting for it')
  go()
  expect(await second.ended).toBe(0)
  expect(second.told()).toContain('started')
  expect(log()).toEqual(['begun', 'ended'])
})

test('a lock that nobody holds any more holds nobody up', async () => {
  mkdirSync(file('.cache'))
  writeFileSync(file('.cache/installing'), '999999999')
  go()
  const only = start()
  expect(await only.ended).toBe(0)
  expect(only.told()).not.toContain('Waiting')
})

test('of many starts that find a lock left behind in the same moment one installs, and nobody takes away another one’s lock', async () => {
  // The lock's own lines, taken at the same moment by three programs, again and again; whoever has it lets go of its own alone.
  const text = readFileSync(file('run.mjs'), 'utf8')
  const lines = text.slice(text.indexOf('const longest'), text.indexOf('async function install'))
  writeFileSync(
    file('taker.mjs'),
    `import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
const lockFile = ${JSON.stringify(file('.cache/installing'))}
${lines}
process.on('message', (at) => {
  if (at === 'leave') return leaveLock(), process.send('left')
  while (Date.now() < at);
  process.send(takeLock())
})`,
  )
  const takers = Array.from({ length: 3 }, () => fork(file('taker.mjs')))
  const take = (at: number) =>
    Promise.all(
      takers.map(async (taker) => {
        const answer = once(taker, 'message')
        taker.send(at)
        return (await answer)[0] as boolean
      }),
    )
  mkdirSync(file('.cache'))
  try {
    for (let round = 0; round < 300; round += 1) {
      writeFileSync(file('.cache/installing'), '999999999')
      expect((await take(Date.now() + 3)).filter(Boolean), `round ${round}`).toHaveLength(1)
      const holder = readFileSync(file('.cache/installing'), 'utf8')
      expect(takers.map((it) => `${it.pid}`)).toContain(holder)
      // Who has it lets go last: the others' letting go is not theirs to feel.
      for (const taker of takers.toSorted((a, b) => Number(`${a.pid}` === holder) - Number(`${b.pid}` === holder))) {
        expect(existsSync(file('.cache/installing'))).toBe(true)
        const answer = once(taker, 'message')
        taker.send('leave')
        await answer
      }
      expect(existsSync(file('.cache/installing'))).toBe(false)
    }
  } finally {
    for (const taker of takers) taker.kill()
  }
  writeFileSync(file('.cache/installing'), `${process.pid}`)
  // Somebody else's: a start that ends does not take it with it.
  const waits = start()
  await waits.says('Waiting for it')
  waits.child.kill('SIGKILL')
  await waits.ended
  expect(readFileSync(file('.cache/installing'), 'utf8')).toBe(`${process.pid}`)
})
