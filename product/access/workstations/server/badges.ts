import { createHmac, randomBytes } from 'node:crypto'
import type { Endpoint } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { monthOf, newId, refuse } from '@wardline/platform/server'
import type { Ctx, KeyLedger } from '@wardline/platform/server'
import { notify } from '@wardline/product/access/mfa/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { endSessions } from '@wardline/product/access/sessions/server'
import { badgeAdded, badgeConfirmed, badgeRemoved } from '../contract.ts'
import { readBadge, workstationPolicy } from '../rules.ts'
import { badgesOf, confirmBadge, deleteBadges, insertBadge, insertBadgeKey, openedByBadge, readBadgeKey } from './badge-queries.ts'

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

/** Registers a badge to a person; one that waits for them counts from then on. They are told of what others do to their badges. */
export async function registerBadge(ctx: Ctx, to: Endpoint, it: { person: string; badge: string }): Promise<string> {
  const { person } = it
  const by = ctx.caller.person
  return ctx.write(async (tx) => {
    if ((await lockPerson(tx, person))?.active !== true) throw refuse(to, 'not-found')
    const tag = await keyedTag(tx, ctx.keys, it.badge)
    if (tag === null) throw refuse(to, 'bad-badge', { field: 'badge' })
    const confirmed = by === person ? await confirmBadge(tx, person, tag) : undefined
    if (confirmed) {
      tx.announce(badgeConfirmed, { key: `person|${person}`, payload: { person, badge: confirmed.badge } })
      return confirmed.badge
    }
    if ((await badgesOf(tx, person)).length >= workstationPolicy.mostBadges) throw refuse(to, 'too-many-badges')
    const badge = newId()
    if (!(await insertBadge(tx, { badge, person, tag, by }))) throw refuse(to, 'badge-taken', { field: 'badge' })
    tx.announce(badgeAdded, { key: `person|${person}`, payload: { person, badge } })
    if (by !== person) await notify(tx, person, 'badge-registered', by)
    return badge
  })
}

/** A badge is nobody's any more, and what its person opened with a badge is locked; the session that asks goes on. */
export async function revokeBadge(ctx: Ctx, to: Endpoint, it: { person: string; badge: string }): Promise<void> {
  const { person, badge } = it
  await ctx.write(async (tx) => {
    await lockPerson(tx, person)
    if ((await deleteBadges(tx, { person, badge })).length === 0) throw refuse(to, 'not-found')
    const opened = (await openedByBadge(tx, person)).filter((session) => session !== ctx.caller.session)
    if (opened.length > 0) await endSessions(tx, { sessions: opened }, 'credentials-changed')
    tx.announce(badgeRemoved, { key: `person|${person}`, payload: { person, badge } })
    if (ctx.caller.person !== person) await notify(tx, person, 'badge-revoked', ctx.caller.person)
  })
}

/** Badges as screens show them. */
export const badgesShown = async (db: Db, person: string) =>
  (await badgesOf(db, person)).map((it) => ({ badge: it.badge, registeredAt: it.registered_at.getTime(), waits: it.waits }))
