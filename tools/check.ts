// npm run check: everything that can be said about the code without running it. Tests are `npm test`.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { listFiles } from './lib/files.ts'
import { printReport } from './lib/report.ts'
import { formatted, root, sourceFolders } from './lib/root.ts'
import { isStopping, onStop, runNode, stopAll, type Ended } from './lib/run.ts'

interface Step {
  readonly name: string
  readonly says: string
  readonly run: () => Promise<Ended>
}

// Longest first: with two at a time the whole takes little longer than the longest.
const steps: readonly Step[] = [
  {
    name: 'lint',
    says: 'ESLint: clocks, environment, SQL, raw HTML, promises nobody waits for',
    run: () => runNode('node_modules/eslint/bin/eslint.js', ['--max-warnings', '0', '.']),
  },
  {
    name: 'unused',
    says: 'knip: files, exports and packages that nobody uses',
    run: () => runNode('node_modules/knip/bin/knip.js', ['--no-progress', '--no-config-hints']),
  },
  { name: 'boundaries', says: 'dependency-cruiser: who may import whom, cycles', run: () => runNode('tools/lib/boundaries.ts') },
  { name: 'types', says: 'TypeScript, all projects', run: checkTypes },
  {
    name: 'format',
    says: 'Prettier',
    run: () =>
      runNode('node_modules/prettier/bin/prettier.cjs', [
        '--check',
        '--cache',
        '--cache-location',
        'node_modules/.cache/prettier/check',
        '--log-level',
        'warn',
        formatted,
      ]),
  },
  { name: 'docs', says: 'documents: their code compiles, links and commands exist', run: () => runNode('tools/lib/docs.ts') },
  { name: 'lock', says: 'package-lock.json is complete, so that npm ci works on any machine', run: () => runNode('tools/lib/lock.ts') },
]

const args = process.argv.slice(2)
if (args.includes('--help') || args.includes('-h')) {
  console.log('npm run check [-- name ...]   checks the code without running it; ends with 0 only when all passed\n')
  for (const step of steps) console.log(`  ${step.name.padEnd(11)} ${step.says}`)
  console.log(
    '\nWithout names all are run, two at a time, and a report is printed. Tests: npm test. Formatting is repaired by: npm run format',
  )
  process.exit(0)
}
const unknown = args.filter((arg) => !steps.some((step) => step.name === arg))
if (unknown.length > 0) {
  console.error(`check: there is no ${unknown.join(', ')}; there are ${steps.map((step) => step.name).join(', ')}.`)
  process.exit(2)
}

onStop(stopAll)
process.exitCode = await checkAll(steps.filter((step) => args.length === 0 || args.includes(step.name)))

async function checkAll(chosen: readonly Step[]): Promise<number> {
  const started = performance.now()
  const waiting = [...chosen]
  let failed: { step: Step; ended: Ended } | undefined
  const worker = async (): Promise<void> => {
    for (let step = waiting.shift(); step && !failed && !isStopping(); step = waiting.shift()) {
      const from = performance.now()
      const ended = await step.run()
      if (failed || isStopping()) return
      if (ended.code !== 0) {
        failed = { step, ended }
        stopAll()
        return
      }
      console.log(`ok    ${step.name.padEnd(11)} ${seconds(from)}`)
    }
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker))
  if (isStopping()) return 143
  if (failed) {
    console.log(`\n${failed.ended.output.trimEnd()}\n`)
    console.log(`FAIL  ${failed.step.name}: ${failed.step.says}`)
    console.log(
      `Run it again by: npm run check -- ${failed.step.name}${failed.step.name === 'format' ? '   (repair: npm run format)' : ''}`,
    )
    return 1
  }
  if (args.length === 0) printReport()
  console.log(`${chosen.length} of ${chosen.length} checks passed in ${seconds(started)}`)
  return 0
}

function seconds(from: number): string {
  return `${((performance.now() - from) / 1000).toFixed(1)} s`
}

/** Builds all TypeScript projects; from the beginning when a tsconfig or the lock changed, because TypeScript 7 keeps stale errors then. */
async function checkTypes(): Promise<Ended> {
  const stampFile = path.join(root, '.types/check-stamp')
  const settings = [
    ...listFiles([...sourceFolders], (name) => /^tsconfig.*\.json$|^package\.json$/.test(name)),
    'tsconfig.json',
    'tsconfig.base.json',
    'tsconfig.test.json',
    'package-lock.json',
  ]
  const hash = createHash('sha256')
  for (const file of settings) hash.update(readFileSync(path.join(root, file)))
  const stamp = hash.digest('hex')
  const fresh = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
  const ended = await runNode('node_modules/tsc7/bin/tsc', ['-b', '--pretty', 'false', ...(fresh ? [] : ['--force'])])
  mkdirSync(path.dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, stamp)
  return ended
}
