import type { Bytes, Uuid } from './bytes.ts'
import { NONE, equal, lp, random } from './bytes.ts'
import { refuse } from './errors.ts'
import { derive } from './hash.ts'
import type { BoxKey, BoxPublicKey, DeviceKeys } from './keys.ts'
import { keyIdOf, openWith, sealTo } from './keys.ts'
import type { MemberSeal, RecipientSeal } from './seals.ts'
import { differingSeals, keyBook, openMemberSeal, openRecipientSeal, sealToMember, sealToMembers, sealToRecipients } from './seals.ts'
import type { Epoch, EpochBody, Recipient } from './statements/epoch.ts'
import { bodyHash, draftEpoch, hashOfBody } from './statements/epoch.ts'
import type { Statement } from './statements/statement.ts'
import { addSignature, requireSignature } from './statements/statement.ts'

/** An epoch that this device can use: what its messages name, and K_n as a key that cannot be read out. */
export type EpochRoot = {
  readonly organisation: Uuid
  readonly conversation: Uuid
  readonly n: number
  readonly hash: Bytes
  readonly key: CryptoKey
}

/** K_n = HKDF(M_n, "wl1 root", lp(H(B_n))). */
const rootOf = (secret: Bytes, hashOfB: Bytes): Bytes => derive(secret, 'wl1 root', lp(hashOfB), 32)

/** c_n = HKDF(K_n, "wl1 commit"). */
const commitmentOf = (root: Bytes): Bytes => derive(root, 'wl1 commit', NONE, 32)

const meetsCommitment = (epoch: Statement<Epoch>, root: Bytes): boolean => equal(commitmentOf(root), epoch.body.commitment)

const rootHandle = async (epoch: Statement<Epoch>, root: Bytes): Promise<EpochRoot> => ({
  organisation: epoch.body.organisation,
  conversation: epoch.body.conversation,
  n: epoch.body.version,
  hash: epoch.hash,
  key: await crypto.subtle.importKey('raw', root, 'HKDF', false, ['deriveBits']),
})

/** A freshly made epoch: the signed statement, the seals to upload with it, and the author's own way in. */
export type AuthoredEpoch = {
  readonly epoch: Statement<Epoch>
  readonly members: readonly MemberSeal[]
  readonly recipients: readonly RecipientSeal[]
  readonly root: EpochRoot
}

/**
 * Makes an epoch of a body (see `planEpoch`). M_n is drawn anew at every call, also when the loser of a race makes its epoch again: a
 * member whom the winner removed could otherwise derive the next key. `publicKeys` holds every key that the body names.
 */
export const authorEpoch = async (input: {
  readonly body: EpochBody
  readonly publicKeys: readonly BoxPublicKey[]
  readonly device: DeviceKeys
}): Promise<AuthoredEpoch> => {
  const { body, publicKeys, device } = input
  if (body.author.device !== device.device) refuse('wrong-subject', 'author device')
  const keys = keyBook(publicKeys)
  const secret = random(32)
  const root = rootOf(secret, hashOfBody(body))
  const epoch = await addSignature(draftEpoch(body, commitmentOf(root)), device.signing)
  return {
    epoch,
    members: await sealToMembers(epoch, secret, keys),
    recipients: await sealToRecipients(epoch, secret, root, keys),
    root: await rootHandle(epoch, root),
  }
}

/** An epoch statement and the Ed25519 key, from the author's verified device list, that must have signed it. */
export type SignedEpoch = { readonly epoch: Statement<Epoch>; readonly authorKey: Uint8Array }

const openSecret = async ({ epoch, authorKey }: SignedEpoch, box: BoxKey, seal: Bytes): Promise<{ secret: Bytes; root: Bytes }> => {
  await requireSignature(epoch, authorKey)
  const secret = await openMemberSeal(epoch, box, seal)
  const root = rootOf(secret, bodyHash(epoch))
  return meetsCommitment(epoch, root) ? { secret, root } : refuse('bad-commitment', 'member seal')
}

/** A member opens an epoch. Throws `bad-signature`, `bad-seal`, `bad-commitment`: a wrong seal is reported and repaired by any member. */
export const openEpoch = async (input: SignedEpoch & { readonly box: BoxKey; readonly seal: Bytes }): Promise<EpochRoot> =>
  rootHandle(input.epoch, (await openSecret(input, input.box, input.seal)).root)

