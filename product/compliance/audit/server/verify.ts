import type { VerificationReport } from '../rules.ts'
import { countsOf, startState, verifyBlock, verifyEnd, watchFor } from './block.ts'
import type { CheckpointRow, EntryRow, PayloadRow, VerifyOptions } from './block.ts'
import { completedAt } from './tree.ts'
import type { TreeNode } from './tree.ts'

/** Rows in batches, as a database cursor gives them. */
export type Batches<Row> = AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>

/** One organisation's log. Batches of about a thousand rows keep memory small and the event loop free. */
export interface LogSource {
  /** By index. */
  readonly entries: Batches<EntryRow>
  /** Level 1 and above, by {@link completedAt}, then level. */
  readonly nodes: Batches<TreeNode>
  /** By index. */
  readonly payloads: Batches<PayloadRow>
  /** By size. */
  readonly checkpoints: Batches<CheckpointRow>
}

async function* batchesOf<Row>(batches: Batches<Row>): AsyncGenerator<readonly Row[], void, undefined> {
  yield* batches
}

/** Reads batches and gives out rows up to a limit, keeping the rest. */
const reader = <Row>(batches: Batches<Row>) => {
  const source = batchesOf(batches)
  let held: readonly Row[] = []
  const fill = async (): Promise<boolean> => {
    while (held.length === 0) {
      const next = await source.next()
      if (next.done === true) return false
      held = next.value
    }
    return true
  }
  return {
    /** The next rows as they come; none at the end. */
    batch: async (): Promise<readonly Row[]> => {
      await fill()
      const rows = held
      held = []
      return rows
    },
    /** All next rows that do not stand after the limit; a row without a usable place is given out too, to be refused. */
    upTo: async (limit: number, place: (row: Row) => number): Promise<readonly Row[]> => {
      const rows: Row[] = []
      while (await fill()) {
        const after = held.findIndex((row) => place(row) > limit)
        rows.push(...(after < 0 ? held : held.slice(0, after)))
        held = after < 0 ? [] : held.slice(after)
        if (after >= 0) break
      }
      return rows
    },
    close: () => source.return(),
  }
}

/**
 * Verifies one organisation's whole log from streams of its rows and reports the first flaw, if any. `onProgress` hears the number of good
 * entries after each batch. Reads each stream once and closes all of them. Throws {@link NoteError} for kept notes that no trusted key signed,
 * and whatever a stream throws: a log that cannot be read has no report.
 */
export const verifyLog = async (
  source: LogSource,
  options: VerifyOptions,
  onProgress: (entries: number) => void = () => {},
): Promise<VerificationReport> => {
  const watch = watchFor(options)
  const entries = reader(source.entries)
  const nodes = reader(source.nodes)
  const payloads = reader(source.payloads)
  const checkpoints = reader(source.checkpoints)
  let state = startState
  try {
    for (let more = true; more;) {
      const batch = await entries.batch()
      more = batch.length > 0
      const size = state.frontier.size + batch.length
      const block = {
        entries: batch,
        nodes: await nodes.upTo(size, completedAt),
        payloads: await payloads.upTo(size - 1, ({ index }) => index),
        checkpoints: await checkpoints.upTo(size, (row) => row.size),
      }
      const result = verifyBlock(state, block, watch)
      if (result.bad !== null) return { ...result.good, intact: false, firstBad: result.bad }
      state = result.state
      if (more) onProgress(state.frontier.size)
    }
    const rest = { entries: [], nodes: await nodes.batch(), payloads: await payloads.batch(), checkpoints: await checkpoints.batch() }
    const firstBad = verifyEnd(state, rest, watch)
    return { ...countsOf(state), intact: firstBad === null, firstBad }
  } finally {
    await Promise.all([entries.close(), nodes.close(), payloads.close(), checkpoints.close()])
  }
}
