import type { Static } from 'typebox'
import type { FactKind } from '../contract/fact.ts'
import type { Announced, Database, Tx } from '../db/types.ts'

/** Runs in the transaction that announces; throwing vetoes it. At most five in the whole server. */
export interface WithinListener {
  readonly name: string
  hears(kind: string): boolean
  run(tx: Tx, fact: Announced): Promise<void>
}

/** A numbered fact, as an `after` listener sees it. `payload` is undefined once it was erased. */
export interface LoggedFact {
  readonly org: string
  readonly index: number
  readonly id: string
  readonly kind: string
  readonly key: string
  readonly at: Date
  readonly actor: string | null
  readonly device: string | null
  readonly payload: unknown
}

/** Runs after the commit, at least once, in the log's order, with a cursor of its own per organisation. */
export interface AfterListener {
  readonly name: string
  /** The kinds of facts that it hears. */
  readonly kinds: readonly string[]
  run(db: Database, fact: LoggedFact): Promise<void>
}

/** A `within` listener on kinds of one shape. */
export function within<F extends FactKind>(
  name: string,
  kinds: readonly F[],
  run: (tx: Tx, fact: Announced & { payload: Static<F['payload']> }) => Promise<void>,
): WithinListener {
  const names = new Set(kinds.map((kind) => kind.kind))
  return { name, hears: (kind) => names.has(kind), run: run as WithinListener['run'] }
}

/** An `after` listener on kinds of one shape. It may see a fact twice: its effect must be guarded. */
export function after<F extends FactKind>(
  name: string,
  kinds: readonly F[],
  run: (db: Database, fact: LoggedFact & { payload: Static<F['payload']> | undefined }) => Promise<void>,
): AfterListener {
  return { name, kinds: kinds.map((kind) => kind.kind), run: run as AfterListener['run'] }
}