const firstThatMeets = async (epoch: Statement<Epoch>, box: BoxKey, candidates: readonly RecipientSeal[]): Promise<Bytes> => {
  for (const { seal, ...recipient } of candidates) {
    if (!equal(recipient.keyId, box.keyId)) continue
    const root = await openRecipientSeal(epoch, box, recipient, seal).catch(() => null)
    if (root && meetsCommitment(epoch, root)) return root
  }
  return refuse('bad-commitment', 'no candidate seal gives the key')
}

/**
 * K_n in the clear, for the archive's offline opening only. Takes all candidate sets and keeps the seal that meets c_n: HPKE's base mode
 * has no sender, so a server-made seal of a server-chosen key opens cleanly.
 */
export const openRecipientRoot = async (
  input: SignedEpoch & { readonly box: BoxKey; readonly candidates: readonly RecipientSeal[] },
): Promise<Bytes> => {
  await requireSignature(input.epoch, input.authorKey)
  return firstThatMeets(input.epoch, input.box, input.candidates)
}

/** A role's holder or an escalation target opens an epoch from all candidate sets. Throws as `openEpoch` does. */
export const openEpochAsRecipient = async (
  input: SignedEpoch & { readonly box: BoxKey; readonly candidates: readonly RecipientSeal[] },
): Promise<EpochRoot> => rootHandle(input.epoch, await openRecipientRoot(input))

/** What a member's own recomputation says about a candidate set of recipient seals. */
export type SealCheck = {
  /** Recipients whose seal is missing or wrong; none: the author was honest. */
  readonly differing: readonly Recipient[]
  /** The right set, to be sent with the next message where the candidate differs. */
  readonly own: readonly RecipientSeal[]
}

/** Recomputes the archive's, roles' and targets' seals and compares bytes. Costs about 0.5 ms a seal; do it before one's first send. */
export const checkRecipientSeals = async (
  input: SignedEpoch & {
    readonly box: BoxKey
    readonly seal: Bytes
    readonly candidate: readonly RecipientSeal[]
    readonly publicKeys: readonly BoxPublicKey[]
  },
): Promise<SealCheck> => {
  const { secret, root } = await openSecret(input, input.box, input.seal)
  const own = await sealToRecipients(input.epoch, secret, root, keyBook(input.publicKeys))
  return { differing: differingSeals(own, input.candidate), own }
}

/** A member's seal for another member whose own is missing or wrong; it is valid because c_n is. */
export const repairMemberSeal = async (
  input: SignedEpoch & { readonly box: BoxKey; readonly seal: Bytes; readonly member: Uuid; readonly memberKey: BoxPublicKey },
): Promise<MemberSeal> => {
  const { secret } = await openSecret(input, input.box, input.seal)
  const entry = input.epoch.body.roster.find((r) => r.person === input.member) ?? refuse('wrong-subject', 'no member of the epoch')
  if (!equal(entry.keyId, keyIdOf(input.memberKey))) refuse('bad-key', 'not the key that the roster names')
  return sealToMember(input.epoch, secret, entry, input.memberKey)
}

type HistoryInput = SignedEpoch & { readonly box: BoxKey; readonly seal: Bytes }

const openHistoryRoot = async (input: HistoryInput): Promise<Bytes> => {
  await requireSignature(input.epoch, input.authorKey)
  const root = await openWith(input.box, 'wl1 history seal', { hash: input.epoch.hash }, input.seal)
  return meetsCommitment(input.epoch, root) ? root : refuse('bad-commitment', 'history seal')
}

/** A newcomer opens an earlier epoch by a history seal; K_i counts only if it gives c_i. */
export const openHistory = async (input: HistoryInput): Promise<EpochRoot> => rootHandle(input.epoch, await openHistoryRoot(input))

/**
 * Gives K_i of an earlier epoch, never M_i, to a newcomer, from one's own member seal or from the history seal by which one got it. The
 * history rule in E_i decides, not today's. Throws `not-entitled`.
 */
export const sealHistory = async (
  input: SignedEpoch & { readonly box: BoxKey; readonly via: 'member' | 'history'; readonly seal: Bytes; readonly newcomer: BoxPublicKey },
): Promise<Bytes> => {
  if (input.epoch.body.history !== 'all') refuse('not-entitled', 'the epoch keeps its history from newcomers')
  const root = input.via === 'member' ? (await openSecret(input, input.box, input.seal)).root : await openHistoryRoot(input)
  return sealTo(input.newcomer, 'wl1 history seal', { hash: input.epoch.hash }, root)
}
