/** The first run, by keyboard alone, in a real browser: interrupted, gone on with in another browser, ended with a checklist that is true. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { wardlineFeatures, webPages } from '@wardline/app-server'
import { codeOf } from '@wardline/dev'
import type { CastMember } from '@wardline/dev'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem, newId } from '@wardline/platform/server'
import { createOrganisation, createPerson, issueEnrolment } from '@wardline/product/access/provisioning/server'
import type { Role } from '@wardline/product/access/roles/server'
import { beginFirstRun } from '@wardline/product/compliance/first-run/server'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, launchBrowser } from '../testing/browser.ts'
import { freePort } from '../testing/command-line.ts'
import { root } from '../tools/lib/root.ts'
import { buildWeb } from '../tools/lib/web.ts'
import { complaints, isAccessible, openTab } from './lib/window.ts'

/** The authenticator key of an otpauth address (RFC 4648 base 32). */
function keyOf(uri: string): Buffer {
  const text = new URL(uri).searchParams.get('secret') ?? ''
  const bits = [...text].map((sign) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

const password = 'seven quiet lanterns'

describe.skipIf(!hasBrowser())(hasBrowser() ? 'the first run' : 'the first run: skipped, no browser was found', () => {
  let folder: string
  let world: World
  let address: string
  let browser: Browser

  beforeAll(async () => {
    const built = await buildWeb()
    if (built.code !== 0) throw new Error(`The web app does not build: ${built.output}`)
    folder = await mkdtemp(path.join(tmpdir(), 'wardline-first-run-'))
    await cp(path.join(root, 'apps/web/dist'), folder, { recursive: true })
    const port = await freePort()
    // Passkeys are of names: at 127.0.0.1 there are none.
    address = `http://localhost:${port}`
    ;[world, browser] = await Promise.all([
      openWorld({
        features: wardlineFeatures({ carrier: null, publicOrigin: () => address }),
        server: { pages: webPages(folder), port, publicUrl: address },
      }),
      launchBrowser(),
    ])
  }, 180_000)
  afterEach(() => {
    expect(complaints.splice(0).filter((it) => !/status of 4(04|09|22)/.test(it))).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const window = () => browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', reducedMotion: 'reduce' })
  const heading = (it: Page, name: string) => it.getByRole('heading', { name, level: 1, exact: true }).waitFor()

  /** What was pressed went away with its step: the keyboard goes on at the title, not at the top of the page. */
  const onTitle = (it: Page) => it.waitForFunction(() => document.activeElement?.tagName === 'H1')

  /** Presses Tab until what has the focus is called so; a way that needs a mouse is never found. */
  async function tabTo(it: Page, name: string | RegExp): Promise<void> {
    const matches = (called: string) => (typeof name === 'string' ? called === name : name.test(called))
    const seen: string[] = []
    for (let presses = 0; presses < 120; presses += 1) {
      const called = await it.evaluate(() => {
        const at = document.activeElement as HTMLElement | null
        if (at === null || at === document.body) return ''
        const byId = (at.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '')
        const label = at.getAttribute('aria-label') ?? (byId.join(' ').trim() || (at as HTMLInputElement).labels?.[0]?.textContent)
        return (label ?? at.textContent ?? '').trim()
      })
      if (matches(called)) return
      seen.push(called)
      await it.keyboard.press('Tab')
    }
    throw new Error(`Nothing that the keyboard reaches is called ${String(name)}. Reached: ${[...new Set(seen)].join(' | ')}`)
  }
  async function press(it: Page, name: string | RegExp): Promise<void> {
    await tabTo(it, name)
    await it.keyboard.press('Enter')
  }
  async function fill(it: Page, name: string | RegExp, text: string): Promise<void> {
    await tabTo(it, name)
    await it.keyboard.press('ControlOrMeta+a')
    await it.keyboard.type(text)
  }

  interface Founded {
    readonly page: Page
    readonly context: BrowserContext
    readonly code: () => string
    readonly signInName: string
  }
  /** What `wardline init` leaves, and the administrator's first sign-in with the code that it printed. */
  async function begin(preset: 'practice' | 'hospital', roles: readonly Role[]): Promise<Founded> {
    const org = newId()
    const signInName = `first.${newId().slice(0, 13)}`
    const given = await world.server.db.write(org, bySystem, async (tx) => {
      await createOrganisation(tx, { name: 'Oak Clinic', zone: 'America/Chicago', preset })
      await beginFirstRun(tx)
      return issueEnrolment(tx, await createPerson(tx, { signInName, name: 'Hana Sato', title: 'Owner', roles }))
    })
    // What follows from that has happened before the administrator comes.
    await world.settle()
    const context = await window()
    const page = await openTab(context, preset)
    await page.goto(address)
    await page.getByLabel('Sign-in name').waitFor()
    await press(page, 'I have a one-time code from my administrator')
    await page.getByRole('textbox', { name: 'One-time code' }).waitFor()
    await fill(page, 'Sign-in name', signInName)
    await fill(page, 'One-time code', given.secret)
    await page.keyboard.press('Enter')
    const link = page.getByRole('link', { name: 'Open in an authenticator app' })
    const key = keyOf((await link.getAttribute('href')) ?? '')
    await onTitle(page)
    const code = () => codeOf({ totpKey: key } as unknown as CastMember, world.server.clock.ms()).code
    await fill(page, 'Choose a password', password)
    await fill(page, 'Code from your authenticator', code())
    await page.keyboard.press('Enter')
    await heading(page, 'Your own sign-in')
    await onTitle(page)
    return { page, context, code, signInName }
  }

  /** Papers, read from the screen as somebody reads the print. */
  const paper = async (it: Page, name: RegExp) => (await it.getByRole('region', { name }).textContent()) ?? ''
  const groupsOf = (text: string) => (/^(?:Root key|Share): +(.+)$/m.exec(text)?.[1] ?? '').split(/[\s-]+/)

  async function makeKeys(it: Page): Promise<void> {
    await press(it, 'Make the keys')
    await it.getByRole('region', { name: 'root-key.txt' }).waitFor()
  }

  test('a practice: interrupted at the papers, gone on with in another browser, led to the owner’s own keys and into the inbox', async () => {
    const first = await begin('practice', ['administrator', 'clinician'])
    let page = first.page
    const holds = () => isAccessible(page)
    await holds()
    await press(page, 'Go on')
    await page.getByText('Missing: a passkey and recovery codes.').waitFor()
    const authenticator = await first.context.newCDPSession(page)
    await authenticator.send('WebAuthn.enable')
    await authenticator.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    await press(page, 'Add a passkey')
    await page.getByRole('dialog').waitFor()
    await fill(page, /^Name/, 'My key')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByText('Missing: recovery codes.').waitFor()
    await press(page, 'Make recovery codes')
    await page.getByRole('dialog', { name: 'Your recovery codes' }).waitFor()
    await press(page, 'I have kept them')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.getByText(/^Missing/).count()).toBe(0)
    await press(page, 'Go on')
    await heading(page, 'The organisation')
    await holds()
    await fill(page, 'Name', 'Oak Street Clinic')
    await press(page, 'This is right')
    await heading(page, 'People and roles')

    // Another browser goes on where this one was.
    await first.context.close()
    await world.advance(31_000)
    const other = await window()
    page = await openTab(other, 'practice, another browser')
    await page.goto(address)
    await page.getByLabel('Sign-in name').waitFor()
    await fill(page, 'Sign-in name', first.signInName)
    await fill(page, 'Password', password)
    await page.keyboard.press('Enter')
    await page.getByLabel('Code from your authenticator').waitFor()
    await fill(page, 'Code from your authenticator', first.code())
    await heading(page, 'People and roles')
    await page.getByText('Step 3 of 8, Oak Street Clinic').waitFor()

    const names = ['Paul Stein', 'Ellis Grey', 'Ana Rivera', 'Ben Okafor']
    const unique = newId().slice(0, 8)
    const line = (name: string, role: string) => `${name}, ${name.toLowerCase().replace(' ', '.')}.${unique}, ${role}`
    const roles = ['front desk', 'nurse', 'clinician', 'nurze']
    await fill(page, /^People, one a line/, names.map((name, index) => line(name, roles[index]!)).join('\n'))
    await press(page, 'Look at the list')
    await page.getByText('1 of 4 rows cannot be added.').waitFor()
    await page.getByText('There is no such role.').waitFor()
    await isAccessible(page, 'list of people')
    await press(page, 'Change the list')
    await fill(page, /^People, one a line/, names.map((name, index) => line(name, roles[index]!.replace('nurze', 'nurse'))).join('\n'))
    await press(page, 'Look at the list')
    await press(page, 'Add 4 people')
    await page.getByRole('region', { name: 'Code of Paul Stein' }).waitFor()
    await holds()
    await press(page, 'They are handed out or printed')
    await heading(page, 'Privacy and security officer')
    await holds()
    for (const [office, name] of [
      ['security officer', 'Ellis Grey'],
      ['privacy officer', 'Paul Stein'],
    ] as const) {
      await tabTo(page, new RegExp(`Who is ${office}`))
      await page.keyboard.press('Enter')
      await page.getByRole('option', { name }).waitFor()
      await page.keyboard.type(name.slice(0, 4))
      await page.keyboard.press('Enter')
      await press(page, `Name as ${office}`)
      await page.locator('strong', { hasText: name }).waitFor()
    }
    await press(page, 'Go on')
    await heading(page, 'The archive’s keys')
    await holds()

    // Interrupted in the middle: nothing was stored, and the ceremony begins again.
    await makeKeys(page)
    const lost = await paper(page, /root-key/)
    await page.reload()
    await heading(page, 'The archive’s keys')
    await makeKeys(page)
    const kept = await paper(page, /root-key/)
    expect(kept).not.toBe(lost)
    await holds()
    const papers = new Map<string, readonly string[]>()
    for (const region of await page.getByRole('region', { name: /\.txt$/ }).all())
      papers.set((await region.getAttribute('aria-label')) ?? '', groupsOf((await region.textContent()) ?? ''))
    expect([...papers.keys()].toSorted()).toEqual([
      'README.txt',
      'root-key.txt',
      'share-1-hana-sato.txt',
      'share-2-ellis-grey.txt',
      'share-3-paul-stein.txt',
    ])
    await press(page, 'They are printed or saved')
    const asked = await page.getByRole('textbox', { name: /^Group \d+ of / }).all()
    expect(asked).toHaveLength(2)
    const questions: string[] = []
    for (const field of asked) questions.push(await field.evaluate((it) => (it as HTMLInputElement).labels?.[0]?.textContent ?? ''))
    for (const question of questions) await fill(page, question, 'xxxx')
    await press(page, 'Store the keys')
    await page.getByRole('alert', { name: 'There is a problem' }).waitFor()
    await holds()
    for (const question of questions) {
      const [, group = '', name = ''] = /^Group (\d+) of (.+)$/.exec(question) ?? []
      await fill(page, question, papers.get(name)![Number(group) - 1]!)
    }
    await press(page, 'Store the keys')

    // The organisation has its root: the owner's own keys come next.
    await page.getByRole('button', { name: 'Create my keys' }).waitFor()
    await press(page, 'Create my keys')
    await page.locator('.recovery-kit__group').first().waitFor()
    const kit = (await page.locator('.recovery-kit__group').allTextContents()).map((it) => it.trim())
    await press(page, 'I have kept it')
    for (const field of await page.getByRole('textbox', { name: /^Group \d/ }).all()) {
      const label = await field.evaluate((it) => (it as HTMLInputElement).labels?.[0]?.textContent ?? '')
      await fill(page, label, kit[Number(label.replace(/\D/g, '')) - 1]!)
    }
    await press(page, 'Done')
    await heading(page, 'Texts to patients')
    await holds()
    await press(page, 'Put this off; it stays in the checklist')
    await heading(page, 'The consent text')
    await holds()
    await press(page, 'I have read it')
    await heading(page, 'What is still unsafe')
    await holds()
    const list = page.getByRole('list', { name: 'Checklist' }).getByRole('listitem')
    const states = Object.fromEntries(
      (await list.allInnerTexts()).map((text) => {
        const lines = text.split('\n').filter((it) => it !== '')
        return [lines[0], lines.find((it) => ['Done', 'Put off', 'Unsafe'].includes(it))]
      }),
    )
    expect(states).toEqual({
      'Your own sign-in': 'Done',
      'The organisation': 'Done',
      'People and roles': 'Done',
      'Privacy and security officer': 'Done',
      'The archive’s keys': 'Done',
      'Your own keys': 'Done',
      'Texts to patients': 'Put off',
      'The consent text': 'Done',
      'Everybody has signed in': 'Unsafe',
      'A second administrator': 'Unsafe',
      'Reachable by an https address': 'Unsafe',
    })
    await press(page, 'Open Wardline')
    await heading(page, 'Inbox')
    // The set-up is not told to who did it; the sign-in from a second browser is.
    await page.getByText('Your sign-in: Somebody signed in from a browser that was not known.').waitFor()
    expect(await page.getByText(/ \d+ more\./).count()).toBe(0)
    // The checklist stays, and each item leads to its step.
    await page.goto(`${address}/set-up`)
    await heading(page, 'What is still unsafe')
    await holds()
    await press(page, /^See who is missing/)
    await heading(page, 'People and roles')
    await page.getByRole('button', { name: 'New code for Ana Rivera' }).waitFor()
    await other.close()
  }, 480_000)

  test('a hospital: an administrator who treats nobody, with everything put off that can wait, and a list that is red', async () => {
    const { page, context } = await begin('hospital', ['administrator'])
    for (const title of ['Your own sign-in', 'The organisation', 'People and roles', 'Privacy and security officer']) {
      await heading(page, title)
      await press(page, 'Put this off; it stays in the checklist')
    }
    await heading(page, 'The archive’s keys')
    await fill(page, 'How many parts open it', '1')
    await makeKeys(page)
    const root = groupsOf(await paper(page, /root-key/))
    const share = groupsOf(await paper(page, /share-1/))
    await press(page, 'They are printed or saved')
    for (const field of await page.getByRole('textbox', { name: /^Group \d+ of / }).all()) {
      const label = await field.evaluate((it) => (it as HTMLInputElement).labels?.[0]?.textContent ?? '')
      await fill(page, label, (label.includes('root-key') ? root : share)[Number(/\d+/.exec(label)![0]) - 1]!)
    }
    await press(page, 'Store the keys')
    for (const title of ['Texts to patients', 'The consent text']) {
      await heading(page, title)
      await press(page, 'Put this off; it stays in the checklist')
    }
    await heading(page, 'What is still unsafe')
    expect(await page.getByRole('list', { name: 'Checklist' }).getByText('Put off', { exact: true }).count()).toBe(6)
    await press(page, 'Open Wardline')
    await page.getByRole('heading', { name: 'What is still unsafe' }).waitFor({ state: 'detached' })
    // Reloaded, it does not begin again.
    await page.reload()
    await heading(page, 'Settings')
    await context.close()
  }, 240_000)
})
