/** A demonstration in a real browser, and the people of a ward at its shared workstations. */
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readSettings } from '@wardline/app-server'
import { codeOf, startDemo } from '@wardline/dev'
import type { CastMember, CastOrganisation, Demo } from '@wardline/dev'
import { bySystem, openLog } from '@wardline/platform/server'
import { beginSession } from '@wardline/product/access/sessions/server'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import { launchBrowser } from '../../testing/browser.ts'
import { freePort } from '../../testing/command-line.ts'
import { root } from '../../tools/lib/root.ts'
import { buildWeb } from '../../tools/lib/web.ts'
import { findIn } from './canary.ts'
import type { Canary, Find } from './canary.ts'
import { openBrowser, searchBrowser } from './window.ts'

/** A running demonstration with a browser beside it. */
export interface Stage {
  readonly demo: Demo
  readonly browser: Browser
  /** Recovery keys by sign-in name. */
  readonly keys: Readonly<Record<string, string>>
  /** Everything that the server logged, line by line. */
  readonly logged: readonly string[]
  close(): Promise<void>
}

/** Builds the web app, starts a demonstration on a copy of it, and a browser. */
export async function openStage(): Promise<Stage> {
  const built = await buildWeb()
  if (built.code !== 0) throw new Error(`The web app does not build: ${built.output}`)
  const folder = await mkdtemp(path.join(tmpdir(), 'wardline-stage-'))
  // Under root PostgreSQL runs as another user, who must get through.
  await chmod(folder, 0o711)
  // A copy: who builds meanwhile changes nothing here.
  await cp(path.join(root, 'apps/web/dist'), path.join(folder, 'web'), { recursive: true })
  const logged: string[] = []
  const port = String(await freePort())
  // Passkeys are of names: at 127.0.0.1 there are none.
  const where = { PORT: port, WARDLINE_DATA: path.join(folder, 'data'), WARDLINE_URL: `http://localhost:${port}` }
  const [demo, browser] = await Promise.all([
    startDemo({
      settings: readSettings(where, folder),
      log: openLog({ level: 'debug', write: (line) => void logged.push(line) }),
      web: path.join(folder, 'web'),
    }),
    launchBrowser(),
  ])
  const keys = JSON.parse(await readFile(path.join(demo.folder, 'recovery-keys.json'), 'utf8')) as Record<string, string>
  return {
    demo,
    browser,
    keys,
    logged,
    async close() {
      await browser.close()
      await demo.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A browser in which somebody of the cast has signed in, without a code of their authenticator: each is good once. */
export async function openSignedIn({ demo, browser }: Stage, { org }: CastOrganisation, who: CastMember): Promise<BrowserContext> {
  const { token } = await demo.server.db.write(org, bySystem, (tx) => beginSession(tx, { person: who.person, place: 'phone' }))
  return openBrowser(browser, demo.url, `wl=${token}`)
}

/** What somebody needs to sign in fully and to open their messages. */
export interface Worker {
  readonly name: string
  readonly signInName: string
  readonly password: string
  readonly totpKey: Buffer
  readonly recoveryKey: string
}

const inbox = (page: Page) => page.getByRole('list', { name: /^Inbox/ }).waitFor()
const pinField = (page: Page) => page.getByRole('textbox', { name: 'PIN', exact: true })
/** The lock screen stands there. */
export const lockScreen = (page: Page) => page.getByRole('heading', { name: 'Who is here?' }).waitFor()
/** Somebody's tile on the lock screen. */
export const tileOf = (page: Page, who: { readonly name: string }) =>
  page.getByRole('list', { name: 'People of this shift' }).getByRole('button', { name: who.name })

/** Makes this administrator's browser a shared phone of that name. */
export async function makeSharedPhone(page: Page, url: string, name: string): Promise<void> {
  await page.goto(`${url}/settings/workstations`)
  await page.getByRole('button', { name: 'Make this browser one' }).click()
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: /Where it stands/ }).click()
  await page.getByRole('option', { name: 'Shared phone or tablet' }).click()
  await page.getByRole('button', { name: 'Set it up and sign me out' }).click()
  await lockScreen(page)
}

/** Signs in with name, password and the authenticator's code, on the page for that. */
export async function signInFully(page: Page, who: Omit<Worker, 'name' | 'recoveryKey'>, now: number): Promise<void> {
  await page.getByLabel('Sign-in name').fill(who.signInName)
  await page.getByRole('textbox', { name: 'Password' }).fill(who.password)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByLabel('Code from your authenticator').fill(codeOf(who as CastMember, now).code)
}

/** Sets the PIN that the bar of a shared workstation asks for. */
export async function setPinHere(page: Page, pin: string): Promise<void> {
  await page.getByRole('button', { name: 'Set a PIN' }).click()
  await pinField(page).fill(pin)
  await page.getByLabel('The same again').fill(pin)
  await page.getByRole('button', { name: 'Set PIN' }).click()
  await expect.poll(() => page.getByRole('button', { name: 'Set a PIN' }).count()).toBe(0)
}

/** The way past a lock screen's list, and what it is called where nobody is listed. */
export const fullSignIn = /full sign-in$|^Sign in fully$/

/** Begins a shift from the lock screen: full sign-in, one's messages by the recovery key, a PIN. */
export async function beginShift(page: Page, who: Worker, pin: string, now: number): Promise<void> {
  await page.getByRole('button', { name: fullSignIn }).click()
  await signInFully(page, who, now)
  await page.getByLabel('Recovery key').fill(who.recoveryKey)
  await page.getByRole('button', { name: 'Open my messages' }).click()
  await inbox(page)
  await setPinHere(page, pin)
}

/** Comes back by tile and PIN; ms from the press on the tile until the inbox stands there. */
export async function comeBack(page: Page, who: { readonly name: string }, pin: string): Promise<number> {
  await tileOf(page, who).waitFor()
  const from = performance.now()
  await tileOf(page, who).click()
  await pinField(page).fill(pin)
  await inbox(page)
  return performance.now() - from
}

/** Holds a badge to a reader that types: real keys of the browser, in a reader's rhythm however slow the machine is, and Enter. */
export async function holdBadge(page: Page, badge: string): Promise<void> {
  const cdp = await page.context().newCDPSession(page)
  const from = await page.evaluate(() => (performance.timeOrigin + performance.now()) / 1000)
  for (const [i, key] of [...badge, 'Enter'].entries())
    for (const type of ['keyDown', 'keyUp'] as const) {
      const typed = key === 'Enter' ? { windowsVirtualKeyCode: 13, text: '\r' } : { text: key }
      await cdp.send('Input.dispatchKeyEvent', { type, key, timestamp: from + i * 0.005, ...(type === 'keyDown' ? typed : {}) })
    }
  await cdp.detach()
}

/** Gives this page's browser an authenticator of its own, whose person always agrees. */
export async function plugIn(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      hasPrf: true,
    },
  })
}

/** Every text that a page's script holds, as the browser writes it down: names, literals, what objects and closures keep. Not its numbers, in which a PIN turns up by chance. */
export async function heapOf(page: Page): Promise<Buffer> {
  const cdp = await page.context().newCDPSession(page)
  const pieces: string[] = []
  cdp.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => pieces.push(chunk))
  await cdp.send('HeapProfiler.enable')
  await cdp.send('HeapProfiler.collectGarbage')
  await cdp.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
  await cdp.detach()
  return Buffer.from((JSON.parse(pieces.join('')) as { strings: string[] }).strings.join('\n'))
}

/** Canaries in what the browser keeps, in what the page shows and in its memory. */
export async function findAtPage(page: Page, canaries: readonly Canary[]): Promise<Find[]> {
  const { found } = await searchBrowser(page, canaries)
  const shown = await page.evaluate(() => `${document.documentElement.outerHTML} ${location.href} ${document.title}`)
  return [...found, ...findIn(Buffer.from(shown), canaries, 'the page'), ...findIn(await heapOf(page), canaries, 'the heap')]
}
