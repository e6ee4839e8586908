import { createCipheriv, createDecipheriv, createHash, createSecretKey, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { chmod, open, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { freshBytes } from '../ids/random.ts'

/** Why the key-encryption key cannot be used. */
export class KeyFailure extends Error {
  readonly code:
    | 'no-kek'
    | 'bad-kek'
    | 'kek-readable-by-others'
    | 'kek-in-data-folder'
    | 'wrong-kek'
    | 'ledger-damaged'
    | 'ledger-unreadable'
    | 'ledger-unwritable'
    | 'not-in-ledger'
    | 'not-erasable'
    | 'erased'
    | 'not-authentic'
    | 'in-use'
    | 'not-lockable'
  constructor(code: KeyFailure['code'], message: string) {
    super(message)
    this.name = 'KeyFailure'
    this.code = code
  }
}

/** The key-encryption key: 32 bytes that never lie in the data folder. */
export interface Kek {
  /** First 16 hex digits of SHA-256 over the key: names it in the ledger without telling it. */
  readonly id: string
  wrap(key: Buffer, aad: Buffer): Buffer
  unwrap(wrapped: Buffer, aad: Buffer): Buffer
}

/** Makes a Kek from 32 bytes (AES-256-GCM, random 96-bit nonce; a data key is wrapped once or twice in its life). */
export function kekFrom(bytes: Buffer): Kek {
  if (bytes.length !== 32)
    throw new KeyFailure('bad-kek', 'The key-encryption key must be 32 bytes (44 characters of base64). Nothing was opened.')
  const id = createHash('sha256').update('wardline kek id').update(bytes).digest('hex').slice(0, 16)
  const own = createSecretKey(bytes)
  return { id, wrap: (key, aad) => sealWith(own, key, aad), unwrap: (wrapped, aad) => openWith(own, wrapped, aad) }
}

/** AES-256-GCM: nonce ‖ ciphertext ‖ tag, with a fresh random nonce. The key comes as an object: from bytes it would be made anew each time, at twice the cost. */
export function sealWith(key: KeyObject, plain: Uint8Array, aad: Uint8Array): Buffer {
  const nonce = freshBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(aad)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Opens what sealWith made; KeyFailure `not-authentic` if any bit of it or of the aad differs. */
export function openWith(key: KeyObject, sealed: Uint8Array, aad: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  if (bytes.length < 28) throw new KeyFailure('not-authentic', 'A sealed value is cut short.')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
  decipher.setAAD(aad)
  decipher.setAuthTag(bytes.subarray(-16))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
  } catch {
    throw new KeyFailure('not-authentic', 'A sealed value does not open with its key: it was altered, or belongs elsewhere.')
  }
}

/** Reads the key from its base64 text or from a file (0600, outside the data folder). `create` makes the file where it is missing. */
export async function readKek(from: {
  base64?: string | undefined
  file?: string | undefined
  dataFolder: string
  create?: boolean
}): Promise<Kek> {
  if (from.base64 !== undefined) return kekFrom(decode(from.base64))
  if (from.file === undefined)
    throw new KeyFailure(
      'no-kek',
      'No key-encryption key: set WARDLINE_KEK (32 bytes, base64) or WARDLINE_KEK_FILE. "wardline init" makes one.',
    )
  const file = path.resolve(from.file)
  if (file.startsWith(path.resolve(from.dataFolder) + path.sep)) {
    throw new KeyFailure(
      'kek-in-data-folder',
      `The key-encryption key must not lie in the data folder: a copy of the folder would open itself. Move ${file} elsewhere.`,
    )
  }
  if (from.create) await createKekFile(file)
  const info = await stat(file).catch(() => {
    throw new KeyFailure(
      'no-kek',
      `There is no key-encryption key at ${file}. Without it the data cannot be opened; restore the file from where you keep it.`,
    )
  })
  if ((info.mode & 0o077) !== 0)
    throw new KeyFailure('kek-readable-by-others', `${file} can be read by other users of this machine. Run: chmod 600 ${file}`)
  return kekFrom(decode(await readFile(file, 'utf8')))
}

async function createKekFile(file: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined
    throw error
  })
  if (!handle) return
  await handle.writeFile(randomBytes(32).toString('base64') + '\n')
  await handle.sync()
  await handle.close()
  await chmod(file, 0o600)
}

function decode(text: string): Buffer {
  const bytes = Buffer.from(text.trim(), 'base64')
  if (bytes.length !== 32) throw new KeyFailure('bad-kek', 'The key-encryption key is not 32 bytes of base64. Nothing was opened.')
  return bytes
}
