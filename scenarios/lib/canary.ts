/** Texts that must not turn up, and the search for them in every form in which bytes leak. */
import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { open, readdir } from 'node:fs/promises'
import path from 'node:path'

/** A text that was never written before. */
export interface Canary {
  readonly text: string
  /** What to look for, by the name of the form. */
  readonly forms: ReadonlyMap<string, Buffer>
  /** Nothing that was last written before this moment (ms) can hold it. */
  readonly drawn: number
}

/** Where a canary was found, and in which form. */
export interface Find {
  readonly where: string
  readonly form: string
}

/**
 * A text that begins so and ends with a token of hexadecimal digits. Such a token reads the same plain, in a URL, in a form and in JSON, and
 * the same in base64 as in base64url, so few forms find it in all of them.
 */
export function canary(begins: string): Canary {
  const token = randomBytes(16).toString('hex')
  // From the first digit's own byte to the last one's: in either order of bytes.
  const utf16 = Buffer.from(token, 'utf16le').subarray(0, -1)
  return { text: `${begins} ${token}`, forms: new Map([...formsOf(Buffer.from(token)), ['UTF-16', utf16]]), drawn: Date.now() }
}

/** A text of a form of its own (a PIN, a code, a key): looked for as it is, and as somebody else may write it down. */
export const secretCanary = (text: string): Canary => ({ text, forms: formsOf(Buffer.from(text)), drawn: 0 })

/** How bytes may lie in others: as they are, in a URL, in a form, in hexadecimal, in base64 of either alphabet at any offset. */
export function formsOf(bytes: Buffer): ReadonlyMap<string, Buffer> {
  // Bytes that are no text are written into no URL as they are.
  const plain = isUtf8(bytes) ? bytes.toString() : ''
  const inUrl = encodeURIComponent(plain)
  const inForm = new URLSearchParams([['', plain]]).toString().slice(1)
  const inJson = JSON.stringify(plain).slice(1, -1)
  const forms = new Map([
    ['plain', bytes],
    ...(Object.entries({ 'in a URL': inUrl, 'in a form': inForm, 'in JSON': inJson })
      .filter(([, it], i, all) => it !== plain && all.findIndex(([, other]) => other === it) === i)
      .map(([form, it]) => [form, Buffer.from(it)]) as [string, Buffer][]),
    ['hexadecimal', Buffer.from(bytes.toString('hex'))],
    ['HEXADECIMAL', Buffer.from(bytes.toString('hex').toUpperCase())],
  ])
  for (const offset of [0, 1, 2]) {
    const [base64, base64url] = (['base64', 'base64url'] as const).map((alphabet) => inBase64(bytes, offset, alphabet))
    forms.set(`base64 at ${offset}`, Buffer.from(base64!))
    if (base64url !== base64) forms.set(`base64url at ${offset}`, Buffer.from(base64url!))
  }
  return forms
}

/** What stands in the base64 of any bytes that hold these, so many bytes (mod 3) from the beginning: without the digits that neighbours share. */
function inBase64(bytes: Buffer, offset: number, alphabet: 'base64' | 'base64url'): string {
  const all = Buffer.concat([Buffer.alloc(offset), bytes]).toString(alphabet)
  return all.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
}

/** Every form of these canaries in some bytes. */
export const findIn = (bytes: Buffer, canaries: readonly Canary[], where: string): Find[] =>
  canaries.flatMap(({ forms }) => [...forms].filter(([, needle]) => bytes.includes(needle)).map(([form]) => ({ where, form })))

/** Whether these digits stand somewhere as a number or word of their own: as a part of a longer one they turn up by chance. */
export const findNumber = (text: string, digits: string): boolean => new RegExp(`(?<![0-9A-Za-z])${digits}(?![0-9A-Za-z])`).test(text)

const PIECE = 8 * 1024 * 1024
const OVERLAP = 256

/**
 * Every form of these canaries in names and contents of all files below a folder. Files that vanish meanwhile are left out, and so are the
 * contents of those that were last written a while before the canaries were drawn. `read`: the files that were looked into.
 */
export async function searchFolder(
  folder: string,
  canaries: readonly Canary[],
): Promise<{ readonly found: readonly Find[]; readonly read: readonly string[] }> {
  const since = Math.min(...canaries.map((it) => it.drawn)) - 2_000
  const found: Find[] = []
  const read: string[] = []
  const buffer = Buffer.alloc(PIECE + OVERLAP)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    const where = path.relative(folder, file)
    found.push(...findIn(Buffer.from(where), canaries, `the name of ${where}`))
    const handle = entry.isFile() ? await open(file).catch(unlessGone) : null
    if (!handle) continue
    try {
      if ((await handle.stat()).mtimeMs < since) continue
      read.push(where)
      for (let kept = 0; ;) {
        const { bytesRead } = await handle.read(buffer, kept, PIECE)
        if (bytesRead === 0) break
        const piece = buffer.subarray(0, kept + bytesRead)
        found.push(...findIn(piece, canaries, where))
        // The end of a piece is looked at again with the next one: a canary may lie across.
        kept = Math.min(OVERLAP, piece.length)
        buffer.copyWithin(0, piece.length - kept, piece.length)
      }
    } finally {
      await handle.close()
    }
  }
  return { found, read }
}

function unlessGone(thrown: unknown): null {
  if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null
  throw thrown
}
