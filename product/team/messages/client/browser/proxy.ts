import { newUuid } from '@wardline/crypto'
import type { PageStart, Team, TeamChange, TeamPage } from '../types.ts'
import type { TeamCall, ToPage, ToWorker } from './protocol.ts'
import { teamCalls } from './protocol.ts'

/** The least of a Worker that a page needs. */
export interface WorkerPort {
  postMessage(message: ToWorker): void
  addEventListener(type: 'message', hear: (event: { readonly data: unknown }) => void): void
}

/** The engine broke down in a call; what it kept is as it was. */
export class EngineFailed extends Error {
  override readonly name = 'EngineFailed'
}

/** The engine that runs in this worker, with the same calls as if it were here. The worker's script calls `runTeamWorker`. */
export function connectEngine(worker: WorkerPort, start: PageStart): TeamPage {
  const asked = new Map<string, { readonly resolve: (value: unknown) => void; readonly reject: (thrown: Error) => void }>()
  const hearers = new Set<(change: TeamChange) => void>()
  const left = Promise.withResolvers<void>()

  worker.addEventListener('message', ({ data }) => {
    const message = data as ToPage
    if (message.t === 'closed') return left.resolve()
    if (message.t === 'change') {
      for (const hear of hearers) hear(message.change)
      return
    }
    const waiting = asked.get(message.id)
    asked.delete(message.id)
    if (message.t === 'answer') waiting?.resolve(message.value)
    else waiting?.reject(new EngineFailed('the engine failed'))
  })
  worker.postMessage({ t: 'start', start })
  // Browsers drop the stores of pages that were not used for a while; asking helps, and losing it is re-enrolment.
  const storage = (globalThis as { navigator?: { storage?: { persist?: () => Promise<boolean> } } }).navigator?.storage
  void storage?.persist?.().catch(() => false)

  const call =
    (name: TeamCall) =>
    (...args: readonly unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const id = newUuid()
        asked.set(id, { resolve, reject })
        worker.postMessage({ t: 'call', id, name, args })
      })
  const names = Object.keys(teamCalls) as TeamCall[]
  const calls = Object.fromEntries(names.map((name) => [name, call(name)])) as unknown as Omit<Team, 'subscribe'>
  return {
    ...calls,
    subscribe(hear) {
      hearers.add(hear)
      return () => hearers.delete(hear)
    },
    close: () => worker.postMessage({ t: 'close' }),
    leave() {
      worker.postMessage({ t: 'close' })
      return left.promise
    },
  }
}

/** Nobody is signed in here: lets this worker wipe what was reported as lost. It ends by itself. */
export const carryOutOrders = (worker: WorkerPort): void => worker.postMessage({ t: 'orders' })
