// A process in which seeds are run. Nothing of the product may be loaded before what it could be surprised by is replaced.
import { writeSync } from 'node:fs'
import { plant } from './plant.ts'
import { sealWorld } from './sealed-world.ts'

const [first = '1', last = '1', step = '1', bug = '', say = ''] = process.argv.slice(2)
if (bug !== '') plant(bug)
sealWorld()
const { found, runSeed } = await import('./run.ts')
const founded = await found()
for (let seed = Number(first); seed <= Number(last); seed += Number(step)) {
  const report = await runSeed(founded, seed, say === '' ? undefined : (line) => writeSync(2, `${line}\n`))
  writeSync(1, `${JSON.stringify(report)}\n`)
  if (bug !== '' && report.failures.length > 0) break
}
process.exit(0)
