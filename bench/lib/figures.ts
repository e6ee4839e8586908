import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** One measured figure beside its floor. `ratio`: ours over the floor; for costs the floor over ours. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly floor: number | null
  readonly floorName: string | null
  readonly ratio: number | null
}

/** A rate beside its floor: larger is better. */
export const rate = (name: string, value: number, unit: string, floor: number, floorName: string): Figure => ({
  name,
  value,
  unit,
  floor,
  floorName,
  ratio: value / floor,
})
/** A cost beside its floor: smaller is better, so the ratio is turned round. */
export const cost = (name: string, value: number, unit: string, floor: number, floorName: string): Figure => ({
  name,
  value,
  unit,
  floor,
  floorName,
  ratio: floor / value,
})
/** A figure without a floor. */
export const plain = (name: string, value: number, unit: string): Figure => ({
  name,
  value,
  unit,
  floor: null,
  floorName: null,
  ratio: null,
})

const round = (value: number | null): string =>
  value === null ? '' : value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2)

/** Prints the table and writes bench/results/<bench>.json. */
export function publish(bench: string, figures: readonly Figure[], root: string): void {
  const rows = [
    ['measure', 'ours', 'unit', 'floor', 'floor is', 'ratio'],
    ...figures.map((it) => [it.name, round(it.value), it.unit, round(it.floor), it.floorName ?? '', round(it.ratio)]),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  for (const row of rows)
    console.log(
      row.map((cell, column) => (column === 0 || column === 4 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  '),
    )
  const folder = path.join(root, 'bench/results')
  mkdirSync(folder, { recursive: true })
  const commit = (() => {
    try {
      return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim()
    } catch {
      return 'unknown'
    }
  })()
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? '',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    commit,
  }
  writeFileSync(
    path.join(folder, `${bench}.json`),
    JSON.stringify({ bench, at: new Date().toISOString(), machine, figures }, null, 2) + '\n',
  )
}
