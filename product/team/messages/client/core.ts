import { ActiveFrame } from '@wardline/product/access/sessions/contract'
import { openAuthor, openRooms, openSealWatch, signHand } from '@wardline/product/team/conversations/client'
import type { Author, NamedHand, RoomParts, Rooms, SealWatch } from '@wardline/product/team/conversations/client'
import { container, describeDevice } from '@wardline/product/team/devices/contract'
import { Stop, StoreFenced, openKnowledge, openOwnDevice } from '@wardline/product/team/devices/client'
import type { Alarm, DeviceParts, DeviceStore, Knowledge, OwnDevice, Standing, Wipe } from '@wardline/product/team/devices/client'
import { openLostKeys } from '@wardline/product/team/lost-keys/client'
import type { LostKeys } from '@wardline/product/team/lost-keys/client'
import { openAlarms } from './alarm-list.ts'
import { openAtRest } from './at-rest.ts'
import type { AtRest } from './at-rest.ts'
import { openBegun } from './begun.ts'
import type { BegunConversations } from './begun.ts'
import { openCheckpoints } from './checkpoints.ts'
import { openEmitter } from './emitter.ts'
import type { Emitter } from './emitter.ts'
import { openFrames, spread } from './frames.ts'
import { draftKey, openKept } from './kept.ts'
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
  readonly lostKeys: LostKeys
  /** See `LostKeys.drop`; what was held back for their sake is held back no longer. */
  dropNewKeys(except: readonly string[]): Promise<void>
  acceptIdentity(person: string): Promise<void>
  /** See conversations' `signHand`. */
  signHand(it: NamedHand): Promise<string>
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
  /** See `OwnDevice.takeUp`; what does not hold is an alarm, and nothing goes on. */
  readonly takeUp: OwnDevice['takeUp']
  /** Sends a new conversation; kept until the server has answered, and the same bytes when it is asked for again. Throws Stop. */
  readonly begin: BegunConversations['begin']
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
/** After so many looks for a checkpoint, the server is asked what this device may keep. */
const LOOKS = 5
const SYNC_AGAIN = 5_000
const HELLO_AGAIN = 10_000

/** The ports of a core. `mustWipe` or `mustForget` is called once this device is to forget all it has: the core is of no use from then on. */
export type CorePorts = TeamPorts & {
  readonly wipe: Wipe
  readonly mustWipe: () => void
  readonly storage: 'cache' | 'memory'
  /** See TeamState. */
  readonly isUnsaved: () => boolean
  /** Nothing may be kept in this browser, and this core keeps it. */
  readonly mustForget: () => void
  /** The server was not heard for so long that nothing is shown before it is. */
  readonly isLocked: boolean
}

/** Whether something is still to be sent from here. What was refused its writer has been told, and a STAT waits until they have seen to it. */
export const isOwing = (file: OutboxFile): boolean => file.all().some((it) => it.state === 'waiting' || it.flags.priority === 'stat')

