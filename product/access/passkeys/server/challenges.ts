import { createHash, randomBytes } from 'node:crypto'
import type { Tx } from '@wardline/platform/db'
import { passkeyPolicy } from '../rules.ts'
import { insertChallenge, takeChallenge } from './queries.ts'
import type { Purpose } from './tables.ts'

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest()

/** Draws a challenge for one purpose and one asker; `bound` is what only the asker has. base64url. */
export async function newChallenge(tx: Tx, purpose: Purpose, bound: string): Promise<string> {
  const challenge = randomBytes(32)
  await insertChallenge(tx, { hash: sha256(challenge), purpose, bound: sha256(bound), minutes: passkeyPolicy.challengeMinutes })
  return challenge.toString('base64url')
}

/** What a browser says that its authenticator was asked (WebAuthn level 3, 5.8.1); null: it is none of that. */
export function readClientData(clientData: string): { readonly challenge: string } | null {
  try {
    const it = JSON.parse(Buffer.from(clientData, 'base64url').toString('utf8')) as Record<string, unknown>
    // A page that shows us in a frame asked, not we.
    if (typeof it['challenge'] !== 'string' || it['crossOrigin'] === true) return null
    return { challenge: it['challenge'] }
  } catch {
    return null
  }
}

/** Uses the challenge of an answer up, whatever becomes of the answer. Null: it was not drawn for this purpose and asker, is used or too old. */
export async function useChallenge(tx: Tx, purpose: Purpose, bound: string, clientData: string): Promise<string | null> {
  const said = readClientData(clientData)
  if (!said) return null
  const hash = sha256(Buffer.from(said.challenge, 'base64url'))
  return (await takeChallenge(tx, { hash, purpose, bound: sha256(bound) })) ? said.challenge : null
}
