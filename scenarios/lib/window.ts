/** A person's browser window, used as they use it: by what stands on the screen. */
import { expect } from 'vitest'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { axeViolations, colourRules } from '../../testing/browser.ts'
import type { AxeViolation } from '../../testing/browser.ts'
import type { Canary, Find } from './canary.ts'

/** How long a condition on a screen may take, ms: a loaded machine with two cores is slow, not wrong. */
export const patience = 30_000

/** Everything that a page's console or a script of it complained about, with whose window it was. */
export const complaints: string[] = []

/** A browser of its own for somebody; with a session of theirs (the cookie as a request carries it) they have signed in, and are no device yet. */
export async function openBrowser(browser: Browser, url: string, cookie?: string): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', reducedMotion: 'reduce' })
  const [name = '', value = ''] = cookie?.split('=') ?? []
  if (cookie !== undefined) await context.addCookies([{ name, value, url, httpOnly: true, sameSite: 'Strict' }])
  return context
}

/** Opens a tab whose complaints are heard. */
export async function openTab(context: BrowserContext, who: string): Promise<Page> {
  const page = await context.newPage()
  page.setDefaultTimeout(patience)
  page.on('pageerror', (error) => complaints.push(`${who}: ${error.message}`))
  page.on('console', (message) => {
    // A pretend provider has no icon.
    if (message.location().url.endsWith('/favicon.ico')) return
    // A request without a connection or a session is told by the browser itself, whatever the page does with the answer.
    const isOfUs = message.type() === 'error' || message.text().includes('Permissions-Policy')
    if (isOfUs && !/net::ERR_(INTERNET_DISCONNECTED|CONNECTION_)|status of 401|HTTP Authentication failed/.test(message.text()))
      complaints.push(`${who}: ${message.text()} ${message.location().url}`)
  })
  return page
}

/** Goes on without making this browser a device, where that is asked. */
export async function skip(page: Page): Promise<void> {
  const later = page.getByRole('button', { name: 'Go on without team messages' })
  await later
    .or(page.getByRole('navigation', { name: 'Places' }))
    .first()
    .waitFor()
  if ((await later.count()) > 0) await later.click()
}

/** The messages of the open thread as they are read: author, text and, of one's own, how far they are. */
export const thread = (page: Page) => page.getByRole('region', { name: /^Messages with/ }).getByRole('article')
/** The messages that say exactly this. */
export const said = (page: Page, text: string) => thread(page).filter({ has: page.getByText(text, { exact: true }) })

/** Writes into the open thread, and waits until it stands there. */
export async function write(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: /^Message to/ }).fill(text)
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await said(page, text).waitFor()
}

/** Opens a conversation from the inbox. */
export async function openThread(page: Page, name: string): Promise<void> {
  await page
    .getByRole('list', { name: /^Inbox/ })
    .getByRole('link')
    // The row of this person alone, not a group's that they are in.
    .filter({ has: page.getByText(name, { exact: true }) })
    .click()
  await page.getByRole('textbox', { name: `Message to ${name}` }).waitFor()
}

/** The open thread holds exactly these texts, each once, at its end and in this order. */
export async function endsWith(page: Page, texts: readonly string[]): Promise<void> {
  const shown = async () => {
    const all = await thread(page).allInnerTexts()
    return all.slice(-texts.length).map((it) => texts.find((text) => it.split('\n').includes(text)) ?? it)
  }
  await expect.poll(shown, { timeout: patience }).toEqual([...texts])
  for (const text of texts) expect(await said(page, text).count()).toBe(1)
}

/** What a screen breaks: rules of axe-core (WCAG 2.2 AA and its best practices), and what of it stands beyond an edge (SC 1.4.10). */
async function breaks(page: Page, rules?: readonly string[]): Promise<{ beyond: string[]; violations: AxeViolation[] }> {
  const beyond = await page.evaluate(() => {
    const isWide = document.documentElement.scrollWidth > innerWidth
    const wide = isWide ? [...document.body.querySelectorAll('*')].filter((it) => it.getBoundingClientRect().right > innerWidth + 1) : []
    const tall = [...document.querySelectorAll('.wl-modal')].filter((it) => it.getBoundingClientRect().bottom > innerHeight + 1)
    return [...wide, ...tall].map((it) => `${it.tagName.toLowerCase()}.${it.className.toString()} ${it.textContent.slice(0, 40)}`)
  })
  return { beyond, violations: await axeViolations(page, undefined, rules) }
}

