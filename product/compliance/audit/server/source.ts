import { KeyFailure } from '@wardline/platform/server'
import type { Db } from '@wardline/platform/db'
import type { Database, KeyLedger } from '@wardline/platform/server'
import type { VerificationReport } from '../rules.ts'
import { CHECKPOINT_WITHIN_MS } from '../rules.ts'
import type { FactRow, PayloadRow } from './block.ts'
import { decodeVkey, NoteError } from './note.ts'
import type { NoteKey } from './note.ts'
import { allOrganisations, checkpointsFrom, entriesFrom, installationId, logKeys, nodesFrom, payloadsFrom } from './queries.ts'
import type { BesideRow } from './queries.ts'
import { organisationInLeaf, originOf } from './sequence.ts'
import { verifyLog } from './verify.ts'
import type { LogSource } from './verify.ts'

const rows = 1_000

/**
 * An organisation's log out of the database, in batches; a payload that cannot be opened for another reason than erasure is a flaw. All
 * batches must be of one snapshot: a log that grows meanwhile would else have nodes without entries.
 */
export function logSource(snapshot: Db, keys: Pick<KeyLedger, 'open'>): LogSource {
  const { org } = snapshot
  return {
    entries: pages(
      0,
      (from) => entriesFrom(snapshot, org, from, rows),
      (row) => row.index + 1,
    ),
    nodes: pages(
      { completed: 0, level: 0 },
      // A place that no subtree can have gives a fraction, which the verifier refuses.
      async (from) =>
        (await nodesFrom(snapshot, org, from, rows)).map((row) => ({
          ...row,
          index: row.completed / 2 ** row.level - 1,
        })),
      ({ completed, level }) => ({ completed, level }),
    ),
    payloads: pages(
      0,
      async (from) => (await payloadsFrom(snapshot, org, from, rows)).map((row) => payloadRow(keys, org, row)),
      (row) => row.index + 1,
    ),
    checkpoints: pages(
      0,
      (from) => checkpointsFrom(snapshot, org, from, rows),
      (row) => row.size,
    ),
  }
}

function payloadRow(keys: Pick<KeyLedger, 'open'>, org: string, row: BesideRow): PayloadRow {
  const { index } = row
  const fact = factRow(row)
  if (row.data_key === null || row.sealed === null) return { index, fact, erased: true }
  try {
    const plain = keys.open(org, row.data_key, row.sealed, `fact|${row.fact}`)
    return { index, fact, erased: false, nonce: plain.subarray(0, 32), payload: plain.subarray(32) }
  } catch (thrown) {
    if (thrown instanceof KeyFailure && thrown.code === 'erased') return { index, fact, erased: true }
    // Altered at rest: no nonce fits, so the verifier names this entry.
    return { index, fact, erased: false, nonce: Buffer.alloc(32), payload: Buffer.from('altered') }
  }
}

const factRow = ({ kind, at, actor, device, commitment }: BesideRow): FactRow | null =>
  kind === null || at === null || commitment === null
    ? null
    : { kind, time: at.getTime(), actor: actor ?? '', device: device ?? '', commitment }

async function* pages<Row, Place>(start: Place, read: (from: Place) => Promise<Row[]>, next: (last: Row) => Place): AsyncGenerator<Row[]> {
  for (let from = start; ;) {
    const batch = await read(from)
    if (batch.length === 0) return
    yield batch
    from = next(batch.at(-1)!)
  }
}

/** A key that was altered at rest is no key: the checkpoints that it signed are refused. */
function readVkey(vkey: string): NoteKey[] {
  try {
    return [decodeVkey(vkey)]
  } catch (thrown) {
    if (thrown instanceof NoteError) return []
    throw thrown
  }
}

/** One organisation's result. */
export interface OrganisationReport extends VerificationReport {
  readonly org: string
  readonly name: string
  /** Name of its log: the first line of each of its checkpoints. */
  readonly origin: string
}

/**
 * Verifies the logs of all organisations against their own checkpoints and the notes that were kept outside. Entries older than two
 * checkpoint periods that no checkpoint covers are a flaw: a log that stopped signing vouches for nothing. Throws NoteError for a kept note
 * of one of these logs that the log's key did not sign; a note of another log (see `origin`) is not looked at.
 */
export async function verifyAudit(
  db: Database,
  keys: Pick<KeyLedger, 'open'>,
  options: { now: number; kept?: readonly string[]; onProgress?: (entries: number) => void },
): Promise<OrganisationReport[]> {
  const installation = await db.sweep(installationId)
  const reports: OrganisationReport[] = []
  let before = 0
  for (const { org, name } of await db.sweep(allOrganisations)) {
    const origin = originOf(installation.id, org)
    const report = await db.read(org, async (snapshot) =>
      verifyLog(
        logSource(snapshot, keys),
        {
          organisation: organisationInLeaf(org),
          trust: { origin, logKeys: (await logKeys(snapshot, org)).flatMap((row) => readVkey(row.vkey)), witnesses: [], unknown: 'refuse' },
          kept: (options.kept ?? []).filter((note) => note.startsWith(`${origin}\n`)),
          signedBefore: options.now - 2 * CHECKPOINT_WITHIN_MS,
        },
        (entries) => options.onProgress?.(before + entries),
      ),
    )
    before += report.entries
    reports.push({ ...report, org, name, origin })
  }
  return reports
}
