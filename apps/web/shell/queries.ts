import { QueryClient } from '@tanstack/react-query'
import type { Failed } from '@wardline/product/access/sessions/web'

/** Errors that pass by themselves are asked again; a refusal is an answer. */
const passes = (failed: unknown) => ['unreachable', 'unavailable', 'internal'].includes((failed as Failed).code)

/** What the page keeps of answers, for the person who is signed in. */
export const openQueries = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: { networkMode: 'always', staleTime: 10_000, gcTime: 5 * 60_000, retry: (count, failed) => count < 2 && passes(failed) },
    },
  })
