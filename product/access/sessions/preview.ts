/** What a browser says of itself, as far as it matters. */
export interface BrowserName {
  readonly browser: Browser
  readonly version: number
  readonly system: System
}

/** The browsers that are told apart; every other is `unknown`. */
export const browserNames = ['chrome', 'edge', 'firefox', 'safari', 'unknown'] as const
type Browser = (typeof browserNames)[number]
/** The systems that are told apart; every other is `Unknown`. */
export const systemNames = ['Android', 'ChromeOS', 'iOS', 'Linux', 'macOS', 'Windows', 'Unknown'] as const
type System = (typeof systemNames)[number]

const browsers: readonly (readonly [Browser, RegExp])[] = [
  ['edge', /\bEdgA?\/(\d{1,6})/],
  ['firefox', /\b(?:Firefox|FxiOS)\/(\d{1,6})/],
  ['chrome', /\b(?:HeadlessChrome|Chrome|CriOS)\/(\d{1,6})/],
  ['safari', /\bVersion\/(\d{1,6})[.\d]* (?:Mobile\/\S+ )?Safari\//],
]
const systems: readonly (readonly [System, RegExp])[] = [
  ['Android', /Android/],
  ['iOS', /iPhone|iPad|iPod/],
  ['Windows', /Windows/],
  ['ChromeOS', /CrOS/],
  ['macOS', /Macintosh/],
  ['Linux', /Linux/],
]

const brands: readonly (readonly [Browser, string])[] = [
  ['edge', 'Microsoft Edge'],
  ['chrome', 'Google Chrome'],
  ['chrome', 'Chromium'],
]
const platforms: Readonly<Record<string, string>> = { 'Chrome OS': 'ChromeOS', 'Chromium OS': 'ChromeOS' }
const systemOf = (platform: string): System => systemNames.find((it) => it === (platforms[platform] ?? platform)) ?? 'Unknown'

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
    if (version) return { browser, version: Number(version), system: platform === '' ? told.system : systemOf(platform) }
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

/** How a screen names it. */
export const browserText = (it: BrowserName): string => {
  const named = it.browser === 'unknown' ? 'Browser' : `${it.browser.slice(0, 1).toUpperCase()}${it.browser.slice(1)} ${it.version}`
  return it.system === 'Unknown' ? (it.browser === 'unknown' ? 'A browser that is not known' : named) : `${named} on ${it.system}`
}
