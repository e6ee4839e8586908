import type { Database, Db, Services } from '@wardline/platform/server'

/** For how long what was read is believed, ms. */
const believeMs = 2_000

interface Node<T> {
  /** Rises with every change: what was read before one is not remembered after it. */
  generation: number
  readonly of: Map<string, { readonly readAt: number; readonly value: T }>
}

/** What each server knows for a moment of what an organisation has set, and forgets with the commit that changes it. */
export interface Remembered<T> {
  /** For a server: what is set, by organisation. Throws DatabaseFailure. */
  on(services: Services): (org: string) => Promise<T>
  /** It has changed, or may have; null: of any organisation. This server reads it anew. */
  forget(services: Services, org: string | null): void
}

/** Remembers what `read` reads. */
export function remembered<T>(read: (db: Db) => Promise<T>): Remembered<T> {
  const nodes = new WeakMap<Database, Node<T>>()
  return {
    on(services) {
      const { db, clock } = services
      // One memory for a server, however many ask it: what is forgotten is forgotten for all of them.
      const node: Node<T> = nodes.get(db) ?? { generation: 0, of: new Map() }
      nodes.set(db, node)
      return async (org) => {
        const now = clock.ms()
        const known = node.of.get(org)
        if (known && now - known.readAt < believeMs && now >= known.readAt) return known.value
        const { generation } = node
        const value = await db.read(org, read)
        if (node.generation === generation) node.of.set(org, { readAt: now, value })
        return value
      }
    },
    forget({ db }, org) {
      const node = nodes.get(db)
      if (!node) return
      if (org === null) node.of.clear()
      else node.of.delete(org)
      node.generation += 1
    },
  }
}
