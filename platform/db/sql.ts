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
  return { ...statement, values }
}
