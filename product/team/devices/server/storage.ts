import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Db } from '@wardline/platform/db'
import { refuse } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import { figures } from '@wardline/product/access/policies/server'
import type { Figures } from '@wardline/product/access/policies/server'
import { roleNames } from '@wardline/product/access/roles/server'
import { refreshDevice } from '@wardline/product/access/sessions/server'
import { stationOf } from '@wardline/product/access/workstations/server'
import { container, keep, kept, setStorage, storageSet } from '@wardline/product/team/devices/contract'
import { storageOf } from '@wardline/product/team/devices/rules'
import { nameOf } from './names.ts'
import { isLost } from './care-queries.ts'
import { putAsked, putKept, readAsked, readKept } from './kept-queries.ts'
import { newestKeys } from './people.ts'
import { findDevice, isActiveDevice, lockKeyPerson } from './queries.ts'
import { mayRevoke } from './revoke.ts'

/** Whether the organisation wants nothing kept by people of these roles. */
export const organisationAsks = (now: Figures, roles: readonly string[]): boolean =>
  now['device.storage'] === 1 || roleNames.some((role) => roles.includes(role) && now[`device.storage.${role}`] === 1)

/** Whose browser it is, and whether the server knows it as a shared workstation, whatever the page takes itself for. */
export interface Whereabouts {
  readonly roles: readonly string[]
  readonly atStation: boolean
}
/** Asked before a transaction is begun: it reads by itself. */
export const whereabouts = async (ctx: Ctx): Promise<Whereabouts> => ({
  roles: ctx.caller.roles,
  atStation: (await stationOf(ctx)) !== null,
})

/** What this browser may keep and show; `device`: the one that it is, where it is one. */
export async function containerOf(db: Db, at: Whereabouts, device: string | null): Promise<GivesOf<typeof container>> {
  const now = await figures(db)
  const asked = device === null ? undefined : await readAsked(db, device)
  const standing = storageOf({
    workstation: at.atStation,
    organisation: organisationAsks(now, at.roles),
    device: asked?.demanded_memory ?? false,
    own: asked?.own_memory ?? false,
  })
  return {
    ...standing,
    copying: now['thread.copying'] === 0,
    watermark: now['thread.watermark'] === 1,
    veilMinutes: now['session.veil-minutes.private'],
    lockHours: now['device.lock-hours'],
    wipeDays: now['device.wipe-days'],
  }
}

/** The same for a person's browser that asks. Of a device that is not theirs it learns nothing. */
export async function tellContainer(ctx: Ctx, { device }: TakesOf<typeof container>): Promise<GivesOf<typeof container>> {
  const at = await whereabouts(ctx)
  const { person } = ctx.caller
  return ctx.read(async (db) => containerOf(db, at, device !== undefined && (await isActiveDevice(db, { person, device })) ? device : null))
}

/** Somebody asks that a device keeps nothing, or no longer does. It hears of it at its next contact. */
export async function ask(ctx: Ctx, device: string, { storage }: TakesOf<typeof setStorage>): Promise<GivesOf<typeof setStorage>> {
  const { caller } = ctx
  await ctx.write(async (tx) => {
    const row = await findDevice(tx, device)
    if (!row || row.revoked_at !== null || !mayRevoke(caller, row.person)) throw refuse(setStorage, 'not-found')
    const by = row.person === caller.person ? 'own' : 'organisation'
    await putAsked(tx, { device, name: nameOf(device), by, asks: storage === 'memory' })
    tx.announce(storageSet, { key: `person|${row.person}`, payload: { person: row.person, device, storage, by } })
    // It comes again at once, and is told then.
    refreshDevice(tx, device)
  })
  return {}
}

/** What one's own device left, with the seals of factors that still open the vault: a factor that was removed opens nothing more. */
export const readOwnKept = (ctx: Ctx, device: string): Promise<GivesOf<typeof kept>> =>
  ctx.read(async (db) => {
    const { person, org } = ctx.caller
    if (!(await isActiveDevice(db, { person, device })) || (await isLost(db, device))) throw refuse(kept, 'not-found')
    const row = await readKept(db, device)
    const factors = new Set((await newestKeys(db, person)).deviceList?.body.factors.map((it) => it.factor))
    return {
      organisation: org,
      version: row?.version ?? 0,
      sealed: row?.sealed.toString('base64url') ?? null,
      seals: (row?.seals ?? []).filter((it) => factors.has(it.factor)),
    }
  })

/** Keeps what the device of this session must not forget. */
export async function keepOwn(ctx: Ctx, device: string, body: TakesOf<typeof keep>): Promise<GivesOf<typeof keep>> {
  if (ctx.caller.device !== device) throw refuse(keep, 'not-a-device')
  const done = await ctx.write(async (tx) => {
    // In one order with whatever takes the device away.
    await lockKeyPerson(tx, ctx.caller.person)
    if (!(await isActiveDevice(tx, { person: ctx.caller.person, device })) || (await isLost(tx, device))) throw refuse(keep, 'not-a-device')
    const seals = body.seals ?? null
    return putKept(tx, device, { version: body.version, sealed: Buffer.from(body.sealed, 'base64url'), seals })
  })
  if (done === 0) throw refuse(keep, 'stale-version')
  return { version: body.version + 1 }
}
