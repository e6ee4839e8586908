import { parseWipe, verifySession, verifyWipe } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import { bySystem, refuse } from '@wardline/platform/server'
import type { Caller, Ctx } from '@wardline/platform/server'
import { notify } from '@wardline/product/access/mfa/server'
import { figures } from '@wardline/product/access/policies/server'
import { rolesOfPeople } from '@wardline/product/access/roles/server'
import { endSessions } from '@wardline/product/access/sessions/server'
import {
  describeDevice,
  deviceLost,
  deviceNamed,
  deviceOrders,
  deviceWiped,
  deviceWipedItself,
  devicesOf,
  myDevices,
  nameDevice,
  reportLost,
} from '@wardline/product/team/devices/contract'
import { browserOf } from '@wardline/product/team/devices/preview'
import { judgeBrowser, storageOf, wipeStateOf } from '@wardline/product/team/devices/rules'
import { bytesOf } from './judging.ts'
import { careOf, markLost, markWiped, owesWipe, putAbout, putName } from './care-queries.ts'
import { dropForget, dropKept, forgets, noteForget } from './kept-queries.ts'
import { nameOf } from './names.ts'
import { findDevice, isActiveDevice } from './queries.ts'
import { mayRevoke } from './revoke.ts'
import { containerOf, organisationAsks, whereabouts } from './storage.ts'
import type { CareRow } from './tables.ts'

/** A person's own devices. */
export const listOwn = (ctx: Ctx): Promise<GivesOf<typeof myDevices>> => listOf(ctx, ctx.caller.person)

/** A colleague's devices, for whoever may cut one off. */
export async function listOfColleague(ctx: Ctx, person: string): Promise<GivesOf<typeof devicesOf>> {
  if (!mayRevoke(ctx.caller, person)) throw refuse(devicesOf, 'not-found')
  return listOf(ctx, person)
}

const listOf = (ctx: Ctx, person: string): Promise<GivesOf<typeof myDevices>> =>
  ctx.read(async (db) => {
    const roles = (await rolesOfPeople(db, [person])).get(person) ?? []
    const organisation = organisationAsks(await figures(db), roles)
    return { devices: (await careOf(db, person)).map((row) => shown(row, organisation)) }
  })

function shown(row: CareRow, organisation: boolean): GivesOf<typeof myDevices>['devices'][number] {
  const [lostAt, wipedAt] = [row.lost_at?.getTime() ?? null, row.wiped_at?.getTime() ?? null]
  const browser = { browser: row.browser ?? '', version: row.version ?? 0 }
  const storage = row.storage ?? 'cache'
  const asked = { workstation: false, organisation, device: row.demanded_memory ?? false, own: row.own_memory ?? false }
  const { storage: wanted, because } = storageOf(asked)
  return {
    device: row.device,
    name: row.name ?? nameOf(row.device),
    system: row.system ?? '',
    ...browser,
    isCurrent: judgeBrowser(browser),
    storage,
    wanted,
    because,
    managed: row.managed ?? false,
    enrolledAt: row.enrolled_at.getTime(),
    seenAt: (row.seen_at ?? row.enrolled_at).getTime(),
    revokedAt: row.revoked_at?.getTime() ?? null,
    lostAt,
    wipedAt,
    wipe: wipeStateOf({ lostAt, wipedAt, hasKept: row.has_kept ?? true }),
  }
}

/** The device of this session says what it is. */
export async function describe(ctx: Ctx, device: string, body: TakesOf<typeof describeDevice>): Promise<GivesOf<typeof describeDevice>> {
  if (ctx.caller.device !== device) throw refuse(describeDevice, 'not-a-device')
  // What the browser itself sends with each request counts before what the page says of it.
  const told = browserOf(ctx.request.headers)
  const about = { ...body, ...(told.browser === 'unknown' ? {} : told) }
  const at = await whereabouts(ctx)
  return ctx.write(async (tx) => {
    await putAbout(tx, device, { ...about, name: nameOf(device, about) })
    const it = await containerOf(tx, at, device)
    // Whatever it says of itself: one that has kept something is done with it once its receipt is here.
    await (it.storage === 'memory' ? noteForget : dropForget)(tx, device)
    return it
  })
}

