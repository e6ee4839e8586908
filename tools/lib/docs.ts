// Checks the documents: their TypeScript compiles, their links lead somewhere, the commands they name exist, the tests that prove a guard are
// there under the names that stand beside it, and no comment in the source names a document that is not here.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { listFiles } from './files.ts'
import { anchors, codeBlocks, guardRows, links, npmScripts, testTitles } from './markdown.ts'
import { root, sourceFolders } from './root.ts'
import { runNode } from './run.ts'

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const isMarkdown = (name: string): boolean => name.endsWith('.md')
const rootDocuments = ['README.md', 'ARCHITECTURE.md', 'GLOSSARY.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md']
const documents = [
  ...rootDocuments.filter((file) => existsSync(path.join(root, file))),
  ...listFiles(['docs', ...sourceFolders], isMarkdown),
]
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts

const faults: string[] = []
for (const file of rootDocuments) if (!documents.includes(file)) faults.push(`${file} is missing.`)
for (const file of documents) {
  const text = read(file)
  for (const target of links(text)) checkLink(file, target)
  for (const script of npmScripts(text)) {
    if (!(script in scripts)) faults.push(`${file}: there is no npm script "${script}".`)
    else if (!existsSync(path.join(root, 'tools', `${script}.ts`))) faults.push(`${file}: npm run ${script} has no tools/${script}.ts.`)
  }
}
for (const file of documents.filter((name) => name.startsWith('product/'))) checkGuards(file)
checkComments()
await compileBlocks()

for (const fault of faults) console.log(fault)
process.exitCode = faults.length > 0 ? 1 : 0

function checkLink(file: string, target: string): void {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return
  const [place = '', anchor] = target.split('#')
  const goal = place === '' ? file : path.posix.join(path.posix.dirname(file), decodeURI(place))
  if (!existsSync(path.join(root, goal))) faults.push(`${file}: the link ${target} leads nowhere.`)
  else if (anchor !== undefined && isMarkdown(goal) && !anchors(read(goal)).has(anchor))
    faults.push(`${file}: ${goal} has no heading #${anchor}.`)
}

/** A guard's row names test files that are there; in access, every row, with words of a title that is in one of them. */
function checkGuards(file: string): void {
  for (const { guard, files, titles } of guardRows(read(file))) {
    const found = files.map((named) =>
      [path.posix.join(path.posix.dirname(file), named), path.posix.join('product', named), named].find((place) =>
        existsSync(path.join(root, place)),
      ),
    )
    for (const [i, place] of found.entries())
      if (place === undefined) faults.push(`${file}: "${guard}" names ${files[i]}, which is not there.`)
    if (!file.startsWith('product/access/')) continue
    if (files.length === 0) faults.push(`${file}: "${guard}" names no test.`)
    if (titles.length === 0) faults.push(`${file}: "${guard}" names no title of a test.`)
    const all = found.flatMap((place) => (place === undefined ? [] : testTitles(read(place))))
    for (const title of titles)
      if (!all.some((it) => it.includes(title)))
        faults.push(`${file}: "${guard}" names the test "${title}", which is in none of its files.`)
  }
}

/** A comment may point to a document of the project only: the reader has nothing else. */
function checkComments(): void {
  for (const file of listFiles([...sourceFolders], (name) => /\.(tsx?|sql|css)$/.test(name) && !name.endsWith('.test.ts'))) {
    for (const [, named = ''] of read(file).matchAll(/(?:^|[\s(])((?:[\w-]+\/)*[\w-]+\.md)\b/gm)) {
      const places = [named, path.posix.join(path.posix.dirname(file), named), path.posix.join('docs', named)]
      if (!places.some((place) => existsSync(path.join(root, place)))) faults.push(`${file}: names ${named}, which is not in the project.`)
    }
  }
}

async function compileBlocks(): Promise<void> {
  const folder = path.join(root, '.types/docs')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const origin = new Map<string, string>()
  for (const file of documents) {
    for (const block of codeBlocks(read(file))) {
      if (block.language !== 'ts' && block.language !== 'tsx') continue
      const name = `${file.replaceAll(/[/.]/g, '-')}-${block.line}.${block.language}`
      origin.set(name, `${file}:${block.line}`)
      // `export {}` makes it a module of its own, so that two blocks may use the same names.
      writeFileSync(path.join(folder, name), `${block.code}\nexport {}\n`)
    }
  }
  if (origin.size === 0) return
  const options = {
    composite: false,
    declaration: false,
    emitDeclarationOnly: false,
    noEmit: true,
    lib: ['es2024', 'dom', 'dom.iterable'],
    types: ['node'],
    jsx: 'react-jsx',
  }
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.base.json', compilerOptions: options, include: ['*'] }),
  )
  const ended = await runNode('node_modules/tsc7/bin/tsc', ['-p', '.types/docs/tsconfig.json', '--pretty', 'false'])
  if (ended.code === 0) return
  for (const line of ended.output.trimEnd().split('\n')) {
    const name = /\.types\/docs\/([^(]+)\(/.exec(line)?.[1]
    faults.push(name ? line.replace(/^.*\.types\/docs\/[^(]+/, origin.get(name) ?? name) : line)
  }
}
