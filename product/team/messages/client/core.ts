import type { Static } from '@wardline/platform/contract'
import { ActiveFrame } from '@wardline/product/access/sessions/contract'
import { openAuthor, openRooms, openSealWatch } from '@wardline/product/team/conversations/client'
import type { Author, Begun, RoomParts, Rooms, SealWatch } from '@wardline/product/team/conversations/client'
import { Stop, StoreFenced, openKnowledge, openOwnDevice } from '@wardline/product/team/devices/client'
import type { Alarm, DeviceParts, DeviceStore, Knowledge, OwnDevice, Standing } from '@wardline/product/team/devices/client'
import type { DisputeFrame, EpochFrame, RemovedFrame, SealFrame } from '@wardline/product/team/conversations/contract'
import type { StatementsFrame } from '@wardline/product/team/devices/contract'
import type { BeatFrame, MessageFrame, ReceiptMovedFrame, RestFrame } from '@wardline/product/team/messages/contract'
import { openAtRest } from './at-rest.ts'
import type { AtRest } from './at-rest.ts'
import { openCheckpoints } from './checkpoints.ts'
import { openEmitter } from './emitter.ts'
import type { Emitter } from './emitter.ts'
import { openKept } from './kept.ts'
import type { Kept } from './kept.ts'
import { openLink } from './link.ts'
import type { Frame, Link } from './link.ts'
import { openOutbox } from './outbox.ts'
import type { Outbox } from './outbox.ts'
import { openOutboxFile } from './outgoing.ts'
import type { OutboxFile } from './outgoing.ts'
import type { TeamPorts } from './ports.ts'
import { openReceipts } from './receipts.ts'
import type { Receipts } from './receipts.ts'
import { openReceiver } from './receive.ts'
import { openSync } from './sync.ts'
import type { Sync } from './sync.ts'
import type { Connection, TeamChange, TeamState, TeamStatus } from './types.ts'
import { openViews } from './views.ts'
import type { Views } from './views.ts'

/** The parts of a running engine, put together. */
export interface Core {
  readonly knowledge: Knowledge
  readonly ownDevice: OwnDevice
  readonly rooms: Rooms
  readonly author: Author
  readonly kept: Kept
  readonly file: OutboxFile
  readonly outbox: Outbox
  readonly atRest: AtRest
  readonly receipts: Receipts
  readonly views: Views
  readonly sync: Sync
  readonly emitter: Emitter
  readonly link: Link
  /** The server's clock as far as this device knows it, ms. */
  now(): number
  status(): TeamStatus
  state(): TeamState
  /** Asks the server where this device stands, and connects where it can. */
  connect(): Promise<void>
  /** Sends a new conversation; kept until the server has answered, and the same bytes when it is asked for again. Throws Stop. */
  begin(conversation: string, make: () => Promise<Begun>): Promise<string>
  dismiss(alarm: string): Promise<void>
  active(): void
  /** Work in the background: what fails because there is no connection comes again by itself. */
  background(work: () => Promise<void>): void
  /** Ends everything; resolves after the last write. */
  close(): Promise<void>
}

const DAY = 24 * 60 * 60 * 1000
/** How long messages are kept on a device. */
const KEPT_FOR = 30 * DAY
const IDLE = 2_000
const CHECKPOINT_EVERY = 60_000
const SYNC_AGAIN = 5_000
const HELLO_AGAIN = 10_000
const REPAIR_WITHIN = 2_000

type KeptAlarm = Alarm & { readonly dismissed: boolean }

