import {
  CryptoError,
  decodeRecipientSeals,
  equal,
  fromBase64url,
  keyIdOf,
  opening as openings,
  parse,
  parseEnvelope,
  parseEpoch,
  reasonHash,
  toBase64url,
  verifyApproval,
  verifyOpening,
} from '@wardline/crypto'
import type { ArchivePolicy, ArchivedEpoch, BoxPublicKey, Bytes, Envelope, Opening, Statement } from '@wardline/crypto'
import type { Static } from '@wardline/platform/contract'
import { deviceOf, openKnowledge, publicAt, replacedAt } from '@wardline/product/team/devices/client'
import type { Call, KnownPerson, Knowledge } from '@wardline/product/team/devices/client'
import { statementsOf, trust } from '@wardline/product/team/devices/contract'
import { memoryStore } from '@wardline/product/team/messages/client'
import type { ExportFile } from '../contract.ts'
import { refuseOpening } from './refused.ts'

/** What was released, as `wardline archive open` reads it. */
export type Export = Static<typeof ExportFile>

/**
 * Why a message or its epoch is not what it should be; `labels`: the server told another place, sender or hash than the envelope has;
 * `revoked`: its device had been cut off; `policy`: its epoch names another archive key than the root signed. Closed.
 */
export type Fault = 'damaged' | 'labels' | 'unknown-device' | 'not-member' | 'revoked' | 'no-epoch' | 'policy'

/** A message of the export with what verification says of its place and sender; it is not opened yet. */
export interface ExportedMessage {
  readonly served: Export['messages'][number]
  /** Null: erased, or not readable as an envelope. */
  readonly envelope: Envelope | null
  readonly deviceKey: Bytes | null
  readonly faults: readonly Fault[]
}

/** An export whose every statement hangs on the root with the given fingerprint. */
export interface VerifiedExport {
  readonly file: Export
  readonly opening: Statement<Opening>
  readonly requesterKey: Bytes
  readonly requester: KnownPerson
  /** The officer's box key that the request names. */
  readonly officer: BoxPublicKey
  readonly epochs: readonly ArchivedEpoch[]
  /** Archive policies whose keys the epochs in scope name: shares of each are needed. */
  readonly policies: readonly Statement<ArchivePolicy>[]
  readonly messages: readonly ExportedMessage[]
  /** People whose statements do not verify: nothing of theirs is believed. */
  readonly broken: readonly string[]
}

/**
 * Verifies an export offline, from the root's printed fingerprint down: the organisation's statements, the officer and their device, that
 * the root names them, the reason, the second officer's approval likewise, every author and sender. Throws OpeningRefused. `fingerprint`: 64 hexadecimal digits.
 */
export async function verifyExport(file: Export, fingerprint: string): Promise<VerifiedExport> {
  const broken: string[] = []
  const knowledge = await knowledgeOf(file, fingerprint, (person) => broken.push(person))
  // Administrators first: what they signed about others is judged by their own statements.
  await knowledge.people(file.trust.authorities.flatMap(({ at }) => [...knowledge.trustAt(at).administrators]))
  const people = await knowledge.people(file.people.map((it) => it.person))
  const { opening, requester, requesterKey, officer } = await verifyRequest(file, knowledge, people)
  const known = new Map(policiesOf(file, knowledge).map((it) => [it.body.version, it]))
  const epochs = new Map<
    string,
    { readonly archived: ArchivedEpoch; readonly policy: Statement<ArchivePolicy> | null; readonly members: ReadonlySet<string> }
  >()
  for (const it of file.epochs) {
    const archived = readEpoch(it, people)
    if (!archived) continue
    const { body } = archived.epoch
    const policy = known.get(body.archivePolicy) ?? null
    const named = policy !== null && body.recipients.some((r) => r.kind === 'archive' && equal(r.keyId, keyIdOf(policy.body)))
    epochs.set(`${it.conversation} ${it.n}`, {
      archived,
      policy: named ? policy : null,
      members: new Set(body.roster.map((r) => r.person)),
    })
  }
  const sound = [...epochs.values()].filter((it) => it.policy !== null)
  const inScope = ({ archived }: (typeof sound)[number]) => {
    const { conversation, version } = archived.epoch.body
    return opening.body.scope.some((it) => it.conversation === conversation && it.from <= version && version <= it.to)
  }
  const policies = new Map(sound.filter(inScope).map((it) => [it.policy!.body.version, it.policy!]))
  if (file.epochs.length > 0 && sound.length === 0)
    refuseOpening(
      'wrong-policy',
      'No epoch in this export names an archive key that the organisation’s root has signed. Nothing was opened.',
    )
  return {
    file,
    opening,
    requester,
    requesterKey,
    officer,
    epochs: sound.map((it) => it.archived),
    policies: [...policies.values()].toSorted((a, b) => a.body.version - b.body.version),
    messages: file.messages.map((served) => judge(served, people, epochs)),
    broken,
  }
}

