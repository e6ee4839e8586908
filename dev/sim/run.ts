import { encodeStatement, keyIdOf, newUuid, toBase64url, toHex } from '@wardline/crypto'
import { routine } from '@wardline/product/team/messages/client'
import type { MemoryStore, MessageView } from '@wardline/product/team/messages/client'
import { openClock } from './clock.ts'
import type { Clock } from './clock.ts'
import { signIn, startDevice } from './device.ts'
import type { Device, Place } from './device.ts'
import { dice } from './dice.ts'
import type { Dice } from './dice.ts'
import { foundState, nextPeriod, settleStaff } from './founding.ts'
import type { Founded, Period } from './founding.ts'
import { calm, openNetwork } from './network.ts'
import type { Faults } from './network.ts'
import { reseed, rest } from './sealed-world.ts'
import { openServer } from './server.ts'
import type { Frame, Server } from './server.ts'
import { newestOf, roomsOf } from './state.ts'
import type { Room, State } from './state.ts'
import { simStore } from './store.ts'
import { judge } from './verdict.ts'
import type { Thief, Written, Zombie } from './verdict.ts'
import { openWitness } from './witness.ts'
import type { Oracle, Witness } from './witness.ts'

/** What came of a seed. */
export interface SeedReport {
  readonly seed: number
  readonly trace: string
  readonly failures: readonly { readonly oracle: Oracle; readonly why: string }[]
  readonly stored: number
  readonly epochs: number
}

const START = 1_772_438_400_000
const BEAT = 10_000
const HOUR = 3_600_000

/** A person's device over all its lives. */
interface Seat {
  readonly name: string
  readonly person: string
  readonly ahead: number
  device: Device
  backup: { readonly store: MemoryStore; readonly wrote: number } | null
  /** Something that its person does is under way. */
  busy: boolean
  /** Cut off, and in the hands of somebody else. */
  stolen: boolean
  /** When its program is started again; null: it runs. */
  due: number | null
}

interface World extends Place {
  readonly server: Server
  readonly witness: Witness
  readonly dice: Dice
  readonly background: (work: Promise<unknown>) => void
  readonly seats: Seat[]
  readonly zombies: Zombie[]
  readonly thieves: Thief[]
  readonly stores: { readonly person: string; readonly store: MemoryStore }[]
  readonly written: Written[]
  readonly periods: Period[]
  readonly recovery: ReadonlyMap<string, string>
  damaging: boolean
  isMended: boolean
}

const newestKeyOf = (state: State) => (person: string) => {
  const { userKey } = newestOf(state.people.get(person))
  return userKey ? toHex(keyIdOf(userKey.body)) : ''
}

/** Founds what every seed begins with. */
export async function found(): Promise<Founded> {
  reseed(0)
  const clock = openClock(START, rest)
  const made = await foundState(START)
  const world = openWorld(clock, made.state, 0, () => undefined)
  world.network.faults = calm
  const staff = await settleStaff(world, clock)
  made.state.sessions.clear()
  return { ...made, ...staff, at: clock.now() }
}

function openWorld(clock: Clock, state: State, seed: number, say: ((line: string) => void) | undefined): World {
  const witness = openWitness(clock, state, newestKeyOf(state), say)
  const background = (work: Promise<unknown>): void => {
    work.catch((thrown: unknown) => witness.broken('crash', thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)))
  }
  const damage = dice(seed, 'damage')
  const seats: Seat[] = []
  const server = openServer(
    state,
    clock.now,
    { stored: witness.stored, marked: (_, __, before, after) => witness.marked(before, after) },
    () => world.damaging && damage.chance(0.15),
  )
  const tap = {
    ...witness,
    sent(name: string, frame: Frame) {
      witness.sent(name, frame)
      const seat = seats.find((it) => it.name === name)
      if (frame.t === 'receipt' && seat) background(witness.reports(frame, seat.person, seat.device.store))
    },
  }
  const network = openNetwork(clock, server, dice(seed, 'network'), tap, background)
  const beat = (): void => {
    server.beat()
    clock.later(BEAT, beat)
  }
  clock.later(BEAT, beat)
  const world: World = {
    clock,
    state,
    network,
    server,
    witness,
    background,
    seats,
    dice: dice(seed, 'acts'),
    zombies: [],
    thieves: [],
    stores: [],
    written: [],
    periods: [],
    recovery: new Map(),
    damaging: false,
    isMended: false,
  }
  return world
}

