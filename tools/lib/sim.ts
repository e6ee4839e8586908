import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { bugs } from '@wardline/dev/sim'
import type { SeedReport } from '@wardline/dev/sim'
import { node, root } from './root.ts'

/** A planted mistake and the first seed that found it, with what it broke; null: none did. */
export interface FoundBug {
  readonly name: string
  readonly foundInSeed: number | null
  readonly oracle: string | null
}

/** What a simulation came to. */
export interface SimReport {
  readonly seeds: number
  /** SHA-256 over the traces of all seeds, hex. */
  readonly traceHash: string
  readonly failures: readonly { readonly seed: number; readonly oracle: string; readonly why: string }[]
  readonly bugs: readonly FoundBug[]
  readonly stored: number
  readonly epochs: number
}

/** Two: a simulation is not the only work of a machine. */
const WORKERS = 2
/** A planted mistake that is not found within so many seeds is not found. */
const PATIENCE = 200

/** Runs seeds in a process of their own; what it prints besides reports is passed on. Throws where it ends by itself. */
async function child(args: readonly string[], told: boolean, hear: (report: SeedReport) => void): Promise<void> {
  const flags = ['--disable-warning=ExperimentalWarning', path.join(root, 'dev/sim/child.ts')]
  const it = spawn(node, [...flags, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const signals = ['SIGINT', 'SIGTERM'] as const
  const stop = (): void => void it.kill()
  for (const signal of signals) process.once(signal, stop)
  let errors = ''
  it.stderr.on('data', (data: Buffer) => {
    if (told) process.stdout.write(data)
    else errors = `${errors}${String(data)}`.slice(-4_000)
  })
  const ended = new Promise<number>((resolve) => it.once('close', (code) => resolve(code ?? 1)))
  for await (const line of createInterface({ input: it.stdout })) hear(JSON.parse(line) as SeedReport)
  const code = await ended
  for (const signal of signals) process.off(signal, stop)
  if (code !== 0) throw new Error(`The simulation ended with ${code}: ${errors}`)
}

/** Runs the seeds, then every planted mistake until a seed finds it; two processes at a time. */
export async function simulate(it: {
  readonly seeds: readonly number[]
  readonly plants: boolean | readonly string[]
  readonly told: boolean
  readonly say: (line: string) => void
}): Promise<SimReport> {
  const reports = new Map<number, SeedReport>()
  const found = new Map<string, FoundBug>()
  const planted = bugs.filter((bug) => it.plants === true || (Array.isArray(it.plants) && it.plants.includes(bug.name)))
  const say = (): void => it.say(`${reports.size} of ${it.seeds.length} seeds, ${found.size} of ${planted.length} planted mistakes tried`)

  const share = async (first: number): Promise<void> => {
    const mine = it.seeds.filter((_, i) => i % WORKERS === first)
    if (mine.length === 0) return
    const step = mine.length > 1 ? mine[1]! - mine[0]! : 1
    await child([`${mine[0]}`, `${mine.at(-1)}`, `${step}`, '', it.told ? 'say' : ''], it.told, (report) => {
      reports.set(report.seed, report)
      say()
    })
  }
  await Promise.all(Array.from({ length: WORKERS }, (_, i) => share(i)))

  const waiting = [...planted]
  const tryNext = async (): Promise<void> => {
    for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
      const { name } = bug
      let first: SeedReport | null = null
      await child(['1', `${PATIENCE}`, '1', name, ''], false, (report) => {
        if (report.failures.length > 0) first ??= report
      })
      const by = first as SeedReport | null
      found.set(name, { name, foundInSeed: by?.seed ?? null, oracle: by?.failures[0]?.oracle ?? null })
      say()
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, tryNext))

  const inOrder = [...reports.values()].toSorted((a, b) => a.seed - b.seed)
  const hash = createHash('sha256')
  for (const { seed, trace } of inOrder) hash.update(`${seed} ${trace}\n`)
  return {
    seeds: inOrder.length,
    traceHash: hash.digest('hex'),
    failures: inOrder.flatMap(({ seed, failures }) => failures.map((failure) => ({ seed, ...failure }))),
    bugs: planted.map(({ name }) => found.get(name)!),
    stored: inOrder.reduce((sum, report) => sum + report.stored, 0),
    epochs: inOrder.reduce((sum, report) => sum + report.epochs, 0),
  }
}
