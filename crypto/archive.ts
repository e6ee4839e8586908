import type { Bytes } from './bytes.ts'
import { equal, toHex } from './bytes.ts'
import type { Codec } from './canonical.ts'
import { decode, encode, fixed, hash, set, struct } from './canonical.ts'
import type { Header } from './envelope.ts'
import { parseHeader } from './envelope.ts'
import type { SignedEpoch } from './epoch.ts'
import { openRecipientRoot } from './epoch.ts'
import { CryptoError, refuse } from './errors.ts'
import type { CryptoErrorCode } from './errors.ts'
import { sha256 } from './hash.ts'
import type { BoxKey, BoxPublicKey } from './keys.ts'
import { keyIdOf, openWith, sealTo } from './keys.ts'
import type { MessageKey } from './message.ts'
import { messageKeyOfRoot } from './message.ts'
import type { RecipientSeal } from './seals.ts'
import type { Epoch } from './statements/epoch.ts'
import type { Opening } from './statements/opening.ts'
import type { Statement } from './statements/statement.ts'
import { requireSignature } from './statements/statement.ts'

type OpenedKey = MessageKey & { readonly headerHash: Bytes }
const openedKey: Codec<OpenedKey> = struct<OpenedKey>({ headerHash: hash, key: fixed(32), iv: fixed(12) })
const openedKeys = set(openedKey, 1_000_000)

/** An epoch of the approved scope: its statement, its author's verified key, and every candidate seal that the server holds. */
export type ArchivedEpoch = SignedEpoch & { readonly candidates: readonly RecipientSeal[] }

/** What is opened, with what, for whom. */
export type ArchiveInput = {
  /** The rebuilt keys of the periods concerned. */
  readonly archiveKeys: readonly BoxKey[]
  readonly opening: Statement<Opening>
  /** The Ed25519 key of the requesting officer's device, from their verified device list. */
  readonly requesterKey: Uint8Array
  readonly officer: BoxPublicKey
  readonly epochs: readonly ArchivedEpoch[]
  /** Header bytes of the envelopes to be opened. */
  readonly headers: readonly Bytes[]
}

/** What leaves the offline machine: message keys under the officer's box key, and what was refused and why. */
export type ArchiveOutput = {
  readonly sealed: Bytes
  readonly opened: number
  readonly refused: readonly { readonly headerHash: Bytes; readonly code: CryptoErrorCode }[]
}

/** The scope is judged by the signed epoch, never by what a header or the server says of itself. */
const requireScope = (epoch: Epoch, header: Header, opening: Opening): void => {
  const named = epoch.organisation === header.organisation && epoch.conversation === header.conversation && epoch.version === header.n
  if (!named) refuse('wrong-subject', 'header of another epoch')
  const { organisation, scope } = opening
  const inScope = scope.some((s) => s.conversation === epoch.conversation && s.from <= epoch.version && epoch.version <= s.to)
  if (epoch.organisation !== organisation || !inScope) refuse('out-of-scope', 'epoch')
}

const keyFor = (epoch: Epoch, archiveKeys: readonly BoxKey[]): BoxKey => {
  const named = epoch.recipients.filter((r) => r.kind === 'archive')
  return archiveKeys.find((key) => named.some((r) => equal(r.keyId, key.keyId))) ?? refuse('bad-key', 'archive key of another period')
}

/** Opens each epoch once, and only for headers in scope. */
const rootsOf = (input: ArchiveInput): ((header: Header) => Promise<Bytes>) => {
  const epochs = new Map(input.epochs.map((e) => [toHex(e.epoch.hash), e]))
  const opened = new Map<string, Promise<Bytes>>()
  return async (header) => {
    const id = toHex(header.epochHash)
    const archived = epochs.get(id) ?? refuse('wrong-subject', 'no such epoch')
    requireScope(archived.epoch.body, header, input.opening.body)
    const root = opened.get(id) ?? openRecipientRoot({ ...archived, box: keyFor(archived.epoch.body, input.archiveKeys) })
    opened.set(id, root)
    return root
  }
}

/**
 * The archive's opening, offline: per-message keys of the approved scope, sealed to the requesting officer. Neither a K_n nor the archive's
 * private key leaves. Throws `bad-signature` for a request that the officer did not sign, `bad-key` for another recipient than it names.
 */
export const openArchive = async (input: ArchiveInput): Promise<ArchiveOutput> => {
  await requireSignature(input.opening, input.requesterKey)
  if (!equal(keyIdOf(input.officer), input.opening.body.recipientKeyId)) refuse('bad-key', 'not the key that the request names')
  const rootOf = rootsOf(input)
  const keys: OpenedKey[] = []
  const refused: { headerHash: Bytes; code: CryptoErrorCode }[] = []
  for (const bytes of input.headers) {
    const headerHash = sha256(bytes)
    try {
      keys.push({ headerHash, ...messageKeyOfRoot(await rootOf(parseHeader(bytes)), headerHash) })
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error
      refused.push({ headerHash, code: error.code })
    }
  }
  const sealed = await sealTo(input.officer, 'wl1 archive opening', { hash: input.opening.hash }, encode(openedKeys, keys))
  return { sealed, opened: keys.length, refused }
}

/** The officer's side: finds the key of a message by the hash of its header; `openWithMessageKey` does the rest. */
export const readOpening = async (
  opening: Statement<Opening>,
  box: BoxKey,
  sealed: Bytes,
): Promise<(headerHash: Bytes) => MessageKey | undefined> => {
  const list = decode(openedKeys, await openWith(box, 'wl1 archive opening', { hash: opening.hash }, sealed))
  const byHeader = new Map(list.map((entry) => [toHex(entry.headerHash), entry]))
  return (headerHash) => byHeader.get(toHex(headerHash))
}
