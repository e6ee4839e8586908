import { mkdir, open, readFile, rename } from 'node:fs/promises'
import path from 'node:path'

/** What the key ledger asks of a disk. Each call is on stable storage when it returns, and throws the operating system's error where it is not. */
export interface LedgerDisk {
  /** A file's text; undefined where there is no file. */
  read(file: string): Promise<string | undefined>
  /** Makes a folder, closed to others, and those above it. */
  makeFolder(folder: string): Promise<void>
  /** Adds to the end of a file that is there. */
  append(file: string, text: string): Promise<void>
  /** Cuts a file to so many bytes; a shorter one stays as it is. */
  truncate(file: string, length: number): Promise<void>
  /** Puts a new file in the place of the old one, then overwrites the old one's bytes. */
  replace(file: string, text: string): Promise<void>
}

/** A name stands in its folder for certain only once the folder itself was flushed (POSIX fsync). */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

type Handle = Awaited<ReturnType<typeof open>>

async function within(file: string, flags: string, work: (handle: Handle) => Promise<unknown>): Promise<void> {
  const handle = await open(file, flags, 0o600)
  try {
    await work(handle)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const missing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === 'ENOENT') return undefined
  throw error
}

/** The disk of this machine. */
export const machineDisk: LedgerDisk = {
  read: (file) => readFile(file, 'utf8').catch(missing),
  async makeFolder(folder) {
    const first = await mkdir(folder, { recursive: true, mode: 0o700 })
    if (first === undefined) return
    for (let made = folder; made.length >= first.length; made = path.dirname(made)) await flushFolder(path.dirname(made))
  },
  append: (file, text) => within(file, 'a', (handle) => handle.appendFile(text)),
  truncate: (file, length) =>
    within(file, 'r+', async (handle) => {
      if ((await handle.stat()).size > length) await handle.truncate(length)
    }),
  async replace(file, text) {
    await within(`${file}.next`, 'w', (handle) => handle.writeFile(text))
    // Held open over the rename: at every moment one whole file has the name, and the old bytes still go.
    const old = await open(file, 'r+').catch(missing)
    try {
      await rename(`${file}.next`, file)
      await flushFolder(path.dirname(file))
      if (!old) return
      const { size } = await old.stat()
      await old.write(Buffer.alloc(size), 0, size, 0)
      await old.sync()
    } finally {
      await old?.close()
    }
  },
}