// --- what people do ---------------------------------------------------------------------------------------------------------------

function launch(world: World, seat: Seat, store: MemoryStore): void {
  world.stores.push({ person: seat.person, store })
  seat.device = startDevice(world, { name: seat.name, person: seat.person, store, ahead: seat.ahead })
  seat.due = null
  seat.busy = false
}

/** What was not stored by now and is not kept any more may be lost. */
function excuse(world: World, seat: Seat, since: number): void {
  for (const [i, it] of world.written.entries()) if (it.name === seat.name && i >= since) it.excused = true
  world.witness.forgets(seat.name)
}

const isReady = (seat: Seat): boolean => seat.due === null && seat.device.wire.alive && seat.device.state()?.status === 'ready'

function write(world: World, seat: Seat, room: Room, stat: boolean): void {
  const { written, witness, background } = world
  const it: Written = {
    id: newUuid(),
    text: `${written.length} of ${seat.name}`,
    conversation: room.id,
    name: seat.name,
    person: seat.person,
    durable: false,
    excused: false,
  }
  written.push(it)
  witness.note(seat.name, 'writes', room.id, it.id)
  const flags = { ...routine, ...(stat && { priority: 'stat' as const }) }
  const sent = seat.device.engine.send(room.id, { id: it.id, body: { kind: 'text', text: it.text }, flags })
  background(
    sent.then((answer) => {
      it.durable = answer.ok
      witness.note(seat.name, 'wrote', it.id, answer.ok ? 'ok' : answer.code)
    }, unlessFenced),
  )
}

/** What a person does with their engine that is answered sometime. */
function act(world: World, seat: Seat, name: string, work: Promise<{ readonly ok: boolean; readonly code?: string }>): void {
  world.witness.note(seat.name, name)
  const done = work.then((it) => world.witness.note(seat.name, name, it.ok ? 'ok' : it.code!))
  world.background(done.catch(unlessFenced))
}
/** Another tab took the device over while its person was busy in this one. */
const unlessFenced = (thrown: unknown): void => {
  if ((thrown as Error).name !== 'StoreFenced') throw thrown
}

/** Somebody who has two devices removes the other one. */
function removeDevice(world: World): void {
  const able = world.seats.filter((it) => isReady(it) && !it.stolen && world.seats.some((o) => o !== it && o.person === it.person))
  if (able.length === 0) return
  const seat = world.dice.of(able)
  const other = world.seats.find((it) => it !== seat && it.person === seat.person)
  const device = other?.device.state()?.device
  if (!other || !device || other.stolen) return
  other.stolen = world.dice.chance(0.5)
  act(world, seat, 'revokes', seat.device.engine.removeDevice(device))
}

function secondTab(world: World, seat: Seat): void {
  world.witness.note(seat.name, 'second tab')
  const { device } = seat
  seat.device = startDevice(world, { name: seat.name, person: seat.person, store: device.store, ahead: seat.ahead })
  world.zombies.push({ device, rival: seat.device })
}

async function newPeriod(world: World, ceremony: Founded['ceremony']): Promise<void> {
  const period = await nextPeriod(ceremony, world.periods.at(-1)!.policy, world.clock.now())
  world.periods.push(period)
  world.state.trust.archivePolicies.push({ statement: toBase64url(encodeStatement(period.policy)), at: world.clock.now() })
  world.server.policyChanged()
}

/** Kills a program; its store stays. */
function stop(world: World, seat: Seat): void {
  world.witness.note(seat.name, 'dies')
  seat.device.kill()
  seat.due = world.clock.now() + world.dice.between(100, 20_000)
}

