/** Days without the server after which a device wipes itself before it shows anything. */
const staleDays = 7

/** Whether a device that last heard the server at `heardAt` (ms) has been without it for too long at `now`. */
export const isStale = (heardAt: number, now: number): boolean => now - heardAt >= staleDays * 24 * 60 * 60 * 1000

/** What a browser says of itself, as far as it matters. */
export interface BrowserName {
  readonly browser: string
  readonly version: number
  readonly system: string
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
