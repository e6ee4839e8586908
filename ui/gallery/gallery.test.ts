// The design system in a real browser: every part in every state, light and dark, wide, phone and 320 px, under the CSP
// the product is served with. Skips where no Chromium is found.
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import type AxeCore from 'axe-core'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const here = import.meta.dirname
const browserPath = process.env['WARDLINE_CHROMIUM'] ?? '/usr/bin/chromium'
const quiet = ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync']

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; require-trusted-types-for 'script'"

const themes = ['light', 'dark'] as const
const pages = ['parts', 'messages', 'shell', 'task'] as const
/** Colours are judged wide, reflow narrow; the phone layout and the narrowest in one theme each. */
const views = [
  [1440, 'light'],
  [1440, 'dark'],
  [390, 'light'],
  [320, 'dark'],
] as const

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/**
 * The gallery as a browser would get it: built for production by a process of its own (React Aria and React look at
 * NODE_ENV, which says "test" here), served on a free port.
 */
const serveGallery = async (): Promise<{ server: Server; url: string }> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wardline-gallery-'))
  const vite = createRequire(import.meta.url)
    .resolve('vite/package.json')
    .replace('package.json', 'bin/vite.js')
  await promisify(execFile)(process.execPath, [vite, 'build', here, '--outDir', folder, '--emptyOutDir', '--logLevel', 'error'], {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const files = new Map(
    names.map((entry) => path.join(entry.parentPath, entry.name)).map((file) => [file.slice(folder.length), readFileSync(file)]),
  )
  rmSync(folder, { recursive: true })
  const types: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' }
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://gallery').pathname.replace(/\/$/, '/index.html')
    const file = files.get(name)
    if (file === undefined) return void response.writeHead(name === '/favicon.ico' ? 204 : 404).end()
    response.writeHead(200, { 'content-type': types[path.extname(name)] ?? 'text/plain', 'content-security-policy': policy }).end(file)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

/** What axe finds on the page; with `part` only inside it, without the practices that speak of whole pages. */
const violationsOn = async (page: Page, part?: string): Promise<string[]> => {
  await page.evaluate(axeSource)
  const found = await page.evaluate(async (within) => {
    const { axe } = window as unknown as { axe: typeof AxeCore }
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', ...(within === undefined ? ['best-practice'] : [])]
    return (await axe.run(within ?? document, { runOnly: tags })).violations
  }, part)
  return found.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.target.join(' ')}`))
}

/** Words of the console that name a broken promise: errors, and anything the CSP or Trusted Types refused. */
const complaintsOf = (page: Page): string[] => {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  return complaints
}

describe.skipIf(!existsSync(browserPath))('the gallery in Chromium', () => {
  let server: Server
  let url: string
  let browser: Browser

  beforeAll(async () => {
    ;({ server, url } = await serveGallery())
    browser = await chromium.launch({ executablePath: browserPath, args: quiet })
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)))
  })

  const open = async (query: string, width: number, theme: 'light' | 'dark' = 'light') => {
    const page = await browser.newPage({
      viewport: { width, height: width > 700 ? 900 : 844 },
      colorScheme: theme,
      reducedMotion: 'reduce',
    })
    const complaints = complaintsOf(page)
    await page.goto(`${url}?${query}`)
    await page.locator('h1:visible').first().waitFor()
    return { page, complaints }
  }

  describe.each(pages)('%s', (name) => {
    it.each(views)(
      'has no WCAG 2.2 AA or best-practice violation, no sideways scroll and no CSP report at %i px, %s',
      async (width, theme) => {
        const { page, complaints } = await open(`page=${name}`, width, theme)
        expect(await violationsOn(page)).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
        expect(complaints).toEqual([])
        await page.close()
      },
      30_000,
    )
  })

  it.each([
    ['dialog', 'Open dialog'],
    ['alert dialog', 'Open alert'],
    ['menu', 'Open menu'],
    ['command palette', 'Open palette'],
  ])(
    'has no violation with an open %s, and gives the focus back on Escape',
    async (_part, button) => {
      for (const theme of themes) {
        const { page, complaints } = await open('page=parts', 390, theme)
        const trigger = page.getByRole('button', { name: button })
        await trigger.click()
        await page.locator('[role=dialog], [role=alertdialog], [role=menu]').first().waitFor()
        expect(await violationsOn(page)).toEqual([])
        await page.keyboard.press('Escape')
        await page.locator('[role=dialog], [role=alertdialog], [role=menu]').first().waitFor({ state: 'detached' })
        expect(await trigger.evaluate((it) => it === document.activeElement)).toBe(true)
        expect(complaints).toEqual([])
        await page.close()
      }
    },
    60_000,
  )

  it.each([
    ['select', /^4 West/],
    // While its list is open React Aria takes the rest of the page away from readers but not from the keyboard, which
    // axe cannot know to be meant: only the list is looked at.
    ['combo box', /^To/],
  ])(
    'has no violation with an open %s',
    async (part, name) => {
      for (const theme of themes) {
        const { page, complaints } = await open('page=parts', 390, theme)
        // High enough that nothing scrolls: a list closes when the page under it moves.
        await page.setViewportSize({ width: 390, height: 5000 })
        await page.getByRole(part === 'select' ? 'button' : 'combobox', { name }).focus()
        await page.keyboard.press('ArrowDown')
        await page.getByRole('option').first().waitFor()
        expect(await violationsOn(page, part === 'select' ? undefined : '.wl-popover')).toEqual([])
        expect(complaints).toEqual([])
        await page.close()
      }
    },
    60_000,
  )

  it('stays usable at 400 % zoom: the field can be reached and messages keep some room', async () => {
    const { page } = await open('page=shell', 320)
    await page.setViewportSize({ width: 320, height: 256 })
    await page.getByRole('textbox').focus()
    const box = await page.getByRole('textbox').boundingBox()
    expect(box?.y).toBeGreaterThanOrEqual(0)
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(256)
    expect((await page.locator('.wl-log__region').boundingBox())?.height).toBeGreaterThan(100)
    await page.close()
  })

  it('takes the focus to the title when the view changes, and back to the list on a phone', async () => {
    const { page } = await open('page=shell', 390)
    await page.getByRole('button', { name: 'Back to list' }).click()
    expect(await page.evaluate(() => document.activeElement?.tagName + ' ' + document.activeElement?.textContent)).toBe('H1 Inbox')
    expect(await violationsOn(page)).toEqual([])
    await page.close()
  })

  it('reflows with text of twice the size', async () => {
    const large = await chromium.launch({ executablePath: browserPath, args: [...quiet, '--blink-settings=defaultFontSize=32'] })
    for (const name of pages) {
      const page = await large.newPage({ viewport: { width: 640, height: 900 } })
      await page.goto(`${url}?page=${name}`)
      await page.locator('h1:visible').first().waitFor()
      expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe('32px')
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
      expect(await violationsOn(page)).toEqual([])
    }
    await large.close()
  }, 120_000)

  it('leads from a problem to its field', async () => {
    const { page } = await open('page=task', 390)
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('wl-problems')
    await page.getByRole('link', { name: /six digits/ }).click()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('code')
    await page.keyboard.type('123 456')
    expect(await page.getByRole('textbox', { name: 'Code' }).inputValue()).toBe('123 456')
    await page.close()
  })

  it('follows data-theme over the system, both ways', async () => {
    const ground = (page: Page) => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
    for (const [theme, system, colour] of [
      ['dark', 'light', 'rgb(15, 21, 28)'],
      ['light', 'dark', 'rgb(255, 255, 255)'],
    ] as const) {
      const { page } = await open(`page=parts&theme=${theme}`, 390, system)
      expect(await ground(page)).toBe(colour)
      await page.close()
    }
  })

  it('lets a button with a reason be focused, read and pressed without effect', async () => {
    const { page } = await open('page=messages', 1440)
    const send = page.getByRole('button', { name: 'Send SMS to mobile ending 4417' })
    await send.focus()
    expect(await send.evaluate((it) => it === document.activeElement)).toBe(true)
    expect(await send.getAttribute('aria-disabled')).toBe('true')
    const reason = await send.evaluate((it) => document.getElementById(it.getAttribute('aria-describedby') ?? '')?.textContent)
    expect(reason).toContain('send a secure link')
    const field = page.getByRole('textbox', { name: 'Message, unsecure' })
    await send.press('Enter')
    await field.press('Control+Enter')
    expect(await field.inputValue()).toContain('Your result is back')
    await page.close()
  })

  it('sends by Ctrl-Enter once something is written, and Enter makes a new line', async () => {
    const { page } = await open('page=messages', 1440)
    const field = page.getByRole('textbox', { name: 'Message, team' })
    await field.fill('one')
    const before = (await field.boundingBox())?.height ?? 0
    await field.press('Enter')
    await field.press('t')
    expect(await field.inputValue()).toBe('one\nt')
    expect((await field.boundingBox())?.height ?? 0).toBeGreaterThan(before)
    await field.press('Control+Enter')
    expect(await field.inputValue()).toBe('')
    await page.close()
  })

  it('goes from region to region by F6, and from row to row by arrow keys', async () => {
    const { page } = await open('page=shell', 1440)
    const region = () => page.evaluate(() => document.activeElement?.closest('[data-region]')?.className.replace('wl-shell__', ''))
    const seen: (string | undefined)[] = []
    await page.locator('.wl-shell__rail').focus()
    for (let turn = 0; turn < 5; turn++) {
      seen.push(await region())
      await page.keyboard.press('F6')
    }
    expect(seen).toEqual(['rail', 'header', 'list', 'main', 'side'])
    await page.getByRole('link', { name: /Cardiology on call/ }).focus()
    await page.keyboard.press('ArrowDown')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Dr Mara Lindqvist')
    await page.close()
  })

  it('draws only the rows in sight of 5,000, keeps the focused one, and moves by keys to either end', async () => {
    const { page } = await open('page=rows', 1440)
    const drawn = page.locator('.wl-row')
    const focused = () => page.evaluate(() => document.activeElement?.querySelector('.wl-row__title')?.textContent)
    expect(await drawn.count()).toBeLessThan(60)
    await page
      .getByRole('link', { name: /Conversation 1 / })
      .first()
      .focus()
    await page.keyboard.press('ArrowDown')
    expect(await focused()).toBe('Conversation 2')
    await page
      .locator('.wl-pane__body--scroll')
      .first()
      .evaluate((box) => void (box.scrollTop = 100_000))
    await page.getByRole('link', { name: /Conversation 1565 / }).waitFor()
    expect(await focused()).toBe('Conversation 2')
    expect(await drawn.count()).toBeLessThan(60)
    await page.keyboard.press('End')
    expect(await focused()).toBe('Conversation 5000')
    await page.keyboard.press('ArrowUp')
    expect(await focused()).toBe('Conversation 4999')
    const [row, box] = [await page.locator(':focus').boundingBox(), await page.locator('.wl-pane__body--scroll').first().boundingBox()]
    expect((row?.y ?? 0) + (row?.height ?? 0)).toBeLessThanOrEqual((box?.y ?? 0) + (box?.height ?? 0) + 1)
    await page.keyboard.press('Home')
    expect(await focused()).toBe('Conversation 1')
    expect(await violationsOn(page)).toEqual([])
    await page.close()
  })

  it('speaks at most once in 3 s and puts together what came meanwhile', async () => {
    const { page } = await open('page=parts', 1440)
    await page.clock.install({ time: 0 })
    await page.clock.pauseAt(1_000)
    const status = page.locator('#root > [role=status]')
    const said = () => status.textContent()
    const announce = page.getByRole('button', { name: 'Announce' })
    await announce.dispatchEvent('click')
    await expect.poll(said).toBe('Message 1')
    for (let turn = 2; turn <= 4; turn++) await announce.dispatchEvent('click')
    await page.clock.runFor(2_900)
    expect(await said()).toBe('Message 1')
    await page.clock.runFor(200)
    await expect.poll(said).toBe('3 updates. Last: Message 4')
    await page.close()
  })

  it('makes every target at least 24 px, and 44 px for a finger', async () => {
    for (const [hasTouch, least] of [
      [false, 24],
      [true, 44],
    ] as const) {
      for (const name of pages) {
        const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch, isMobile: hasTouch })
        const page = await context.newPage()
        await page.goto(`${url}?page=${name}`)
        await page.locator('h1:visible').first().waitFor()
        const small = await page.evaluate((size) => {
          const parts = Array.from(document.querySelectorAll<HTMLElement>('button, a[href], input, textarea, label, [role=tab]'))
          return parts
            .filter(
              (part) =>
                part.checkVisibility() &&
                !part.closest('.wl-hidden, [aria-hidden=true]') &&
                !part.matches('.wl-link, .wl-skip, .wl-problems a, label:not(.wl-choice__button), [tabindex="-1"]'),
            )
            .map((part) => ({
              part,
              box: (part.closest<HTMLElement>('.wl-box, .wl-choice__button, .wl-area') ?? part).getBoundingClientRect(),
            }))
            .filter(({ box }) => box.width > 2 && (box.height < size - 0.5 || box.width < size - 0.5))
            .map(({ part, box }) => `${part.className} ${Math.round(box.width)}x${Math.round(box.height)} ${part.textContent}`)
        }, least)
        expect(small, `${name} ${least}`).toEqual([])
        await context.close()
      }
    }
  }, 60_000)
})

describe('tokens.css', () => {
  const css = readFileSync(path.join(here, '../tokens.css'), 'utf8')
  const block = (start: string) =>
    Array.from(
      css
        .slice(css.indexOf(start))
        .split('}')[0]
        ?.matchAll(/--[\w-]+:[^;]+/g) ?? [],
      ([line]) => line,
    ).sort()

  it('has the same dark tokens for the system and for data-theme', () => {
    const bySystem = block(":root:not([data-theme='light']) {")
    expect(bySystem.length).toBeGreaterThan(40)
    expect(block(":root[data-theme='dark'] {")).toEqual(bySystem)
  })
})
