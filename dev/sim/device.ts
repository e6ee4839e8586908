import { newUuid } from '@wardline/crypto'
import { createTeamEngine, memoryLock } from '@wardline/product/team/messages/client'
import type { MemoryStore, TeamEngine, TeamState } from '@wardline/product/team/messages/client'
import type { Clock } from './clock.ts'
import type { Network, Wire } from './network.ts'
import type { State } from './state.ts'
import { simStore } from './store.ts'

/** A device in its person's hand: the real engine on pretend ports. */
export interface Device {
  readonly name: string
  readonly person: string
  readonly wire: Wire
  readonly engine: TeamEngine
  readonly store: MemoryStore
  /** What should never happen, and did. */
  readonly failures: string[]
  state(): TeamState | null
  /** Dies at its so many-eth write from now on, just before or just after it. */
  dieAfter(writes: number, isWritten: boolean): void
  /** Ends as a killed tab does. */
  kill(): void
}

/** What a device is started with. */
export interface Place {
  readonly clock: Clock
  readonly network: Network
  readonly state: State
}

/** Signs a person in: a session that stands for no device yet. */
export function signIn(state: State, person: string): string {
  const session = newUuid()
  state.sessions.set(session, { session, person, device: null, ended: false })
  return session
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

/** Starts an engine on a store. `ahead`: how far this machine's own clock is ahead of the server's, ms. */
export function startDevice(
  { clock, network, state }: Place,
  it: { readonly name: string; readonly person: string; readonly store?: MemoryStore; readonly ahead?: number },
): Device {
  const { name, person, ahead = 0, store = simStore() } = it
  const wire: Wire = { session: signIn(state, person), up: true, alive: true, sockets: new Set() }
  const failures: string[] = []
  let left = Infinity
  let lastIsWritten = false
  let last: TeamState | null = null
  const kill = (): void => {
    if (!wire.alive) return
    wire.alive = false
    for (const socket of [...wire.sockets]) socket.cut()
  }
  const failed = (thrown: unknown): void =>
    void failures.push(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown))
  const engine = createTeamEngine({
    person,
    ...network.ports(wire, name),
    store: {
      ...store,
      get: (key) => (wire.alive ? store.get(key) : never()),
      list: (under, range) => (wire.alive ? store.list(under, range) : never()),
      async write(batch) {
        if (!wire.alive) return never()
        left -= 1
        if (left > 0) return store.write(batch)
        if (lastIsWritten) await store.write(batch)
        kill()
        return never()
      },
    },
    lock: memoryLock(),
    now: () => clock.now() + ahead,
    later: (ms, run) => clock.later(ms, () => wire.alive && run()),
    failed,
  })
  engine.subscribe((change) => {
    if (change.t === 'state') last = change.state
  })
  engine.start().catch(failed)
  return {
    name,
    person,
    wire,
    engine,
    store,
    failures,
    state: () => last,
    dieAfter(writes, isWritten) {
      left = writes
      lastIsWritten = isWritten
    },
    kill,
  }
}
