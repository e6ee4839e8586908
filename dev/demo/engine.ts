import { createTeamEngine, directSession, memoryLock, memoryStore } from '@wardline/product/team/messages/client'
import type { MemoryStore, TeamEngine } from '@wardline/product/team/messages/client'
import type { Visitor } from './visitor.ts'

/** A device's engine in this process, with its keys in memory: for the seed and the tour. It is started already. */
export async function engineOf(url: string, visitor: Visitor, person: string): Promise<TeamEngine> {
  return (await deviceOf(url, visitor, person)).engine
}

/** The same with its store, for what only the device itself can sign. */
export async function deviceOf(url: string, visitor: Visitor, person: string): Promise<{ engine: TeamEngine; store: MemoryStore }> {
  const store = memoryStore()
  const engine = createTeamEngine({
    person,
    ...directSession({ url, cookie: visitor.cookie }),
    store,
    lock: memoryLock(),
    now: () => performance.timeOrigin + performance.now(),
    later: (ms, run) => {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
  })
  await engine.start()
  return { engine, store }
}
