import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium, type Browser, type Page } from 'playwright-core'

/** Chromium talks to nobody but the page's own server: no updates, no component downloads, no sync, no QUIC. */
export const browserFlags = [
  '--no-sandbox',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Whether a browser was found. `npm test` finds or installs one and names it in WARDLINE_CHROMIUM. */
export function hasBrowser(): boolean {
  return Boolean(process.env.WARDLINE_CHROMIUM)
}

/** Starts a headless Chromium. Rejects when `npm test` did not name one. The caller closes it. */
export async function launchBrowser(options: { readonly headless?: boolean; readonly slowMo?: number } = {}): Promise<Browser> {
  const executablePath = process.env.WARDLINE_CHROMIUM
  if (!executablePath) throw new Error('No browser: run the tests by "npm test", which finds or installs Chromium.')
  const libraries = process.env.WARDLINE_CHROMIUM_LIBS
  const env = libraries
    ? { ...definedEnvironment(), LD_LIBRARY_PATH: [libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':') }
    : definedEnvironment()
  const browser = await chromium.launch({
    executablePath,
    headless: options.headless ?? true,
    slowMo: options.slowMo ?? 0,
    args: browserFlags,
    env,
  })
  running.add(browser)
  browser.once('disconnected', () => running.delete(browser))
  return browser
}

const running = new Set<Browser>()

/** What stands in each open tab: its path and its text. A test that failed prints it, for a machine where nobody could look. */
export async function openTabs(): Promise<string[]> {
  const pages = [...running].flatMap((it) => it.contexts()).flatMap((it) => it.pages())
  return Promise.all(
    pages.map(async (page) => {
      const text = await page
        .locator('body')
        .innerText({ timeout: 2_000 })
        .catch(() => '(could not be read)')
      return `${new URL(page.url()).pathname}\n${text.replaceAll(/\n+/g, '\n').slice(0, 3_000)}`
    }),
  )
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** One accessibility rule that a page breaks, and where (CSS selectors). */
export interface AxeViolation {
  readonly rule: string
  readonly impact: string
  readonly help: string
  readonly where: readonly string[]
}

/** WCAG 2.2 level A and AA, and axe-core's best practices. */
export const axeTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

let axeSource: string | undefined

/** The rules of axe-core that look at colours; all others judge the same document the same way, light or dark. */
export const colourRules: readonly string[] = ['color-contrast', 'link-in-text-block']

/**
 * Runs axe-core on the page as it stands; an empty list is a pass. `within` narrows it to a CSS selector, `rules` to these rules. Works under a
 * strict content policy.
 */
export async function axeViolations(page: Page, within?: string, rules?: readonly string[]): Promise<AxeViolation[]> {
  axeSource ??= readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  // Evaluated over the debugging protocol, which a page's content-security policy does not govern; once for each document, it is large.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource)
  return page.evaluate(
    async ({ runOnly, selector }) => {
      const axe = (globalThis as unknown as { axe: AxeGlobal }).axe
      const found = await axe.run(selector ?? document, { runOnly, resultTypes: ['violations'] })
      return found.violations.map((it) => ({
        rule: it.id,
        impact: it.impact ?? 'unknown',
        help: it.help,
        where: it.nodes.map((node) => node.target.join(' ')),
      }))
    },
    { runOnly: rules ? { type: 'rule', values: [...rules] } : { type: 'tag', values: axeTags }, selector: within ?? null },
  )
}

interface AxeGlobal {
  run(
    context: Document | string,
    options: object,
  ): Promise<{ violations: { id: string; impact: string | null; help: string; nodes: { target: string[] }[] }[] }>
}
