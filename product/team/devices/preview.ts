/** For how long a device may be without the server: then it shows nothing until it has reached it, and later it wipes itself. */
export interface Limits {
  readonly lockHours: number
  readonly wipeDays: number
}
/** What counts until the server has said otherwise. */
export const usualLimits: Limits = { lockHours: 72, wipeDays: 7 }

/** Whether a device that last heard the server at `heardAt` (ms) has been without it for `most` ms at `now`. */
export const isPast = (heardAt: number, now: number, most: number): boolean => now - heardAt >= most

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

const brands: readonly (readonly [string, string])[] = [
  ['edge', 'Microsoft Edge'],
  ['chrome', 'Google Chrome'],
  ['chrome', 'Chromium'],
]
const platforms: Readonly<Record<string, string>> = { 'Chrome OS': 'ChromeOS', 'Chromium OS': 'ChromeOS' }

/** What a browser says of itself in a request. */
export interface BrowserHeaders {
  readonly 'user-agent'?: string | undefined
  readonly 'sec-ch-ua'?: string | string[] | undefined
  readonly 'sec-ch-ua-platform'?: string | string[] | undefined
}

const text = (value: string | string[] | undefined): string => (typeof value === 'string' ? value.slice(0, 1_000) : '')

/** What a browser tells by client hints (User-Agent Client Hints, WICG; structured fields, RFC 8941), else by its user agent string. */
export function browserOf(headers: BrowserHeaders): BrowserName {
  const told = readBrowser(text(headers['user-agent']))
  const listed = [...text(headers['sec-ch-ua']).matchAll(/"([^"\\]{0,60})";\s?v="(\d{1,6})[\d.]{0,20}"/g)]
  for (const [browser, brand] of brands) {
    const version = listed.find(([, name]) => name === brand)?.[2]
    const platform = text(headers['sec-ch-ua-platform']).replaceAll('"', '')
    if (version)
      return { browser, version: Number(version), system: platforms[platform] ?? (platform === '' ? told.system : platform.slice(0, 40)) }
  }
  return told
}

/** Reads a browser's name for itself (RFC 9110, 10.1.5). What it says is shown and flagged, never trusted. */
export function readBrowser(userAgent: string): BrowserName {
  const system = systems.find(([, it]) => it.test(userAgent))?.[0] ?? 'Unknown'
  for (const [browser, pattern] of browsers) {
    const found = pattern.exec(userAgent)
    if (found) return { browser, version: Number(found[1]), system }
  }
  return { browser: 'unknown', version: 0, system }
}

/**
 * Whether a device is only what was: removed, with no wipe to wait for, or with its keys gone by its own receipt. Where its browser goes on, that is
 * another one. One that was lost stays among those that are until it is removed.
 */
export const isFormer = (it: {
  readonly revokedAt: number | null
  readonly lostAt: number | null
  readonly wipe: 'none' | 'waiting' | 'done'
}): boolean => (it.revokedAt === null ? it.wipe === 'done' && it.lostAt === null : it.wipe !== 'waiting')
