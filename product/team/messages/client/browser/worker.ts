import { client } from '@wardline/platform/contract'
import { backgroundHeader } from '@wardline/product/access/sessions/contract'
import { container } from '@wardline/product/team/devices/contract'
import { readBrowser } from '@wardline/product/team/devices/preview'
import { claim, holdsDevice, isEmptied, openWipe } from '@wardline/product/team/devices/client'
import type { DeviceStore } from '@wardline/product/team/devices/client'
import {
  dropOwed,
  identityHere,
  keepOwed,
  newStationKey,
  owedOf,
  pinIdentity,
  stationKey,
} from '@wardline/product/access/workstations/client'
import type { Owed } from '@wardline/product/access/workstations/client'
import { openCarriedStore } from '../carried.ts'
import type { Carried } from '../carried.ts'
import { createTeamEngine } from '../engine.ts'
import { followSocket, fetchWithLimit } from '../memory.ts'
import { openPassing } from '../passing.ts'
import type { TeamPorts } from '../ports.ts'
import type { PageStart } from '../types.ts'
import { webLock } from './lock.ts'
import type { BetweenTabs, ToPage, ToWorker } from './protocol.ts'
import { deleteBrowserStore, openBrowserStore } from './store.ts'
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

  let carried: Carried | null = null

  async function begin({ person, station, passed = [] }: PageStart): Promise<Tab> {
    carried = station ? await carriedHere(person, station) : null
    const begins = !station && !(await isKept(person)) && (passed.length > 0 || (await mayKeepNothing(call)))
    const engine = createTeamEngine({
      person,
      call,
      openSocket: (events) => followSocket(new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/v1/live`), events),
      store: carried?.store ?? lazily(() => openBrowserStore(storePrefix + person)),
      lock: webLock,
      about: readBrowser(navigator.userAgent),
      ...(carried
        ? { carried: carried.devices }
        : {
            passing: {
              begins,
              devices: passed,
              open: (devices: readonly string[]) => openPassing({ call, later, person, devices }),
              clear: () => clear(storePrefix + person, call, now),
            },
          }),
      now,
      later,
    })
    return openTab(engine, channelOf(person), toPage, later)
  }

  /** At a shared workstation: in memory, and sealed between one workstation and the next. */
  async function carriedHere(person: string, { organisation, renew }: NonNullable<PageStart['station']>): Promise<Carried> {
    const owed = { get: () => owedOf(person), put: (it: Owed) => keepOwed(person, it), drop: () => dropOwed(person) }
    // A workstation that lost its key has nothing sealed to it: one for this moment opens nothing, and is sealed to by nobody.
    const station = (await stationKey()) ?? (await newStationKey())
    const pin = { get: () => identityHere(person), put: (key: Uint8Array<ArrayBuffer>) => pinIdentity(person, key) }
    return openCarriedStore({ call, later, organisation, person, renew, station, owed, pin })
  }

  /** Everything is written, here or at the server, before the page hears that this is over. */
  async function end(): Promise<void> {
    try {
      await (await tab)?.close()
      await carried?.settle()
    } finally {
      toPage({ t: 'closed' })
      close()
    }
  }

  addEventListener('message', (event: MessageEvent<ToWorker>) => {
    const message = event.data
    switch (message.t) {
      case 'start':
        tab ??= begin(message.start)
        return
      case 'call':
        return void tab?.then((it) => it.call(message))
      case 'close':
        return void end()
      case 'orders':
        return void carryOutOrders(call, now).finally(close)
    }
  })
}

const storePrefix = 'wardline '

/** Asked without opening it: that alone would make one. */
const isThere = async (name: string): Promise<boolean> => (await indexedDB.databases()).some((it) => it.name === name)

/** Whether this browser keeps a device of this person. */
async function isKept(person: string): Promise<boolean> {
  const name = storePrefix + person
  if (!(await isThere(name))) return false
  const store = await openBrowserStore(name)
  // Another window may be deleting it at this moment.
  const holds = await holdsDevice(store).catch(() => isThere(name))
  store.close()
  return holds
}

/** A store that holds nothing any more goes as a whole: its name alone says who was here. One that owes the server receipts stays until it has them. */
async function clear(name: string, call: TeamPorts['call'], now: () => number): Promise<void> {
  if (!(await isThere(name))) return
  const opened = await openBrowserStore(name)
  await openWipe({ call, store: await claim(opened), now }).settle()
  const isOver = await isEmptied(opened)
  opened.close()
  if (isOver) await deleteBrowserStore(name)
}

/** Where nothing may be kept, not even a name is: what a new browser may keep is asked before there is a store. */
async function mayKeepNothing(call: TeamPorts['call']): Promise<boolean> {
  const told = await call(container, {})
  return told.ok && told.value.storage === 'memory'
}

/** The store, opened at its first use: where nothing is kept there is no database either. */
function lazily(open: () => Promise<DeviceStore>): DeviceStore {
  let opened: Promise<DeviceStore> | null = null
  const it = (): Promise<DeviceStore> => (opened ??= open())
  return {
    get: async (key) => (await it()).get(key),
    list: async (under, range) => (await it()).list(under, range),
    write: async (batch) => (await it()).write(batch),
    close() {
      void opened?.then((store) => store.close())
      opened = null
    },
  }
}

/** For each device that this browser holds: wipes it where it was reported as lost, or has not heard the server for a week. */
async function carryOutOrders(call: TeamPorts['call'], now: () => number): Promise<void> {
  const release = await webLock.acquire(() => undefined)
  try {
    for (const { name = '' } of await indexedDB.databases()) {
      if (!name.startsWith(storePrefix)) continue
      const opened = await openBrowserStore(name)
      const wipe = openWipe({ call, store: await claim(opened), now })
      if (!(await wipe.beforeShowing()) && (await wipe.isOrdered())) await wipe.obey()
      opened.close()
      await clear(name, call, now)
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
