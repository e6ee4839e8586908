import { KeyFailure, payloadOpener } from '@wardline/platform/server'
import type { Db } from '@wardline/platform/db'
import type { Database, KeyLedger, OpenPayload } from '@wardline/platform/server'
import type { VerificationReport } from '../rules.ts'
import { openLogKeys } from './log-key.ts'
import type { LogKey } from './log-key.ts'
import { CHECKPOINT_WITHIN_MS } from '../rules.ts'
import type { FactRow, PayloadRow } from './block.ts'
import { allOrganisations, checkpointsFrom, entriesFrom, installationId, nodesFrom, payloadsFrom } from './queries.ts'
import type { BesideRow } from './queries.ts'
import { organisationInLeaf, originOf } from './origin.ts'
import { verifyLog } from './verify.ts'
import type { LogSource } from './verify.ts'

const rows = 1_000

/**
 * An organisation's log out of the database, in batches; a payload that cannot be opened is a flaw, unless its key was destroyed and
 * an entry of the log covers that. All
 * batches must be of one snapshot: a log that grows meanwhile would else have nodes without entries.
 */
export function logSource(snapshot: Db, keys: Pick<KeyLedger, 'open'>): LogSource {
  const { org } = snapshot
  const open = payloadOpener(keys, org)
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
      async (from) => (await payloadsFrom(snapshot, org, from, rows)).map((row) => payloadRow(open, row)),
      (row) => row.index + 1,
    ),
    checkpoints: pages(
      0,
      (from) => checkpointsFrom(snapshot, org, from, rows),
      (row) => row.size,
    ),
  }
}

function payloadRow(open: OpenPayload, row: BesideRow): PayloadRow {
  const { index } = row
  const fact = factRow(row)
  // The row of an erased payload stays, with bytes that nobody can open: a row that is not there was deleted by somebody else.
  if (row.data_key === null || row.sealed === null) return { index, fact, erased: true, dataKey: null }
  try {
    const opened = open(row)
    if (opened === undefined) return { index, fact, erased: true, dataKey: row.data_key }
    return { index, fact, erased: false, nonce: opened.nonce, payload: opened.bytes }
  } catch (thrown) {
    if (thrown instanceof KeyFailure && thrown.code === 'not-in-ledger') return { index, fact, erased: true, dataKey: null }
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

/** One organisation's result. */
export interface OrganisationReport extends VerificationReport {
  readonly org: string
  readonly name: string
  /** Name of its log: the first line of each of its checkpoints. */
  readonly origin: string
  /** Its keys, oldest first: what signs its checkpoints. To be kept outside, and given as `keys` to a later verification. */
  readonly keys: readonly LogKey[]
}

/** Keys of every organisation's log, for whoever wants to write them down; `stranger` as verifyAudit reports `log-key`. */
export async function logKeysOf(
  db: Database,
  ledger: Pick<KeyLedger, 'open'>,
): Promise<{ name: string; keys: readonly LogKey[]; stranger: boolean }[]> {
  const installation = await db.sweep(installationId)
  const found: { name: string; keys: readonly LogKey[]; stranger: boolean }[] = []
  for (const { org, name } of await db.sweep(allOrganisations))
    found.push({ name, ...(await db.read(org, (read) => openLogKeys(read, ledger, org, originOf(installation.id, org)))) })
  return found
}

/**
 * Verifies the logs of all organisations against their own checkpoints and the notes that were kept outside. Entries older than two
 * checkpoint periods that no checkpoint covers are a flaw: a log that stopped signing vouches for nothing. Throws NoteError for a kept note
 * of one of these logs that the log's key did not sign; a note of another log (see `origin`) is not looked at.
 *
 * A log's key is derived from its private half, which the key ledger sealed: what the database says of it is only compared. Where `keys`
 * (verifier keys or fingerprints that were kept outside) name one of a log's keys, no other key of it counts.
 */
export async function verifyAudit(
  db: Database,
  ledger: Pick<KeyLedger, 'open'>,
  options: { now: number; kept?: readonly string[]; keys?: readonly string[]; onProgress?: (entries: number) => void },
): Promise<OrganisationReport[]> {
  const installation = await db.sweep(installationId)
  const pinned = new Set((options.keys ?? []).map(plainFingerprint))
  const isPinned = (key: LogKey) => pinned.has(key.vkey) || pinned.has(plainFingerprint(key.fingerprint))
  const reports: OrganisationReport[] = []
  let before = 0
  for (const { org, name } of await db.sweep(allOrganisations)) {
    const origin = originOf(installation.id, org)
    const report = await db.read(org, async (snapshot) => {
      const opened = await openLogKeys(snapshot, ledger, org, origin)
      const keys = opened.keys.map(({ vkey, fingerprint }): LogKey => ({ vkey, fingerprint }))
      const counted = opened.keys.some(isPinned) ? opened.keys.filter(isPinned) : opened.keys
      const found = await verifyLog(
        logSource(snapshot, ledger),
        {
          organisation: organisationInLeaf(org),
          trust: { origin, logKeys: counted.map(({ key }) => key), witnesses: [], unknown: 'refuse' },
          kept: (options.kept ?? []).filter((note) => note.startsWith(`${origin}\n`)),
          signedBefore: options.now - 2 * CHECKPOINT_WITHIN_MS,
        },
        (entries) => options.onProgress?.(before + entries),
      )
      // One stranger among the keys puts all that they signed in doubt.
      const sound = !opened.stranger && counted.length === keys.length
      const bad = { index: 0, through: Math.max(found.entries - 1, 0), what: 'log-key' } as const
      return sound ? { ...found, keys } : { ...found, keys, intact: false, firstBad: bad }
    })
    before += report.entries
    reports.push({ ...report, org, name, origin })
  }
  return reports
}

/** A fingerprint however it was written down; a verifier key stays as it is. */
const plainFingerprint = (text: string): string => (/^[0-9a-f\s]+$/i.test(text) ? text.replaceAll(/\s/g, '').toLowerCase() : text.trim())

/** Whether a key that was kept outside is one of these logs' keys. */
export const hasKey = (reports: readonly OrganisationReport[], kept: string): boolean =>
  reports.some(({ keys }) => keys.some((key) => [key.vkey, plainFingerprint(key.fingerprint)].includes(plainFingerprint(kept))))
