// npm start: installs what is missing (run.mjs), builds the web app, opens the demonstration and the pretend world around it.
import path from 'node:path'
import { readSettings } from '@wardline/app-server'
import { openLog } from '@wardline/platform/server'
import { startDemo } from '@wardline/dev'
import { root } from './lib/root.ts'
import { buildWeb } from './lib/web.ts'

if (process.argv.includes('--help')) {
  console.log('npm start [-- --fresh]   opens the demonstration: invented people, a clock that you move, pretend phones')
  console.log('  --fresh                begins it anew: what was done in it is gone')
  console.log('  PORT (8420), WARDLINE_DATA (./.wardline), DATABASE_URL; the key lies beside the data folder')
  process.exit(0)
}

const say = (line: string) => console.log(line)
const stop = new AbortController()
let stopping: Promise<void> | undefined
let running: { stop(): Promise<void> } | undefined
// A group's SIGTERM arrives twice, once from the group and once passed on by run.mjs: both mean the same stop.
const end = () => {
  stop.abort()
  stopping ??= (async () => {
    const given = setTimeout(() => process.exit(0), 4_500)
    given.unref()
    await running?.stop()
    process.exit(0)
  })()
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)

try {
  const settings = readSettings(process.env, process.env['WARDLINE_CWD'] ?? process.cwd())
  const web = await buildWeb()
  if (web.code !== 0) throw new Error(`The web app does not build:\n${web.output}`)
  const demo = await startDemo({
    settings,
    fresh: process.argv.includes('--fresh'),
    report: say,
    log: openLog({ level: 'warn' }),
    web: path.join(root, 'apps/web/dist'),
  })
  running = demo
  if (stop.signal.aborted) await demo.stop()
  else {
    say('')
    say(`Wardline is open at ${demo.url}`)
    say(`  first screen   ${demo.url}/demo`)
    say(`  the phones     ${demo.phonesUrl}`)
    say('')
    for (const organisation of demo.people) {
      say(`${organisation.name}`)
      for (const it of organisation.people) say(`  ${it.signInName.padEnd(10)} ${it.password.padEnd(20)} ${it.name}, ${it.title}`)
    }
    say('')
    say('Codes of their authenticators and their recovery keys are on the first screen. Ctrl-C ends it; the next start goes on from here.')
  }
} catch (thrown) {
  if (!stop.signal.aborted) {
    console.error(thrown instanceof Error ? thrown.message : String(thrown))
    process.exitCode = 1
  }
}
