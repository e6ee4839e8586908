/** A parameterised statement. Made by the `sql` tag only, so no value is ever spliced into text. */
export interface Sql {
  readonly text: string
  readonly values: readonly unknown[]
  /** Prepared-statement name, stable for one place in the source. */
  readonly name: string
}

const known = new WeakMap<TemplateStringsArray, { text: string; name: string }>()
let made = 0

/** `sql`select * from t where id = ${id}`` : a prepared statement with its values. Arrays become PostgreSQL arrays: use `= any(${ids}::uuid[])`. */
export function sql(strings: TemplateStringsArray, ...values: unknown[]): Sql {
  let statement = known.get(strings)
  if (!statement) {
    statement = { text: strings.reduce((text, part, i) => text + (i === 0 ? '' : `$${i}`) + part, ''), name: `wl${(made += 1)}` }
    known.set(strings, statement)
  }
  return {
    text: statement.text,
    name: statement.name,
    values: values.map((value) => (Array.isArray(value) ? (plainArray(value) ?? value) : value)),
  }
}

const plain = /^[A-Za-z0-9][A-Za-z0-9|._-]*$/

/** An array of numbers, ids and plain words as PostgreSQL writes one; undefined where the driver has to quote. Half the cost of a batch's parameters. */
function plainArray(values: readonly unknown[]): string | undefined {
  const words: unknown[] = []
  for (const value of values) {
    if (value === null) words.push('NULL')
    else if (typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'string' && isPlain(value)) words.push(value)
    else return undefined
  }
  return `{${words.join(',')}}`
}

/** Four letters are looked at twice: the word null means something else to PostgreSQL. */
const isPlain = (text: string): boolean => plain.test(text) && (text.length !== 4 || text.toUpperCase() !== 'NULL')
