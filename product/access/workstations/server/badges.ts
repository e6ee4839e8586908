import { createHmac, randomBytes } from 'node:crypto'
import type { Endpoint } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { monthOf, newId, refuse } from '@wardline/platform/server'
import type { Ctx, KeyLedger } from '@wardline/platform/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { badgeAdded } from '../contract.ts'
import { readBadge, workstationPolicy } from '../rules.ts'
import { badgesOf, insertBadge, insertBadgeKey, readBadgeKey } from './badge-queries.ts'

const keyContext = 'badge_key'

/** The keyed hash under which a badge is known: badge numbers are short, and a plain hash of one is found by trying all. Null: none can be known yet. */
export async function tagOf(db: Db, keys: KeyLedger, typed: string): Promise<Buffer | null> {
  const badge = readBadge(typed)
  const key = badge === null ? undefined : await readBadgeKey(db)
  return badge === null || !key
    ? null
    : createHmac('sha256', keys.open(db.org, key.data_key, key.sealed, keyContext))
        .update(badge)
        .digest()
}

async function keyedTag(tx: Tx, keys: KeyLedger, typed: string): Promise<Buffer | null> {
  if (!(await readBadgeKey(tx))) {
    const box = await keys.seal({ org: tx.org, bucket: 'access', month: monthOf(tx.at) }, randomBytes(32), keyContext)
    await insertBadgeKey(tx, box)
  }
  return tagOf(tx, keys, typed)
}

/** Registers a badge to a person. */
export async function registerBadge(ctx: Ctx, to: Endpoint, it: { person: string; badge: string }): Promise<string> {
  const { person } = it
  return ctx.write(async (tx) => {
    if ((await lockPerson(tx, person))?.active !== true) throw refuse(to, 'not-found')
    const tag = await keyedTag(tx, ctx.keys, it.badge)
    if (tag === null) throw refuse(to, 'bad-badge', { field: 'badge' })
    if ((await badgesOf(tx, person)).length >= workstationPolicy.mostBadges) throw refuse(to, 'too-many-badges')
    const badge = newId()
    if (!(await insertBadge(tx, { badge, person, tag, by: ctx.caller.person }))) throw refuse(to, 'badge-taken', { field: 'badge' })
    tx.announce(badgeAdded, { key: `person|${person}`, payload: { person, badge } })
    return badge
  })
}
