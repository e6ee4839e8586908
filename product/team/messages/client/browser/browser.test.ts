// The engine where it lives: a dedicated worker of a real Chromium, with IndexedDB, Web Locks and BroadcastChannel, under the product's CSP.
import { build } from 'esbuild'
import fc from 'fast-check'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { employ, foundOrganisation, settle, signIn, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation, Session } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { newUuid } from '@wardline/crypto'
import type { Batch, DeviceStore, Key, Range } from '@wardline/product/team/devices/client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, launchBrowser } from '../../../../../testing/browser.ts'
import { memoryStore } from '../memory.ts'
import type { Done, MessageView, TeamPage, TeamState } from '../types.ts'

const here = import.meta.dirname
const tools = `{ now: () => Date.now(), later: (ms, run) => { const timer = setTimeout(run, ms); return () => clearTimeout(timer) } }`
const page = `
  import { connectEngine } from '../index.ts'
  import { openBrowserStore } from './store.ts'
  const policy = globalThis.trustedTypes.createPolicy('wardline-worker', { createScriptURL: (url) => url })
  window.openStore = openBrowserStore
  window.openTeam = (person) => {
    window.team = connectEngine(new Worker(policy.createScriptURL('/assets/worker.js'), { type: 'module' }), { person })
  }`
const worker = `import { runTeamWorker } from '../index.ts'; runTeamWorker(${tools})`

