import type { Bytes } from '../bytes.ts'
import { fixed, struct } from '../canonical.ts'
import { checkPublicKey } from '../ed25519.ts'
import type { Chained, Statement } from './statement.ts'
import { chained, define, requireSignature, requireSuccession } from './statement.ts'

/** The root's certificate for the server's directory key, which may introduce new people. */
export type DirectoryKey = Chained & { readonly publicKey: Bytes }

export const directoryKey = define<DirectoryKey>('directory-key', struct<DirectoryKey>({ ...chained, publicKey: fixed(32) }), () => [])

/** Signed by the organisation's root, whose fingerprint is printed. */
export const verifyDirectoryKey = async (
  next: Statement<DirectoryKey>,
  trust: { readonly root: Uint8Array; readonly prev: Statement<DirectoryKey> | null },
): Promise<void> => {
  requireSuccession(trust.prev, next)
  checkPublicKey(next.body.publicKey)
  await requireSignature(next, trust.root)
}
