// The fences hold: each violation of the import and purity rules, written into a copy of the house, is reported by the tools that guard it.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { house, settings, workspaces } from './fences/house.ts'
import { seeds, type Tool } from './fences/seeds.ts'

const root = path.resolve(import.meta.dirname, '..')
// Inside the project, so that node_modules is found above it.
const seeded = path.join(root, '.seeded')

interface Fault {
  readonly tool: Tool
  readonly file: string
  readonly rule: string
}

let faults: Fault[] = []
let cleanFaults: Fault[] = []

beforeAll(async () => {
  rmSync(seeded, { recursive: true, force: true })
  for (const file of settings) copy(file)
  for (const [folder, name] of Object.entries(workspaces)) {
    for (const file of readdirSync(path.join(root, folder))) if (/^(package|tsconfig.*)\.json$/.test(file)) copy(path.join(folder, file))
    // Links of its own: by the project's the imports would reach the real tree.
    const link = path.join(seeded, 'node_modules/@wardline', name)
    mkdirSync(path.dirname(link), { recursive: true })
    symlinkSync(path.join(seeded, folder), link)
  }
  for (const [file, text] of Object.entries(house)) write(file, text)
  cleanFaults = await compiler()
  for (const seed of seeds) for (const [file, text] of Object.entries(seed.files)) write(file, text)
  faults = (await Promise.all([compiler(), cruiser(), linter(), knip()])).flat()
}, 120_000)

afterAll(() => rmSync(seeded, { recursive: true, force: true }))

describe('each seeded violation is caught', () => {
  test.each(seeds)('$says', ({ files, caught }) => {
    const [file = ''] = Object.keys(files)
    for (const [tool, rule] of Object.entries(caught)) {
      expect(
        faults.filter((fault) => fault.tool === tool && fault.file === file).map((fault) => fault.rule),
        `${tool} on ${file}`,
      ).toContain(rule)
    }
  })
})

test('the clean house is let through', () => {
  const sown = new Set(seeds.flatMap((seed) => Object.keys(seed.files)))
  expect(cleanFaults).toEqual([])
  // The compiler also reports what a seed drags into its project, knip what only seeds would use: so they are not asked here.
  expect(faults.filter((fault) => (fault.tool === 'cruiser' || fault.tool === 'eslint') && !sown.has(fault.file))).toEqual([])
})

test('each import rule has a seed', () => {
  const { forbidden } = createRequire(import.meta.url)(path.join(root, '.dependency-cruiser.cjs')) as { forbidden: { name: string }[] }
  const sown = new Set(seeds.map((seed) => seed.caught.cruiser))
  expect(forbidden.map((rule) => rule.name).filter((name) => !sown.has(name))).toEqual([])
})

async function compiler(): Promise<Fault[]> {
  const output = await run('tsc7/bin/tsc', ['-b', '--pretty', 'false'])
  return [...output.matchAll(/^([^\s(]+)\(\d+,\d+\): error (TS\d+)/gm)].map(([, file = '', rule = '']) => ({ tool: 'tsc', file, rule }))
}

async function cruiser(): Promise<Fault[]> {
  const folders = [
    ...new Set(
      Object.keys(house)
        .filter((file) => file.includes('/'))
        .map((file) => file.split('/')[0] ?? ''),
    ),
  ]
  const output = await run('dependency-cruiser/bin/dependency-cruiser.mjs', [
    '--config',
    '.dependency-cruiser.cjs',
    '-T',
    'json',
    ...folders,
  ])
  const { summary } = JSON.parse(output) as { summary: { violations: { from: string; rule: { name: string } }[] } }
  return summary.violations.map(({ from, rule }) => ({ tool: 'cruiser', file: from, rule: rule.name }))
}

async function linter(): Promise<Fault[]> {
  const output = await run('eslint/bin/eslint.js', ['--format', 'json', '.'])
  const files = JSON.parse(output) as { filePath: string; messages: { ruleId: string | null }[] }[]
  return files.flatMap(({ filePath, messages }) =>
    messages.map(({ ruleId }) => ({ tool: 'eslint' as const, file: path.relative(seeded, filePath), rule: ruleId ?? 'does not parse' })),
  )
}

async function knip(): Promise<Fault[]> {
  const output = await run('knip/bin/knip.js', ['--no-progress', '--no-config-hints', '--no-gitignore', '--reporter', 'json'])
  const { issues } = JSON.parse(output) as { issues: ({ file: string } & Record<'files' | 'exports', unknown[]>)[] }
  return issues.flatMap((issue) =>
    (['files', 'exports'] as const)
      .filter((kind) => issue[kind]?.length > 0)
      .map((rule) => ({ tool: 'knip' as const, file: issue.file, rule })),
  )
}

/** Runs a tool of node_modules inside the seeded house; its exit code says only that it found something. */
function run(script: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(root, 'node_modules', script), ...args], {
      cwd: seeded,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let complaints = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
    child.on('error', reject)
    child.on('close', () => (output === '' && complaints !== '' ? reject(new Error(`${script}: ${complaints}`)) : resolve(output)))
  })
}

function copy(file: string): void {
  mkdirSync(path.dirname(path.join(seeded, file)), { recursive: true })
  if (existsSync(path.join(root, file))) cpSync(path.join(root, file), path.join(seeded, file))
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(seeded, file)), { recursive: true })
  writeFileSync(path.join(seeded, file), text)
}
