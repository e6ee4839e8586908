import {
  CryptoError,
  decodeRecipientSeals,
  fromBase64url,
  keyIdOf,
  openEpoch,
  openEpochAsRecipient,
  openHistory,
  openMessage,
  parse,
  parseEnvelope,
  revocation,
  toBase64url,
  toHex,
} from '@wardline/crypto'
import type { Bytes, EpochRoot, PersonKeys } from '@wardline/crypto'
import type { KnownEpoch } from '@wardline/product/team/conversations/client'
import type { Own } from '@wardline/product/team/devices/client'
import { decodeBody } from '@wardline/product/team/messages/client'
import type { MemoryStore, MessageView } from '@wardline/product/team/messages/client'
import type { Device } from './device.ts'
import type { Dice } from './dice.ts'
import type { Period } from './founding.ts'
import { isReused, uncaught } from './sealed-world.ts'
import { isChained } from './server.ts'
import { isMember, newestOf, roomsOf } from './state.ts'
import type { Room, State, StoredEpoch, StoredMessage } from './state.ts'
import type { Witness } from './witness.ts'

/** What a person wrote, and where. */
export interface Written {
  readonly id: string
  readonly text: string
  readonly conversation: string
  readonly name: string
  readonly person: string
  /** The engine has said that it is kept. */
  durable: boolean
  /** What kept it is gone, by eviction or an older backup: it may have been sent or not. */
  excused: boolean
}

/** A device that was cut off, and what was in it then. */
export interface Thief {
  readonly person: string
  readonly device: string
  readonly store: MemoryStore
}

/** A tab whose store another one has taken over. */
export interface Zombie {
  readonly device: Device
  readonly rival: Device
}

/** What is left of a run, to be judged. */
export interface Remains {
  readonly state: State
  readonly witness: Witness
  readonly dice: Dice
  readonly devices: readonly Device[]
  readonly zombies: readonly Zombie[]
  /** Every store that ever was, with whose it was: also of killed programs and backups. */
  readonly stores: readonly { readonly person: string; readonly store: MemoryStore }[]
  readonly thieves: readonly Thief[]
  readonly written: readonly Written[]
  readonly periods: readonly Period[]
  /** Everything of a thread, asked of the engine. */
  readonly thread: (device: Device, conversation: string) => Promise<readonly MessageView[]>
}

const unlessRefused = async <T>(work: Promise<T>): Promise<T | null> => {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof CryptoError) return null
    throw thrown
  }
}
const bytes = (text: string): Bytes => fromBase64url(text)

/** The signing key of an epoch's author. */
function authorKey(state: State, { statement }: StoredEpoch): Bytes {
  const row = state.devices.get(statement.body.author.device)
  if (!row) throw new Error('An epoch by nobody.')
  return row.signKey
}

/** Judges what is left of a run by everything that must be so. */
export async function judge(it: Remains): Promise<void> {
  const { state, witness, devices, zombies } = it
  if (isReused()) witness.broken('nonce', 'a key and nonce for two plaintexts')
  for (const what of uncaught()) witness.broken('crash', `nobody caught ${what}`)
  for (const device of [...devices, ...zombies.map((it) => it.device)])
    for (const what of device.failures) witness.broken('crash', `${device.name}: ${what}`)
  for (const it of zombies) if (await writes(it)) witness.broken('fence', `${it.device.name} goes on beside another`)
  for (const room of state.rooms.values()) if (!isChained(room)) witness.broken('chain', 'a chain at the server')
  for (const device of devices) {
    const now = device.state()!
    for (const alarm of now.alarms) witness.broken('alarm', `${device.name}: ${alarm.kind} ${alarm.code} ${alarm.epoch ?? ''}`)
    if (now.waiting > 0) witness.broken('waiting', `${device.name}: ${now.waiting} ${now.status}`)
    for (const room of roomsOf(state, device.person)) await judgeThread(it, device, room)
  }
  await judgeWritten(it)
  for (const room of state.rooms.values()) await judgeArchive(it, room)
  await judgeSecrecy(it)
}

