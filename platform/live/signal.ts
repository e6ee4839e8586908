import type { Static, TSchema } from 'typebox'
import type { SignalKind } from '../db/types.ts'
import type { Services } from '../http/route.ts'

/** What nodes do once a transaction has committed that says so: they end windows, forget what they believed, join and leave topics. */
export interface Signal<S extends TSchema = TSchema> extends SignalKind<S> {
  /** Heard twice is heard once, and of two transactions the later one may come first: where that matters, it reads how things are now. */
  heard(services: Services, org: string, body: Static<S>): void | Promise<void>
  /**
   * Something was told that this node did not understand, or may never hear; null: of any organisation. It forgets what it believes of what this
   * signal tells. Their windows come again after it and are judged anew.
   */
  doubt?(services: Services, org: string | null): void
}

/** Binds a kind and its body to what a node does. A feature lists it under `signals`. */
export const signal = <const S extends TSchema>(it: Signal<S>): Signal<S> => it
