/** A pasted row, as typed: what is wrong with it is the server's to say. */
export interface PeopleRow {
  readonly name: string
  readonly signInName: string
  readonly title: string
  readonly roles: readonly string[]
}

/** Reads one line of CSV (RFC 4180): quotes may hold the separator, a doubled quote is a quote. */
function cells(line: string, separator: string): string[] {
  const found: string[] = []
  let cell = ''
  let quoted = false
  for (let at = 0; at < line.length; at += 1) {
    const sign = line[at]!
    if (quoted && sign === '"' && line[at + 1] === '"') {
      cell += '"'
      at += 1
    } else if (sign === '"' && (quoted || cell.trim() === '')) quoted = !quoted
    else if (sign === separator && !quoted) {
      found.push(cell.trim())
      cell = ''
    } else cell += sign
  }
  return [...found, cell.trim()]
}

/** A text as it would be written in lower case letters with dashes, for roles: `Front Desk` is `front-desk`. */
const slug = (text: string) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, '-')

/**
 * Reads pasted lines: name, sign-in name, roles, title, separated by tabs (a copied spreadsheet), semicolons or commas. Several roles in one
 * cell are separated by `+` or `/`. A first line of headings and empty lines are passed over. Without a sign-in name one is made of the name.
 */
export function readPeople(pasted: string): PeopleRow[] {
  const lines = pasted.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '')
  const separator = ['\t', ';'].find((it) => lines.some((line) => line.includes(it))) ?? ','
  const rows = lines.map((line) => cells(line, separator))
  const hasHead = /^(full )?name$/i.test(rows[0]?.[0] ?? '')
  return (hasHead ? rows.slice(1) : rows).map(([name = '', signIn = '', roles = '', title = '']) => ({
    name,
    signInName: signIn === '' ? nameOf(name) : signIn.normalize('NFKC').toLowerCase(),
    title,
    roles: roles
      .split(/[+/]/)
      .map(slug)
      .filter((it) => it !== ''),
  }))
}

/** `Dr. Ana María Rivera` signs in as `ana.rivera`: first and last word, plain letters. */
function nameOf(name: string): string {
  const words = name
    .normalize('NFD')
    .replace(/[^A-Za-z\s'-]/g, '')
    .toLowerCase()
    .replace(/['-]/g, '')
    .split(/\s+/)
    .filter((word) => word !== '' && !['dr', 'mr', 'mrs', 'ms', 'prof'].includes(word))
  return [...new Set([words[0], words.at(-1)])].filter((word) => word !== undefined).join('.')
}

/** Up to two places of a printed text to type again, by numbers drawn from a good source. */
export function groupsToRetype(count: number, drawn: readonly [number, number]): readonly number[] {
  if (count <= 2) return Array.from({ length: count }, (_, index) => index)
  const first = drawn[0] % count
  const second = (first + 1 + (drawn[1] % (count - 1))) % count
  return [first, second].sort((a, b) => a - b)
}