/** Whether a tab still gets something into its store. */
async function writes({ device, rival }: Zombie): Promise<boolean> {
  const hasBegun = rival.state() !== null && (device.state()?.device ?? null) !== null && device.wire.alive
  if (!hasBegun || device.state()!.status === 'other-tab') return false
  try {
    await device.engine.saveDraft('a draft', 'of nobody')
    return (await device.store.get(['draft', 'a draft'])) !== undefined
  } catch (thrown) {
    if ((thrown as Error).name === 'StoreFenced') return false
    throw thrown
  }
}

const mayHave = (epoch: StoredEpoch, person: string): boolean =>
  epoch.seals.has(person) || (epoch.statement.body.history === 'all' && epoch.history.has(person))

async function judgeThread({ state, witness, thread, written }: Remains, device: Device, room: Room): Promise<void> {
  const expected = room.messages.filter((m) => mayHave(room.epochs[m.epoch - 1]!, device.person))
  const views = (await thread(device, room.id)).filter((m) => m.sequence !== null)
  const [want, have] = [expected.map((m) => m.sequence).join(), views.map((m) => m.sequence).join()]
  if (want !== have) return witness.broken('thread', `${device.name}: has ${have} of ${want}`)
  const own = new Set([...state.devices.values()].filter((d) => d.person === device.person).map((d) => d.device))
  for (const [i, view] of views.entries()) {
    const { msgId, device: from } = expected[i]!
    const text = written.find((w) => w.id === msgId)?.text
    const reads = view.content.is === 'text' && view.content.text === text && view.id === msgId
    if (isTooLate(state, expected[i]!)) continue
    if (view.content.is === 'disputed') witness.broken('chain', `${device.name}: ${view.content.reason}`)
    else if (!reads) witness.broken('readable', `${device.name}: ${view.content.is} ${expected[i]!.epoch}`)
    if (view.mine !== own.has(from)) witness.broken('readable', `${device.name}: whose it is`)
  }
}

/** Sent between the look at a device's last envelopes and the revocation that names them: nobody can tell it from a thief's. */
function isTooLate(state: State, { conversation, device, sequence }: StoredMessage): boolean {
  const row = state.devices.get(device)
  if (row?.revokedAt === null || !row) return false
  const texts = state.people.get(row.person)!.statements.filter((it) => it.kind === 'revocation')
  const cut = texts.map((it) => parse(revocation, bytes(it.statement)).body).find((it) => it.device === device)
  const last = cut?.last.find((it) => it.conversation === conversation)
  const place = last && state.rooms.get(conversation)!.messages.find((it) => it.hash === toBase64url(last.envelope))?.sequence
  return sequence > (place ?? 0)
}

async function judgeWritten({ state, witness, written, devices, thread }: Remains): Promise<void> {
  for (const it of written) {
    const copies = [...state.rooms.values()].flatMap((room) => room.messages.filter((m) => m.msgId === it.id))
    const good = copies.filter((m) => !isTooLate(state, m)).length
    if (good > 1) witness.broken('thread', `${it.name}: stored ${good} times`)
    if (copies.length > 0 || !it.durable || it.excused) continue
    const device = devices.find((d) => d.name === it.name)
    if (!device) continue
    const room = state.rooms.get(it.conversation)
    const wasOut = !room || !isMember(room, it.person) || room.removals.some((r) => r.statement.body.person === it.person)
    const view = (await thread(device, it.conversation)).find((m) => m.id === it.id)
    const code = view?.sending?.is === 'not-sent' ? view.sending.code : (view?.sending?.is ?? 'gone')
    if (wasOut && (code === 'not-found' || code === 'waiting')) continue
    witness.broken('lost', `${it.name}: ${code}`)
  }
}

