import { createTeamEngine, directSession, memoryLock, memoryStore, openPassing } from '@wardline/product/team/messages/client'
import type {
  ConversationView,
  MemoryStore,
  MessageView,
  Socket,
  TeamChange,
  TeamEngine,
  TeamState,
} from '@wardline/product/team/messages/client'
import { bySystem } from '@wardline/platform/server'
import { createPerson as addPerson } from '@wardline/product/access/provisioning/server'
import { newUuid } from '@wardline/crypto'
import { signIn } from './colleague.ts'
import type { Session } from './colleague.ts'
import type { Organisation, Place } from './organisation.ts'

type Json = { t?: string; [name: string]: unknown }

/** What happens between an engine and the server; each may be changed at any time. */
export interface Wires {
  /** A frame on its way: what it becomes; null: it is lost. */
  out: (frame: Json) => Json | null
  in: (frame: Json) => Json | null
  /** A request's body, changed before the server sees it. */
  ask: (path: string, body: unknown) => unknown
  /** An answer of the server, changed before the engine sees it. `path` without the server's address. */
  answer: (path: string, value: unknown) => unknown
  /** False: nothing gets through in either direction, and the connection breaks. */
  up: boolean
}

/** A device's engine in a test's hand. */
export interface Desk {
  readonly session: Session
  readonly engine: TeamEngine
  readonly store: MemoryStore
  readonly wires: Wires
  readonly changes: readonly TeamChange[]
  /** Every frame that left, as it left. */
  readonly sent: readonly Json[]
  /** A frame as if the server had sent it. */
  hear(frame: Json): void
  /** Cuts the connection, or lets it come back at once. */
  setUp(up: boolean): Promise<void>
  /** Ends the engine as a killed tab does: nothing of it happens any more, nothing is put in order. Returns what lies on the disk. */
  kill(): MemoryStore
  /** Waits for something to be so; fails after 10 s with what there was. */
  until<T>(look: () => Promise<T | null | undefined | false>, what?: string): Promise<T>
  state(matches: (state: TeamState) => boolean): Promise<TeamState>
  conversation(id: string, matches?: (it: ConversationView) => boolean): Promise<ConversationView>
  /** The thread, once it is so. */
  thread(id: string, matches: (messages: readonly MessageView[]) => boolean): Promise<readonly MessageView[]>
  /** Texts of a thread, in order; what is no text is named in brackets. */
  texts(id: string): Promise<readonly string[]>
  say(conversation: string, text: string, flags?: Partial<MessageView['flags']>): Promise<MessageView>
}

let asked = 0

/** Adds a person to the organisation, without keys and devices. */
export async function employ(place: Place, { org }: Organisation, name = 'Nurse'): Promise<Session> {
  asked += 1
  const person = await place.server.db.write(org, bySystem, (tx) =>
    addPerson(tx, { signInName: `desk.${asked}.${newUuid().slice(0, 8)}`, name, title: 'RN', roles: ['clinician'] }),
  )
  return signIn(place, org, person)
}

/** What a text says in a list of texts. */
export const gist = ({ content }: MessageView): string =>
  content.is === 'text' ? content.text : content.is === 'disputed' ? `[${content.reason}] ${content.text}` : `[${content.is}]`

const ordinary = { priority: 'routine', ask: 'fyi', due: 0, expiry: 0, mentions: [] } as const