/** Reads what is kept and puts the parts together. Nothing is sent before `connect`. */
export async function openCore(ports: CorePorts, store: DeviceStore, hear: (change: TeamChange) => void): Promise<Core> {
  const { call, person, later, storage } = ports
  let mayKeep = true
  let isLocked = ports.isLocked
  let holdsBack: TeamState['holdsBack'] = null
  let isUnsaved = false
  /** On this connection the server has said what this device may keep. */
  let isTold = false
  let status: TeamStatus = 'starting'
  let connection: Connection = 'connecting'
  let asOf: number | null = null
  let offset = 0
  let isTimed = false
  let greeted = false
  let caughtUp = false
  let closed = false
  let pruned = false
  const working = new Set<Promise<void>>()
  const now = (): number => Math.max(0, Math.round(ports.now() + offset))

  // --- alarms and state -------------------------------------------------------------------------------------------------------------

  const alarmList = openAlarms(store, now)
  async function alarm(what: Omit<Alarm, 'id' | 'at'>): Promise<void> {
    if (!(await alarmList.raise(what))) return
    tellState()
    // Everything else is verified from these: nothing goes on until a person has looked.
    if (what.kind === 'root' || what.kind === 'trust') {
      become({ status: 'alarm' })
      greeted = false
      link.drop()
    }
    if (what.conversation !== null) emitter.conversation(what.conversation)
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
      alarms: alarmList.open(),
      waiting: file.all().filter((it) => it.state === 'waiting').length,
      storage,
      mayKeep,
      holdsBack,
      isUnsaved,
    }
  }
  const tellState = (): void => hear({ t: 'state', state: state() })
  function become(next: { status?: TeamStatus; connection?: Connection }): void {
    status = next.status ?? status
    connection = next.connection ?? connection
    tellState()
  }

  // --- the parts --------------------------------------------------------------------------------------------------------------------

  const parts: DeviceParts = {
    call,
    store,
    person,
    now,
    hasServerTime: () => isTimed,
    alarm,
    ...(ports.carried && { carried: ports.carried }),
  }
  const knowledge = openKnowledge(parts)
  const ownDevice = openOwnDevice(parts, knowledge)
  const lostKeys = openLostKeys(parts, knowledge, ownDevice)
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
  const views: Views = openViews({
    person,
    rooms,
    knowledge,
    kept,
    file,
    atRest,
    receipts,
    isSending: (id) => outbox.isSending(id),
    hasDraft: async (conversation) => (await store.get(draftKey(conversation))) !== undefined,
  })
  const emitter: Emitter = openEmitter({ rooms, views, receipts, find: file.find, hear, failed })

  const begun = openBegun({ store, author, file, changed: emitter.outgoing })
  const heard = openFrames({
    person,
    knowledge,
    rooms,
    sealWatch,
    sync,
    outbox,
    receipts,
    emitter,
    later,
    background,
    setClock(at) {
      if (Number.isFinite(at)) {
        offset = at - ports.now()
        isTimed = true
        background(() => ports.wipe.heard(at))
      }
      // Before it is told: else what is fresh would be called as old as the frame before.
      asOf = now()
      tellState()
    },
    caughtUp: () => caughtUp,
    catchUp,
    greet,
    askAgain,
    renewed,
  })
  /** Somebody has another identity: every conversation with them says so. */
  function renewed(who: string): void {
    for (const room of rooms.all()) if (room.info.members.some((it) => it.person === who)) emitter.conversation(room.id)
  }
  /** Whose identity was replaced while this device was away: told before anybody writes to them, not once somebody has. */
  async function hearOfOthers(): Promise<void> {
    const members = rooms.all().flatMap((room) => (room.member ? room.info.members.filter((it) => !it.removed) : []))
    const others = [...new Set(members.map((it) => it.person))].filter((it) => it !== person)
    const before = new Map<string, number>()
    for (const who of others) before.set(who, (await knowledge.kept(who))?.identities.length ?? 0)
    const now = await knowledge.people(others)
    for (const who of others) if ((now.get(who)?.identities.length ?? 0) > (before.get(who) ?? 0)) renewed(who)
  }
  function frame(it: Frame): void {
    heard(it)
    asOf = now()
  }

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
    // Who has been cut off may have been reported as lost.
    if ((standing === 'signed-out' || standing === 'revoked') && (await ports.wipe.isOrdered())) {
      ports.mustWipe()
      return false
    }
    if (standing !== 'offline') await ports.wipe.settle()
    if (greeted) isLocked = false
    if (!(await isAllowed(standing))) {
      greeted = false
      return false
    }
    // Without an answer an enrolled device goes on with what it has, unless it has been without one for too long.
    const next = statusOf[standing] ?? (!ownDevice.own() ? 'starting' : isLocked ? 'locked' : 'ready')
    const away: Connection = link.isOpen() ? 'open' : 'offline'
    const connected: Connection = standing === 'signed-out' ? 'signed-out' : standing === 'offline' ? away : connection
    become({ status: next, connection: connected })
    if (standing === 'offline' || standing === 'alarm')
      later(HELLO_AGAIN, () => background(link.isOpen() ? async () => void (await greet()) : connect))
    // What waited until this device may go on, where the connection was there first.
    if (greeted) outbox.pump()
    return greeted
  }

  /**
   * Says what this device is, or asks what it would be let to be: where nothing may be kept and this browser keeps it, it is forgotten before
   * anything else. False: so it is, or nobody said whether it may be kept.
   */
  async function isAllowed(standing: Standing): Promise<boolean> {
    const id = device()
    const isNew = standing === 'unknown-device' || standing === 'new-person'
    if (!isNew && !(greeted && id !== null && ports.about)) return true
    const told =
      id !== null && ports.about
        ? await call(describeDevice, { params: { device: id }, body: { ...ports.about, storage } })
        : await call(container, {})
    if (!told.ok) {
      if (isNew) later(HELLO_AGAIN, () => background(connect))
      return !isNew
    }
    isTold = true
    mayKeep = told.value.storage === 'cache'
    const before = holdsBack
    holdsBack = storage === 'cache' && !mayKeep ? await whatIsLeft() : null
    if (storage === 'cache' && !mayKeep && holdsBack === null) {
      ports.mustForget()
      return false
    }
    if (holdsBack !== before) tellState()
    await ports.wipe.keepLimits(told.value)
    return true
  }

  /** What would be gone for good, whoever asks for it. */
  async function whatIsLeft(): Promise<TeamState['holdsBack']> {
    const own = ownDevice.own()
    // Keys that were drawn and wait for their day are nowhere else.
    if (own === null) return (await lostKeys.stillWait()) ? 'no-way-back' : null
    if (isOwing(file)) return 'waiting'
    if (own.recoveryKeyKept) return null
    const factors = await ownDevice.factors().catch((thrown: unknown) => {
      if (thrown instanceof Stop) return []
      throw thrown
    })
    return factors.some((it) => it.kind === 'passkey') ? null : 'no-way-back'
  }
  /** Once nothing speaks against it any more, as far as can be told here. */
  function forgetWhenFree(): void {
    const isFree = holdsBack === 'waiting' ? !isOwing(file) : holdsBack === 'no-way-back' && ownDevice.own()?.recoveryKeyKept === true
    if (isFree && link.isOpen()) background(askAgain)
  }

  async function askAgain(): Promise<void> {
    await isAllowed('ready')
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
    if (!isTold) background(askAgain)
    // It came back by itself, so nobody has asked yet whether this device may show anything again.
    if (status === 'locked') background(async () => void (await greet()))
    background(catchUp)
  }

  async function catchUp(): Promise<void> {
    try {
      await rooms.refreshList()
      await begun.finish()
      // By the server's clock, which has been heard by now: one that runs wrong on this device must not cost its messages.
      if (!pruned) await sync.prune(now() - KEPT_FOR)
      pruned = true
      await sync.run()
      caughtUp = true
      receipts.repeat()
      outbox.pump()
      // What a colleague can spoil for ever holds up no messages.
      later(spread(), () => background(() => rooms.lookForRepairs()))
      later(spread(), () => background(hearOfOthers))
      await checkpoints.refresh()
    } catch (thrown) {
      if (thrown instanceof Stop && link.isOpen()) later(SYNC_AGAIN, () => background(catchUp))
      throw thrown
    }
  }

  function lost(signedOut: boolean): void {
    caughtUp = false
    isTold = false
    if (signedOut) greeted = false
    become({ connection: signedOut ? 'signed-out' : 'offline' })
    if (signedOut && !closed) background(connect)
  }

  // --- idle work --------------------------------------------------------------------------------------------------------------------

  let cancelIdle = later(IDLE, idle)
  function idle(): void {
    const due = link.isOpen() && caughtUp && status === 'ready' ? sealWatch.nextDue() : null
    if (due)
      background(async () => {
        await sealWatch.check(due.conversation, due.n)
      })
    forgetWhenFree()
    if (isUnsaved !== ports.isUnsaved()) {
      isUnsaved = ports.isUnsaved()
      tellState()
    }
    if (!closed) cancelIdle = later(IDLE, idle)
  }
  /** A page that stays open without the server is no better than one that is opened. */
  async function lockWhenLate(): Promise<void> {
    if (status !== 'ready' || !(await ports.wipe.isLocked())) return
    isLocked = true
    become({ status: 'locked' })
  }
  let looks = 0
  let cancelCheckpoint = later(CHECKPOINT_EVERY, look)
  function look(): void {
    looks += 1
    if (link.isOpen()) background(checkpoints.refresh)
    else background(lockWhenLate)
    if (link.isOpen() && looks % LOOKS === 0) background(askAgain)
    if (caughtUp && looks % LOOKS === 0) background(rooms.lookForRepairs)
    if (!closed) cancelCheckpoint = later(CHECKPOINT_EVERY, look)
  }

  // --- what is kept -----------------------------------------------------------------------------------------------------------------

  await alarmList.load()
  await knowledge.load()
  await ownDevice.load()
  await rooms.load()
  await file.load()
  await receipts.load()
  await checkpoints.load()
  if (ownDevice.own()) status = isLocked ? 'locked' : 'ready'

  return {
    knowledge,
    ownDevice,
    lostKeys,
    async dropNewKeys(except) {
      await lostKeys.drop(except)
      if (holdsBack !== null && !ownDevice.own()) background(async () => void (await isAllowed('unknown-device')))
    },
    acceptIdentity: async (who) => {
      await knowledge.acceptIdentity(who)
      renewed(who)
    },
    signHand: (it) => signHand(parts, knowledge, ownDevice, it),
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
    async takeUp(before, factor) {
      try {
        return await ownDevice.takeUp(before, factor)
      } catch (thrown) {
        if (thrown instanceof Stop && thrown.code === 'alarm') become({ status: 'alarm' })
        throw thrown
      }
    },
    begin: begun.begin,
    async dismiss(id) {
      await alarmList.dismiss(id)
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
