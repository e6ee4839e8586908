/** A person's browser window, used as they use it: by what stands on the screen. */
import { expect } from 'vitest'
import type { BrowserContext, Page } from 'playwright-core'
import { axeViolations } from '../../testing/browser.ts'
import type { Canary, Find } from './canary.ts'

/** How long a condition on a screen may take, ms: a loaded machine with two cores is slow, not wrong. */
export const patience = 30_000

/** Everything that a page's console or a script of it complained about, with whose window it was. */
export const complaints: string[] = []

/** Opens a tab whose complaints are heard. */
export async function openTab(context: BrowserContext, who: string): Promise<Page> {
  const page = await context.newPage()
  page.setDefaultTimeout(patience)
  page.on('pageerror', (error) => complaints.push(`${who}: ${error.message}`))
  page.on('console', (message) => {
    // A pretend provider has no icon.
    if (message.location().url.endsWith('/favicon.ico')) return
    // A request without a connection or a session is told by the browser itself, whatever the page does with the answer.
    if (message.type() === 'error' && !/net::ERR_(INTERNET_DISCONNECTED|CONNECTION_)|status of 401/.test(message.text()))
      complaints.push(`${who}: ${message.text()} ${message.location().url}`)
  })
  return page
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

/** axe-core finds nothing in light and dark, on a wide screen and on the narrowest (WCAG 2.2 SC 1.4.10). */
export async function isAccessible(page: Page, settled: () => Promise<void>): Promise<void> {
  for (const width of [1440, 320])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: width === 320 ? 640 : 900 })
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await settled()
      expect({ width, colorScheme, violations: await axeViolations(page) }).toEqual({ width, colorScheme, violations: [] })
    }
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference' })
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