/** Starts an engine for a session, on a new store or one that was left. */
export async function sit(
  place: Place,
  session: Session,
  it: {
    store?: MemoryStore
    lock?: ReturnType<typeof memoryLock>
    start?: boolean
    /** As an application's browser: it says what it is, and may keep nothing. `passing`: from the start, as that device or as none. */
    browser?: { readonly passing?: { readonly device: string | null } }
    /** How far this machine's own clock is ahead of the server's, ms. */
    ahead?: number
  } = {},
): Promise<Desk> {
  const store = it.store ?? memoryStore()
  const wires: Wires = {
    out: (frame) => frame,
    in: (frame) => frame,
    ask: (_path, body) => body,
    answer: (_path, value) => value,
    up: true,
  }
  const direct = directSession({ url: place.server.url, cookie: session.cookie })
  const changes: TeamChange[] = []
  const sent: Json[] = []
  const timers = new Set<NodeJS.Timeout>()
  const sockets = new Set<{ cut: () => void; hear: (frame: Json) => void }>()
  let alive = true
  const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

  const call = (async (endpoint: Parameters<typeof direct.call>[0], args: { body?: unknown }) => {
    if (!alive) return never()
    if (!wires.up) return { ok: false, code: 'unreachable', what: '', next: '' }
    const body = args.body === undefined ? {} : { body: wires.ask(endpoint.path, args.body) }
    const answer = await direct.call(endpoint, { ...args, ...body } as never)
    if (!alive) return never()
    return answer.ok ? { ok: true, value: wires.answer(endpoint.path, answer.value) } : answer
  }) as unknown as typeof direct.call
  const later = (ms: number, run: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      run()
    }, ms)
    timers.add(timer)
    return () => clearTimeout(timer)
  }
  const { person } = session
  const passing = it.browser && {
    begins: it.browser.passing !== undefined,
    devices: it.browser.passing?.device ? [it.browser.passing.device] : [],
    open: (devices: readonly string[]) => openPassing({ call, later, person, devices }),
  }
  const engine = createTeamEngine({
    person,
    call,
    ...(passing && { passing, about: { browser: 'chrome', version: 150, system: 'Windows' } }),
    openSocket(events) {
      let open = true
      const end = (code: number): void => {
        if (!open) return
        open = false
        sockets.delete(mine)
        if (alive) events.closed(code)
      }
      if (!wires.up || !alive) {
        setImmediate(() => alive && events.closed(1006))
        return { send: () => undefined, close: () => undefined }
      }
      const socket: Socket = direct.openSocket({
        frame(text) {
          const frame = alive && open && wires.up ? wires.in(JSON.parse(text) as Json) : null
          if (frame) events.frame(JSON.stringify(frame))
        },
        closed: end,
      })
      const cut = (): void => {
        socket.close()
        end(1006)
      }
      const mine = { cut, hear: (frame: Json) => events.frame(JSON.stringify(frame)) }
      sockets.add(mine)
      return {
        send(text) {
          const frame = alive && open && wires.up ? wires.out(JSON.parse(text) as Json) : null
          if (!frame) return
          sent.push(frame)
          socket.send(JSON.stringify(frame))
        },
        close: mine.cut,
      }
    },
    store: {
      ...store,
      get: (key) => (alive ? store.get(key) : never()),
      list: (under, range) => (alive ? store.list(under, range) : never()),
      write: (batch) => (alive ? store.write(batch) : never()),
    },
    lock: it.lock ?? memoryLock(),
    now: () => place.server.clock.ms() + (it.ahead ?? 0),
    later,
  })
  engine.subscribe((change) => changes.push(change))
  if (it.start !== false) await engine.start()

  const until: Desk['until'] = async (look, what = 'what was awaited') => {
    const end = Date.now() + 30_000
    for (;;) {
      const found = await look()
      if (found) return found
      if (Date.now() > end) throw new Error(`${what} did not come; state: ${JSON.stringify(await engine.state())}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const page = async (id: string) => {
    const answer = await engine.messages(id)
    return answer.ok ? answer.value.messages : []
  }
  return {
    session,
    // A killed tab does nothing any more, so nothing of it needs to be ended.
    engine: { ...engine, stop: () => (alive ? engine.stop() : Promise.resolve()) },
    store,
    wires,
    changes,
    sent,
    hear(frame) {
      for (const socket of sockets) socket.hear(frame)
    },
    async setUp(up) {
      wires.up = up
      if (up) return engine.reconnect()
      for (const socket of [...sockets]) socket.cut()
    },
    kill() {
      alive = false
      for (const timer of timers) clearTimeout(timer)
      for (const socket of [...sockets]) socket.cut()
      return store.copy()
    },
    until,
    state: (matches) =>
      until(async () => {
        const state = await engine.state()
        return matches(state) && state
      }, 'the state'),
    conversation: (id, matches = () => true) =>
      until(async () => (await engine.conversations()).find((c) => c.conversation === id && matches(c)), 'the conversation'),
    async thread(id, matches) {
      let last: readonly MessageView[] = []
      return until(async () => {
        last = await page(id)
        return matches(last) && last
      }, 'the thread').catch((thrown: Error) => {
        throw new Error(`${thrown.message}; thread: ${JSON.stringify(last)}`)
      })
    },
    texts: async (id) => (await page(id)).map(gist),
    async say(conversation, text, flags = {}) {
      const answer = await engine.send(conversation, { id: newUuid(), body: { kind: 'text', text }, flags: { ...ordinary, ...flags } })
      if (!answer.ok) throw new Error(answer.code)
      return answer.value
    },
  }
}

/** A person with an engine and their first device, connected. */
export async function settle(place: Place, organisation: Organisation, name?: string): Promise<Desk & { readonly recoveryKey: string }> {
  const desk = await sit(place, await employ(place, organisation, name))
  await desk.state((it) => it.status === 'needs-new-person')
  const made = await desk.engine.createIdentity()
  if (!made.ok) throw new Error(made.code)
  const confirmed = await desk.engine.confirmRecoveryKey()
  if (!confirmed.ok) throw new Error(confirmed.code)
  await desk.state((it) => it.status === 'ready' && it.connection === 'open')
  return { ...desk, recoveryKey: made.value.recoveryKey }
}
