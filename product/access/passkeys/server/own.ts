import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import { newId, refuse } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import { notify } from '@wardline/product/access/mfa/server'
import { lockPerson, readPerson } from '@wardline/product/access/provisioning/server'
import {
  addPasskey,
  beginPasskey,
  changePasskey,
  myPasskeys,
  passkeyAdded,
  passkeyChanged,
  passkeyRemoved,
  removePasskey,
} from '../contract.ts'
import { meets, passkeyPolicy } from '../rules.ts'
import { newChallenge, useChallenge } from './challenges.ts'
import { deletePasskey, insertPasskey, passkeysOf, updatePasskey } from './queries.ts'
import { userHandle } from './sign-in.ts'
import { demandHere } from './standing.ts'
import { verifyNew } from './verify.ts'
import type { RelyingParty } from './verify.ts'

/** A person's own passkeys, and what is asked of them. */
export const listOwn = (ctx: Ctx, possible: boolean): Promise<GivesOf<typeof myPasskeys>> =>
  ctx.read(async (db) => {
    const rows = await passkeysOf(db, ctx.caller.person)
    const demand = await demandHere(db, ctx.caller.roles)
    const met = meets(
      demand,
      rows.map((row) => ({ maySync: row.may_sync, copied: row.copied_at !== null })),
    )
    return {
      possible,
      demand: { ...demand, met },
      passkeys: rows.map((row) => ({
        id: row.passkey,
        name: row.name,
        maySync: row.may_sync,
        synced: row.synced,
        opensVault: row.opens_vault,
        copied: row.copied_at !== null,
        addedAt: row.added_at.getTime(),
        usedAt: row.used_at?.getTime() ?? null,
      })),
    }
  })

/** What the browser asks an authenticator for. */
export async function beginOwn(ctx: Ctx, rp: RelyingParty): Promise<GivesOf<typeof beginPasskey>> {
  const { org, person, session } = ctx.caller
  return ctx.write(async (tx) => {
    const present = await passkeysOf(tx, person)
    if (present.length >= passkeyPolicy.most) throw refuse(beginPasskey, 'too-many-passkeys')
    const me = await readPerson(tx, person)
    return {
      challenge: await newChallenge(tx, 'add', session),
      relyingParty: rp.id,
      credentials: present.map((it) => it.credential_id.toString('base64url')),
      user: { handle: userHandle(org, person), name: me?.sign_in_name ?? '', displayName: me?.name ?? '' },
    }
  })
}

/** Adds what an authenticator made. */
export async function addOwn(
  ctx: Ctx,
  rp: RelyingParty,
  { name, credential }: TakesOf<typeof addPasskey>,
): Promise<GivesOf<typeof addPasskey>> {
  const { person, session } = ctx.caller
  const done = await ctx.write(async (tx) => {
    const challenge = await useChallenge(tx, 'add', session, credential.clientData)
    const made = challenge === null ? null : await verifyNew(rp, challenge, credential)
    // What was refused has used its challenge up all the same.
    if (!made) return 'not-made' as const
    await lockPerson(tx, person)
    if ((await passkeysOf(tx, person)).length >= passkeyPolicy.most) return 'not-made' as const
    const passkey = newId()
    const stored = await insertPasskey(tx, { ...made, passkey, person, transports: credential.transports, name })
    if (stored === 0) return 'passkey-known' as const
    tx.announce(passkeyAdded, { key: `person|${person}`, payload: { person, passkey, maySync: made.may_sync, synced: made.synced } })
    await notify(tx, person, 'passkey-added')
    return { passkey }
  })
  if (typeof done === 'string') throw refuse(addPasskey, done)
  return done
}

/** Names a passkey, or says that it is a factor of the person's vault. */
export async function changeOwn(ctx: Ctx, passkey: string, it: TakesOf<typeof changePasskey>): Promise<GivesOf<typeof changePasskey>> {
  const { person } = ctx.caller
  await ctx.write(async (tx) => {
    const changed = await updatePasskey(tx, { passkey, person, name: it.name ?? null, opensVault: it.opensVault ?? null })
    if (changed === 0) throw refuse(changePasskey, 'not-found')
    tx.announce(passkeyChanged, { key: `person|${person}`, payload: { person, passkey } })
  })
  return {}
}

/** Removes a passkey. Password and code go on working, so nobody locks themselves out. */
export async function removeOwn(ctx: Ctx, passkey: string): Promise<GivesOf<typeof removePasskey>> {
  const { person } = ctx.caller
  await ctx.write(async (tx) => {
    if ((await deletePasskey(tx, passkey, person)) === 0) throw refuse(removePasskey, 'not-found')
    tx.announce(passkeyRemoved, { key: `person|${person}`, payload: { person, passkey } })
    await notify(tx, person, 'passkey-removed')
  })
  return {}
}
