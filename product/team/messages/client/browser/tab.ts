import type { TeamChange, TeamEngine } from '../types.ts'
import type { BetweenTabs, CallMessage, ToPage } from './protocol.ts'
import { teamCalls } from './protocol.ts'

/** Where messages between tabs go: a BroadcastChannel. */
export interface TabChannel {
  postMessage(message: BetweenTabs): void
  onmessage: ((event: { readonly data: BetweenTabs }) => unknown) | null
  close(): void
}

/** One tab's share of a device. */
export interface Tab {
  call(call: CallMessage): void
  close(): Promise<void>
}

/** A leading tab that does not answer for so long is shown as such, ms. */
const SILENT = 5_000

/**
 * Ties a page to the device's engine. The tab that holds the device's lock runs it; the others hand their calls to that one and hear its
 * changes. When it goes, the lock passes to the next tab, which takes the store as it was left, and unanswered calls are made again there:
 * they carry ids of their own, so twice is once.
 */
export function openTab(
  engine: TeamEngine,
  channel: TabChannel,
  toPage: (message: ToPage) => void,
  later: (ms: number, run: () => void) => () => void,
): Tab {
  let leads = false
  let closed = false
  const waiting = new Map<string, CallMessage>()

  const tell = (change: TeamChange): void => toPage({ t: 'change', change })

  async function run(call: CallMessage, answer: (message: ToPage & BetweenTabs) => void): Promise<void> {
    const { id, name, args } = call
    try {
      if (!Object.hasOwn(teamCalls, name)) throw new TypeError('no such call')
      const value = await (engine[name] as (...all: readonly unknown[]) => Promise<unknown>)(...args)
      answer({ t: 'answer', id, value })
    } catch (thrown) {
      answer({ t: 'failed', id })
      throw thrown
    }
  }
  const surely = (work: Promise<void>): void => {
    work.catch((thrown: unknown) => {
      later(0, () => {
        throw thrown
      })
    })
  }

  function handOver(call: CallMessage): void {
    waiting.set(call.id, call)
    channel.postMessage(call)
    later(SILENT, () => {
      if (waiting.has(call.id) && !leads) surely(showOtherTab())
    })
  }
  async function showOtherTab(): Promise<void> {
    tell({ t: 'state', state: { ...(await engine.state()), status: 'other-tab' } })
  }

  engine.subscribe((change) => {
    tell(change)
    if (leads) channel.postMessage({ t: 'change', change })
  })

  channel.onmessage = ({ data }) => {
    switch (data.t) {
      case 'call':
        if (leads) surely(run(data, (message) => channel.postMessage(message)))
        return
      case 'answer':
      case 'failed':
        if (waiting.delete(data.id)) toPage(data)
        return
      case 'change':
        if (!leads) toPage(data)
        return
      case 'leader':
        for (const call of waiting.values()) channel.postMessage(call)
        return tell({ t: 'reset' })
    }
  }

  async function lead(): Promise<void> {
    await engine.start()
    if (closed) return engine.stop()
    leads = true
    channel.postMessage({ t: 'leader' })
    const left = [...waiting.values()]
    waiting.clear()
    for (const call of left) surely(run(call, toPage))
  }
  surely(lead())

  return {
    call: (call) => (leads ? surely(run(call, toPage)) : handOver(call)),
    async close() {
      closed = true
      if (leads) await engine.stop()
      channel.close()
    },
  }
}
