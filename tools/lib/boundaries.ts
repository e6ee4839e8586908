// Runs dependency-cruiser with .dependency-cruiser.cjs over all source and leaves the import graph for the report of `npm run check`.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { cruise, format, type ICruiseResult } from 'dependency-cruiser'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import { graphFile, type Graph } from './report.ts'
import { root, sourceFolders } from './root.ts'

process.chdir(root)
const options = await extractDepcruiseOptions(path.join(root, '.dependency-cruiser.cjs'))
const folders = sourceFolders.filter((folder) => existsSync(path.join(root, folder)))
const result = (await cruise([...folders], options)).output as ICruiseResult

const graph: Graph = {
  cycles: result.summary.violations.filter((violation) => violation.rule.name === 'no-cycles').length,
  imports: Object.fromEntries(
    result.modules
      .filter((module) => !module.source.startsWith('node_modules'))
      .map((module) => [module.source, module.dependencies.map((dependency) => dependency.resolved)]),
  ),
}
mkdirSync(path.dirname(graphFile), { recursive: true })
writeFileSync(graphFile, JSON.stringify(graph))

console.log((await format(result, { outputType: 'err' })).output)
process.exitCode = result.summary.error > 0 ? 1 : 0