function restore(world: World, seat: Seat): void {
  if (!seat.backup) return
  world.witness.note(seat.name, 'restores')
  seat.device.kill()
  excuse(world, seat, seat.backup.wrote)
  launch(world, seat, seat.backup.store.copy())
}

function evict(world: World, seat: Seat): void {
  world.witness.note(seat.name, 'is evicted')
  seat.device.kill()
  seat.backup = null
  excuse(world, seat, 0)
  launch(world, seat, simStore())
}

type Act = (world: World, seat: Seat, room: Room | undefined, ceremony: Founded['ceremony']) => void | Promise<void>
const other = (world: World, but: readonly string[]): string | undefined => {
  const left = [...world.state.people.keys()].filter((it) => !but.includes(it))
  return left.length > 0 ? world.dice.of(left) : undefined
}
const membersOf = (room: Room): string[] => [...room.members].filter(([, it]) => it.removedAt === null).map(([person]) => person)

/** What may happen in a step, with how often. A seed leaves some of it out. */
const acts: readonly (readonly [string, number, Act])[] = [
  ['write', 12, (world, seat, room) => room && write(world, seat, room, false)],
  ['stat', 2, (world, seat, room) => room && write(world, seat, room, true)],
  [
    'burst',
    1.5,
    (world, _, room) => {
      const here = room && world.seats.filter((it) => isReady(it) && membersOf(room).includes(it.person))
      for (const seat of here ?? []) if (world.dice.chance(0.6)) write(world, seat, room!, world.dice.chance(0.1))
    },
  ],
  [
    'begin',
    2,
    (world, seat) => {
      const direct = world.dice.chance(0.4)
      const people = [other(world, [seat.person])!]
      if (!direct) people.push(other(world, [seat.person, ...people])!)
      const wanted = {
        conversation: newUuid(),
        kind: direct ? ('direct' as const) : ('group' as const),
        people,
        history: world.dice.of(['all', 'from-join'] as const),
      }
      act(world, seat, 'begins', seat.device.engine.createConversation(wanted))
    },
  ],
  [
    'add',
    2,
    (world, seat, room) => {
      const who = room && other(world, membersOf(room))
      if (who && room.kind === 'group') act(world, seat, 'adds', seat.device.engine.addPeople(room.id, [who], world.dice.chance(0.7)))
    },
  ],
  [
    'remove',
    2,
    (world, seat, room) => {
      if (room?.kind !== 'group') return
      act(world, seat, 'removes', seat.device.engine.removePerson(room.id, world.dice.of(membersOf(room))))
    },
  ],
  [
    'shown',
    2,
    (world, seat, room) => {
      if (!room) return
      const { engine } = seat.device
      const look = async (): Promise<void> => {
        const page = await engine.messages(room.id)
        const last = page.ok ? page.value.messages.findLast((it) => it.sequence !== null)?.sequence : null
        if (last) await engine.markShown(room.id, last)
      }
      world.background(look().catch(unlessFenced))
    },
  ],
  [
    'line',
    3,
    (world, seat) => {
      const { wire } = seat.device
      wire.up = !wire.up
      world.witness.note(seat.name, wire.up ? 'up' : 'down')
      if (!wire.up && world.dice.chance(0.6)) for (const it of [...wire.sockets]) it.cut()
      if (wire.up && world.dice.chance(0.5)) world.background(seat.device.engine.reconnect())
    },
  ],
  ['cut', 2, (_, seat) => [...seat.device.wire.sockets].forEach((it) => it.cut())],
  ['kill', 1.5, stop],
  ['die', 2, (world, seat) => seat.device.dieAfter(world.dice.between(1, 8), world.dice.chance(0.5))],
  [
    'backup',
    1.5,
    (world, seat) => {
      seat.backup = { store: seat.device.store.copy(), wrote: world.written.length }
      world.stores.push({ person: seat.person, store: seat.backup.store })
    },
  ],
  ['restore', 1.2, restore],
  ['evict', 0.9, evict],
  ['revoke', 1.2, removeDevice],
  ['tab', 0.5, secondTab],
  ['period', 0.3, (world, _, __, ceremony) => newPeriod(world, ceremony)],
  [
    'night',
    0.5,
    (world) => {
      world.witness.note('a night')
      world.clock.sleep(25 * HOUR)
    },
  ],
]

