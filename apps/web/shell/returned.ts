import type { Returned } from '@wardline/product/access/sso/web'

/** Reads the address of /sso/return and takes it out of the browser's history: it is good once, and nobody else's. */
export function takeReturned(window: Pick<Window, 'location' | 'history'>): Returned {
  const { search, hash, pathname } = window.location
  window.history.replaceState(null, '', pathname)
  const told = new URLSearchParams(hash.slice(1))
  const handover = told.get('handover')
  if (handover !== null) return { handover }
  return told.has('problem') ? { problem: told.get('problem') ?? '' } : { answer: search.slice(1) }
}
