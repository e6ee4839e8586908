import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { isTest, listFiles } from './files.ts'
import { root, sourceFolders } from './root.ts'

/** Where the boundaries check leaves the import graph. */
export const graphFile = path.join(root, '.types/import-graph.json')

/** Our own modules and what each imports, paths relative to the project's folder, and how many import cycles there are. */
export interface Graph {
  readonly cycles: number
  readonly imports: Readonly<Record<string, readonly string[]>>
}

const longFile = 300

/** Prints the figures that are looked at before each landing. None of them is a gate: cycles and mocks are, in the checks themselves. */
export function printReport(): void {
  const files = listFiles([...sourceFolders], (name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
  const code: Figures = { files: 0, lines: 0, comments: 0 }
  const tests: Figures = { files: 0, lines: 0, comments: 0 }
  const long: string[] = []
  let mocks = 0
  for (const file of files) {
    const text = readFileSync(path.join(root, file), 'utf8')
    const lines = text.split('\n').length - 1
    if (lines > longFile) long.push(`${file} (${lines})`)
    if (isTest(file)) mocks += text.match(/\bvi\.(doMock|mock)\(/g)?.length ?? 0
    count(isTest(file) || /^(scenarios|testing)\/|^\w+\/testing\//.test(file) ? tests : code, text)
  }
  const row = (name: string, value: string): void => console.log(`  ${name.padEnd(34)} ${value}`)
  const share = (part: number, whole: number): string => (whole === 0 ? 'none yet' : `${((100 * part) / whole).toFixed(1)} %`)

  console.log('\nReport')
  if (existsSync(graphFile)) {
    const graph = JSON.parse(readFileSync(graphFile, 'utf8')) as Graph
    row('import cycles', `${graph.cycles}`)
    const [most, times] = mostImported(graph)
    row('most imported file', most === '' ? 'none yet' : `${most}, by ${times}`)
    const [feature, hops] = mostHops(graph)
    row('hops from route to query, at most', feature === '' ? 'none yet' : `${hops} (${feature})`)
  }
  row('module mocks', `${mocks}`)
  row(
    'files over 300 lines',
    `${long.length} of ${files.length}${long.length > 0 ? `: ${long.slice(0, 8).join(', ')}${long.length > 8 ? ' …' : ''}` : ''}`,
  )
  row('lines of code, of tests', `${code.lines}, ${tests.lines}`)
  row('tests to code', code.lines === 0 ? 'none yet' : (tests.lines / code.lines).toFixed(2))
  row('comment share of code', share(code.comments, code.lines))
  const packages = dependencies()
  row('packages: direct, whole tree', `${packages.direct} (${packages.shipped} shipped), ${packages.tree}`)
  console.log('')
}

interface Figures {
  files: number
  lines: number
  comments: number
}

/** Adds a file's lines that are not blank, and of them those that are comments only. */
function count(figures: Figures, text: string): void {
  figures.files += 1
  for (const line of text.split('\n')) {
    const trimmed = line.trim()
    if (trimmed === '') continue
    figures.lines += 1
    if (/^(\/\/|\/\*|\*)/.test(trimmed)) figures.comments += 1
  }
}

/** The file that most files of ours import. */
export function mostImported(graph: Graph): readonly [file: string, times: number] {
  const times = new Map<string, number>()
  for (const [file, imported] of Object.entries(graph.imports)) {
    if (isTest(file)) continue
    for (const target of new Set(imported)) if (target in graph.imports) times.set(target, (times.get(target) ?? 0) + 1)
  }
  return [...times].reduce<readonly [string, number]>((most, it) => (it[1] > most[1] ? it : most), ['', 0])
}

/** The feature whose routes are furthest from its queries, and how many imports lie between (a path inside the feature). */
export function mostHops(graph: Graph): readonly [feature: string, hops: number] {
  let most: readonly [string, number] = ['', 0]
  for (const start of Object.keys(graph.imports)) {
    const feature = /^(product\/[^/]+\/[^/]+)\/server\/routes\.ts$/.exec(start)?.[1]
    if (!feature) continue
    const hops = distance(graph, start, (file) => /\/server\/([^/]*queries\.ts$|queries\/)/.test(file), `${feature}/`)
    if (hops !== undefined && hops > most[1]) most = [feature, hops]
  }
  return most
}

function distance(graph: Graph, start: string, isGoal: (file: string) => boolean, inside: string): number | undefined {
  const seen = new Set([start])
  let front = [start]
  for (let hops = 0; front.length > 0; hops += 1) {
    if (front.some(isGoal)) return hops
    const next = front.flatMap((file) => graph.imports[file] ?? []).filter((file) => file.startsWith(inside) && !seen.has(file))
    for (const file of next) seen.add(file)
    front = [...new Set(next)]
  }
  return undefined
}

function dependencies(): { direct: number; shipped: number; tree: number } {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dependencies?: object; devDependencies?: object; optionalDependencies?: object }>
  }
  const direct = new Set<string>()
  const shipped = new Set<string>()
  for (const [place, entry] of Object.entries(lock.packages)) {
    if (place.includes('node_modules')) continue
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }))
      if (!name.startsWith('@wardline/')) shipped.add(name)
    for (const name of Object.keys(entry.devDependencies ?? {})) direct.add(name)
  }
  for (const name of shipped) direct.add(name)
  return {
    direct: direct.size,
    shipped: shipped.size,
    tree: Object.keys(lock.packages).filter((place) => place.includes('node_modules') && !place.includes('@wardline/')).length,
  }
}
