import { createBrowserHistory } from '@tanstack/react-router'

/** The one history of the page. */
export const history = createBrowserHistory()

/** Goes to an address of the application. */
export const go = (href: string): void => history.push(href)

/** Changes words of the address; undefined takes one out. */
export function goWith(change: Readonly<Record<string, string | undefined>>): void {
  const here = new URL(history.location.href, location.origin)
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) here.searchParams.delete(name)
    else here.searchParams.set(name, value)
  }
  history.push(here.pathname + here.search)
}

/** Opens or closes the details beside a screen: `shown` is what a narrow window opens; a wide one has them open until they are closed. */
export function togglePane(shown: string): void {
  const isWide = window.matchMedia('(min-width: 1100px)').matches
  const now = new URL(history.location.href, location.origin).searchParams.get('pane')
  if (isWide) return goWith({ pane: now === 'closed' ? undefined : 'closed' })
  return goWith({ pane: now === shown ? undefined : shown })
}
