// npm run crash: kills the server and PostgreSQL under load; nothing acknowledged may be lost, doubled or skipped, and the audit log must verify.
import { runCrash } from './lib/crash.ts'

const args = process.argv.slice(2)
const number = (name: string, fallback: number): number => {
  const at = args.indexOf(name)
  if (at < 0) return fallback
  const value = Number(args[at + 1])
  if (!Number.isSafeInteger(value) || value < 0) {
    console.error(`${name} takes a whole number.`)
    process.exit(2)
  }
  return value
}
if (args.includes('--help')) {
  console.log(
    'npm run crash [-- --kills N] [--database-kills N] [--seed N] [--json]   default 50 server and 10 database kills; about 4 minutes',
  )
  process.exit(0)
}
const json = args.includes('--json')
const report = await runCrash({
  kills: number('--kills', 50),
  databaseKills: number('--database-kills', 10),
  seed: number('--seed', 1),
  say: (line) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${line}`)
    else if (!json) console.log(line)
  },
})
if (process.stderr.isTTY) process.stderr.write('\n')
const good = report.lost === 0 && report.doubled === 0 && report.gaps === 0 && report.auditVerified
console.log(
  json
    ? JSON.stringify(report)
    : `${report.kills} server kills, ${report.databaseKills} database kills: ${report.acknowledged} acknowledged, ${report.lost} lost, ${report.doubled} doubled, ${report.gaps} skipped; audit ${report.auditVerified ? 'verified' : 'NOT INTACT'}`,
)
process.exit(good ? 0 : 1)