async function judgeArchive({ state, witness, periods, written }: Remains, room: Room): Promise<void> {
  for (const epoch of room.epochs) {
    const period = periods.find((it) => it.policy.body.version === epoch.statement.body.archivePolicy)
    const candidates = epoch.sets.flatMap((it) => decodeRecipientSeals(bytes(it.recipients)))
    const input = { epoch: epoch.statement, authorKey: authorKey(state, epoch), box: period!.key, candidates }
    const root = await unlessRefused(openEpochAsRecipient(input))
    if (!root) return witness.broken('archive', 'an epoch stays closed')
    for (const message of room.messages.filter((m) => m.epoch === epoch.n)) {
      const key = state.devices.get(message.device)!.signKey
      const opened = await unlessRefused(openMessage(root, parseEnvelope(bytes(message.envelope)), key))
      const content = opened && decodeBody(opened.header.kind, opened.body)
      const text = written.find((it) => it.id === message.msgId)?.text
      if (opened?.standing !== 'good' || content?.is !== 'text' || content.text !== text)
        witness.broken('archive', 'a message stays closed')
    }
  }
}

/** Whether a person may ever open an epoch. */
const isEntitled = (room: Room, epoch: StoredEpoch, person: string): boolean =>
  epoch.statement.body.roster.some((it) => it.person === person) ||
  (epoch.statement.body.history === 'all' &&
    room.epochs.some((it) => it.n > epoch.n && it.statement.body.roster.some((r) => r.person === person)))

/** Whether these keys open this epoch by any seal that lies anywhere. */
async function opens(state: State, epoch: StoredEpoch, keys: PersonKeys): Promise<EpochRoot | null> {
  const { statement } = epoch
  const author = authorKey(state, epoch)
  for (const box of keys.boxes) {
    for (const { seal } of epoch.seals.values()) {
      const root = await unlessRefused(openEpoch({ epoch: statement, authorKey: author, box, seal: bytes(seal) }))
      if (root) return root
    }
    for (const seal of epoch.history.values()) {
      const root = await unlessRefused(openHistory({ epoch: statement, authorKey: author, box, seal: bytes(seal) }))
      if (root) return root
    }
  }
  return null
}

/** Trials a seed: each costs a fraction of a millisecond, and every seed tries others. */
const TRIALS = 4

async function judgeSecrecy({ state, witness, dice, stores, thieves }: Remains): Promise<void> {
  const trials: { readonly epoch: StoredEpoch; readonly keys: PersonKeys; readonly why: string }[] = []
  for (const { person, store } of stores) {
    const own = (await store.get(['device'])) as Own | undefined
    for (const room of state.rooms.values()) {
      for (const epoch of room.epochs) {
        if (isEntitled(room, epoch, person)) continue
        if (own) trials.push({ epoch, keys: own.keys, why: 'no member' })
        const known = (await store.get(['epoch', room.id, epoch.n])) as KnownEpoch | undefined
        if (known?.root) witness.broken('secrecy', 'an epoch is open that is not theirs')
      }
    }
  }
  const late: typeof trials = []
  for (const { person, device, store } of thieves) {
    const own = (await store.get(['device'])) as Own | undefined
    const cut = state.devices.get(device)?.revokedAt ?? Infinity
    if (!own) continue
    const key = newestOf(state.people.get(person)).userKey
    if (key && own.keys.boxes.some((box) => toHex(box.keyId) === toHex(keyIdOf(key.body))))
      witness.broken('secrecy', 'a revoked device has the newest key')
    for (const room of state.rooms.values())
      for (const epoch of room.epochs) if (epoch.at > cut) late.push({ epoch, keys: own.keys, why: 'revoked' })
  }
  for (const list of [trials, late])
    for (let i = 0; i < TRIALS && list.length > 0; i++) {
      const { epoch, keys, why } = dice.of(list)
      if (await opens(state, epoch, keys)) witness.broken('secrecy', `${why}, and the keys open it`)
    }
}
