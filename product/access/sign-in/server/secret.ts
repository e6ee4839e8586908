import { randomBytes } from 'node:crypto'
import type { Database, Db } from '@wardline/platform/db'
import { bySystem, installationOrg, monthOf } from '@wardline/platform/server'
import type { Services } from '@wardline/platform/server'
import { findSecret, insertSecret } from './queries.ts'

const context = 'sign_in_secret'
const known = new WeakMap<Database, Promise<Buffer>>()

/** The installation's secret for names that nobody has: 32 bytes, the same in every process of it, made when it is first asked for. */
export function nameSecret(services: Pick<Services, 'db' | 'keys'>): Promise<Buffer> {
  let secret = known.get(services.db)
  if (!secret) {
    secret = readOrMake(services)
    known.set(services.db, secret)
    // What could not be read now is read again by who asks next.
    secret.catch(() => known.delete(services.db))
  }
  return secret
}

async function readOrMake({ db, keys }: Pick<Services, 'db' | 'keys'>): Promise<Buffer> {
  const read = async (at: Db) => {
    const row = await findSecret(at)
    return row && keys.open(installationOrg, row.data_key, row.sealed, context)
  }
  const there = await db.read(installationOrg, read)
  if (there) return there
  return db.write(installationOrg, bySystem, async (tx) => {
    const first = await read(tx)
    if (first) return first
    await insertSecret(tx, await keys.seal({ org: installationOrg, bucket: 'access', month: monthOf(tx.at) }, randomBytes(32), context))
    // Another process may have been first: its secret counts.
    return (await read(tx))!
  })
}
