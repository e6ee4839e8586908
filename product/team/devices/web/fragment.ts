/** The fragment under which a printed recovery kit's code carries the key. A fragment never reaches the server. */
const name = 'recovery-key'

/**
 * Takes a recovery key out of the address (`#recovery-key=…`), at once and for good: neither the address bar nor the history keeps it.
 * Null where there is none.
 */
export function takeRecoveryKey(page: Pick<Window, 'location' | 'history'>): string | null {
  const { hash, pathname, search } = page.location
  if (!hash.startsWith(`#${name}=`)) return null
  page.history.replaceState(null, '', pathname + search)
  try {
    return decodeURIComponent(hash.slice(name.length + 2)).slice(0, 200) || null
  } catch {
    return null
  }
}
