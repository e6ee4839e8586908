import {
  CryptoError,
  decodeMemberSeals,
  decodeRecipientSeals,
  equal,
  fromBase64url,
  judgeEpoch,
  parseEpoch,
  sha256,
} from '@wardline/crypto'
import type { Bytes, Epoch, EpochAct, MemberSeal, Recipient, RecipientSeal, Statement } from '@wardline/crypto'
import type { Static } from '@wardline/platform/contract'
import { Refusal } from '@wardline/platform/server'
import type { Caller } from '@wardline/platform/server'
import type { EpochRefusalWord, EpochUpload } from '@wardline/product/team/conversations/contract'
import type { LoadedFacts } from './facts.ts'

/** An upload as read: nothing about it is believed yet. */
export interface ReadUpload {
  readonly statement: Statement<Epoch>
  readonly members: readonly MemberSeal[]
  readonly recipients: readonly RecipientSeal[]
  readonly recipientBytes: Bytes
  readonly history: readonly { readonly n: number; readonly person: string; readonly seal: Bytes }[]
}

/** Refusal `bad-epoch`; its field is one of the contract's epochRefusals. */
export const badEpoch = (reason: EpochRefusalWord): Refusal => new Refusal('bad-epoch', { field: reason })
/** Refusal `stale-epoch`: another one came first. */
export const staleEpoch = (): Refusal => new Refusal('stale-epoch')

/**
 * Reads an upload and checks what needs no database: it is this conversation's, its author is the calling device, there is exactly one
 * seal for each member and each recipient.
 */
export function readUpload(caller: Caller, conversation: string, upload: Static<typeof EpochUpload>): ReadUpload {
  if (caller.device === null) throw new Refusal('not-a-device')
  const it = wellFormed(upload)
  const { body } = it.statement
  if (body.organisation !== caller.org || body.conversation !== conversation) throw badEpoch('another-conversation')
  if (body.author.person !== caller.person || body.author.device !== caller.device) throw badEpoch('not-the-author')
  const roster = new Set(body.roster.map((entry) => entry.person))
  if (it.members.length !== roster.size || new Set(it.members.map((seal) => seal.person)).size !== roster.size)
    throw badEpoch('member-seals')
  if (!it.members.every((seal) => roster.has(seal.person))) throw badEpoch('member-seals')
  if (!isSetFor(it.recipients, body.recipients)) throw badEpoch('recipient-seals')
  for (const seal of it.history) if (!roster.has(seal.person) || seal.n >= body.version) throw badEpoch('history-seals')
  return it
}

function wellFormed(upload: Static<typeof EpochUpload>): ReadUpload {
  try {
    const recipientBytes = fromBase64url(upload.recipients)
    return {
      statement: parseEpoch(fromBase64url(upload.statement)),
      members: decodeMemberSeals(fromBase64url(upload.members)),
      recipients: decodeRecipientSeals(recipientBytes),
      recipientBytes,
      history: (upload.history ?? []).map((it) => ({ n: it.n, person: it.person, seal: fromBase64url(it.seal) })),
    }
  } catch (thrown) {
    if (thrown instanceof CryptoError) throw badEpoch('malformed')
    throw thrown
  }
}

/** Exactly one seal for each recipient. */
export const isSetFor = (seals: readonly RecipientSeal[], recipients: readonly Recipient[]): boolean =>
  seals.length === recipients.length &&
  recipients.every((it) => seals.some((seal) => seal.kind === it.kind && seal.subject === it.subject && equal(seal.keyId, it.keyId)))

/** The hashes of the recipient seals in the order of the statement's recipients, for the log. */
export const sealHashes = (it: ReadUpload): Bytes[] =>
  it.statement.body.recipients.map((r) =>
    sha256(it.recipients.find((seal) => seal.kind === r.kind && seal.subject === r.subject && equal(seal.keyId, r.keyId))!.seal),
  )

/** Judges the statement by E_n's own governance and the signed facts; returns what it does. Refusals: `bad-epoch`, `stale-epoch`. */
export async function judgeUpload(it: ReadUpload, prev: Statement<Epoch> | null, loaded: LoadedFacts | null): Promise<EpochAct> {
  if (!loaded) throw badEpoch('no-policy')
  try {
    const verdict = await judgeEpoch(prev, it.statement, loaded.facts)
    if (verdict.ok) return verdict.act
    throw verdict.refusal === 'not-next' ? staleEpoch() : badEpoch(verdict.refusal)
  } catch (thrown) {
    if (thrown instanceof CryptoError) throw badEpoch(thrown.code === 'malformed' ? 'malformed' : 'bad-signature')
    throw thrown
  }
}
