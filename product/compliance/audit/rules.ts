/** An entry is covered by a signed checkpoint at most this many milliseconds after it was numbered (AU-03). */
export const CHECKPOINT_WITHIN_MS = 60_000

/** The sequencer asks about once a second and signing takes time: starting this much earlier keeps the promise above. */
const HEAD_START_MS = 10_000

/** This many entries without a checkpoint are signed at once (AU-03). */
export const CHECKPOINT_ENTRIES = 256

/**
 * Whether the log needs a new checkpoint: there are entries after the last one, and 256 of them wait or the last one is nearly 60 s old.
 * Times are database milliseconds; `lastAt` is null before the first checkpoint. A size below the signed one is never due:
 * a log that shrank must not be signed (C2SP tlog-checkpoint), the verifier names it.
 */
export const checkpointDue = (lastAt: number | null, lastSize: number, size: number, now: number): boolean => {
  if (size <= lastSize) return false
  if (lastAt === null || size - lastSize >= CHECKPOINT_ENTRIES) return true
  // A clock that went backwards says nothing about the age: sign.
  return now < lastAt || now - lastAt >= CHECKPOINT_WITHIN_MS - HEAD_START_MS
}

/** What the verifier can find wrong; the closed list that a screen must have words for. */
export const FLAWS = [
  /** No entry with this index, though a later entry, node, payload or checkpoint needs it. */
  'missing',
  /** A row with an index that was already seen, or out of order. */
  'misplaced',
  /** The leaf's bytes do not have the stored hash. */
  'leaf-hash',
  /** The leaf's bytes are not the canonical form of any leaf. */
  'leaf-malformed',
  /** The leaf names another index or another organisation than its place. */
  'leaf-place',
  /** The entry is older than a witness's cosignature over the log that ended before it. */
  'back-dated',
  /** A stored tree node is not there. */
  'node-missing',
  /** A stored tree node is not the hash of what stands below it. */
  'node-wrong',
  /** A row is no node of this tree. */
  'node-extra',
  /** The stored fact (kind, time, who, on which device) is not what its leaf says, or the entry names a fact that is not there. */
  'fact-changed',
  /** The payload is not there, or cannot be opened because its key is gone, and no entry of the log says that it was erased. */
  'payload-missing',
  /** Payload and nonce do not open the leaf's commitment. */
  'payload-changed',
  /** A payload row belongs to no entry. */
  'payload-extra',
  /** A stored checkpoint cannot be read, is for another log, or is not signed by its keys. */
  'checkpoint-refused',
  /** A stored key of the log is not one that the key ledger sealed for it, or not the one that was kept outside. */
  'log-key',
  /** The log's key signed another root for this size than these entries have. */
  'checkpoint-root',
  /** A checkpoint kept outside is signed by the log's key, but for other entries: two histories were shown. */
  'fork',
  /** The entry should long be covered by a checkpoint and is not. */
  'unsigned',
] as const

/** One of {@link FLAWS}. */
export type Flaw = (typeof FLAWS)[number]

/** Where the log is not what was signed: entries `index` to `through` (equal where one entry is named) are not vouched for. */
export interface FirstBad {
  readonly index: number
  readonly through: number
  readonly what: Flaw
}

/** An entry of the log that says which payloads were erased: those that one data key had sealed. */
export interface Erasure {
  /** Place of the entry in the log. */
  readonly index: number
  readonly bucket: string
  /** `YYYY-MM`, UTC, in which the erased facts happened. */
  readonly month: string
  readonly dataKey: string
  readonly payloads: number
}

/** Result of a verification run over one organisation's log; `wardline verify-audit --json` prints the first three fields. */
export interface VerificationReport {
  /** Entries found good, from index 0, without a hole. */
  readonly entries: number
  readonly intact: boolean
  /** The first thing wrong in the order of the log; null when intact. */
  readonly firstBad: FirstBad | null
  /** Entries whose payload has been erased; their leaves still verify. In an intact log `erasures` cover each of them. */
  readonly erased: number
  /** The entries that cover erased payloads, each exactly as many as it says. */
  readonly erasures: readonly Erasure[]
  /** Stored checkpoints whose signature and root were found good. */
  readonly checkpoints: number
  /** Entries below this size are covered by a checkpoint of the log's key. */
  readonly signedSize: number
  /** Entries below this size are covered by a known witness's cosignature too. */
  readonly witnessedSize: number
}
