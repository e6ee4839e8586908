import type { Endpoint } from '@wardline/platform/contract'
import { refuse } from '@wardline/platform/server'
import type { Caller, Ctx } from '@wardline/platform/server'
import { readToken } from '@wardline/product/access/sessions/server'
import { machineCookie } from '@wardline/product/access/sign-in/server'
import { findStanding, findStation } from './queries.ts'
import type { StandingRow, StationRow } from './tables.ts'

/** The cookie that makes a browser a shared workstation. */
export const stationCookie = machineCookie
/** How long a browser keeps it, s; removing the workstation ends it at once. Browsers keep none longer. */
export const stationCookieSeconds = 400 * 86_400

/** The shared workstation that a request comes from, with its organisation; null: none, or one that was removed. */
export async function stationOf(ctx: Pick<Ctx<Caller | null>, 'cookie' | 'db'>): Promise<(StationRow & { readonly org: string }) | null> {
  const token = readToken(ctx.cookie(stationCookie))
  const found = token && (await ctx.db.read(token.org, (db) => findStation(db, token.hash)))
  return found ? { ...found, org: token.org } : null
}

/** The same, refused where there is none. */
export async function requireStation(ctx: Pick<Ctx<Caller | null>, 'cookie' | 'db'>, to: Endpoint) {
  const found = await stationOf(ctx)
  if (!found) throw refuse(to, 'not-a-workstation')
  return found
}

/** Where the caller's session stands. Refused unless it is at this very workstation: neither cookie is worth anything without the other. */
export async function requireStanding(ctx: Ctx, to: Endpoint): Promise<StandingRow & { readonly provider: string | null }> {
  const station = await requireStation(ctx, to)
  const standing = station.org === ctx.caller.org ? await ctx.read((db) => findStanding(db, ctx.caller.session)) : undefined
  if (standing?.workstation !== station.workstation) throw refuse(to, 'not-a-workstation')
  return standing
}
