import path from 'node:path'
import type { Bucket } from '../contract/fact.ts'
import type { LedgerDisk } from './disk.ts'
import { KeyFailure } from './kek.ts'

export interface KeyScope {
  readonly org: string
  readonly bucket: Bucket
  /** `YYYY-MM`, UTC, of the sealed thing's time. */
  readonly month: string
}

/** A data key that lives, wrapped under the key-encryption key. */
export interface Entry extends KeyScope {
  readonly id: string
  readonly kek: string
  readonly wrapped: string
}

/** A data key that was destroyed: its line stays without the key, so that "destroyed" is never told from "lost" by its absence. */
export interface Tombstone extends KeyScope {
  readonly id: string
  readonly destroyed: true
}

/** What the two live copies hold together. */
export interface Copies {
  readonly entries: readonly Entry[]
  readonly buried: readonly Tombstone[]
  /** The text that each copy should have. */
  readonly whole: string
  /** The text that each copy has; undefined where it is missing. */
  readonly texts: readonly (string | undefined)[]
}

/** The files of the two live copies. */
export const copiesIn = (folder: string): readonly string[] => ['a', 'b'].map((copy) => path.join(folder, copy, 'data-keys.jsonl'))

/** The lines of a ledger with these keys. */
export const textOf = (lines: readonly (Entry | Tombstone)[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('')

const isLine = (value: unknown): value is Entry | Tombstone => {
  const line = value as Partial<Entry & Tombstone> | null
  const texts = [line?.id, line?.org, line?.bucket, line?.month, ...(line?.destroyed === true ? [] : [line?.kek, line?.wrapped])]
  return texts.every((text) => typeof text === 'string')
}

const parsed = (line: string): Entry | Tombstone | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    return isLine(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * Reads the copies. A cut last line (power loss while appending) is dropped; an entry that stands in one copy only is kept: both were flushed
 * before use. KeyFailure `ledger-damaged` for any other line that cannot be read, `ledger-unreadable`.
 */
export async function readCopies(files: readonly string[], disk: LedgerDisk): Promise<Copies> {
  const found = new Map<string, Entry>()
  const buried = new Map<string, Tombstone>()
  const texts: (string | undefined)[] = []
  for (const file of files) {
    const text = await disk.read(file).catch((error: NodeJS.ErrnoException) => {
      throw new KeyFailure('ledger-unreadable', `The key ledger ${file} cannot be read (${error.code ?? 'unknown'}). Nothing was opened.`)
    })
    texts.push(text)
    const lines = (text ?? '').split('\n')
    for (const [i, line] of lines.entries()) {
      if (line === '') continue
      const entry = parsed(line)
      if (entry && 'destroyed' in entry) buried.set(entry.id, entry)
      else if (entry) found.set(entry.id, entry)
      else if (i !== lines.length - 1)
        throw new KeyFailure(
          'ledger-damaged',
          `Line ${i + 1} of ${file} cannot be read. Nothing was changed. Copy the other live copy over it, or restore it from the ledger's backup.`,
        )
    }
  }
  for (const id of buried.keys()) found.delete(id)
  const [entries, tombstones] = [[...found.values()], [...buried.values()]]
  return { entries, buried: tombstones, whole: textOf([...entries, ...tombstones]), texts }
}

/** Both copies as one file that grows: what was not written whole to both is taken back from both. */
export function openCopies(files: readonly string[], disk: LedgerDisk) {
  let text = ''
  /** Copies that may not hold exactly `text`: longer by a part of a line, or another file altogether. */
  let ragged: 'no' | 'longer' | 'other' = 'no'
  const failing = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (thrown) {
      throw new KeyFailure(
        'ledger-unwritable',
        `The key ledger in ${path.dirname(path.dirname(files[0]!))} cannot be written (${(thrown as NodeJS.ErrnoException).code ?? 'unknown'}). Nothing was sealed with a new key.`,
      )
    }
  }
  const rewrite = async (whole: string) => {
    ragged = 'other'
    for (const file of files) await disk.replace(file, whole)
    text = whole
    ragged = 'no'
  }
  const mend = async () => {
    if (ragged === 'other') return rewrite(text)
    if (ragged === 'longer') for (const file of files) await disk.truncate(file, Buffer.byteLength(text))
    ragged = 'no'
  }
  return {
    /** Makes the copies' folders. KeyFailure `ledger-unwritable`, as all of these. */
    begin: () =>
      failing(async () => {
        for (const file of files) await disk.makeFolder(path.dirname(file))
      }),
    /** Gives each copy that has another text this one. */
    settle: (texts: readonly (string | undefined)[], whole: string) =>
      failing(async () => {
        for (const [i, file] of files.entries()) if (texts[i] !== whole) await disk.replace(file, whole)
        text = whole
      }),
    /** Adds lines to both copies, or to neither. */
    append: (lines: string) =>
      failing(async () => {
        // A half-written line would else be glued to the next one, and both be lost.
        await mend()
        ragged = 'longer'
        try {
          for (const file of files) await disk.append(file, lines)
        } catch (thrown) {
          // Where the disk does not even let itself be cut, the next call tries that again first.
          await mend().catch(() => {})
          throw thrown
        }
        text += lines
        ragged = 'no'
      }),
    /** Rewrites both copies; where that fails, the next call does it first. */
    replace: (whole: string) =>
      failing(async () => {
        text = whole
        await rewrite(whole)
      }),
  }
}
