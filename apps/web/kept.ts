// Where nothing may be kept, these alone stay in this browser's storage. None of them says who was here.
const stays: ReadonlySet<string> = new Set([
  // What it was for people of whom it keeps nothing: random ids. Without them each visit is a new device.
  'wl-passing',
  // That it is a shared workstation, and which.
  'wl-workstation',
  // Where this screen stands, and how it is to look: said of the screen.
  'wl-place',
  'wl-preferences',
  // While somebody is signed in: a session's random id where the screen is covered, so that a reload does not uncover it; when somebody last did
  // something in any window; that a sign-out is not finished.
  'wl-veiled',
  'wl-acted',
  'wl-leaving',
])
/** Of a session, whoever's it was. */
const ofSession = ['wl-last-session', 'wl-veiled', 'wl-acted'] as const

let isNothingKept = false

/** Whether this page puts nothing into the browser's storage but what may stay in any. */
export const keepsNothing = (): boolean => isNothingKept

/** From now on nothing else is kept here, and what was goes. */
export function sweepKept(): void {
  isNothingKept = true
  try {
    for (const name of Object.keys(localStorage)) if (!stays.has(name)) localStorage.removeItem(name)
    sessionStorage.clear()
  } catch {
    // A browser without storage keeps nothing by itself.
  }
}

/** The session is over: nothing of it stays. */
export function sweepSession(): void {
  try {
    for (const name of ofSession) localStorage.removeItem(name)
  } catch {
    // Nothing was kept.
  }
}
