import type { FirstBad, Flaw, VerificationReport } from '../rules.ts'
import { erasuresOf, goOn, noErasures, uncovered } from './erasure.ts'
import type { Erasures } from './erasure.ts'
import { LeafError, NONCE_BYTES, commit, decodeLeaf } from './leaf.ts'
import type { Leaf } from './leaf.ts'
import { NoteError, openCheckpoint } from './note.ts'
import type { CheckpointTrust, OpenedCheckpoint } from './note.ts'
import { carryLeaf, completedAt, emptyFrontier, leafHash, rootFrom, sameBytes } from './tree.ts'
import type { Frontier, NodePlace, TreeNode } from './tree.ts'

/** A stored entry. */
export interface EntryRow {
  readonly index: number
  readonly leaf: Uint8Array
  readonly leafHash: Uint8Array
}

/** What the database says of an entry's fact outside the log: every screen reads it there. */
export type FactRow = Pick<Leaf, 'kind' | 'time' | 'actor' | 'device' | 'commitment'>

/**
 * What stands beside an entry: its payload, and its fact, null where the entry names none that is there. `erased`: the payload cannot be opened
 * any more; `dataKey` is then the key that was destroyed here, null where nothing is known of it.
 */
export type PayloadRow = { readonly index: number; readonly fact: FactRow | null } & (
  | { readonly erased: false; readonly nonce: Uint8Array; readonly payload: Uint8Array }
  | { readonly erased: true; readonly dataKey: string | null }
)

/** A stored checkpoint: a signed note and the size it stands under. */
export interface CheckpointRow {
  readonly size: number
  readonly note: string
}

/** Consecutive entries with everything that belongs to them, each list in the order of `LogSource`. */
export interface LogBlock {
  readonly entries: readonly EntryRow[]
  /** Nodes of level 1 and above that these entries complete. */
  readonly nodes: readonly TreeNode[]
  readonly payloads: readonly PayloadRow[]
  /** Checkpoints up to the size that these entries reach. */
  readonly checkpoints: readonly CheckpointRow[]
}

/** What the log is held against. */
export interface VerifyOptions {
  /** The organisation that every leaf must name; empty for the installation's log. */
  readonly organisation: string
  readonly trust: CheckpointTrust
  /** Signed notes from outside the box (printed, mailed, a witness's), which the log must still contain. */
  readonly kept?: readonly string[]
  /** Entries whose time is before this (database ms) must be covered by a checkpoint. Without it the uncovered tail is only reported. */
  readonly signedBefore?: number
  /** How much older than a witness's time an entry numbered after it may be; a day, unless given. */
  readonly lateMs?: number
}

/** Where a verification stands; a value, so a run can go on from any block. */
export interface VerifyState {
  readonly frontier: Frontier
  readonly erasures: Erasures
  readonly checkpoints: number
  readonly signedSize: number
  readonly witnessedSize: number
  /** Entries from here on must not be older (ms). */
  readonly notBefore: number
  /** Kept checkpoints already met. */
  readonly keptMet: number
  /** First entry that should be covered by a checkpoint and is not yet. */
  readonly unsignedFrom: number | null
}

/** The options, checked, with the kept notes opened. */
export interface Watch extends VerifyOptions {
  readonly lateMs: number
  readonly keptOpened: readonly OpenedCheckpoint[]
}

const DAY_MS = 86_400_000

/** Opens the kept notes. Throws {@link NoteError}: a note that no trusted key signed proves nothing against the log. */
export const watchFor = (options: VerifyOptions): Watch => ({
  ...options,
  lateMs: options.lateMs ?? DAY_MS,
  keptOpened: (options.kept ?? [])
    .map((note) => openCheckpoint(note, { ...options.trust, unknown: 'ignore' }))
    .sort((a, b) => a.size - b.size),
})

/** The state before the first entry. */
export const startState: VerifyState = {
  frontier: emptyFrontier,
  erasures: noErasures,
  checkpoints: 0,
  signedSize: 0,
  witnessedSize: 0,
  notBefore: 0,
  keptMet: 0,
  unsignedFrom: null,
}

const at = (index: number, what: Flaw, through = index): FirstBad => ({ index, through, what })

const readLeaf = (bytes: Uint8Array): Leaf | null => {
  try {
    return decodeLeaf(bytes)
  } catch (error) {
    if (error instanceof LeafError) return null
    throw error
  }
}

