/** A fenced block of a Markdown text: its language, its code, and the line (from 1) on which the code begins. */
export interface CodeBlock {
  readonly language: string
  readonly code: string
  readonly line: number
}

/** All fenced blocks. A fence inside a list may be indented. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let open: { language: string; line: number; code: string[] } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^\s*```\s*([\w-]*)/.exec(line)
    if (fence && !open) open = { language: fence[1] ?? '', line: index + 2, code: [] }
    else if (fence && open) {
      blocks.push({ language: open.language, code: open.code.join('\n'), line: open.line })
      open = undefined
    } else open?.code.push(line)
  }
  return blocks
}

/** The text without fenced blocks and inline code, for looking at prose. */
export function withoutCode(markdown: string): string {
  return markdown.replace(/^\s*```[\s\S]*?^\s*```\s*$/gm, '').replace(/`[^`\n]*`/g, '')
}

/** Targets of links and pictures, Markdown's and HTML's, as written. */
export function links(markdown: string): string[] {
  const prose = withoutCode(markdown)
  const found = [...prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g), ...prose.matchAll(/(?:href|src|srcset)="([^"]+)"/g)]
  return found.map((match) => match[1] ?? '')
}

/** The anchors that a page offers: GitHub's slugs of its headings. */
export function anchors(markdown: string): Set<string> {
  const found = new Set<string>()
  for (const [, heading = ''] of markdown.replace(/^\s*```[\s\S]*?^\s*```\s*$/gm, '').matchAll(/^#{1,6}\s+(.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/`/g, '')
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-')
    let unique = slug
    for (let n = 1; found.has(unique); n += 1) unique = `${slug}-${n}`
    found.add(unique)
  }
  return found
}

/** The npm scripts that a page tells its reader to run, in inline code or in shell blocks. */
export function npmScripts(markdown: string): string[] {
  const shell = codeBlocks(markdown).filter((block) => ['', 'sh', 'bash', 'shell', 'console', 'text'].includes(block.language))
  const inline = [...markdown.replace(/^\s*```[\s\S]*?^\s*```\s*$/gm, '').matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '')
  const scripts: string[] = []
  for (const text of [...shell.map((block) => block.code), ...inline]) {
    for (const [, direct, named] of text.matchAll(/\bnpm (?:(start|test)\b|run ([\w:-]+))/g)) scripts.push(direct ?? named ?? '')
  }
  return [...new Set(scripts)]
}

/** The cells of every table row whose first cell fits `first`, without outer blanks. */
export function tableRows(markdown: string, first: RegExp): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter((cells) => first.test(cells[0] ?? ''))
}

/** A row of a table whose header is "guard, test": what is promised, the test files that its second cell names, and the words of their titles. */
export interface GuardRow {
  readonly guard: string
  readonly files: readonly string[]
  readonly titles: readonly string[]
}

/** The rows of a page's tables of guards. */
export function guardRows(markdown: string): GuardRow[] {
  const rows: GuardRow[] = []
  let isTable = false
  for (const line of markdown.split('\n')) {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim())
    if (!line.startsWith('|')) isTable = false
    else if (/^guard$/i.test(cells[1] ?? '')) isTable = true
    else if (isTable && !/^:?-+:?$/.test(cells[1] ?? '')) {
      const test = cells[2] ?? ''
      rows.push({
        guard: cells[1] ?? '',
        files: [...test.matchAll(/`([^`]+\.test\.tsx?)`/g)].map(([, file]) => file!),
        titles: [...test.matchAll(/"([^"]+)"/g)].map(([, title]) => title!),
      })
    }
  }
  return rows
}

/** The titles of tests and of the groups that hold them, as a test file writes them. */
export const testTitles = (source: string): string[] =>
  [...source.matchAll(/\b(?:test|describe|it)(?:\.\w+(?:\((?:[^()]|\([^()]*\))*\))?)*\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g)].map(
    ([, , title]) => title!,
  )
