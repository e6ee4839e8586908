/** The figures of devices, as data. */
export const devicePolicy = {
  /** Days without the server after which a device wipes itself before it shows anything. */
  staleDays: 7,
  /** A device's sign of life is written at most so often, minutes. */
  seenMinutes: 10,
} as const

/**
 * Main versions below which a browser no longer gets security fixes, or lacks what the product stands on (Ed25519 and X25519 in WebCrypto).
 * Raised with each release.
 */
export const baseline: Readonly<Record<string, number>> = { chrome: 137, edge: 137, firefox: 130, safari: 17 }

/** What a browser says of itself, as far as it matters. */
export interface BrowserName {
  readonly browser: string
  readonly version: number
  readonly system: string
}

/** Whether a browser is new enough; `unknown` for those that nobody here has tried. */
export function judgeBrowser(it: Pick<BrowserName, 'browser' | 'version'>): 'current' | 'old' | 'unknown' {
  const least = Object.hasOwn(baseline, it.browser) ? baseline[it.browser] : undefined
  return least === undefined ? 'unknown' : it.version >= least ? 'current' : 'old'
}

const browsers: readonly (readonly [string, RegExp])[] = [
  ['edge', /\bEdgA?\/(\d+)/],
  ['firefox', /\b(?:Firefox|FxiOS)\/(\d+)/],
  ['chrome', /\b(?:HeadlessChrome|Chrome|CriOS)\/(\d+)/],
  ['safari', /\bVersion\/(\d+)[.\d]* (?:Mobile\/\S+ )?Safari\//],
]
const systems: readonly (readonly [string, RegExp])[] = [
  ['Android', /Android/],
  ['iOS', /iPhone|iPad|iPod/],
  ['Windows', /Windows/],
  ['ChromeOS', /CrOS/],
  ['macOS', /Macintosh/],
  ['Linux', /Linux/],
]

/** Reads a browser's name for itself (RFC 9110, 10.1.5). What it says is shown and flagged, never trusted. */
export function readBrowser(userAgent: string): BrowserName {
  const system = systems.find(([, it]) => it.test(userAgent))?.[0] ?? 'Unknown'
  for (const [browser, pattern] of browsers) {
    const found = pattern.exec(userAgent)
    if (found) return { browser, version: Number(found[1]), system }
  }
  return { browser: 'unknown', version: 0, system }
}

/** What is shown of a lost device's wipe. `waiting` stays red until its signed receipt arrives. */
export type WipeState = 'none' | 'waiting' | 'done'

/** See WipeState. */
export const wipeStateOf = (it: { readonly lostAt: number | null; readonly wipedAt: number | null }): WipeState =>
  it.wipedAt !== null ? 'done' : it.lostAt !== null ? 'waiting' : 'none'

/** Whether a device that last heard the server at `heardAt` (ms) has been without it for too long at `now`. */
export const isStale = (heardAt: number, now: number): boolean => now - heardAt >= devicePolicy.staleDays * 24 * 60 * 60 * 1000
