import type { Me } from '@wardline/product/access/provisioning/web'
import { keepsNothing } from '../kept.ts'

// Lets the page be opened again while the server cannot be reached. Who worked here and until when: no patient, no content, no secret.
const key = 'wl-last-session'

/** The shortest idle time of any place but the hallway: without the server nobody knows more. */
const keepMs = 10 * 60_000

/** Notes who is signed in, as the server has just said. */
export function rememberSession(me: Me, at: number): void {
  if (keepsNothing()) return
  try {
    localStorage.setItem(key, JSON.stringify({ me, until: at + keepMs }))
  } catch {
    // Then a reload without connection waits for the server.
  }
}

/** Who was signed in here a moment ago; null when that is too long ago, or they signed out. */
export function lastSession(at: number): Me | null {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? 'null') as { me: Me; until: number } | null
    return kept !== null && at < kept.until && kept.until - at <= keepMs ? kept.me : null
  } catch {
    return null
  }
}

const leavingKey = 'wl-leaving'

/** Notes that the person here has pressed "Sign out", until the server has ended the session: no window may open it again meanwhile. */
export function noteLeaving(leaving: boolean): void {
  try {
    if (leaving) localStorage.setItem(leavingKey, '1')
    else localStorage.removeItem(leavingKey)
  } catch {
    // Without storage this window alone remembers it.
  }
}

/** Whether a sign-out is unfinished in this browser. */
export function isLeaving(): boolean {
  try {
    return localStorage.getItem(leavingKey) !== null
  } catch {
    return false
  }
}