/** What the export says about the organisation and its people, believed as far as it verifies. */
async function knowledgeOf(file: Export, fingerprint: string, onBroken: (person: string) => void): Promise<Knowledge> {
  const statements = new Map(file.people.map((it) => [it.person, it.statements]))
  const answers = (async (endpoint: unknown, args: { body?: { people?: { person: string; after: number }[] } }) => {
    if (endpoint === trust) return { ok: true, value: file.trust }
    if (endpoint !== statementsOf) return { ok: false, code: 'unreachable', what: '', next: '' }
    const people = (args.body?.people ?? []).map(({ person, after }) => ({
      person,
      statements: (statements.get(person) ?? []).filter((it) => it.position > after),
    }))
    return { ok: true, value: { people, more: false } }
  }) as unknown as Call
  const knowledge = openKnowledge({
    call: answers,
    store: memoryStore(),
    person: '',
    now: () => file.releasedAt,
    alarm: async (it) => {
      if (it.kind === 'person' && it.person !== null) onBroken(it.person)
    },
  })
  await knowledge
    .refreshTrust()
    .catch(() =>
      refuseOpening(
        'untrusted',
        'A statement about the organisation in this export is not signed by who must sign it. Nothing was opened.',
      ),
    )
  if (knowledge.root() !== fingerprint)
    refuseOpening(
      'other-root',
      'This export hangs on another root key than the printed fingerprint says: it was made by somebody else, or for another organisation. Nothing was opened.',
    )
  return knowledge
}

type Requested = Pick<VerifiedExport, 'opening' | 'requester' | 'requesterKey' | 'officer'>

async function verifyRequest(file: Export, knowledge: Knowledge, people: ReadonlyMap<string, KnownPerson>): Promise<Requested> {
  const opening = readStatement(file.opening)
  const { author, organisation } = opening.body
  const requester = people.get(author.person)
  const standing = requester ? publicAt(requester, file.askedAt) : null
  const ours = organisation === knowledge.organisation() && organisation === file.organisation.id
  if (!ours || !requester || !standing)
    return refuseOpening('untrusted', 'The request is not of a person of this organisation. Nothing was opened.')
  const revoked = requester.revocations.some((it) => it.statement.body.device === author.device && it.at <= file.askedAt)
  try {
    if (revoked) throw new CryptoError('not-entitled', 'revoked')
    await verifyOpening(opening, {
      people: new Map([[author.person, standing]]),
      officers: knowledge.trustAt(file.askedAt).archiveOfficers,
      prev: null,
    })
  } catch (thrown) {
    if (!(thrown instanceof CryptoError)) throw thrown
    return refuseOpening(
      'not-an-officer',
      `The request was not signed on a device of an archive officer whom the root names (${thrown.code}). Nothing was opened.`,
    )
  }
  if (!equal(opening.body.reasonHash, reasonHash(file.reason, fromBase64url(file.salt))))
    refuseOpening('untrusted', 'The reason in this export is not the one that the officer signed. Nothing was opened.')
  await requireApproval(file, opening, knowledge, people)
  const officer = requester.userKeys.find((it) => equal(keyIdOf(it.statement.body), opening.body.recipientKeyId))
  const device = deviceOf(requester, author.device)
  if (!officer || !device) return refuseOpening('untrusted', 'The request names a key that is not the officer’s. Nothing was opened.')
  const { suite, publicKey } = officer.statement.body
  return { opening, requester, requesterKey: device.signKey, officer: { suite, publicKey } }
}

