import { mkdir, open, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { isOf } from '@wardline/platform/contract'
import { ExportFile, OpenedFile } from '@wardline/product/compliance/archive/contract'
import { openWithShares, readAsOfficer, readFingerprint, verifyExport } from '@wardline/product/compliance/archive/client'
import type { Export, Opened, ReadMessage, VerifiedExport } from '@wardline/product/compliance/archive/client'
import { CliFailure, exits } from '../outcome.ts'
import type { Exit } from '../outcome.ts'
import type { Output } from '../output.ts'
import { askFor } from '../prompt.ts'
import { linesOf } from '../thread-text.ts'

/** What `wardline archive open` is told. */
export interface ArchiveOpenOptions {
  readonly share?: readonly string[]
  readonly root?: string
  readonly recoveryKey?: string
  readonly opened?: string
  readonly out: string
}

/**
 * `wardline archive open`: without network. Verifies the export from the root's printed fingerprint, opens the message keys with the
 * custodians' shares, and, with the officer's recovery key, writes the messages. Exit 1 where something in it could not be opened or believed.
 */
export async function archiveOpen(output: Output, options: ArchiveOpenOptions, args: readonly string[]): Promise<Exit> {
  const [file = ''] = args
  const out = path.resolve(options.out)
  const exported = await readExport(file)
  const papers = await Promise.all((options.share ?? []).map(readPaper))
  const verified = await verifyExport(exported, await fingerprintFrom(options, papers))
  tellRequest(output, verified)
  await requireEmpty(out)
  const opened = options.opened === undefined ? await openHere(output, verified, papers, options) : await readOpened(options.opened)
  await write(out, 'checkpoint.note', exported.log.checkpoint)
  if (options.opened === undefined) await write(out, 'opening.sealed', JSON.stringify(opened))
  const typed = options.recoveryKey === undefined ? null : await firstLineOf(options.recoveryKey)
  const read = typed === null ? null : await readAsOfficer(verified, opened, typed)
  if (read) await writeMessages(out, verified, read)
  return tellResult(output, out, verified, opened, read)
}

async function readExport(file: string): Promise<Export> {
  const value = parseJson(await readText(file))
  if (!isOf(ExportFile, value))
    throw new CliFailure(
      'not-an-export',
      `${file} is no export of an archive, or it is damaged. Nothing was opened. Download it again.`,
      exits.usage,
    )
  return value
}

async function readOpened(file: string): Promise<Opened> {
  const value = parseJson(await readText(file))
  if (!isOf(OpenedFile, value))
    throw new CliFailure('not-an-export', `${file} is no opening.sealed, or it is damaged. Nothing was read.`, exits.usage)
  return value
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch(() => {
    throw new CliFailure('no-such-file', `${file} cannot be read. Nothing was opened.`, exits.usage)
  })

/** A custodian's paper: the share, and the fingerprint that was printed with it. A file with nothing but the share does too. */
interface Paper {
  readonly share: string
  readonly fingerprint: string | null
}

async function readPaper(file: string): Promise<Paper> {
  const text = await readText(file)
  const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.+)$`, 'm').exec(text)?.[1]?.trim()
  const share = field('Share') ?? text.trim()
  const printed = field('Root fingerprint')
  return { share, fingerprint: printed === undefined ? null : readFingerprint(printed) }
}

const firstLineOf = async (file: string): Promise<string> => (await readText(file)).trim().split('\n').at(-1)?.trim() ?? ''

/** The root that everything must hang on: as told, or as printed on every share, never as the export itself says. */
async function fingerprintFrom(options: ArchiveOpenOptions, papers: readonly Paper[]): Promise<string> {
  const told = options.root === undefined ? null : readFingerprint(options.root)
  if (options.root !== undefined && told === null)
    throw new CliFailure(
      'wrong-flags',
      'The fingerprint after --root is not 64 hexadecimal digits. Nothing was opened. Copy it from the paper.',
      exits.usage,
    )
  const printed = new Set([...(told === null ? [] : [told]), ...papers.flatMap((it) => it.fingerprint ?? [])])
  if (printed.size > 1)
    throw new CliFailure(
      'wrong-flags',
      'The shares are of different organisations: their root fingerprints differ. Nothing was opened.',
      exits.usage,
    )
  const [one] = printed
  if (one !== undefined) return one
  const typed = readFingerprint(await askFor('Root fingerprint as printed (64 digits): ', false))
  if (typed === null)
    throw new CliFailure('wrong-flags', 'That is no fingerprint: it has 64 hexadecimal digits. Nothing was opened.', exits.usage)
  return typed
}

async function openHere(output: Output, verified: VerifiedExport, papers: readonly Paper[], options: ArchiveOpenOptions): Promise<Opened> {
  const shares = options.share === undefined ? await askShares(verified) : papers.map((it) => it.share)
  const progress = output.progress('Opened', verified.messages.length)
  return openWithShares(verified, shares, progress.to).finally(progress.end)
}

async function askShares(verified: VerifiedExport): Promise<string[]> {
  const needed = verified.policies.reduce((sum, policy) => sum + policy.body.threshold, 0)
  const shares: string[] = []
  while (shares.length < needed) {
    const typed = await askFor(`Share ${shares.length + 1} of ${needed} (not shown; empty to stop): `, true)
    if (typed === '') break
    shares.push(typed)
  }
  return shares
}

function tellRequest(output: Output, { file, opening, messages, policies, broken }: VerifiedExport): void {
  const names = new Map(file.people.map((it) => [it.person, it.name]))
  const { author, scope } = opening.body
  output.say(`${file.organisation.name}: request ${opening.body.request}`)
  output.say(
    `  asked by ${names.get(author.person) ?? author.person} at ${at(file.askedAt)}, approved by ${names.get(file.approvedBy) ?? file.approvedBy}`,
  )
  output.say(`  reason: ${file.reason}`)
  output.say(
    `  ${countOf(scope.length, 'conversation')}, ${countOf(messages.length, 'message')}; log entries ${file.log.requested} and ${file.log.approved}`,
  )
  for (const { body } of policies)
    output.say(
      `  archive key of ${at(body.from).slice(0, 10)} to ${at(body.until).slice(0, 10)}: ${body.threshold} of ${body.custodians.length} shares`,
    )
  for (const person of broken) output.say(`  NOT VERIFIED: ${names.get(person) ?? person}; what is said of their keys does not hold`)
}

const countOf = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

const at = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** Nothing is mixed with what lies there already. */
async function requireEmpty(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0)
    throw new CliFailure('folder-not-empty', `${folder} is not empty. Nothing was opened. Name a new folder.`, exits.usage)
}

async function write(folder: string, name: string, text: string): Promise<void> {
  const handle = await open(path.join(folder, name), 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeMessages(folder: string, verified: VerifiedExport, read: readonly ReadMessage[]): Promise<void> {
  const { file, opening } = verified
  await write(folder, 'messages.txt', linesOf(verified, read))
  const whole = {
    organisation: file.organisation,
    request: opening.body.request,
    reason: file.reason,
    requester: opening.body.author.person,
    approvedBy: file.approvedBy,
    conversations: file.conversations,
    messages: read,
  }
  await write(folder, 'messages.json', `${JSON.stringify(whole, null, 2)}\n`)
}

function tellResult(output: Output, out: string, verified: VerifiedExport, opened: Opened, read: readonly ReadMessage[] | null): Exit {
  const erased = verified.messages.filter((it) => it.served.envelope === null).length
  const doubtful = read ? read.filter((it) => it.is === 'damaged' || it.faults.length > 0).length : 0
  const refused = opened.refused.length
  const whole = refused === 0 && doubtful === 0 && verified.broken.length === 0
  output.say()
  if (read)
    output.say(
      `Read ${countOf(read.filter((it) => it.is === 'text').length, 'message')}: ${path.join(out, 'messages.txt')} and messages.json, for the officer only.`,
    )
  else
    output.say(
      `The keys are in ${path.join(out, 'opening.sealed')}; only the officer's recovery key opens them (--opened, --recovery-key).`,
    )
  if (erased > 0) output.say(`Erased when their retention ended: ${countOf(erased, 'message')}.`)
  if (refused > 0)
    output.say(`Not opened: ${countOf(refused, 'message')} (${[...new Set(opened.refused.map((it) => it.code))].join(', ')}).`)
  if (doubtful > 0) output.say(`Not to be believed as it stands: ${countOf(doubtful, 'message')}; the text says why.`)
  output.say(
    `Keep ${path.join(out, 'checkpoint.note')}: "wardline verify-audit --note" shows with it whether this request is ever taken out of the log.`,
  )
  output.result({
    request: opened.request,
    out,
    messages: verified.messages.length,
    opened: read ? read.filter((it) => it.is === 'text' || it.is === 'newer').length : verified.messages.length - refused - erased,
    erased,
    refused: opened.refused,
    doubtful,
    read: read !== null,
  })
  return whole ? exits.ok : exits.problem
}
