import type { ReactNode } from 'react'

/** One thing the palette can do or open. */
export type Command = {
  id: string
  label: string
  /** Items of one section stand together, sections in the order of their first item. */
  section: string
  description?: string
  icon?: ReactNode
  /** Its shortcut, taught here. */
  keys?: string
  /** Other words that find it. */
  keywords?: string
}

const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase()

/**
 * The commands a query finds, best first within the caller's order: every typed word must occur; a label that begins
 * with the query comes before one where a word begins with it, then the rest. At most `limit`, so that a directory of
 * 10,000 people costs one pass and draws little.
 */
export const findCommands = (commands: readonly Command[], query: string, limit = 50): readonly Command[] => {
  const words = plain(query).split(/\s+/).filter(Boolean)
  if (words.length === 0) return commands.slice(0, limit)
  const [whole, first] = [words.join(' '), words[0] ?? '']
  const ranked: [Command[], Command[], Command[]] = [[], [], []]
  for (const command of commands) {
    const label = plain(command.label)
    const text =
      command.keywords === undefined && command.description === undefined
        ? label
        : `${label} ${plain(`${command.keywords ?? ''} ${command.description ?? ''}`)}`
    if (!words.every((word) => text.includes(word))) continue
    ranked[label.startsWith(whole) ? 0 : label.includes(` ${first}`) || label.startsWith(first) ? 1 : 2].push(command)
    if (ranked[0].length >= limit) break
  }
  return ranked.flat().slice(0, limit)
}

/** Commands grouped by section, each section once, in the order of its first command. */
export const inSections = (commands: readonly Command[]): readonly { section: string; commands: Command[] }[] => {
  const sections = new Map<string, Command[]>()
  for (const command of commands) {
    const known = sections.get(command.section)
    if (known === undefined) sections.set(command.section, [command])
    else known.push(command)
  }
  return Array.from(sections, ([section, list]) => ({ section, commands: list }))
}
