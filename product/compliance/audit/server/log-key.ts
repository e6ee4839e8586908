import { createHash, generateKeyPairSync } from 'node:crypto'
import { KeyFailure, monthOf, newId } from '@wardline/platform/server'
import type { Db } from '@wardline/platform/db'
import type { Database, KeyLedger } from '@wardline/platform/server'
import { decodeSkey, encodeSkey, encodeVkey, LOG_SIGNATURE, NoteError } from './note.ts'
import type { NoteKey, NoteSigner } from './note.ts'
import { installationId, lockHead, logKeys, storeLogKey } from './queries.ts'
import type { LogKeyRow } from './queries.ts'
import { originOf } from './origin.ts'

/** Public half of a log's key. */
export interface LogKey {
  /** As C2SP signed-note writes a verifier key. */
  readonly vkey: string
  /** SHA-256 of it, 16 groups of four hexadecimal digits: for paper. */
  readonly fingerprint: string
}

const logKeyOf = (key: NoteKey): LogKey => {
  const vkey = encodeVkey(key)
  return { vkey, fingerprint: createHash('sha256').update(vkey).digest('hex').match(/.{4}/g)!.join(' ') }
}

/** The signer that a stored row holds, or null: not sealed by this ledger for this log, or its public half is another one. */
function signerIn(row: LogKeyRow, ledger: Pick<KeyLedger, 'open'>, org: string, origin: string): NoteSigner | null {
  try {
    const signer = decodeSkey(ledger.open(org, row.data_key, row.sealed, `log_key|${row.key}`).toString('utf8'))
    return signer.key.name === origin && encodeVkey(signer.key) === row.vkey ? signer : null
  } catch (thrown) {
    if (thrown instanceof NoteError || thrown instanceof KeyFailure) return null
    throw thrown
  }
}

/** A log's keys. `stranger`: the database has one that the ledger did not seal for this log, or whose public half differs. */
export interface LogKeys {
  readonly keys: readonly (LogKey & { readonly key: NoteKey })[]
  readonly stranger: boolean
}

/** The public keys of a log, oldest first, each derived from the private half that the ledger sealed. */
export async function openLogKeys(db: Db, ledger: Pick<KeyLedger, 'open'>, org: string, origin: string): Promise<LogKeys> {
  const signers = (await logKeys(db, org)).map((row) => signerIn(row, ledger, org, origin))
  return {
    keys: signers.flatMap((signer) => (signer ? [{ ...logKeyOf(signer.key), key: signer.key }] : [])),
    stranger: signers.includes(null),
  }
}

/** The key that signs a log now; made where there is none. A stored key that this ledger did not seal is an error: nothing is signed beside it. */
export async function signerOf(sweep: Db, keys: KeyLedger, org: string, origin: string, now: Date): Promise<NoteSigner> {
  const newest = (await logKeys(sweep, org)).at(-1)
  if (newest) {
    const signer = signerIn(newest, keys, org, origin)
    if (!signer)
      throw new KeyFailure('not-authentic', 'The stored key of a log is not one that the key ledger sealed for it. Nothing was signed.')
    return signer
  }
  const key = newId()
  const seed = Buffer.from(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }).d!, 'base64url')
  const skey = encodeSkey(origin, LOG_SIGNATURE, seed)
  const signer = decodeSkey(skey)
  const box = await keys.seal({ org, bucket: 'access', month: monthOf(now) }, Buffer.from(skey), `log_key|${key}`)
  await storeLogKey(sweep, org, { key, vkey: encodeVkey(signer.key), data_key: box.dataKey, sealed: box.sealed })
  return signer
}

/** The key that signs an organisation's log from now on, made if there is none yet: for setting up. KeyFailure, DatabaseFailure. */
export const readyLogKey = (db: Database, keys: KeyLedger, org: string, now: Date): Promise<LogKey> =>
  db.sweep(async (sweep) => {
    await lockHead(sweep, org)
    return logKeyOf((await signerOf(sweep, keys, org, originOf((await installationId(sweep)).id, org), now)).key)
  })
