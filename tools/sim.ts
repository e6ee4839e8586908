// npm run sim: devices, network and server from a seed; nothing may break, and every mistake that was planted must be found.
import { simulate } from './lib/sim.ts'

const args = process.argv.slice(2)
const value = (name: string): string | undefined => {
  const at = args.indexOf(name)
  return at < 0 ? undefined : (args[at + 1] ?? '')
}
const number = (name: string, fallback: number): number => {
  const given = value(name)
  if (given === undefined) return fallback
  const it = Number(given)
  if (given === '' || !Number.isSafeInteger(it) || it < 1) {
    console.error(`${name} takes a whole number from 1.`)
    process.exit(2)
  }
  return it
}
if (args.includes('--help')) {
  console.log(`npm run sim [-- --only crypto] [--seeds N] [--seed X] [--json]
  --only crypto   team messages: the client's engine with its cryptography, against a model of the server. The only part there is.
  --seeds N       so many seeds, from 1 on; default 200. Then every planted mistake, until a seed finds it.
  --seed X        this seed alone, with everything that happens in it; no mistakes are planted.
  --json          one object: seeds, traceHash, failures, bugs. The same seeds give the same traceHash.
Exits with 1 where something broke or a planted mistake was not found.`)
  process.exit(0)
}
const known = new Set(['--only', '--seeds', '--seed', '--json'])
const wrong = args.find((it) => it.startsWith('-') && !known.has(it))
if (wrong !== undefined || (value('--only') ?? 'crypto') !== 'crypto') {
  console.error(wrong === undefined ? 'The only part is crypto.' : `There is no ${wrong}; see --help.`)
  process.exit(2)
}
const json = args.includes('--json')
const one = args.includes('--seed') ? number('--seed', 1) : null
const report = await simulate({
  seeds: one === null ? Array.from({ length: number('--seeds', 200) }, (_, i) => i + 1) : [one],
  plants: one === null,
  told: one !== null && !json,
  say: (line) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`)
  },
})
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
const missed = report.bugs.filter((it) => it.foundInSeed === null)
if (json) console.log(JSON.stringify(report))
else {
  for (const it of report.failures) console.log(`seed ${it.seed}: ${it.oracle}: ${it.why}`)
  for (const it of missed) console.log(`not found: ${it.name}`)
  const found = report.bugs.length - missed.length
  console.log(
    `${report.seeds} seeds, ${report.stored} messages, ${report.epochs} epochs: ${report.failures.length} failures; planted mistakes found ${found} of ${report.bugs.length}; trace ${report.traceHash.slice(0, 16)}`,
  )
}
process.exit(report.failures.length === 0 && missed.length === 0 ? 0 : 1)
