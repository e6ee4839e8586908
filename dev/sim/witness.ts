import { createHash } from 'node:crypto'
import { fromBase64url, parseEnvelope, toHex } from '@wardline/crypto'
import type { KnownEpoch } from '@wardline/product/team/conversations/client'
import type { MemoryStore } from '@wardline/product/team/messages/client'
import type { Clock } from './clock.ts'
import type { Frame } from './server.ts'
import type { Room, State, StoredMessage } from './state.ts'

/** What a run must never do. */
export const oracles = [
  'crash', // something was thrown that nobody expects
  'stuck', // not at rest long after everything was mended
  'waiting', // something still waits to be sent
  'lost', // what a person wrote is neither stored nor refused for a reason that is one
  'thread', // a thread is not the server's: a message is missing, doubled or out of place
  'readable', // a message that its reader may have does not read as it was written
  'secrecy', // keys open an epoch that they must not
  'removal', // a message was accepted under an epoch of somebody removed, or of a key that was replaced
  'archive', // the archive's quorum cannot open a message
  'nonce', // one key and nonce, or one salt, for two messages
  'resend', // other bytes were sent for a message without a refusal
  'chain', // a device's messages do not follow one another
  'alarm', // an alarm although everybody is honest
  'watermark', // something was reported as delivered that cannot be read there
  'receipts', // a mark went back
  'fence', // two writers on one store
] as const
/** One of {@link oracles}. */
export type Oracle = (typeof oracles)[number]

/** Hears everything that happens in a run. */
export interface Witness {
  note(...words: readonly (string | number)[]): void
  broken(oracle: Oracle, why: string): void
  readonly failures: ReadonlyMap<Oracle, string>
  /** SHA-256 over all that was noted, hex. */
  trace(): string
  sent(name: string, frame: Frame): void
  heard(name: string, frame: Frame): void
  /** A device begins anew from an older state: what it sent since may be sealed again. */
  forgets(name: string): void
  stored(room: Room, message: StoredMessage): void
  marked(before: number, after: number): void
  /** What a device reports, against what lies in its store. */
  reports(frame: Frame, person: string, store: MemoryStore): Promise<void>
}

/** A witness of a run. `say` hears every note, for whoever looks into a seed. */
export function openWitness(
  clock: Pick<Clock, 'now'>,
  state: State,
  newestKeyOf: (person: string) => string,
  say?: (line: string) => void,
): Witness {
  const hash = createHash('sha256')
  const failures = new Map<Oracle, string>()
  const aliases = new Map<string, string>()
  const salts = new Map<string, string>()
  const bytes = new Map<string, { text: string; mayChange: boolean; name: string }>()
  const alias = (word: string | number): string => {
    if (typeof word === 'number' || !/^[0-9a-f]{8}-/.test(word)) return String(word)
    const known = aliases.get(word) ?? `#${aliases.size}`
    aliases.set(word, known)
    return known
  }
  const note: Witness['note'] = (...words) => {
    const line = `${Math.round(clock.now())} ${words.map(alias).join(' ')}`
    hash.update(line).update('\n')
    say?.(line)
  }
  const broken: Witness['broken'] = (oracle, why) => {
    if (failures.has(oracle)) return
    failures.set(oracle, why)
    note('BROKEN', oracle, why)
  }

  function envelope(name: string, text: string): void {
    const { header } = parseEnvelope(fromBase64url(text))
    const id = `${header.device} ${header.msgId}`
    const before = bytes.get(id)
    if (before && before.text !== text && !before.mayChange) broken('resend', `${name} sealed a message again`)
    if (before?.text !== text) bytes.set(id, { text, mayChange: false, name })
    const salt = toHex(header.sealSalt)
    if ((salts.get(salt) ?? text) !== text) broken('nonce', `${name} used a salt twice`)
    salts.set(salt, text)
  }

  return {
    note,
    broken,
    failures,
    trace: () => hash.copy().digest('hex'),
    sent(name, frame) {
      note(name, '>', frame.t, String(frame['id'] ?? ''))
      if (frame.t === 'send') envelope(name, String(frame['envelope']))
    },
    heard(name, frame) {
      note(name, '<', frame.t, String(frame['conversation'] ?? frame['id'] ?? ''), Number(frame['sequence'] ?? frame['n'] ?? 0))
      if (frame.t !== 'refused') return
      note(name, 'refused', String(frame['code']), String(frame['field'] ?? frame['rekey'] ?? ''))
      for (const [id, it] of bytes) if (id.endsWith(String(frame['id'])) && it.name === name) it.mayChange = true
    },
    forgets(name) {
      for (const it of bytes.values()) if (it.name === name) it.mayChange = true
    },
    stored(room, message) {
      note('stored', room.id, message.sequence, message.msgId)
      const { roster } = room.epochs[message.epoch - 1]!.statement.body
      for (const { person, keyId } of roster) {
        // By what was signed, whatever the rules made of it.
        const signed = room.removals.findLast((it) => it.statement.body.person === person)?.statement.body.removed ?? false
        if (signed || room.members.get(person)?.removedAt !== null) broken('removal', 'a message under an epoch of somebody removed')
        if (toHex(keyId) !== newestKeyOf(person)) broken('removal', 'a message under an epoch of a key that was replaced')
      }
    },
    marked(before, after) {
      if (after < before) broken('receipts', 'a mark went back')
    },
    async reports(frame, person, store) {
      const conversation = String(frame['conversation'])
      const upTo = Number(frame['delivered'])
      const room = state.rooms.get(conversation)
      const from = ((await store.get(['cursor', conversation])) as { from: number } | undefined)?.from ?? 0
      for (const it of room?.messages.slice(Math.max(from - 1, upTo - 8, 0), upTo) ?? []) {
        if (!room!.epochs[it.epoch - 1]!.statement.body.roster.some((entry) => entry.person === person)) continue
        const epoch = (await store.get(['epoch', conversation, it.epoch])) as KnownEpoch | undefined
        const kept = await store.get(['message', conversation, it.sequence])
        if (kept === undefined) broken('watermark', 'delivered was said of what is not in the store')
        else if (epoch && !epoch.root) broken('watermark', 'delivered was said of what cannot be opened there')
      }
    },
  }
}
