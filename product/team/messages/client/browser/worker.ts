import { client } from '@wardline/platform/contract'
import { backgroundHeader } from '@wardline/product/access/sessions/contract'
import { readBrowser } from '@wardline/product/team/devices/preview'
import { claim, openWipe } from '@wardline/product/team/devices/client'
import { createTeamEngine } from '../engine.ts'
import { followSocket, fetchWithLimit } from '../memory.ts'
import type { TeamPorts } from '../ports.ts'
import { webLock } from './lock.ts'
import type { BetweenTabs, ToPage, ToWorker } from './protocol.ts'
import { openBrowserStore } from './store.ts'
import { openTab } from './tab.ts'
import type { Tab, TabChannel } from './tab.ts'

/** What product code may not take by itself: a clock and timers, given by the application. */
export type WorkerTools = Pick<TeamPorts, 'now' | 'later'>

/**
 * Runs a device's engine in this dedicated worker, for the page that made it. Calls at the server carry the header of requests that no
 * person caused: what a person does is told by `active`.
 */
export function runTeamWorker({ now, later }: WorkerTools): void {
  let tab: Promise<Tab> | null = null
  const call = client(fetchWithLimit, '', () => ({ [backgroundHeader]: '1' }))
  const toPage = (message: ToPage): void => postMessage(message)

  async function begin(person: string): Promise<Tab> {
    const engine = createTeamEngine({
      person,
      call,
      openSocket: (events) => followSocket(new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/v1/live`), events),
      store: await openBrowserStore(storePrefix + person),
      lock: webLock,
      about: { ...readBrowser(navigator.userAgent), storage: 'cache' },
      now,
      later,
    })
    return openTab(engine, channelOf(person), toPage, later)
  }

  addEventListener('message', (event: MessageEvent<ToWorker>) => {
    const message = event.data
    switch (message.t) {
      case 'start':
        tab ??= begin(message.start.person)
        return
      case 'call':
        return void tab?.then((it) => it.call(message))
      case 'close':
        return void (tab ?? Promise.resolve(null)).then((it) => it?.close()).finally(close)
      case 'orders':
        return void carryOutOrders(call, now).finally(close)
    }
  })
}

const storePrefix = 'wardline '

/** For each device that this browser holds: wipes it where it was reported as lost, or has not heard the server for a week. */
async function carryOutOrders(call: TeamPorts['call'], now: () => number): Promise<void> {
  const release = await webLock.acquire(() => undefined)
  try {
    for (const { name = '' } of await indexedDB.databases()) {
      if (!name.startsWith(storePrefix)) continue
      const opened = await openBrowserStore(name)
      const wipe = openWipe({ call, store: await claim(opened), now })
      if (!(await wipe.beforeShowing()) && (await wipe.isOrdered())) await wipe.obey()
      await wipe.settle()
      opened.close()
    }
  } finally {
    release()
  }
}

function channelOf(person: string): TabChannel {
  const channel = new BroadcastChannel(`wl-device ${person}`)
  const it: TabChannel = {
    postMessage: (message: BetweenTabs) => channel.postMessage(message),
    onmessage: null,
    close: () => channel.close(),
  }
  channel.onmessage = (event: MessageEvent<BetweenTabs>) => it.onmessage?.(event)
  return it
}
