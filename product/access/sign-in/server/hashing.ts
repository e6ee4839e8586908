import { hash, verify } from '@node-rs/argon2'
import { foldPassword } from '../rules.ts'
import { openQueue } from './queue.ts'

// argon2id, 19 MiB, two passes, one lane (OWASP's minimum; about 35 ms). It runs on libuv's threads; two at a time leave threads for
// files and keep memory at 38 MiB, and some hundred waiting are five seconds.
const options = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const

/**
 * Runs what hashes or verifies a password when its turn comes. Taken before an attempt is counted: who is turned away by a flood has not
 * tried. Throws Busy when too many wait.
 */
export const inTurn = openQueue(2, 200)

/** The argon2id string of a password. */
export const hashPassword = (password: string): Promise<string> => hash(foldPassword(password), options)

/** A hash that no password has: verified against when there is no other, so that the answer takes as long. */
const nobody = '$argon2id$v=19$m=19456,t=2,p=1$d2FyZGxpbmUgbm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

/** Whether the password is right; null stands for no password and is never right, after the same time. */
export async function verifyPassword(hashed: string | null, password: string): Promise<boolean> {
  const right = await verify(hashed ?? nobody, foldPassword(password))
  return right && hashed !== null
}