/** Light and dark, wide and narrow, the screen breaks nothing. With WARDLINE_SHOTS, a folder, each look is kept there as a picture. */
export async function isAccessible(page: Page, called?: string): Promise<void> {
  const name = called ?? (await page.title())
  for (const [width, height] of [
    [1440, 900],
    [320, 640],
  ] as const)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height })
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      // A page hears of its new width a moment later: a phone shows one of two columns, a sheet waits for the keyboard, its veil follows the window.
      await page.waitForFunction(
        () =>
          [...document.querySelectorAll('h1')].some((title) => title.getClientRects().length > 0) &&
          [...document.querySelectorAll('.wl-modal')].every((box) => getComputedStyle(box).opacity === '1') &&
          [...document.querySelectorAll('.wl-veil')].every((veil) => Math.abs(veil.clientHeight - innerHeight) < 1),
      )
      expect({ name, width, colorScheme, ...(await breaks(page, colorScheme === 'dark' ? colourRules : undefined)) }).toEqual({
        name,
        width,
        colorScheme,
        beyond: [],
        violations: [],
      })
      if (process.env['WARDLINE_SHOTS'])
        await page.screenshot({ path: `${process.env['WARDLINE_SHOTS']}/${name.replace(/\W+/g, '-')}-${width}-${colorScheme}.png` })
    }
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
}

/** All that this origin keeps in the browser, by name, and the values of what stands in its storages. */
export async function keptBy(page: Page) {
  const kept = await page.evaluate(async () => {
    const files: string[] = []
    for await (const name of (await navigator.storage.getDirectory()).keys()) files.push(name)
    const requests: string[] = []
    for (const name of await caches.keys())
      for (const { url } of await (await caches.open(name)).keys()) requests.push(new URL(url).pathname)
    return {
      databases: (await indexedDB.databases()).map((it) => it.name),
      local: Object.keys(localStorage).toSorted(),
      session: Object.keys(sessionStorage).toSorted(),
      caches: await caches.keys(),
      requests,
      workers: (await navigator.serviceWorker.getRegistrations()).map((it) => it.scope),
      files,
      values: JSON.stringify([{ ...localStorage, ...sessionStorage }, history.state, window.name]),
    }
  })
  return { ...kept, cookies: (await page.context().cookies()).map((it) => it.name) }
}

/** Readable canaries in everything that this origin keeps in the browser: both storages, IndexedDB, caches, cookies that scripts see, the history's state. */
export async function searchBrowser(page: Page, canaries: readonly Canary[]): Promise<{ found: Find[]; read: number }> {
  const kept = await page.evaluate(async () => {
    const texts: string[] = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, JSON.stringify(history.state)]
    const look = (value: unknown): void => {
      if (value instanceof Uint8Array) texts.push(new TextDecoder('latin1').decode(value))
      else if (value instanceof ArrayBuffer) look(new Uint8Array(value))
      else if (value instanceof CryptoKey) texts.push(value.extractable && value.type !== 'public' ? 'EXTRACTABLE KEY' : '')
      else if (typeof value === 'object' && value !== null) Object.entries(value).flat().forEach(look)
      else texts.push(String(value))
    }
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const asked = indexedDB.open(name!)
        asked.onsuccess = () => resolve(asked.result)
        asked.onerror = () => reject(asked.error!)
      })
      for (const store of db.objectStoreNames) {
        const from = db.transaction(store).objectStore(store)
        const all = <T>(of: IDBRequest<T[]>) => new Promise<T[]>((resolve) => (of.onsuccess = () => resolve(of.result)))
        look([await all(from.getAllKeys()), await all(from.getAll())])
      }
      db.close()
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      for (const request of await cache.keys()) texts.push(request.url, await (await cache.match(request))!.text())
    }
    return texts
  })
  const bytes = Buffer.from(kept.join('\n'), 'latin1')
  const found = canaries.flatMap(({ forms }) =>
    [...forms].filter(([, it]) => bytes.includes(it)).map(([form]) => ({ where: 'the browser', form })),
  )
  if (kept.includes('EXTRACTABLE KEY')) found.push({ where: 'the browser', form: 'a key that can be read out' })
  return { found, read: kept.length }
}