/** Reads what is kept and puts the parts together. Nothing is sent before `connect`. */
export async function openCore(ports: TeamPorts, store: DeviceStore, hear: (change: TeamChange) => void): Promise<Core> {
  const { call, person, later } = ports
  let status: TeamStatus = 'starting'
  let connection: Connection = 'connecting'
  let asOf: number | null = null
  let offset = 0
  let greeted = false
  let caughtUp = false
  let closed = false
  const alarms = new Map<string, KeptAlarm>()
  const working = new Set<Promise<void>>()
  const now = (): number => Math.max(0, Math.round(ports.now() + offset))

  // --- alarms and state -------------------------------------------------------------------------------------------------------------

  async function alarm(what: Omit<Alarm, 'id' | 'at'>): Promise<void> {
    const { kind, person: about, by, conversation, epoch, device, code } = what
    const id = [kind, about, by, conversation, epoch, device, code].map((it) => it ?? '').join('|')
    if (alarms.has(id)) return
    const made: KeptAlarm = { ...what, id, at: now(), dismissed: false }
    alarms.set(id, made)
    await store.write({ put: [[['alarm', id], made]] })
    tellState()
    // Everything else is verified from these: nothing goes on until a person has looked.
    if (kind === 'root' || kind === 'trust') {
      become({ status: 'alarm' })
      greeted = false
      link.drop()
    }
    if (conversation !== null) emitter.conversation(conversation)
  }

  const state = (): TeamState => {
    const own = ownDevice.own()
    return {
      status,
      connection,
      asOf,
      organisation: own?.organisation ?? knowledge.organisation(),
      person,
      device: own?.device.device ?? null,
      recoveryKeyKept: own?.recoveryKeyKept ?? false,
      root: knowledge.root(),
      alarms: [...alarms.values()].filter((it) => !it.dismissed).map(({ dismissed: _, ...it }) => it),
      waiting: file.all().filter((it) => it.state === 'waiting').length,
    }
  }
  const tellState = (): void => hear({ t: 'state', state: state() })
  function become(next: { status?: TeamStatus; connection?: Connection }): void {
    status = next.status ?? status
    connection = next.connection ?? connection
    tellState()
  }

  // --- the parts --------------------------------------------------------------------------------------------------------------------

  const parts: DeviceParts = { call, store, person, now, alarm }
  const knowledge = openKnowledge(parts)
  const ownDevice = openOwnDevice(parts, knowledge)
  const device = (): string | null => ownDevice.own()?.device.device ?? null
  const kept = openKept(store)
  const roomParts: RoomParts = {
    ...parts,
    knowledge,
    ownDevice,
    headsOf: kept.heads,
    changed(conversation, epoch) {
      emitter.conversation(conversation)
      if (epoch !== undefined) background(() => sync.reopened(conversation, epoch))
    },
  }
  const rooms: Rooms = openRooms(roomParts)
  const author = openAuthor(roomParts, rooms)
  const sealWatch: SealWatch = openSealWatch(roomParts, rooms)
  const checkpoints = openCheckpoints(parts)
  const file = openOutboxFile(store)
  const atRest = await openAtRest(store)
  const link: Link = openLink(ports, { opened, frame, closed: lost })
  const receipts: Receipts = openReceipts({
    ...parts,
    rooms,
    kept,
    later,
    report(frame) {
      if (link.isOpen()) link.send(frame)
      return link.isOpen()
    },
    changed: (conversation) => emitter.conversation(conversation),
  })
  const receiver = openReceiver({ ...parts, rooms, knowledge, kept, device, sawCheckpoint: checkpoints.saw })
  const sync: Sync = openSync({
    rooms,
    kept,
    receiver,
    file,
    link,
    views: () => views,
    receipts: () => receipts,
    emitter: () => emitter,
    device,
    signInAgain: greet,
  })
  const outbox: Outbox = openOutbox({
    file,
    kept,
    rooms,
    author,
    sealWatch,
    ownDevice,
    atRest,
    link,
    later,
    ready: () => status === 'ready' && link.isOpen() && caughtUp,
    checkpoint: checkpoints.newest,
    keep: (served) => sync.deliver(served.conversation, [served], false),
    sync: () => sync.run(),
    signInAgain: greet,
    cutOff: (conversation) => alarm({ kind: 'cut', person, by: null, conversation, epoch: null, device: device(), code: 'own-chain' }),
    revoked: () => become({ status: 'revoked' }),
    changed(it) {
      emitter.outgoing(it)
      tellState()
    },
    failed,
  })
  const views: Views = openViews({ person, rooms, knowledge, kept, file, atRest, receipts, isSending: (id) => outbox.isSending(id) })
  const emitter: Emitter = openEmitter({ rooms, views, receipts, find: file.find, hear, failed })

  function failed(thrown: unknown): void {
    if (closed || thrown instanceof Stop) return
    // Another writer has the store: this one must not touch the sender chain again.
    if (thrown instanceof StoreFenced) {
      closed = true
      link.drop()
      return become({ status: 'other-tab', connection: 'offline' })
    }
    if (ports.failed) return ports.failed(thrown)
    later(0, () => {
      throw thrown
    })
  }
  function background(work: () => Promise<void>): void {
    const done = work()
      .catch(failed)
      .finally(() => working.delete(done))
    working.add(done)
  }

  // --- the connection ---------------------------------------------------------------------------------------------------------------

  const statusOf: Readonly<Record<Standing, TeamStatus | null>> = {
    'new-person': 'needs-new-person',
    'unknown-device': 'needs-recovery-key',
    ready: 'ready',
    revoked: 'revoked',
    alarm: 'alarm',
    offline: null,
    'signed-out': null,
  }

  /** Binds the session to this device again; true: it may go on. */
  async function greet(): Promise<boolean> {
    const standing = await ownDevice.connect()
    greeted = standing === 'ready'
    // Without an answer an enrolled device goes on with what it has.
    const next = statusOf[standing] ?? (ownDevice.own() ? 'ready' : 'starting')
    const connected: Connection = standing === 'signed-out' ? 'signed-out' : standing === 'offline' ? 'offline' : connection
    become({ status: next, connection: connected })
    if (standing === 'offline' || standing === 'alarm') later(HELLO_AGAIN, () => background(connect))
    return greeted
  }

  async function connect(): Promise<void> {
    if (closed || link.isOpen()) return
    if (!greeted && !(await greet())) return link.drop()
    if (connection === 'signed-out' || connection === 'offline') become({ connection: 'connecting' })
    link.want()
  }

  function opened(): void {
    connection = 'open'
    knowledge.reconnected()
    tellState()
    background(catchUp)
  }

  async function catchUp(): Promise<void> {
    try {
      await rooms.refreshList()
      await finishBegun()
      await sync.run()
      caughtUp = true
      receipts.repeat()
      outbox.pump()
      await checkpoints.refresh()
    } catch (thrown) {
      if (thrown instanceof Stop && link.isOpen()) later(SYNC_AGAIN, () => background(catchUp))
      throw thrown
    }
  }

  function lost(signedOut: boolean): void {
    caughtUp = false
    if (signedOut) greeted = false
    become({ connection: signedOut ? 'signed-out' : 'offline' })
    if (signedOut && !closed) background(connect)
  }

  function frame(it: Frame): void {
    asOf = Math.round(ports.now())
    switch (it.t) {
      case 'open':
        return setClock(it)
      case 'beat':
        setClock(it)
        tellState()
        return background(() => heardBeat(it as unknown as Static<typeof BeatFrame>))
      case 'message':
        return background(() => heardMessage(it as unknown as Static<typeof MessageFrame>))
      case 'rest':
        return sync.rest(it as unknown as Static<typeof RestFrame>)
      case 'conversation':
        return background(() => rooms.refreshOne(String(it.conversation)))
      case 'epoch':
        return background(() => heardEpoch(it as unknown as Static<typeof EpochFrame>))
      case 'removed':
        return background(() => heardRemoved(it as unknown as Static<typeof RemovedFrame>))
      case 'seal':
        return heardSeal(it as unknown as Static<typeof SealFrame>)
      case 'dispute':
        return background(() => heardDispute(it as unknown as Static<typeof DisputeFrame>))
      case 'receipt':
        return heardReceipt(it as unknown as Static<typeof ReceiptMovedFrame>)
      case 'statements':
        return heardStatements(it as unknown as Static<typeof StatementsFrame>)
    }
  }

  function setClock(it: Frame): void {
    if (typeof it.at === 'number') offset = it.at - ports.now()
  }
  async function heardBeat(it: Static<typeof BeatFrame>): Promise<void> {
    if (caughtUp && (await sync.differs(it))) await catchUp()
  }
  async function heardMessage({ t: _, ...message }: Static<typeof MessageFrame>): Promise<void> {
    if (!(await sync.deliver(message.conversation, [message], false))) await sync.run()
  }
  async function heardEpoch({ conversation, n, hash }: Static<typeof EpochFrame>): Promise<void> {
    const room = rooms.find(conversation)
    if (!room) return rooms.refreshOne(conversation)
    rooms.note(conversation, { epoch: { n, hash }, rekey: null })
    if (room.epochs.length < n) await rooms.catchUp(conversation)
    await rooms.refreshOne(conversation)
    outbox.pump(conversation)
  }
  async function heardRemoved({ conversation, person: who }: Static<typeof RemovedFrame>): Promise<void> {
    await rooms.refreshOne(conversation)
    if (who !== person) await rooms.catchUp(conversation)
  }
  function heardSeal({ conversation, n, person: who, missing }: Static<typeof SealFrame>): void {
    rooms.heardSeal(conversation, n, who, missing)
    if (!missing && who === person) return background(() => rooms.rereadSeals(conversation, n))
    if (!missing || who === person) return
    // Any member may repair; they do not all do it at one moment.
    const [spread = 0] = crypto.getRandomValues(new Uint16Array(1))
    later((spread / 65_536) * REPAIR_WITHIN, () => background(() => sealWatch.repair(conversation, n, who)))
  }
  async function heardDispute(it: Static<typeof DisputeFrame>): Promise<void> {
    await rooms.rereadSeals(it.conversation, it.n)
    await rooms.heardDispute(it)
    await sealWatch.check(it.conversation, it.n)
  }
  function heardReceipt(it: Static<typeof ReceiptMovedFrame>): void {
    receipts.heard(it)
    emitter.receipts(it.conversation)
    if (it.person === person) emitter.conversation(it.conversation)
  }
  function heardStatements({ person: who, position }: Static<typeof StatementsFrame>): void {
    knowledge.heard(who, position)
    if (who !== person) return
    background(async () => {
      await greet()
      for (const room of rooms.all()) await rooms.reopen(room.id)
    })
  }

  // --- conversations that the server does not have yet ------------------------------------------------------------------------------

  async function sendBegun(it: Begun): Promise<string> {
    try {
      const { info } = await author.sendBegun(it)
      await store.write({ remove: [['begun', it.conversation]] })
      for (const entry of file.of(it.conversation)) await file.change(entry, { conversation: info.conversation })
      return info.conversation
    } catch (thrown) {
      // Refused for good: nothing of it was stored, and the person who asks again gets a new one.
      const lasting =
        thrown instanceof Stop && !['unreachable', 'signed-out', 'unavailable', 'internal', 'too-many', 'disk-full'].includes(thrown.code)
      if (lasting) await store.write({ remove: [['begun', it.conversation]] })
      throw thrown
    }
  }
  async function finishBegun(): Promise<void> {
    for (const { value } of await store.list(['begun'])) {
      const it = value as Begun
      try {
        await sendBegun(it)
      } catch (thrown) {
        if (!(thrown instanceof Stop)) throw thrown
        for (const entry of file.of(it.conversation))
          if (thrown.code !== 'unreachable') emitter.outgoing(await file.change(entry, { state: 'not-sent', code: 'bad-epoch' }))
      }
    }
  }

  // --- idle work --------------------------------------------------------------------------------------------------------------------

  let cancelIdle = later(IDLE, idle)
  function idle(): void {
    const due = link.isOpen() && caughtUp && status === 'ready' ? sealWatch.nextDue() : null
    if (due)
      background(async () => {
        await sealWatch.check(due.conversation, due.n)
      })
    if (!closed) cancelIdle = later(IDLE, idle)
  }
  let cancelCheckpoint = later(CHECKPOINT_EVERY, look)
  function look(): void {
    if (link.isOpen()) background(checkpoints.refresh)
    if (!closed) cancelCheckpoint = later(CHECKPOINT_EVERY, look)
  }

  // --- what is kept -----------------------------------------------------------------------------------------------------------------

  await knowledge.load()
  await ownDevice.load()
  await rooms.load()
  await file.load()
  await receipts.load()
  await checkpoints.load()
  for (const { value } of await store.list(['alarm'])) alarms.set((value as KeptAlarm).id, value as KeptAlarm)
  for (const room of rooms.all()) await kept.prune(room.id, ports.now() - KEPT_FOR)
  if (ownDevice.own()) status = 'ready'

  return {
    knowledge,
    ownDevice,
    rooms,
    author,
    kept,
    file,
    outbox,
    atRest,
    receipts,
    views,
    sync,
    emitter,
    link,
    now,
    status: () => status,
    state,
    async connect() {
      greeted = false
      await connect()
    },
    async begin(conversation, make) {
      const before = (await store.get(['begun', conversation])) as Begun | undefined
      const it = before ?? (await make())
      if (!before) await store.write({ put: [[['begun', conversation], it]] })
      return sendBegun(it)
    },
    async dismiss(id) {
      const it = alarms.get(id)
      if (!it) return
      const next = { ...it, dismissed: true }
      alarms.set(id, next)
      await store.write({ put: [[['alarm', id], next]] })
      tellState()
    },
    active: () => link.send({ t: ActiveFrame.properties.t.const }),
    background,
    async close() {
      cancelIdle()
      cancelCheckpoint()
      link.drop()
      closed = true
      await outbox.idle()
      while (working.size > 0) await Promise.all(working)
      await emitter.settled()
    },
  }
}