/** A person names one of their devices. */
export async function rename(ctx: Ctx, device: string, { name }: TakesOf<typeof nameDevice>): Promise<GivesOf<typeof nameDevice>> {
  const { person } = ctx.caller
  await ctx.write(async (tx) => {
    if (!(await isActiveDevice(tx, { person, device }))) throw refuse(nameDevice, 'not-found')
    await putName(tx, device, name)
    tx.announce(deviceNamed, { key: `person|${person}`, payload: { person, device } })
  })
  return {}
}

/**
 * A device is lost: whoever has it is cut off at once, and it is told to wipe itself. This needs neither a fresh proof nor an enrolled
 * device, because it only takes away; what the person's keys need (a revocation, new keys) comes from an enrolled device afterwards.
 */
export async function lose(ctx: Ctx, device: string): Promise<GivesOf<typeof reportLost>> {
  const { caller } = ctx
  return ctx.write(async (tx) => {
    const row = await findDevice(tx, device)
    if (!row || !mayRevoke(caller, row.person)) throw refuse(reportLost, 'not-found')
    const marked = await markLost(tx, { device, name: nameOf(device), by: caller.person, why: 'lost' })
    await dropKept(tx, device)
    const sessionsEnded = await endSessions(tx, { device }, 'ended-elsewhere')
    if (marked > 0) {
      tx.announce(deviceLost, { key: `person|${row.person}`, payload: { person: row.person, device } })
      await notify(tx, row.person, 'device-lost', caller.person === row.person ? null : caller.person)
    }
    return { sessionsEnded }
  })
}

/** What a device that has no session is to do. It signs its own id; another one's orders nobody learns. */
export async function orders(
  ctx: Ctx<Caller | null>,
  device: string,
  { organisation, signature }: TakesOf<typeof deviceOrders>,
): Promise<GivesOf<typeof deviceOrders>> {
  const signed = await bytesOf(signature).catch(() => new Uint8Array(64))
  return ctx.db.read(organisation, async (db) => {
    const row = await findDevice(db, device)
    const claim = row && { organisation, person: row.person, device, session: device }
    if (!claim || !(await verifySession(row.sign_key, signed, claim))) throw refuse(deviceOrders, 'not-proven')
    return { wipe: await owesWipe(db, device), now: ctx.clock.ms() }
  })
}

/** Keeps the receipt of a device that wiped itself, if that device signed it. The same one again changes nothing. */
export async function wiped(
  ctx: Ctx<Caller | null>,
  device: string,
  { organisation, receipt }: TakesOf<typeof deviceWiped>,
): Promise<GivesOf<typeof deviceWiped>> {
  const bytes = await bytesOf(receipt).catch(() => new Uint8Array())
  const value = parsed(bytes)
  if (value?.device !== device || value.organisation !== organisation) throw refuse(deviceWiped, 'not-proven')
  await ctx.db.write(organisation, bySystem, async (tx) => {
    const row = await findDevice(tx, device)
    if (row?.person !== value.person || !(await verifyWipe(value, row.sign_key))) throw refuse(deviceWiped, 'not-proven')
    const kept = await markWiped(tx, { device, name: nameOf(device), why: value.why, receipt: Buffer.from(bytes) })
    if (kept === 0) return
    await dropKept(tx, device)
    // Its keys are gone: a session that it still had is nobody's, unless its person goes on there as a device that keeps nothing.
    if (!(await forgets(tx, device))) await endSessions(tx, { device }, 'ended-elsewhere')
    tx.announce(deviceWipedItself, { key: `person|${row.person}`, payload: { person: row.person, device, why: value.why } })
  })
  return {}
}

function parsed(bytes: Uint8Array) {
  try {
    return parseWipe(bytes)
  } catch {
    return null
  }
}
