import { readFile } from 'node:fs/promises'
import { hasKey, logSize, NoteError, verifyAudit } from '@wardline/product/compliance/audit/server'
import type { OrganisationReport } from '@wardline/product/compliance/audit/server'
import type { Flaw } from '@wardline/product/compliance/audit/rules'
import { settingsWith } from '../config.ts'
import type { Overrides } from '../config.ts'
import { openReading } from '../installation.ts'
import { CliFailure, exits } from '../outcome.ts'
import type { Exit } from '../outcome.ts'
import type { Output } from '../output.ts'

/** What each flaw means, for people. */
const flawWords: Readonly<Record<Flaw, string>> = {
  missing: 'it is missing',
  misplaced: 'it stands where another one should',
  'leaf-hash': 'its bytes do not have the stored hash',
  'leaf-malformed': 'its bytes are no entry',
  'leaf-place': 'it belongs to another place or another organisation',
  'back-dated': 'it is older than what a witness had seen before it',
  'fact-changed': 'what the database says of it is not what the log says',
  'node-missing': 'a tree node above it is missing',
  'node-wrong': 'a tree node above it does not fit',
  'node-extra': 'there is a tree node that does not belong',
  'payload-missing': 'its payload is missing, and no entry of the log says that it was erased',
  'payload-changed': 'its payload was changed',
  'payload-extra': 'there is a payload that belongs to no entry',
  'checkpoint-refused': 'a checkpoint over it is damaged or not signed by the log’s key',
  'log-key': 'a key of this log is not one that the server’s key ledger sealed, or not the one that was kept outside',
  'checkpoint-root': 'a signed checkpoint says that it was another one',
  fork: 'a checkpoint that was kept outside says that it was another one',
  unsigned: 'no checkpoint covers it, though one should long have done so',
}

/** `wardline verify-audit`: exit 0 when every entry is good, 1 when not, naming the first bad entry. */
export async function verifyLogs(
  output: Output,
  options: Overrides & { readonly note?: readonly string[]; readonly key?: readonly string[] },
): Promise<Exit> {
  const keys = options.key ?? []
  const kept = await Promise.all((options.note ?? []).map(readNote))
  const settings = settingsWith(options)
  const reading = await openReading(settings)
  try {
    const { entries, now } = await reading.db.sweep(logSize)
    const progress = output.progress('Verified', entries)
    const reports = await verifyAudit(reading.db, reading.keys, { now: now.getTime(), kept, keys, onProgress: progress.to }).finally(
      progress.end,
    )
    requireKnown(kept, options.note ?? [], reports)
    return report(
      output,
      reports,
      keys.filter((key) => !hasKey(reports, key)),
    )
  } catch (thrown) {
    if (thrown instanceof NoteError)
      throw new CliFailure(
        'unknown-note',
        'A kept checkpoint is damaged, or was not signed by the key of its log: it proves nothing. The log was not changed. Look for another copy of the note.',
      )
    throw thrown
  } finally {
    await reading.close()
  }
}

const readNote = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch(() => {
    throw new CliFailure('no-such-file', `The note ${file} cannot be read. Nothing was verified.`, exits.usage)
  })

/** A note that no log has would else be passed over in silence. */
function requireKnown(kept: readonly string[], files: readonly string[], reports: readonly OrganisationReport[]): void {
  const stranger = kept.findIndex((note) => !reports.some((it) => note.startsWith(`${it.origin}\n`)))
  if (stranger >= 0)
    throw new CliFailure(
      'unknown-note',
      `${files[stranger]!} is a checkpoint of no log of this installation. Is it of another one? The others were not judged without it.`,
    )
}

/** `strangers`: keys kept outside that are no log's. */
function report(output: Output, reports: readonly OrganisationReport[], strangers: readonly string[]): Exit {
  const bad = reports.find((it) => it.firstBad !== null)
  const entries = reports.reduce((sum, it) => sum + it.entries, 0)
  for (const it of reports) {
    const erased = it.erased > 0 ? `, ${it.erased} with an erased payload` : ''
    const signed = `${it.checkpoints} checkpoints, the newest over ${it.signedSize}`
    output.say(`${it.intact ? 'ok  ' : 'BAD '} ${it.name}: ${it.entries} entries good${erased}; ${signed}`)
    for (const { index, bucket, month, payloads } of it.erasures)
      output.say(`     erased by entry ${index}: ${payloads} payloads of ${month} (${bucket})`)
    for (const { fingerprint } of it.keys) output.say(`     key of the log: ${fingerprint}`)
    if (it.firstBad) {
      const { index, through, what } = it.firstBad
      output.say(`     first bad entry: ${index}${through === index ? '' : ` (to ${through})`}: ${flawWords[what]} [${what}]`)
    }
  }
  for (const key of strangers) output.say(`BAD  no log of this installation has the key ${key}`)
  const intact = bad === undefined && strangers.length === 0
  output.say(
    !intact
      ? 'The audit log is NOT intact. Keep this machine as it is and tell the privacy officer.'
      : `The audit log is intact: ${entries} entries.`,
  )
  output.result({
    entries,
    intact,
    firstBad: bad?.firstBad ? { organisation: bad.org, name: bad.name, ...bad.firstBad } : null,
    unknownKeys: strangers,
    organisations: reports.map(({ org, name, origin, ...rest }) => ({ organisation: org, name, log: origin, ...rest })),
  })
  return intact ? exits.ok : exits.problem
}