/** The leaf of an entry that is whole and stands in its place, or what is wrong with it. */
const checkEntry = (row: EntryRow, size: number, notBefore: number, organisation: string): Leaf | FirstBad => {
  if (row.index !== size) return row.index > size ? at(size, 'missing', row.index - 1) : at(size, 'misplaced')
  if (!sameBytes(leafHash(row.leaf), row.leafHash)) return at(size, 'leaf-hash')
  const leaf = readLeaf(row.leaf)
  if (leaf === null) return at(size, 'leaf-malformed')
  if (leaf.index !== size || leaf.organisation !== organisation) return at(size, 'leaf-place')
  if (leaf.time < notBefore) return at(size, 'back-dated')
  return leaf
}

const isFactOf = (fact: FactRow | null, leaf: Leaf): boolean =>
  fact !== null &&
  fact.kind === leaf.kind &&
  fact.time === leaf.time &&
  fact.actor === leaf.actor &&
  fact.device === leaf.device &&
  sameBytes(fact.commitment, leaf.commitment)

const checkBeside = (row: PayloadRow | undefined, index: number, leaf: Leaf): Flaw | null => {
  if (row === undefined || row.index > index) return 'payload-missing'
  if (row.index !== index) return 'payload-extra'
  // An entry that names another fact would else look as if its payload had been erased.
  if (!isFactOf(row.fact, leaf)) return 'fact-changed'
  // Whether an entry of the log covers the erasure is seen at the end: it stands later in the log.
  if (row.erased) return row.dataKey === null ? 'payload-missing' : null
  return row.nonce.length === NONCE_BYTES && sameBytes(commit(row.nonce, row.payload), leaf.commitment) ? null : 'payload-changed'
}

const comesBefore = (a: NodePlace, b: NodePlace): boolean => {
  const [first, second] = [completedAt(a), completedAt(b)]
  return first < second || (first === second && a.level < b.level)
}

const checkNode = (row: TreeNode | undefined, expected: TreeNode): FirstBad | null => {
  const width = 2 ** expected.level
  const under = (what: Flaw) => at(expected.index * width, what, (expected.index + 1) * width - 1)
  if (row === undefined || comesBefore(expected, row)) return under('node-missing')
  if (row.level !== expected.level || row.index !== expected.index) return under('node-extra')
  return sameBytes(row.hash, expected.hash) ? null : under('node-wrong')
}

const readCheckpoint = (row: CheckpointRow, trust: CheckpointTrust): OpenedCheckpoint | null => {
  try {
    const opened = openCheckpoint(row.note, trust)
    return opened.size === row.size ? opened : null
  } catch (error) {
    if (error instanceof NoteError) return null
    throw error
  }
}

/** Entries that a wrong root leaves without a voucher: all since the last good checkpoint. */
const since = (signedSize: number, size: number, what: Flaw): FirstBad =>
  at(Math.min(signedSize, Math.max(size - 1, 0)), what, Math.max(size - 1, 0))

type Step = VerifyState | FirstBad

const isBad = (step: Leaf | Step): step is FirstBad => 'what' in step

/** The state after a verified checkpoint of the present size, or the flaw if its root is not that of these entries. */
const meet = (state: VerifyState, opened: OpenedCheckpoint, otherwise: Flaw, lateMs: number): Step => {
  const { size } = state.frontier
  if (!sameBytes(opened.root, rootFrom(state.frontier))) return since(state.signedSize, size, otherwise)
  const signed = { ...state, signedSize: size, unsignedFrom: null }
  if (opened.cosignatures.length === 0) return signed
  // The earliest of several witnesses decides: one fast clock must not make honest entries look old.
  const witnessed = Math.min(...opened.cosignatures.map(({ time }) => time)) * 1000
  return { ...signed, witnessedSize: size, notBefore: Math.max(state.notBefore, witnessed - lateMs) }
}

const meetStored = (state: VerifyState, row: CheckpointRow, watch: Watch): Step => {
  const opened = readCheckpoint(row, watch.trust)
  if (opened === null) return since(state.signedSize, state.frontier.size, 'checkpoint-refused')
  return meet({ ...state, checkpoints: state.checkpoints + 1 }, opened, 'checkpoint-root', watch.lateMs)
}

const meetKept = (state: VerifyState, kept: OpenedCheckpoint, watch: Watch): Step =>
  meet({ ...state, keptMet: state.keptMet + 1 }, kept, 'fork', watch.lateMs)

/** What was found good so far. */
export type Counts = Omit<VerificationReport, 'intact' | 'firstBad'>

/** What this state vouches for. */
export const countsOf = ({ frontier, erasures, checkpoints, signedSize, witnessedSize }: VerifyState): Counts => ({
  entries: frontier.size,
  ...erasuresOf(erasures),
  checkpoints,
  signedSize,
  witnessedSize,
})

