/** Signing out fails closed: until the server has ended the session, no window of the browser shows the person's screens again. */
import path from 'node:path'
import { webPages } from '@wardline/app-server'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, launchBrowser } from '../testing/browser.ts'
import { root } from '../tools/lib/root.ts'
import { buildWeb } from '../tools/lib/web.ts'
import { complaints, isAccessible, openBrowser, openTab } from './lib/window.ts'
import { openNeighbours } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'

describe.skipIf(!hasBrowser())('signing out (skipped: no browser was found)', () => {
  let all: Neighbours
  let browser: Browser

  beforeAll(async () => {
    const built = await buildWeb()
    if (built.code !== 0) throw new Error(`The web app does not build: ${built.output}`)
    ;[all, browser] = await Promise.all([openNeighbours({ pages: webPages(path.join(root, 'apps/web/dist')) }), launchBrowser()])
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await all?.close()
  })

  test('that the server did not hear opens nothing again, not after a reload and not in another window, and is finished later', async () => {
    const auditor = await all.ours.employ(['auditor'])
    const context = await openBrowser(browser, all.world.url, auditor.cookie)
    const page = await openTab(context, 'auditor')
    await page.goto(`${all.world.url}/settings`)
    await page.getByText('This one').waitFor()
    await context.route('**/api/v1/sign-out', (route) => route.abort())
    await page.getByRole('button', { name: 'Sign out here' }).click()
    await page.getByText('You are still signed in on the server.').waitFor()
    await isAccessible(page, 'signed out')
    await page.reload()
    await page.getByText('You are still signed in on the server.').waitFor()
    const other = await openTab(context, 'another window')
    await other.goto(`${all.world.url}/settings`)
    await other.getByText('You are still signed in on the server.').waitFor()
    expect(await other.getByText('This one').count()).toBe(0)
    await context.unroute('**/api/v1/sign-out')
    // Tried again by itself.
    await page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor()
    const answer = await fetch(`${all.world.url}/api/v1/me`, { headers: { cookie: auditor.cookie } })
    expect(answer.status).toBe(401)
    await context.close()
    // The browser's own line about each try that did not get out; nothing else.
    expect(complaints.splice(0).filter((it) => !it.includes('net::ERR_FAILED') || !it.endsWith('/api/v1/sign-out'))).toEqual([])
  }, 60_000)
})
