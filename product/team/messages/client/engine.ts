import { CryptoError, parseRecoveryKey } from '@wardline/crypto'
import type { Factor } from '@wardline/crypto'
import type { GivesOf } from '@wardline/platform/contract'
import { Stop, claim, openWipe, stop } from '@wardline/product/team/devices/client'
import type { CarriedDevices, DeviceStore, Own } from '@wardline/product/team/devices/client'
import { kept, myDevices, nameDevice } from '@wardline/product/team/devices/contract'
import { messagePage } from '@wardline/product/team/messages/contract'
import { encodeBody, tidy } from './body.ts'
import type { Core } from './core.ts'
import { isOwing, openCore } from './core.ts'
import { draftKey } from './kept.ts'
import type { KeptMessage } from './kept.ts'
import type { Passing, TeamPorts } from './ports.ts'
import { MAX_TEXT, teamFailures } from './types.ts'
import type {
  Done,
  MessagePage,
  MessageView,
  NewConversation,
  NewMessage,
  TeamChange,
  TeamEngine,
  TeamFailureCode,
  TeamState,
} from './types.ts'

/** So many devices of visits that came before stay in the list. */
const VISITS = 4
/** Messages a page. */
const PAGE = 50
/** Larger bodies would not fit an envelope once they are padded. */
const MAX_BODY = 65_000

/** What the engine's own words and the server's codes are to a screen. */
const codes: Readonly<Record<string, TeamFailureCode>> = {
  'not-a-device': 'not-ready',
  unavailable: 'unreachable',
  internal: 'unreachable',
  'not-recorded': 'unreachable',
  'stale-epoch': 'overtaken',
  'stale-version': 'overtaken',
  'id-taken': 'refused',
  'cannot-open': 'refused',
}
const codeOf = (code: string): TeamFailureCode =>
  Object.hasOwn(teamFailures, code) ? (code as TeamFailureCode) : (codes[code] ?? 'refused')

/** A typed recovery key; null: it is none, which enrolling says. */
function recoveryBytes(typed: string): Uint8Array | null {
  try {
    return parseRecoveryKey(typed)
  } catch {
    return null
  }
}

/** Where a device's things are: in this browser, carried to a shared workstation, or in memory alone. */
interface Place {
  readonly store: DeviceStore
  readonly carried?: CarriedDevices
  readonly passing?: Passing
  readonly storage: 'cache' | 'memory'
}

async function done<T>(work: () => Promise<T>): Promise<Done<T>> {
  try {
    return { ok: true, value: await work() }
  } catch (thrown) {
    if (thrown instanceof Stop) return { ok: false, code: codeOf(thrown.code) }
    if (thrown instanceof CryptoError) return { ok: false, code: 'refused' }
    throw thrown
  }
}

/**
 * The engine of one person's device. It owns keys, outbox and sender chains, so only one runs on a store at a time: `start` waits for the
 * device's lock.
 */
