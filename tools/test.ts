// npm test: finds or installs a browser, builds the web app if it is older than its sources, runs the tests.
import { spawn } from 'node:child_process'
import { findBrowser } from './lib/chromium.ts'
import { node, root } from './lib/root.ts'
import { isStopping, onStop, signalGroup, stopAll } from './lib/run.ts'
import { buildWeb } from './lib/web.ts'

const args = process.argv.slice(2)
if (args.includes('--help') || args.includes('-h')) {
  console.log('npm test [-- filter ...]   runs the tests whose path contains a filter; without one, all')
  console.log('                           other arguments go to vitest, for example: npm test -- escalation -t "stops when acknowledged"')
  console.log('                           ends with the line: N passed, N failed, N skipped')
  process.exit(0)
}

onStop(stopAll)
const browser = await findBrowser()
if (!browser) console.error('No browser was found or could be installed: tests that need one are skipped.')
const web = await buildWeb()
if (web.code !== 0 && !isStopping()) {
  console.error(`${web.output}\nThe web app does not build.`)
  process.exit(1)
}

if (!isStopping()) {
  const env = {
    ...process.env,
    ...(browser ? { WARDLINE_CHROMIUM: browser.path } : {}),
    ...(browser?.libraries ? { WARDLINE_CHROMIUM_LIBS: browser.libraries } : {}),
  }
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', 'node_modules/vitest/vitest.mjs', 'run', ...args], {
    cwd: root,
    env,
    stdio: 'inherit',
    detached: true,
  })
  onStop(() => {
    signalGroup(child, 'SIGTERM')
    setTimeout(() => signalGroup(child, 'SIGKILL'), 3_000).unref()
  })
  child.on('exit', (code, signal) => {
    process.exitCode = isStopping() ? 143 : (code ?? (signal ? 143 : 1))
  })
}
