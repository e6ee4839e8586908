import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations, hasBrowser, launchBrowser } from './browser.ts'

describe.skipIf(!hasBrowser())('the browser of the tests', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  async function violations(body: string, within?: string): Promise<string[]> {
    const page = await browser.newPage()
    // As strict as the product's own pages: no script of the page may run.
    await page.route('http://wardline.test/', (route) =>
      route.fulfill({
        contentType: 'text/html; charset=utf-8',
        headers: { 'content-security-policy': "default-src 'none'" },
        body: `<!doctype html><html lang="en"><title>Test</title><main><h1>Test</h1>${body}</main></html>`,
      }),
    )
    await page.goto('http://wardline.test/')
    const found = await axeViolations(page, within)
    await page.close()
    return found.map((it) => it.rule)
  }

  test('sees a picture without words, under a strict content policy', async () => {
    expect(await violations('<img src="x.png">')).toEqual(['image-alt'])
  })
  test('lets a sound page pass', async () => {
    expect(await violations('<button>Send</button>')).toEqual([])
  })
  test('looks only where it is told to', async () => {
    expect(await violations('<img src="x.png"><p id="here">Text</p>', '#here')).toEqual([])
  })
})
