import type { FactKind, PayloadOf } from '../contract/fact.ts'
import type { Static, TSchema } from 'typebox'
import type { Sql } from './sql.ts'

/** Reads: statements inside one transaction of one organisation. Rows are typed by the caller, who wrote the SQL. */
export interface Db {
  readonly org: string
  rows<R>(statement: Sql): Promise<R[]>
  /** Exactly one row, else an error. */
  one<R>(statement: Sql): Promise<R>
  maybe<R>(statement: Sql): Promise<R | undefined>
  /** How many rows a statement touched. */
  count(statement: Sql): Promise<number>
}

/** Writes: what changes rows and announces facts. A function that asks for Tx can only be called inside `write`. */
export interface Tx extends Db {
  readonly writes: true
  /** wl_now() as read when the transaction began. */
  readonly at: Date
  readonly by: By
  /** Records a fact in this transaction; `within` listeners run before the commit and may veto it. */
  announce<F extends FactKind>(kind: F, it: { key: string; payload: PayloadOf<F>; actor?: string | null; device?: string | null }): void
  /**
   * Sends a statement whose answer nobody needs: it leaves together with the facts and the commit, in one round trip. Its failure is the
   * transaction's.
   */
  send(statement: Sql): void
  /**
   * After the commit every node of the installation hears it: this one at once, in order with `afterCommit`, the others within two seconds, and so
   * this one too where the answer to its commit was lost and no `afterCommit` runs.
   */
  signal<S extends TSchema>(kind: SignalKind<S>, body: Static<S>): void
  /** Runs after the commit, in order; its failure is logged and changes nothing. For pushes to open sockets of this node. */
  afterCommit(run: () => void): void
}

/** On whose behalf a transaction writes. Null: the system itself. */
export interface By {
  readonly actor: string | null
  readonly device: string | null
}
/** A fact as a `within` listener sees it, in the transaction that announced it. */
export interface Announced {
  readonly id: string
  readonly kind: FactKind
  readonly key: string
  readonly at: Date
  readonly actor: string | null
  readonly device: string | null
  readonly payload: unknown
}

/** What a transaction may tell every node. A body holds ids and figures, no words of people: it stands unsealed in the database for a day. */
export interface SignalKind<S extends TSchema = TSchema> {
  readonly kind: string
  readonly takes: S
  /** The node that tells it does it itself after the commit: it hears it only where it never learned that it was committed. */
  readonly elsewhere?: boolean
}

/** A signal as a node hears it. */
export interface Told {
  readonly id: string
  readonly org: string
  readonly kind: string
  readonly body: unknown
}

/** Why a server takes no writes. `lock-lost`: another server may own the database by now. */
export type StoppedBecause = 'disk-full' | 'lock-lost'

export interface Database {
  /** A read-only transaction of one organisation. */
  read<T>(org: string, run: (db: Db) => Promise<T>): Promise<T>
  /** A transaction that writes. It either commits whole, with its facts, or leaves nothing. */
  write<T>(org: string, by: By, run: (tx: Tx) => Promise<T>): Promise<T>
  /** Listed rows of all organisations, as the sweeper: due work, the sequencer, purges. */
  sweep<T>(run: (db: Db) => Promise<T>): Promise<T>
  /** False while writes must stop: the disk is nearly full (unless another reason is given). */
  setWritable(yes: boolean, because?: StoppedBecause): void
  close(): Promise<void>
}