/** What people do by themselves when their device asks for it. */
function tend(world: World): void {
  for (const seat of world.seats) {
    const { device } = seat
    if (!device.wire.alive && seat.due === null) seat.due = world.clock.now() + world.dice.between(100, 10_000)
    if (seat.due !== null) {
      if (world.clock.now() >= seat.due || world.isMended) launch(world, seat, device.store)
      continue
    }
    const now = device.state()
    if (!now || seat.busy) continue
    if (now.connection === 'signed-out') {
      device.wire.session = signIn(world.state, seat.person)
      world.background(device.engine.reconnect())
    }
    if (now.status === 'revoked' && now.device) noteThief(world, seat, now.device)
    if (now.status === 'needs-recovery-key' || (now.status === 'revoked' && !seat.stolen)) {
      seat.busy = true
      const enrolled = device.engine.enrol(world.recovery.get(seat.person)!)
      world.background(
        enrolled.then((it) => {
          world.witness.note(seat.name, 'enrols', it.ok ? 'ok' : it.code)
          if (seat.device === device) seat.busy = false
        }, unlessFenced),
      )
    }
  }
}

function noteThief(world: World, seat: Seat, device: string): void {
  // A device that was enrolled anew may still be told to have been revoked.
  if (world.state.devices.get(device)?.revokedAt === null || world.thieves.some((it) => it.device === device)) return
  world.thieves.push({ person: seat.person, device, store: seat.device.store.copy() })
}

// --- a seed -----------------------------------------------------------------------------------------------------------------------

/** Which faults this seed has: most of them in some, none in others. */
function drawFaults(of: Dice): Faults {
  const some = (most: number): number => (of.chance(0.5) ? most * of.roll() : 0)
  return {
    lost: some(0.15),
    unanswered: some(0.2),
    doubled: some(0.2),
    stalled: some(0.06),
    told: some(0.3),
    slowest: of.chance(0.5) ? 120 : of.between(500, 8_000),
  }
}

const STEPS = 28
const TICK = 2_500

async function disturb(world: World, founded: Founded, seed: number): Promise<void> {
  const { clock, dice: roll } = world
  const swarm = dice(seed, 'swarm')
  world.network.faults = drawFaults(swarm)
  world.damaging = swarm.chance(0.3)
  const weights = acts.map(([, weight], i) => (i === 0 || swarm.chance(0.65) ? weight : 0))
  let tended = 0
  for (let step = 0; step < STEPS; step++) {
    await clock.runTo(clock.now() + roll.between(50, roll.chance(0.2) ? 9_000 : 1_500))
    if (clock.now() > tended + TICK) {
      tend(world)
      tended = clock.now()
    }
    const [name, , run] = acts[roll.weighted(weights)]!
    const seat = roll.of(world.seats)
    const rooms = roomsOf(world.state, seat.person)
    const room = rooms.length > 0 ? roll.of(rooms) : undefined
    if (!isReady(seat) && !['line', 'restore', 'night', 'period'].includes(name)) continue
    if (seat.stolen && name !== 'write') continue
    await run(world, seat, room, founded.ceremony)
    await rest()
  }
}

const isCalm = (world: World): boolean =>
  world.seats.every((seat) => {
    const now = seat.device.state()
    if (seat.stolen) return now?.status === 'revoked' || now?.status === 'ready'
    return isReady(seat) && now?.connection === 'open' && now.waiting === 0
  })

/** Lets everything come to rest. False: it does not, within these ms. */
async function quiet(world: World, within: number): Promise<boolean> {
  const { clock } = world
  const end = clock.now() + within
  let since = clock.now()
  while (clock.now() < end) {
    tend(world)
    await clock.runTo(clock.now() + TICK)
    if (!isCalm(world)) since = clock.now()
    if (clock.now() - since >= 15_000) return true
  }
  return false
}

