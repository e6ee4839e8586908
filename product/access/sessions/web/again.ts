import { hashKey, type QueryClient, type QueryKey } from '@tanstack/react-query'

/** What a page has asked already. Kept beside the cache: a reset empties a query's own counters, and is nobody's act. */
const asked = new WeakMap<QueryClient, Set<string>>()

function askedOf(queries: QueryClient): Set<string> {
  let hashes = asked.get(queries)
  if (!hashes) {
    const own = new Set<string>()
    hashes = own
    asked.set(queries, own)
    // Who comes back to what left the cache asks as a person again.
    queries.getQueryCache().subscribe((event) => {
      if (event.type === 'removed') own.delete(event.query.queryHash)
    })
  }
  return hashes
}

/**
 * Reads what the cache keeps under a key: as a person the first time, and as the page itself whenever it is read again, after a refusal and after a
 * reset too, so that nothing but people keeps a session open.
 */
export async function readAs<Way, T>(
  queries: QueryClient,
  key: QueryKey,
  ways: { readonly call: Way; readonly quietly: Way },
  read: (way: Way) => Promise<T>,
): Promise<T> {
  const [hashes, hash] = [askedOf(queries), hashKey(key)]
  const way = hashes.has(hash) ? ways.quietly : ways.call
  try {
    return await read(way)
  } finally {
    hashes.add(hash)
  }
}