/** That another officer or administrator, whom the root names, signed this very request on a device that was theirs. */
async function requireApproval(
  file: Export,
  asked: Statement<Opening>,
  knowledge: Knowledge,
  people: ReadonlyMap<string, KnownPerson>,
): Promise<void> {
  const approval = readStatement(file.approval)
  const { author } = approval.body
  const approver = people.get(author.person)
  const standing = approver ? publicAt(approver, file.approvedAt) : null
  const revoked = approver?.revocations.some((it) => it.statement.body.device === author.device && it.at <= file.approvedAt) ?? true
  const { archiveOfficers, administrators } = knowledge.trustAt(file.approvedAt)
  try {
    if (!standing || revoked || author.person !== file.approvedBy || file.approvedAt < file.askedAt)
      throw new CryptoError('not-entitled', 'approval')
    const approvers = new Set([...archiveOfficers, ...administrators])
    await verifyApproval(approval, { people: new Map([[author.person, standing]]), approvers, asked })
  } catch (thrown) {
    if (!(thrown instanceof CryptoError)) throw thrown
    refuseOpening(
      'not-approved',
      `No second officer whom the root names has signed an approval of this request (${thrown.code}). Nothing was opened.`,
    )
  }
}

function readStatement(text: string): Statement<Opening> {
  try {
    return parse(openings, fromBase64url(text))
  } catch {
    return refuseOpening('not-an-export', 'The signed request in this file is damaged. Nothing was opened. Download the export again.')
  }
}

/** Every archive policy that verified, each at the moment when it was stored. */
const policiesOf = (file: Export, knowledge: Knowledge): readonly Statement<ArchivePolicy>[] =>
  file.trust.archivePolicies.flatMap(({ at }) => knowledge.trustAt(at).archivePolicy ?? [])

/** An epoch as the file has it, with its author's key; null if it is damaged, mislabelled or of an unknown device. */
function readEpoch(it: Export['epochs'][number], people: ReadonlyMap<string, KnownPerson>): ArchivedEpoch | null {
  try {
    const epoch = parseEpoch(fromBase64url(it.statement))
    const { conversation, version, author } = epoch.body
    const known = people.get(author.person)
    const device = known ? deviceOf(known, author.device) : null
    if (conversation !== it.conversation || version !== it.n || !device) return null
    return { epoch, authorKey: device.signKey, candidates: it.candidates.flatMap((set) => decodeRecipientSeals(fromBase64url(set))) }
  } catch (thrown) {
    if (thrown instanceof CryptoError) return null
    throw thrown
  }
}

function judge(
  served: Export['messages'][number],
  people: ReadonlyMap<string, KnownPerson>,
  epochs: ReadonlyMap<string, { readonly policy: Statement<ArchivePolicy> | null; readonly members: ReadonlySet<string> }>,
): ExportedMessage {
  const { conversation, epoch: n, person, device, at } = served
  if (served.envelope === null) return { served, envelope: null, deviceKey: null, faults: [] }
  const envelope = readEnvelope(served.envelope)
  if (!envelope) return { served, envelope: null, deviceKey: null, faults: ['damaged'] }
  const faults: Fault[] = []
  const { header } = envelope
  if (header.conversation !== conversation || header.n !== n || header.device !== device || toBase64url(envelope.hash) !== served.hash)
    faults.push('labels')
  const known = people.get(person)
  const listed = known ? deviceOf(known, header.device) : null
  if (!listed) faults.push('unknown-device')
  const replaced = known ? replacedAt(known, header.device) : null
  if (known?.revocations.some((it) => it.statement.body.device === header.device && it.at < at) || (replaced !== null && replaced < at))
    faults.push('revoked')
  const epoch = epochs.get(`${conversation} ${n}`)
  if (!epoch) faults.push('no-epoch')
  else if (!epoch.policy) faults.push('policy')
  if (epoch && !epoch.members.has(person)) faults.push('not-member')
  return { served, envelope, deviceKey: listed?.signKey ?? null, faults }
}

function readEnvelope(text: string): Envelope | null {
  try {
    return parseEnvelope(fromBase64url(text))
  } catch (thrown) {
    if (thrown instanceof CryptoError) return null
    throw thrown
  }
}

/** A typed fingerprint as 64 digits; null if it is none. Spaces, hyphens and case do not matter. */
export const readFingerprint = (typed: string): string | null => {
  const digits = typed.replace(/[\s-]/g, '').toLowerCase()
  return /^[0-9a-f]{64}$/.test(digits) ? digits : null
}
