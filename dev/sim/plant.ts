import { registerHooks } from 'node:module'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { bugs } from '../bugs/crypto.ts'
import type { Bug } from '../bugs/crypto.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** The sources of a bug's files with the bug in them, by address. Throws where a text does not stand there exactly once: a bug must not rot. */
export function sourcesOf(bug: Bug): ReadonlyMap<string, string> {
  const made = new Map<string, string>()
  for (const { file, from, to } of bug.edits) {
    const url = pathToFileURL(path.join(root, file)).href
    const source = made.get(url) ?? readFileSync(path.join(root, file), 'utf8')
    const times = source.split(from).length - 1
    if (times !== 1) throw new Error(`The bug "${bug.name}" no longer fits: its text stands ${times} times in ${file}.`)
    made.set(
      url,
      source.replace(from, () => to),
    )
  }
  return made
}

/** Puts a bug into the modules that this process loads from here on. */
export function plant(name: string): void {
  const bug = bugs.find((it) => it.name === name)
  if (!bug) throw new Error(`There is no bug "${name}".`)
  const sources = sourcesOf(bug)
  registerHooks({
    load(url, context, next) {
      const source = sources.get(url)
      const loaded = next(url, context)
      return source === undefined ? loaded : { ...loaded, format: 'module-typescript', source }
    },
  })
}