/** What {@link verifyBlock} found: the state after the block, or what is wrong and what was good before it. */
export type BlockResult = { readonly bad: null; readonly state: VerifyState } | { readonly bad: FirstBad; readonly good: Counts }

/**
 * Verifies the next block: places without holes, leaf bytes and hash, organisation and index, fact and payload commitment, each stored tree node,
 * and each checkpoint's form, signatures and root, which is their consistency too. Stops at the first flaw. The state given is not changed.
 */
export const verifyBlock = (state: VerifyState, block: LogBlock, watch: Watch): BlockResult => {
  let now = state
  let size = state.frontier.size
  const hashes = [...state.frontier.hashes]
  let { unsignedFrom } = state
  const seen = goOn(state.erasures)
  const erasures = seen.so
  let [nodeAt, payloadAt, checkpointAt] = [0, 0, 0]
  const bad = (found: FirstBad): BlockResult => ({ bad: found, good: { ...countsOf({ ...now, erasures }), entries: size } })
  const { signedBefore = -Infinity } = watch

  /** Meets all checkpoints that stand at the present size; null when they agree. */
  const meetCheckpoints = (): FirstBad | null => {
    const due = () => block.checkpoints[checkpointAt]
    const kept = () => watch.keptOpened[now.keptMet]
    if (due()?.size !== size && kept()?.size !== size) return null
    let step: Step = { ...now, frontier: { size, hashes: [...hashes] }, erasures, unsignedFrom }
    for (let row = due(); row?.size === size && !isBad(step); row = due()) {
      step = meetStored(step, row, watch)
      checkpointAt++
    }
    while (!isBad(step) && watch.keptOpened[step.keptMet]?.size === size) step = meetKept(step, watch.keptOpened[step.keptMet]!, watch)
    if (isBad(step)) return step
    now = step
    unsignedFrom = now.unsignedFrom
    return null
  }

  const early = meetCheckpoints()
  if (early !== null) return bad(early)
  for (const row of block.entries) {
    const leaf = checkEntry(row, size, now.notBefore, watch.organisation)
    if (isBad(leaf)) return bad(leaf)
    const payload = block.payloads[payloadAt++]
    const flaw = checkBeside(payload, size, leaf)
    if (flaw !== null) return bad(at(size, flaw))
    for (const node of carryLeaf(hashes, size, row.leafHash)) {
      const wrong = checkNode(block.nodes[nodeAt++], node)
      if (wrong !== null) return bad(wrong)
    }
    if (payload?.erased === true) seen.erased(payload.dataKey!, size, leaf.time)
    else if (payload !== undefined) seen.stands(leaf.kind, size, payload.payload)
    if (leaf.time < signedBefore) unsignedFrom ??= size
    size++
    const wrong = meetCheckpoints()
    if (wrong !== null) return bad(wrong)
  }
  const last = Math.max(size - 1, 0)
  if (nodeAt < block.nodes.length) return bad(at(last, 'node-extra'))
  if (payloadAt < block.payloads.length) return bad(at(last, 'payload-extra'))
  if (checkpointAt < block.checkpoints.length) return bad(since(now.signedSize, size, 'checkpoint-refused'))
  return { state: { ...now, frontier: { size, hashes }, erasures, unsignedFrom }, bad: null }
}

/**
 * What the end of the log leaves open: rows or kept checkpoints that need entries which are not there, erased payloads that no entry covers,
 * and entries too old to be unsigned.
 */
export const verifyEnd = (state: VerifyState, rest: LogBlock, watch: Watch): FirstBad | null => {
  const { size } = state.frontier
  const [checkpoint] = rest.checkpoints
  const [node] = rest.nodes
  const [payload] = rest.payloads
  const kept = watch.keptOpened[state.keptMet]
  if (checkpoint !== undefined && readCheckpoint(checkpoint, watch.trust) === null)
    return since(state.signedSize, size, 'checkpoint-refused')
  const needed = Math.max(
    checkpoint?.size ?? 0,
    kept?.size ?? 0,
    node === undefined ? 0 : completedAt(node),
    payload === undefined ? 0 : payload.index + 1,
  )
  if (checkpoint !== undefined || kept !== undefined || node !== undefined || payload !== undefined) {
    return at(size, 'missing', Math.max(size, needed - 1))
  }
  const missing = uncovered(state.erasures)
  if (missing !== null) return at(missing.first, 'payload-missing', missing.last)
  return state.unsignedFrom === null ? null : at(state.unsignedFrom, 'unsigned', size - 1)
}
