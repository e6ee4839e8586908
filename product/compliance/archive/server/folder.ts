import { chmod, mkdir, open, readdir } from 'node:fs/promises'
import path from 'node:path'

/** Why a ceremony's folder cannot be used. */
export type CeremonyFolderCode = 'folder-not-empty' | 'folder-unwritable'

/** A refusal of the folder; nothing was made or stored. */
export class CeremonyFolderRefused extends Error {
  readonly code: CeremonyFolderCode
  constructor(code: CeremonyFolderCode, message: string) {
    super(message)
    this.name = 'CeremonyFolderRefused'
    this.code = code
  }
}

/**
 * Writes the files into a folder that is missing or empty: the folder 0700, each file 0600 and on disk before this returns. Throws
 * CeremonyFolderRefused; an existing file is never overwritten.
 */
export async function writeCeremony(folder: string, files: readonly { readonly name: string; readonly text: string }[]): Promise<void> {
  await requireEmptyFolder(folder)
  try {
    for (const file of files) {
      const handle = await open(path.join(folder, file.name), 'wx', 0o600)
      try {
        await handle.writeFile(file.text)
        await handle.sync()
      } finally {
        await handle.close()
      }
    }
  } catch {
    throw new CeremonyFolderRefused(
      'folder-unwritable',
      `${folder} cannot be written. What is in it belongs to no organisation: delete it.`,
    )
  }
}

/** Makes the folder, or accepts an empty one of ours; nothing else is ever in it. Throws CeremonyFolderRefused. */
export async function requireEmptyFolder(folder: string): Promise<void> {
  const found = await mkdir(folder, { recursive: true, mode: 0o700 })
    .then(async () => {
      await chmod(folder, 0o700)
      return readdir(folder)
    })
    .catch(() => null)
  if (found === null) throw new CeremonyFolderRefused('folder-unwritable', `${folder} is no folder that can be written. Nothing was made.`)
  if (found.length > 0)
    throw new CeremonyFolderRefused(
      'folder-not-empty',
      `${folder} is not empty: keys of another ceremony could lie there. Nothing was made. Name a new folder.`,
    )
}