export function createTeamEngine(ports: TeamPorts): TeamEngine {
  const hearers = new Set<(change: TeamChange) => void>()
  const hear = (change: TeamChange): void => {
    for (const it of hearers) it(change)
  }
  const inMemory = (devices: readonly string[]): Place => {
    const passing = ports.passing?.open(devices) ?? stop('refused')
    return { store: passing.store, carried: passing.devices, passing, storage: 'memory' }
  }
  const { carried } = ports
  const inBrowser: Place = { store: ports.store, ...(carried && { carried }), storage: carried ? 'memory' : 'cache' }
  let place = ports.passing?.begins ? inMemory(ports.passing.devices) : inBrowser
  let core: Core | null = null
  let store: DeviceStore | null = null
  let release: (() => void) | null = null
  /** What this browser was before it was to keep nothing. */
  let forgotten: string | null = null
  let idle: TeamState = {
    status: 'starting',
    connection: 'connecting',
    asOf: null,
    organisation: null,
    person: ports.person,
    device: null,
    recoveryKeyKept: false,
    root: null,
    alarms: [],
    waiting: 0,
    storage: place.storage,
    mayKeep: true,
    holdsBack: null,
    isUnsaved: false,
  }
  const rest = (status: TeamState['status']): void => {
    idle = { ...idle, status, connection: 'offline', storage: place.storage }
    hear({ t: 'state', state: idle })
  }

  const running = (): Core => core ?? stop('not-ready')
  /** An enrolled device that nothing speaks against. */
  function ready(): Core {
    const it = running()
    const status = it.status()
    return status === 'ready' ? it : stop(status === 'alarm' || status === 'revoked' ? status : 'not-ready')
  }

  const roomOf = (it: Core, conversation: string) => it.rooms.find(conversation) ?? stop('not-found')

  async function put(it: Core, conversation: string, message: NewMessage): Promise<MessageView> {
    const text = tidy(message.body.text)
    if (text.trim() === '') stop('empty')
    if (text.length > MAX_TEXT || encodeBody({ kind: 'text', text }).length > MAX_BODY) stop('too-long')
    const before = it.file.find(message.id)
    if (before) return it.views.outgoing(before)
    const device = it.ownDevice.own()?.device.device ?? stop('not-ready')
    const place = await it.kept.placeOf(conversation, device, message.id)
    const kept = place === undefined ? undefined : await it.kept.at(conversation, place)
    if (kept) return it.views.message(kept)
    const made = await it.file.add({
      id: message.id,
      conversation,
      text: await it.atRest.seal(text),
      flags: message.flags,
      at: it.now(),
    })
    it.emitter.outgoing(made)
    hear({ t: 'state', state: it.state() })
    it.outbox.pump(conversation)
    return it.views.outgoing(made)
  }

  async function pageOf(it: Core, conversation: string, before: number): Promise<MessagePage> {
    const room = roomOf(it, conversation)
    let cursor = await it.kept.cursor(conversation)
    let kept = await it.kept.page(conversation, before, PAGE)
    if (kept.length < PAGE && cursor.from > 1 && it.link.isOpen() && room.member) {
      const body = { before: String(Math.min(before, cursor.from)), limit: String(PAGE) }
      const answer = await ports.call(messagePage, { params: { conversation }, body })
      if (answer.ok) {
        await it.sync.deliverAbove(conversation, answer.value.messages)
        if (!answer.value.more) await it.kept.markBeginning(conversation)
      }
      cursor = await it.kept.cursor(conversation)
      kept = await it.kept.page(conversation, before, PAGE)
    }
    const first = kept[0]
    const more = first !== undefined && (kept.length === PAGE || cursor.from > 1) && first.sequence > 1
    const messages = await Promise.all(kept.map((m: KeptMessage) => it.views.message(m)))
    const waiting = before === Number.MAX_SAFE_INTEGER ? await Promise.all(it.file.of(conversation).map((m) => it.views.outgoing(m))) : []
    return { messages: [...messages, ...waiting.filter((w) => !messages.some((m) => m.id === w.id))], before: more ? first.sequence : null }
  }

  async function createConversation(it: Core, wanted: NewConversation): Promise<{ conversation: string }> {
    const { conversation, kind, people, history = 'from-join', first } = wanted
    let where = conversation
    if (!it.rooms.find(conversation)) {
      const others = people.filter((who) => who !== ports.person)
      if (others.length === 0) stop('not-found')
      const rule = kind === 'direct' ? 'from-join' : history
      where = await it.begin(conversation, () => it.author.begin({ conversation, kind, people: others, history: rule }))
    }
    if (first) await put(it, where, first)
    return { conversation: where }
  }

  /** An epoch of its own, unless a message that waits will bring one. Another author at the same moment has done it for us. */
  async function rekey(it: Core, conversation: string): Promise<void> {
    try {
      await it.author.send(conversation, await it.author.next(conversation))
    } catch (thrown) {
      if (!(thrown instanceof Stop)) throw thrown
    }
    await it.rooms.refreshOne(conversation)
  }

  async function addPeople(it: Core, conversation: string, people: readonly string[], history: boolean): Promise<null> {
    const room = roomOf(it, conversation)
    for (const who of people) {
      const newest = room.removals.findLast((r) => r.statement.body.person === who && r.statement.body.conversation === conversation)
      if (newest?.statement.body.removed) await it.author.remove(conversation, who, false)
    }
    await it.author.send(conversation, await it.author.next(conversation, { add: people, history }))
    await it.rooms.refreshOne(conversation)
    return null
  }

  async function removePerson(it: Core, conversation: string, person: string): Promise<null> {
    roomOf(it, conversation)
    await it.author.remove(conversation, person, true)
    if (person === ports.person) await it.rooms.refreshOne(conversation)
    else await rekey(it, conversation)
    return null
  }

  async function opened(ordered: 'wipe' | 'forget' | null = null): Promise<Core> {
    try {
      const from = place
      store = await claim(from.store)
      const claimed = store
      const holds = async (kind: string): Promise<boolean> => (await claimed.list([kind], { oldest: 1 })).length > 0
      const wipe = openWipe({ call: ports.call, store, now: ports.now })
      if (ordered === 'wipe') await wipe.obey()
      // What was drawn at the last moment waits for its day, and is nowhere else.
      else if (ordered === 'forget' && ((await holds('device')) || !(await holds('drawn')))) {
        forgotten = ((await claimed.get(['device'])) as Own | undefined)?.device.device ?? null
        await wipe.forget()
        from.store.close()
        await ports.passing?.clear?.()
        place = inMemory([])
        return await opened()
      } else await wipe.beforeShowing()
      const again = (why: 'wipe' | 'forget') => () => void ports.later(0, () => void startAgain(why).catch(failed))
      const more = {
        wipe,
        mustWipe: again('wipe'),
        mustForget: again('forget'),
        storage: from.storage,
        isLocked: await wipe.isLocked(),
        isUnsaved: () => from.passing?.isUnsaved() ?? false,
      }
      const { carried: _, ...rest } = ports
      return await openCore({ ...rest, ...(from.carried && { carried: from.carried }), ...more }, store, hear)
    } catch (thrown) {
      release?.()
      release = null
      throw thrown
    }
  }

  /** A mistake: until it is mended nothing is shown. */
  function failed(thrown: unknown): void {
    if (ports.failed) return ports.failed(thrown)
    ports.later(0, () => {
      throw thrown
    })
  }

  /** Once nothing writes any more: wipes what is here, or begins anew with what is in the store. */
  async function startAgain(why: 'wipe' | 'forget' | null, connects = true): Promise<Core | null> {
    const before = core
    if (!before) return null
    core = null
    rest('starting')
    await before.close()
    // What was written at the last moment is sent first.
    const made = await opened(why === 'forget' && isOwing(before.file) ? null : why)
    core = made
    hear({ t: 'reset' })
    if (connects) made.background(made.connect)
    return made
  }

  /** On a device that keeps nothing: opens what it left, else it is enrolled as a new one. */
  async function openOrEnrol(kind: Factor['kind'], secret: Uint8Array | null, enrol: (it: Core) => Promise<void>): Promise<null> {
    let it = running()
    const { passing } = place
    const left = secret !== null && !it.ownDevice.own() && passing ? await passing.unlock(kind, secret) : null
    // Not before the factor has shown whose it is; removed meanwhile, it is of no use any more.
    const own = left && (await it.takeUp(left.before, left.factor))
    if (passing && own) {
      await passing.takeUp(own)
      it = (await startAgain(null, false)) ?? stop('not-ready')
      await it.connect()
      return null
    }
    await enrol(it)
    await it.connect()
    if (passing) it.background(() => removeFormer(it))
    return null
  }

  /** What this browser was before leaves the list; what it is now goes on under that name. */
  async function removeFormer(it: Core): Promise<void> {
    const here = it.ownDevice.own()?.device.device
    const answer = await ports.call(myDevices, {})
    if (!answer.ok || here === undefined) return
    const others = answer.value.devices.filter((d) => d.revokedAt === null && d.device !== here)
    const before = others.find((d) => d.device === forgotten)
    if (before) {
      await ports.call(nameDevice, { params: { device: here }, body: { name: before.name } })
      await it.ownDevice.remove(before.device)
    }
    const visits = others.filter((d) => d.storage === 'memory' && d !== before)
    await removeVisits(it, visits)
  }

  /** A browser that forgets even who it was is a new device at each visit: old visits leave the list, and so does what this one was before. */
  async function removeVisits(it: Core, visits: GivesOf<typeof myDevices>['devices']): Promise<void> {
    const old = visits.toSorted((a, b) => b.seenAt - a.seenAt).filter((d, i) => ports.passing?.devices.includes(d.device) || i >= VISITS)
    for (const { device } of old) {
      // One that is carried between shared workstations leaves nothing of this kind, and stays.
      const left = await ports.call(kept, { params: { device } })
      if (left.ok && left.value.sealed !== null) await it.ownDevice.remove(device)
    }
  }

  let drafting: Promise<unknown> = Promise.resolve()

  return {
    async start() {
      release = await ports.lock.acquire(() => rest('other-tab'))
      if (place.passing) await ports.passing?.clear?.()
      const made = await opened()
      core = made
      hear({ t: 'reset' })
      made.background(made.connect)
    },
    async stop() {
      const it = core
      await drafting
      core = null
      await it?.close()
      await place.passing?.settle()
      release?.()
      release = null
      rest('starting')
    },
    state: async () => core?.state() ?? idle,
    subscribe(it) {
      hearers.add(it)
      return () => hearers.delete(it)
    },
    createIdentity: () =>
      done(async () => {
        const it = running()
        const recoveryKey = await it.ownDevice.create()
        await it.connect()
        return { recoveryKey }
      }),
    newRecoveryKey: () => done(async () => ({ recoveryKey: await ready().ownDevice.replaceRecoveryKey() })),
    confirmRecoveryKey: () =>
      done(async () => {
        const it = running()
        await it.ownDevice.keepRecoveryKey()
        hear({ t: 'state', state: it.state() })
        return null
      }),
    enrol: (recoveryKey) => done(() => openOrEnrol('recovery', recoveryBytes(recoveryKey), (it) => it.ownDevice.enrol(recoveryKey))),
    enrolByPasskey: (prf) => done(() => openOrEnrol('passkey', prf, (it) => it.ownDevice.enrolByPasskey(prf))),
    keepHere: (storage) =>
      done(async () => {
        const it = running()
        if (it.ownDevice.own() || carried !== undefined || (storage === 'cache' && !it.state().mayKeep)) stop('refused')
        if (storage === place.storage) return null
        // Keys that wait for their day are nowhere else.
        if ((await it.lostKeys.drawn()).length > 0) stop('refused')
        if (storage === 'memory') await startAgain('forget')
        else {
          place = inBrowser
          await startAgain(null)
        }
        return null
      }),
    addPasskey: (passkey, prf) => done(async () => (await ready().ownDevice.addPasskey(passkey, prf), null)),
    removePasskey: (passkey) => done(async () => (await ready().ownDevice.removePasskey(passkey), null)),
    unlockFactors: () => done(() => ready().ownDevice.factors()),
    removeDevice: (device) => done(async () => (await ready().ownDevice.remove(device), null)),
    drawNewKeys: () =>
      done(async () => {
        const it = running()
        const { status, storage, mayKeep } = it.state()
        if (status !== 'needs-recovery-key' && status !== 'revoked') stop('not-ready')
        // Where nothing is kept, the keys would be gone long before their day.
        return storage === 'memory' || !mayKeep ? stop('not-here') : it.lostKeys.draw()
      }),
    drawnKeys: () => done(() => running().lostKeys.drawn()),
    dropNewKeys: (except) => done(async () => (await running().dropNewKeys(except), null)),
    useNewKeys: (request, identityKey) =>
      done(async () => {
        const it = running()
        try {
          await it.lostKeys.use(request, identityKey)
        } catch (thrown) {
          // It may have arrived, now or before, without its answer: the server says whether this device is one.
          await it.connect()
          if (!it.ownDevice.own()) throw thrown
          return null
        }
        await it.connect()
        return null
      }),
    knownAs: (person) => done(async () => ({ employee: await ready().lostKeys.knownAs(person) })),
    signNewIdentity: (asked) => done(async () => ({ statement: await ready().lostKeys.sign(asked) })),
    signHand: (asked) => done(async () => ({ statement: await ready().signHand(asked) })),
    acceptIdentity: (person) => done(async () => (await ready().acceptIdentity(person), null)),
    safetyNumber: (person) => done(async () => ({ digits: await running().ownDevice.safetyNumberWith(person) })),
    async conversations() {
      const it = core
      if (!it || it.status() === 'locked') return []
      const views = await Promise.all(it.rooms.all().map((room) => it.views.conversation(room)))
      return views.toSorted((a, b) => (b.newest?.at ?? b.createdAt) - (a.newest?.at ?? a.createdAt))
    },
    messages: (conversation, before) =>
      done(() => {
        const it = running()
        return it.status() === 'locked' ? stop('not-ready') : pageOf(it, conversation, before ?? Number.MAX_SAFE_INTEGER)
      }),
    async receipts(conversation) {
      const it = core
      return it?.rooms.find(conversation) ? it.receipts.read(conversation) : []
    },
    createConversation: (wanted) => done(() => createConversation(ready(), wanted)),
    send: (conversation, message) =>
      done(async () => {
        const it = ready()
        if (!roomOf(it, conversation).member) stop('not-found')
        return put(it, conversation, message)
      }),
    retry: (id) =>
      done(async () => {
        const it = ready()
        const sent = it.file.find(id) ?? stop('not-found')
        if (sent.state !== 'not-sent') return null
        const order = Math.max(...it.file.all().map((o) => o.order)) + 1
        it.emitter.outgoing(await it.file.change(sent, { order, state: 'waiting', code: null, sealed: null, epoch: null }))
        it.outbox.pump(sent.conversation)
        return null
      }),
    discard: (id) =>
      done(async () => {
        const it = running()
        const sent = it.file.find(id) ?? stop('not-found')
        if (sent.state !== 'not-sent') stop('refused')
        await it.file.remove(sent)
        hear({ t: 'message-gone', conversation: sent.conversation, id })
        it.emitter.conversation(sent.conversation)
        return null
      }),
    async markShown(conversation, sequence) {
      const it = core
      // What waits for a key is on the screen and cannot be read.
      const last = it?.rooms.find(conversation) ? await it.sync.readable(conversation) : 0
      if (it && last > 0) await it.receipts.markShown(conversation, Math.min(sequence, last))
    },
    addPeople: (conversation, people, history) => done(() => addPeople(ready(), conversation, people, history)),
    removePerson: (conversation, person) => done(() => removePerson(ready(), conversation, person)),
    async draft(conversation) {
      const sealed = (await store?.get(draftKey(conversation))) as Parameters<Core['atRest']['open']>[0] | undefined
      return sealed && core ? core.atRest.open(sealed) : ''
    },
    async saveDraft(conversation, text) {
      const it = core
      if (!it) return
      const key = draftKey(conversation)
      const saved = (async () => {
        const before = await store?.get(key)
        await store?.write(text === '' ? { remove: [key] } : { put: [[key, await it.atRest.seal(text)]] })
        // Only that there is one stands in the list.
        if ((before === undefined) !== (text === '')) it.emitter.conversation(conversation)
      })()
      drafting = Promise.allSettled([drafting, saved])
      await saved
    },
    dismissAlarm: async (id) => core?.dismiss(id),
    active: async () => core?.active(),
    reconnect: async () => core?.background(core.connect),
    async signOut() {
      const it = core
      core = null
      await it?.close()
      await store?.write({ removeUnder: [[]] })
      release?.()
      release = null
      rest('starting')
      hear({ t: 'reset' })
    },
  }
}
