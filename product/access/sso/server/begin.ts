import { monthOf, Refusal } from '@wardline/platform/server'
import type { By, Caller, Ctx, Outgoing, Services } from '@wardline/platform/server'
import type { Configuration } from 'openid-client'
import type { Database } from '@wardline/platform/db'
import { newToken } from '@wardline/product/access/sessions/server'
import type { Place } from '@wardline/product/access/sessions/rules'
import { stationOf } from '@wardline/product/access/workstations/server'
import { SsoRefused, ssoPolicy } from '../rules.ts'
import { authorizationUrl, discover, newSecrets } from './oidc.ts'
import { insertAttempt, noteProblem, readConnection } from './queries.ts'
import { requestUrl } from './saml.ts'
import type { ConnectionRow, Oidc } from './tables.ts'

/** What this feature is given when the server is composed. */
export interface SsoPorts {
  readonly outgoing: Outgoing
  /** Where browsers reach this server, without a trailing slash. */
  readonly publicOrigin: () => string
}

/** The cookie of the browser that began; Strict, because its end is asked for by our own page. */
export const browserCookie = 'wl-sso'

/** The addresses that a provider is told. */
export const oursOf = (origin: string, connection: string) => ({
  redirectUri: `${origin}/sso/return`,
  entityId: `${origin}/api/v1/sso/saml/${connection}/metadata`,
  assertionUrl: `${origin}/api/v1/sso/saml/${connection}/acs`,
  metadataUrl: `${origin}/api/v1/sso/saml/${connection}/metadata`,
})

export const secretContext = (connection: string) => `sso|${connection}`
export const attemptContext = (connection: string) => `sso-attempt|${connection}`

/** Screens that several people use: there the provider must ask anew, whoever it remembers. */
const isShared = (place: Place): boolean => place === 'counter' || place === 'hallway'

/** Begins a sign-in, link or trial; the browser gets its cookie. Refusals: `no-connection`, `sso-unreachable`. */
export async function beginAt(
  ctx: Ctx<Caller | null>,
  ports: SsoPorts,
  it: { org: string; connection: string; purpose: 'sign-in' | 'link' | 'test'; place: Place; by: By },
): Promise<{ url: string }> {
  const row = await ctx.db.read(it.org, (db) => readConnection(db, it.connection))
  if (!row || (row.state === 'off' && it.purpose !== 'test')) throw new Refusal('no-connection')
  const state = newToken(it.org)
  const browser = newToken(it.org)
  const secrets = newSecrets()
  // A ward's phone is shared too: what this browser is, its credential says.
  const fresh = isShared(it.place) || (await stationOf(ctx)) !== null
  const ours = oursOf(ports.publicOrigin(), row.connection)
  const url = await urlOf(ctx, ports, it.org, row, { ...secrets, ...ours, state: state.text, fresh }).catch(async (thrown: unknown) => {
    if (!(thrown instanceof SsoRefused)) throw thrown
    await ctx.db.write(it.org, it.by, (tx) => noteProblem(tx, row.connection, { code: thrown.code, detail: thrown.message }))
    throw new Refusal('sso-unreachable')
  })
  await ctx.db.write(it.org, it.by, async (tx) => {
    await readConnection(tx, row.connection)
    const scope = { org: it.org, bucket: 'access', month: monthOf(tx.at) } as const
    const box = await ctx.keys.seal(scope, Buffer.from(JSON.stringify({ ...secrets, state: state.text })), attemptContext(row.connection))
    await insertAttempt(tx, {
      stateHash: state.hash,
      browserHash: browser.hash,
      connection: row.connection,
      version: row.version,
      purpose: it.purpose,
      person: it.purpose === 'sign-in' ? null : it.by.actor,
      place: it.place,
      fresh,
      ...box,
      minutes: ssoPolicy.attemptMinutes,
    })
  })
  ctx.setCookie(browserCookie, browser.text, { maxAgeSeconds: ssoPolicy.attemptMinutes * 60 })
  return { url }
}

async function urlOf(
  ctx: Services,
  ports: SsoPorts,
  org: string,
  row: ConnectionRow,
  it: { verifier: string; nonce: string; redirectUri: string; entityId: string; assertionUrl: string; state: string; fresh: boolean },
): Promise<string> {
  const { settings } = row
  if (settings.kind === 'oidc') return authorizationUrl(await configurationOf(ctx, ports, org, row, settings), settings, it)
  const at = `${ctx.clock.now().toISOString().slice(0, 19)}Z`
  return requestUrl(settings, { audience: it.entityId, acs: it.assertionUrl, state: it.state, fresh: it.fresh, at })
}

const keptMs = 5 * 60_000
const kept = new WeakMap<Database, Map<string, { readonly configuration: Configuration; readonly until: number }>>()

/** The provider's configuration, asked for again after five minutes and after each change of the connection. Throws SsoRefused. */
export async function configurationOf(
  ctx: Services,
  ports: SsoPorts,
  org: string,
  row: ConnectionRow,
  settings: Oidc,
): Promise<Configuration> {
  const known = kept.get(ctx.db) ?? new Map<string, { readonly configuration: Configuration; readonly until: number }>()
  kept.set(ctx.db, known)
  const key = `${row.connection}|${row.version}`
  const now = ctx.clock.ms()
  const found = known.get(key)
  if (found && now < found.until && found.until <= now + keptMs) return found.configuration
  const configuration = await discover(ports.outgoing, settings, secretOf(ctx, org, row))
  if (known.size >= 200) known.delete(known.keys().next().value!)
  known.set(key, { configuration, until: now + keptMs })
  return configuration
}

/** The client secret, or null where the client has none. */
export const secretOf = (ctx: Pick<Services, 'keys'>, org: string, row: ConnectionRow): string | null =>
  row.data_key === null || row.sealed === null
    ? null
    : ctx.keys.open(org, row.data_key, row.sealed, secretContext(row.connection)).toString('utf8')