/** All is well again: everybody is here and connected anew. */
function mend(world: World): void {
  world.network.faults = calm
  world.damaging = false
  world.isMended = true
  for (const { device } of [...world.seats, ...world.zombies]) {
    device.wire.up = true
    device.dieAfter(Infinity, false)
    for (const it of [...device.wire.sockets]) it.cut()
    // The others find the way back by themselves.
    if (device.wire.alive && world.dice.chance(0.5)) world.background(device.engine.reconnect())
  }
}

async function threadOf(world: World, device: Device, conversation: string): Promise<readonly MessageView[]> {
  const all: MessageView[] = []
  let before: number | undefined
  for (;;) {
    let answer: Awaited<ReturnType<typeof device.engine.messages>> | null = null
    world.background(device.engine.messages(conversation, before).then((it) => (answer = it)))
    if (!(await world.clock.runUntil(() => answer !== null, world.clock.now() + 60_000))) return all
    const it = answer as unknown as NonNullable<typeof answer> as Awaited<ReturnType<typeof device.engine.messages>>
    if (!it.ok) return all
    all.unshift(...it.value.messages)
    if (it.value.before === null) return all
    before = it.value.before
  }
}

async function isAnyClosed(world: World, devices: readonly Device[]): Promise<boolean> {
  for (const device of devices)
    for (const room of roomsOf(world.state, device.person))
      if ((await threadOf(world, device, room.id)).some((it) => it.content.is === 'waiting')) return true
  return false
}

/** Runs a seed. `say` hears what happens. */
export async function runSeed(founded: Founded, seed: number, say?: (line: string) => void): Promise<SeedReport> {
  reseed(seed)
  const clock = openClock(founded.at, rest)
  const state = structuredClone(founded.state)
  const world = openWorld(clock, state, seed, say)
  Object.assign(world, { recovery: founded.recovery })
  world.periods.push(founded.period)
  const { witness, written } = world
  const clocks = dice(seed, 'clocks')
  for (const { name, person, store } of founded.devices) {
    const ahead = clocks.chance(0.3) ? clocks.between(-120_000, 120_000) : 0
    const seat = { name, person, ahead, backup: null, busy: false, stolen: false, due: null } as unknown as Seat
    launch(world, seat, store.copy())
    world.seats.push(seat)
  }
  await clock.runTo(clock.now() + 3_000)
  await disturb(world, founded, seed)
  mend(world)
  if (!(await quiet(world, 240_000))) witness.broken('stuck', notCalm(world))
  // A browser that begins anew reads all that was.
  const anew = dice(seed, 'anew')
  const kept = world.seats.filter((it) => isReady(it) && !it.stolen)
  if (anew.chance(0.4) && kept.length > 0) evict(world, anew.of(kept))
  // Every conversation is used once more, so that what it owes is carried out.
  for (const room of state.rooms.values()) {
    const here = world.seats.filter((it) => isReady(it) && !it.stolen && membersOf(room).includes(it.person))
    if (here.length > 0) write(world, world.dice.of(here), room, false)
  }
  if (!(await quiet(world, 240_000))) witness.broken('stuck', notCalm(world))
  const devices = world.seats.filter((it) => !it.stolen).map((it) => it.device)
  // Who asked for a repair when nobody was there asks again after a while.
  if (await isAnyClosed(world, devices)) await clock.runTo(clock.now() + 400_000)
  const { zombies, thieves, stores, periods } = world
  const thread = (device: Device, conversation: string) => threadOf(world, device, conversation)
  await judge({ state, witness, dice: dice(seed, 'verdict'), devices, zombies, thieves, stores, written, periods, thread })
  const rooms = [...state.rooms.values()]
  return {
    seed,
    trace: witness.trace(),
    failures: [...witness.failures].map(([oracle, why]) => ({ oracle, why })),
    stored: rooms.reduce((sum, it) => sum + it.messages.length, 0),
    epochs: rooms.reduce((sum, it) => sum + it.epochs.length, 0),
  }
}

const notCalm = (world: World): string =>
  world.seats
    .map((it) => `${it.name} ${it.device.state()?.status} ${it.device.state()?.connection} ${it.device.state()?.waiting}`)
    .join(', ')
