import { hash as digest } from 'node:crypto'
import { CryptoError, readEnvelopeHead } from '@wardline/crypto'
import type { EnvelopeHead } from '@wardline/crypto'
import type { GivesOf, Static } from '@wardline/platform/contract'
import { Refusal } from '@wardline/platform/server'
import type { Caller, LiveSocket, Services } from '@wardline/platform/server'
import { may } from '@wardline/product/access/roles/preview'
import { addEpoch, dispute } from '@wardline/product/team/conversations/server'
import type { EpochUpload } from '@wardline/product/team/conversations/contract'
import type { SendRefusalCode, sendMessage } from '@wardline/product/team/messages/contract'
import { writerOf } from './writer.ts'
import type { Command, Outcome } from './writer.ts'

/** Something to be sent, as a frame or a request brings it. */
export interface Sending {
  readonly conversation: string
  readonly envelope: string
  readonly epoch?: Static<typeof EpochUpload> | undefined
  readonly seals?: string | undefined
}

/** Why a send was not stored, with what the sender needs to do better. */
export interface SendRefused {
  readonly code: SendRefusalCode
  readonly field?: string
  readonly epoch?: { readonly n: number; readonly hash: string }
  readonly rekey?: string
  readonly head?: string
}

/** What a sender hears. */
export type Answer =
  | { readonly ok: true; readonly value: GivesOf<typeof sendMessage>; readonly conversation: string }
  | { readonly ok: false; readonly refused: SendRefused }

// One place for every hash that is reckoned or spelled: the head's reader copies each before it asks for the next, and a Buffer made for each
// costs more than the hash.
const hashed = Buffer.alloc(32)
const sha256 = (bytes: Uint8Array): Uint8Array => {
  hashed.write(digest('sha256', bytes, 'binary'), 'latin1')
  return hashed
}
const refused = (code: SendRefusalCode, field?: string): Answer => ({
  ok: false,
  refused: field === undefined ? { code } : { code, field },
})

// A caller's roles are one array for as long as their session is known, and this is asked with every message.
const judgedRoles = new WeakMap<readonly string[], boolean>()
function maySend(roles: readonly string[]): boolean {
  let yes = judgedRoles.get(roles)
  if (yes === undefined) judgedRoles.set(roles, (yes = may(roles, 'team.message.send').yes))
  return yes
}

/**
 * Reads the envelope, checks that it is of this conversation and this device, and puts it in the writer's line. With an epoch, that is
 * added first. Never throws; `answer` is called once.
 */
export function send(
  services: Services,
  caller: Caller,
  it: Sending,
  from: LiveSocket | undefined,
  answer: (answer: Answer) => void,
): void {
  if (caller.device === null) return answer(refused('not-a-device'))
  if (!maySend(caller.roles)) return answer(refused('not-found'))
  const bytes = Buffer.from(it.envelope, 'base64url')
  let head: EnvelopeHead
  try {
    head = readEnvelopeHead(bytes, sha256)
  } catch (thrown) {
    return answer(refused('bad-envelope', thrown instanceof CryptoError ? thrown.code : 'malformed'))
  }
  if (head.organisation !== caller.org || head.conversation !== it.conversation)
    return answer(refused('bad-envelope', 'another-conversation'))
  if (head.device !== caller.device) return answer(refused('bad-envelope', 'another-device'))
  const command: Command = {
    org: caller.org,
    conversation: head.conversation,
    person: caller.person,
    device: head.device,
    msgId: head.msgId,
    n: head.n,
    epochHash: text(head.epochHash),
    prev: text(head.prev),
    hash: text(head.hash),
    stat: head.priority === 'stat',
    text: it.envelope,
    envelope: bytes,
    hashBytes: head.hash,
    from,
    answer: (outcome) => answer(answerOf(it.conversation, command.hash, outcome)),
  }
  if (it.epoch === undefined && it.seals === undefined) return line(services, command, answer)
  before(services, caller, it, head.n).then(
    () => line(services, command, answer),
    (thrown: unknown) => answer(refusalOf(services, thrown)),
  )
}

const text = (hash: Uint8Array): string => {
  hashed.set(hash)
  return hashed.toString('base64url')
}

const line = (services: Services, command: Command, answer: (answer: Answer) => void): void => {
  if (!writerOf(services).offer(command)) answer(refused('too-many'))
}

/** What comes with a message: a new epoch, and the sender's own recipient seals where the author's are wrong. */
async function before(services: Services, caller: Caller, it: Sending, n: number): Promise<void> {
  if (it.epoch) await addEpoch(services, caller, it.conversation, it.epoch)
  if (it.seals !== undefined) await dispute(services, caller, it.conversation, { n, recipients: it.seals })
}

const codes: ReadonlySet<string> = new Set<SendRefusalCode>(['stale-epoch', 'bad-epoch', 'not-a-device', 'not-found', 'bad-request'])

function refusalOf(services: Services, thrown: unknown): Answer {
  if (thrown instanceof Refusal && codes.has(thrown.code)) return refused(thrown.code as SendRefusalCode, thrown.field)
  const code = (thrown as { code?: string }).code
  if (code === 'disk-full') return refused('disk-full')
  if (code === 'unreachable' || code === 'timed-out' || code === 'commit-unknown' || code === 'retry') return refused('unavailable')
  services.log.error('messages.epoch-failed', {}, thrown)
  return refused('internal')
}

function answerOf(conversation: string, hash: string, outcome: Outcome): Answer {
  switch (outcome.is) {
    case 'stored':
      return { ok: true, conversation, value: { sequence: outcome.sequence, hash, at: outcome.at, known: false } }
    case 'known':
      return {
        ok: true,
        conversation: outcome.conversation,
        value: { sequence: outcome.sequence, hash: outcome.hash, at: outcome.at, known: true },
      }
    case 'failed':
      return refused(outcome.code)
    case 'refused': {
      const { is: _, ...why } = outcome
      return { ok: false, refused: 'head' in why ? { code: why.code, ...(why.head === null ? {} : { head: why.head }) } : why }
    }
  }
}
