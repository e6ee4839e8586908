import { BroadcastChannel } from 'node:worker_threads'
import { employ, foundOrganisation, settle, sit, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { newUuid } from '@wardline/crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryStore } from '../memory.ts'
import type { MemoryStore } from '../memory.ts'
import type { WriterLock } from '../ports.ts'
import type { TeamChange, TeamPage } from '../types.ts'
import type { BetweenTabs, ToPage, ToWorker } from './protocol.ts'
import { EngineFailed, connectEngine } from './proxy.ts'
import { openTab } from './tab.ts'
import type { TabChannel } from './tab.ts'

let world: World
let organisation: Organisation
beforeAll(async () => {
  world = await openWorld({ features: staffFeatures, server: { beatMs: 100 } })
  organisation = await foundOrganisation(world)
})
afterAll(() => world.close())

/** A browser's lock: whoever dies gives it on. */
function browserLock() {
  const queue: { take: () => void; dead: boolean }[] = []
  const next = () => queue.find((it) => !it.dead)?.take()
  return {
    forTab(): WriterLock & { die(): void } {
      const me = { take: () => undefined as void, dead: false }
      const leave = () => {
        me.dead = true
        const was = queue.findIndex((it) => it === me)
        if (was >= 0) queue.splice(was, 1)
        next()
      }
      return {
        acquire: (waiting) =>
          new Promise((resolve) => {
            me.take = () => resolve(leave)
            queue.push(me)
            if (queue[0] === me) me.take()
            else waiting()
          }),
        die: leave,
      }
    },
  }
}

interface OpenTab {
  readonly page: TeamPage
  readonly desk: Desk
  readonly changes: readonly TeamChange[]
  kill(): void
  close(): Promise<void>
}

/** A tab of one browser: its page, its worker, its share of the lock, and the channel to the other tabs. */
async function openOne(browser: { lock: ReturnType<typeof browserLock>; store: MemoryStore; session: Desk['session'] }): Promise<OpenTab> {
  const lock = browser.lock.forTab()
  const desk = await sit(world, browser.session, { store: browser.store, lock, start: false })
  const raw = new BroadcastChannel(`tabs ${browser.session.person}`)
  raw.unref()
  let alive = true
  const channel: TabChannel = {
    postMessage: (message: BetweenTabs) => alive && raw.postMessage(structuredClone(message)),
    onmessage: null,
    close: () => raw.close(),
  }
  raw.onmessage = (event) => void (alive && channel.onmessage?.({ data: (event as { data: BetweenTabs }).data }))
  let hear: (event: { data: unknown }) => void = () => undefined
  const toPage = (message: ToPage): void => {
    const copy = structuredClone(message)
    setImmediate(() => hear({ data: copy }))
  }
  const later = (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  }
  const tab = openTab(desk.engine, channel, toPage, later)
  const page = connectEngine(
    {
      postMessage(message: ToWorker) {
        const copy = structuredClone(message)
        setImmediate(() => alive && copy.t === 'call' && tab.call(copy))
      },
      addEventListener: (_type, listener) => {
        hear = listener
      },
    },
    { person: browser.session.person },
  )
  const changes: TeamChange[] = []
  page.subscribe((change) => changes.push(change))
  return {
    page,
    desk,
    changes,
    kill() {
      alive = false
      raw.close()
      desk.kill()
      lock.die()
    },
    close: () => tab.close(),
  }
}

const until = async <T>(look: () => Promise<T | null | undefined | false>): Promise<T> => {
  for (const end = Date.now() + 10_000; ;) {
    const found = await look()
    if (found) return found
    if (Date.now() > end) throw new Error('what was awaited did not come')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
const isReady = (tab: OpenTab) => until(async () => (await tab.page.state()).status === 'ready')
const flags = { priority: 'routine', ask: 'fyi', due: 0, expiry: 0, mentions: [] } as const
const say = (tab: OpenTab, conversation: string, text: string) =>
  tab.page.send(conversation, { id: newUuid(), body: { kind: 'text', text }, flags })
const texts = async (tab: OpenTab, conversation: string) => {
  const page = await tab.page.messages(conversation)
  return page.ok ? page.value.messages.map((it) => (it.content.is === 'text' ? it.content.text : it.content.is)) : []
}

describe('the tabs of one browser', () => {
  test('are one device: any of them reads and writes, one sends, and all hear', async () => {
    const other = await settle(world, organisation)
    const browser = { lock: browserLock(), store: memoryStore(), session: await employ(world, organisation) }
    const first = await openOne(browser)
    await until(async () => (await first.page.state()).status === 'needs-new-person')
    const second = await openOne(browser)
    const made = await second.page.createIdentity()
    expect(made.ok).toBe(true)
    await Promise.all([isReady(first), isReady(second)])
    const conversation = newUuid()
    expect((await second.page.createConversation({ conversation, kind: 'direct', people: [other.session.person] })).ok).toBe(true)
    await Promise.all([
      say(first, conversation, 'a'),
      say(second, conversation, 'b'),
      say(first, conversation, 'c'),
      say(second, conversation, 'd'),
    ])
    await other.thread(conversation, (it) => it.length === 4)
    expect((await other.texts(conversation)).toSorted()).toEqual(['a', 'b', 'c', 'd'])
    await until(async () => (await texts(second, conversation)).length === 4)
    for (const tab of [first, second]) {
      expect(tab.changes.filter((it) => it.t === 'message').length).toBeGreaterThanOrEqual(4)
      expect(await texts(tab, conversation)).toEqual(await other.texts(conversation))
    }
    expect(second.desk.sent).toEqual([])
    expect((await other.engine.state()).alarms).toEqual([])
    await Promise.all([second.close(), other.engine.stop()])
    await first.close()
  })

  test('a killed tab: the next one takes the device over with what was written, and asks again what was not answered', async () => {
    const other = await settle(world, organisation)
    const browser = { lock: browserLock(), store: memoryStore(), session: await employ(world, organisation) }
    const [first, second] = [await openOne(browser), await openOne(browser)]
    await until(async () => (await first.page.state()).status === 'needs-new-person')
    await first.page.createIdentity()
    await isReady(first)
    const conversation = newUuid()
    await first.page.createConversation({ conversation, kind: 'direct', people: [other.session.person] })
    await say(first, conversation, 'before')
    await other.thread(conversation, (it) => it.length === 1)

    // Sent, and never answered to the tab that dies.
    first.desk.wires.in = (frame) => (frame.t === 'ack' ? null : frame)
    await say(first, conversation, 'in flight')
    await other.thread(conversation, (it) => it.length === 2)
    first.kill()
    const unanswered = say(second, conversation, 'after')
    expect((await unanswered).ok).toBe(true)
    await other.thread(conversation, (it) => it.length === 3)
    expect(await other.texts(conversation)).toEqual(['before', 'in flight', 'after'])
    await until(async () => (await texts(second, conversation)).length === 3)
    expect((await second.page.state()).waiting).toBe(0)
    expect((await other.engine.state()).alarms).toEqual([])
    await Promise.all([second.close(), other.engine.stop()])
  })

  test('a mistake of the engine is an error in the page, not a promise that never ends', async () => {
    let hear: (event: { data: unknown }) => void = () => undefined
    const page = connectEngine(
      {
        postMessage: (message) => void (message.t === 'call' && hear({ data: { t: 'failed', id: message.id } })),
        addEventListener: (_type, listener) => {
          hear = listener
        },
      },
      { person: newUuid() },
    )
    await expect(page.state()).rejects.toThrow(EngineFailed)
  })
})