const bundle = async (contents: string): Promise<string> => {
  const made = await build({
    stdin: { contents, resolveDir: here, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    write: false,
    logLevel: 'error',
  })
  return made.outputFiles[0]!.text
}

type TestWindow = { team: TeamPage; openTeam: (person: string) => void; openStore: (name: string) => Promise<DeviceStore> }

describe.skipIf(!hasBrowser())('in Chromium', () => {
  let world: World
  let organisation: Organisation
  let browser: Browser
  let colleague: Desk
  const contexts: BrowserContext[] = []
  const errors: string[] = []

  beforeAll(async () => {
    const scripts = { '/assets/page.js': await bundle(page), '/assets/worker.js': await bundle(worker) }
    world = await openWorld({
      features: staffFeatures,
      server: {
        beatMs: 200,
        pages: async (app) => {
          app.get('/test', (_request, reply) =>
            reply.type('text/html').send('<!doctype html><title>test</title><script type="module" src="/assets/page.js"></script>'),
          )
          app.get('/favicon.ico', (_request, reply) => reply.code(204).send())
          for (const [path, code] of Object.entries(scripts)) app.get(path, (_request, reply) => reply.type('text/javascript').send(code))
        },
      },
    })
    organisation = await foundOrganisation(world)
    colleague = await settle(world, organisation)
    browser = await launchBrowser()
  })
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((it) => it.close()))
    expect(errors.splice(0)).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    await colleague?.engine.stop()
    await world?.close()
  })

  /** A browser of its own, with a session's cookie. */
  async function browserOf(session: Session): Promise<BrowserContext> {
    const context = await browser.newContext()
    contexts.push(context)
    const [name = '', value = ''] = session.cookie.split('=')
    await context.addCookies([{ name, value, url: world.url }])
    return context
  }
  async function openTab(context: BrowserContext, person: string): Promise<Page> {
    const tab = await context.newPage()
    tab.on('pageerror', (error) => errors.push(error.message))
    tab.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    await tab.goto(`${world.url}/test`)
    await tab.waitForFunction(() => 'openTeam' in window)
    await tab.evaluate((id) => (window as unknown as TestWindow).openTeam(id), person)
    return tab
  }
  const state = (tab: Page): Promise<TeamState> => tab.evaluate(() => (window as unknown as TestWindow).team.state())
  const status = (tab: Page, wanted: TeamState['status']) =>
    expect.poll(async () => (await state(tab)).status, { timeout: 15_000 }).toBe(wanted)
  const say = (tab: Page, conversation: string, text: string): Promise<Done<MessageView>> =>
    tab.evaluate(
      (it) =>
        (window as unknown as TestWindow).team.send(it.conversation, {
          id: it.id,
          body: { kind: 'text', text: it.text },
          flags: { priority: 'routine', ask: 'fyi', due: 0, expiry: 0, mentions: [] },
        }),
      { conversation, text, id: newUuid() },
    )
  const texts = (tab: Page, conversation: string): Promise<string[]> =>
    tab.evaluate(async (id) => {
      const answer = await (window as unknown as TestWindow).team.messages(id)
      return answer.ok ? answer.value.messages.map((it) => (it.content.is === 'text' ? it.content.text : `[${it.content.is}]`)) : []
    }, conversation)
  const reads = (tab: Page, conversation: string, ...wanted: string[]) =>
    expect.poll(() => texts(tab, conversation), { timeout: 15_000 }).toEqual(wanted)
  const begin = (tab: Page, other: string): Promise<string> =>
    tab.evaluate(
      async (it) => {
        const made = await (window as unknown as TestWindow).team.createConversation({ ...it, kind: 'direct' })
        return made.ok ? made.value.conversation : made.code
      },
      { conversation: newUuid(), people: [other] },
    )
  const introduce = (tab: Page): Promise<string> =>
    tab.evaluate(async () => {
      const { team } = window as unknown as TestWindow
      const made = await team.createIdentity()
      if (!made.ok) return made.code
      await team.confirmRecoveryKey()
      return made.value.recoveryKey
    })

  test('a nurse and a doctor talk in two windows, and neither disk holds a readable word', async () => {
    const [nurse, doctor] = [await employ(world, organisation), await employ(world, organisation)]
    const [left, right] = [await openTab(await browserOf(nurse), nurse.person), await openTab(await browserOf(doctor), doctor.person)]
    for (const tab of [left, right]) {
      await status(tab, 'needs-new-person')
      await introduce(tab)
    }
    const conversation = await begin(left, doctor.person)
    const canary = `canary${newUuid()}`
    await say(left, conversation, canary)
    await reads(right, conversation, canary)
    await say(right, conversation, `${canary} on my way`)
    await reads(left, conversation, canary, `${canary} on my way`)
    for (const [tab, person] of [
      [left, nurse.person],
      [right, doctor.person],
    ] as const) {
      const found = await tab.evaluate(
        async ({ name, word }) => {
          const entries = await (await (window as unknown as TestWindow).openStore(name)).list([])
          const keys: boolean[] = []
          let readable = false
          const look = (value: unknown): void => {
            if (value instanceof CryptoKey) {
              if (value.type !== 'public') keys.push(value.extractable)
            } else if (value instanceof Uint8Array) readable ||= new TextDecoder('latin1').decode(value).includes(word)
            else if (typeof value === 'string') readable ||= value.includes(word)
            else if (typeof value === 'object' && value !== null) Object.values(value).forEach(look)
          }
          entries.forEach((it) => look(it.value))
          return { entries: entries.length, keys: keys.length, extractable: keys.some(Boolean), readable }
        },
        { name: `wardline ${person}`, word: canary.slice(0, 20) },
      )
      expect(found).toMatchObject({ extractable: false, readable: false })
      expect(found.keys).toBeGreaterThanOrEqual(6)
    }
  })

  test('two tabs are one device; a closed and a crashed one hand it on; cleared storage is re-enrolment', async () => {
    const session = await employ(world, organisation)
    const context = await browserOf(session)
    const first = await openTab(context, session.person)
    await status(first, 'needs-new-person')
    const recoveryKey = await introduce(first)
    const second = await openTab(context, session.person)
    await status(second, 'ready')
    const conversation = await begin(second, colleague.session.person)
    await say(second, conversation, 'from the second tab')
    await reads(first, conversation, 'from the second tab')
    const device = (await state(second)).device
    expect(device).toBe((await state(first)).device)

    // The tab that leads is closed while the other one writes.
    await first.close()
    await say(second, conversation, 'after the first was closed')
    await reads(second, conversation, 'from the second tab', 'after the first was closed')

    // And killed: its renderer dies without a word.
    const third = await openTab(context, session.person)
    await status(third, 'ready')
    const crash = await context.newCDPSession(second)
    void crash.send('Page.crash').catch(() => undefined)
    await second.waitForEvent('crash').catch(() => undefined)
    await say(third, conversation, 'after the second crashed')
    const lines = ['from the second tab', 'after the first was closed', 'after the second crashed']
    await reads(third, conversation, ...lines)
    expect((await state(third)).device).toBe(device)
    await colleague.thread(conversation, (it) => it.length === 3)
    expect(await colleague.texts(conversation)).toEqual(lines)
    await third.close()

    const cleared = await browserOf(await signIn(world, organisation.org, session.person))
    const fresh = await openTab(cleared, session.person)
    await status(fresh, 'needs-recovery-key')
    expect(await fresh.evaluate((key) => (window as unknown as TestWindow).team.enrol(key), recoveryKey)).toEqual({ ok: true, value: null })
    await reads(fresh, conversation, ...lines)
    expect((await state(fresh)).device).not.toBe(device)
    await say(fresh, conversation, 'from a new device')
    await colleague.thread(conversation, (it) => it.length === 4)
    expect((await colleague.engine.state()).alarms).toEqual([])
  })

  test('a message written offline goes out after a reload', async () => {
    const session = await employ(world, organisation)
    const context = await browserOf(session)
    const tab = await openTab(context, session.person)
    await status(tab, 'needs-new-person')
    await introduce(tab)
    const conversation = await begin(tab, colleague.session.person)
    await say(tab, conversation, 'online')
    await reads(tab, conversation, 'online')
    await context.setOffline(true)
    await world.server.services.live.end({ person: session.person })
    await say(tab, conversation, 'offline')
    await reads(tab, conversation, 'online', 'offline')
    await tab.close()
    await context.setOffline(false)
    const again = await openTab(context, session.person)
    await status(again, 'ready')
    await colleague.thread(conversation, (it) => it.length === 2)
    expect(await colleague.texts(conversation)).toEqual(['online', 'offline'])
    await expect.poll(async () => (await state(again)).waiting, { timeout: 15_000 }).toBe(0)
  })

  test('its store keeps and finds the same as the one in memory', async () => {
    const tab = await openTab(await browserOf(colleague.session), colleague.session.person)
    const part = fc.oneof(fc.constantFrom('a', 'b', 'ab', ''), fc.integer({ min: 0, max: 12 }))
    const key: fc.Arbitrary<Key> = fc.array(part, { minLength: 1, maxLength: 3 })
    const range: fc.Arbitrary<Range> = fc.oneof(
      fc.constant({}),
      fc.record({ after: fc.integer({ min: 0, max: 12 }) }),
      fc.record({ before: fc.integer({ min: 0, max: 12 }), newest: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ after: fc.constantFrom('a', 'b'), oldest: fc.integer({ min: 1, max: 3 }) }),
    )
    const batch: fc.Arbitrary<Batch> = fc.record({
      put: fc.array(fc.tuple(key, fc.nat(99)), { maxLength: 4 }),
      remove: fc.array(key, { maxLength: 2 }),
      removeUnder: fc.array(fc.array(part, { minLength: 2, maxLength: 2 }), { maxLength: 1 }),
    })
    const look = fc.tuple(fc.array(part, { maxLength: 2 }), range)
    await fc.assert(
      fc.asyncProperty(
        fc.array(batch, { minLength: 1, maxLength: 6 }),
        fc.array(look, { minLength: 1, maxLength: 6 }),
        async (batches, looks) => {
          const memory = memoryStore()
          for (const it of batches) await memory.write(it)
          const expected = await Promise.all(looks.map(([under, at]) => memory.list(under, at)))
          const found = await tab.evaluate(
            async (it) => {
              const store = await (window as unknown as TestWindow).openStore(it.name)
              for (const one of it.batches) await store.write(one)
              const lists = []
              for (const [under, at] of it.looks) lists.push(await store.list(under, at))
              store.close()
              indexedDB.deleteDatabase(it.name)
              return lists
            },
            { name: `contract ${newUuid()}`, batches, looks },
          )
          expect(found).toEqual(expected)
        },
      ),
      { numRuns: 60 },
    )
    const fenced = await tab.evaluate(async () => {
      const store = await (window as unknown as TestWindow).openStore('fence')
      await store.write({ put: [[['term'], 2]] })
      const late = await store.write({ put: [[['x'], 1]], only: [['term'], 1] }).then(
        () => 'written',
        (thrown: Error) => thrown.name,
      )
      return [late, await store.get(['x'])]
    })
    expect(fenced).toEqual(['StoreFenced', undefined])
  })
})
