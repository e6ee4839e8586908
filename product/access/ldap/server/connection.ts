import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { monthOf, refuse } from '@wardline/platform/server'
import type { Ctx, KeyLedger, Outgoing, Services } from '@wardline/platform/server'
import { sourceChanged } from '@wardline/product/access/directory-sync/contract'
import { addSource } from '@wardline/product/access/directory-sync/server'
import { readLdap, setLdap, testLdap } from '../contract.ts'
import { askDirectory, LdapRefused } from './ask.ts'
import { lockOrganisation, putConnection, readConnection } from './queries.ts'
import type { LdapRow } from './queries.ts'
import { planOf } from './sync.ts'

const context = (source: string) => `ldap|${source}`

/** The account's password. */
export const passwordOf = (services: Pick<Services, 'keys'>, org: string, row: LdapRow): string =>
  services.keys.open(org, row.data_key, row.sealed, context(row.source)).toString('utf8')

export async function readState(ctx: Ctx): Promise<GivesOf<typeof readLdap>> {
  const row = await ctx.read(readConnection)
  if (!row) return { ldap: null }
  return {
    ldap: {
      settings: row.settings,
      on: row.state === 'on',
      workedAt: row.worked_at?.getTime() ?? null,
      seen: row.seen,
      problem: row.problem === null ? null : { what: row.problem, at: row.problem_at!.getTime() },
    },
  }
}

/** Another host or account must not be sent the password that belongs to this one. */
const isSameAccount = (row: LdapRow, settings: LdapRow['settings']): boolean =>
  row.settings.host === settings.host &&
  row.settings.port === settings.port &&
  row.settings.bindDn === settings.bindDn &&
  row.settings.security === settings.security &&
  row.settings.authority === settings.authority

/** Sets the directory. Refusals: the endpoint's. */
export async function store(tx: Tx, keys: KeyLedger, outgoing: Outgoing, it: TakesOf<typeof setLdap>): Promise<void> {
  if (it.settings.security === 'none' && !(await outgoing.pin(it.settings.host).catch(() => null))?.loopback)
    throw refuse(setLdap, 'not-encrypted')
  await lockOrganisation(tx)
  const before = await readConnection(tx)
  const source = before?.source ?? (await addSource(tx, { kind: 'ldap', label: 'LDAP' }))
  const kept = before && isSameAccount(before, it.settings) ? { dataKey: before.data_key, sealed: before.sealed } : null
  const scope = { org: tx.org, bucket: 'access', month: monthOf(tx.at) } as const
  const box = it.password === undefined ? kept : await keys.seal(scope, Buffer.from(it.password), context(source))
  if (!box) throw refuse(setLdap, 'password-missing')
  await putConnection(tx, { source, settings: it.settings, ...box, on: it.on })
  tx.announce(sourceChanged, { key: `directory|${source}`, payload: { source, kind: 'ldap' } })
}

/** Asks the directory and tells what a synchronisation would do. */
export async function tryOut(ctx: Ctx, outgoing: Outgoing, it: TakesOf<typeof testLdap>): Promise<GivesOf<typeof testLdap>> {
  const row = await ctx.read(readConnection)
  const password = it.password ?? (row && isSameAccount(row, it.settings) ? passwordOf(ctx, ctx.caller.org, row) : undefined)
  if (password === undefined) throw refuse(testLdap, 'password-missing')
  const name = `Asking ${it.settings.host}`
  try {
    const snapshot = await askDirectory(outgoing, it.settings, password, ctx.clock.ms())
    const plan = await ctx.read((db) => planOf(db, row?.source ?? null, snapshot))
    const names = (list: readonly { readonly userName: string }[]) => list.slice(0, 50).map((one) => one.userName.slice(0, 200))
    return {
      checks: [
        { name, ok: true, detail: '' },
        { name: 'People', ok: snapshot.entries.length > 0, detail: `${snapshot.entries.length} found` },
        { name: 'Groups', ok: true, detail: `${snapshot.groups.length} found` },
      ],
      plan: {
        joins: names(plan.joins),
        adopts: names(plan.adopts.map((one) => one.entry)),
        leaves: names(plan.leaves),
        returns: names(plan.returns.map((one) => one.entry)),
        counts: {
          people: snapshot.entries.length,
          groups: snapshot.groups.length,
          joins: plan.joins.length,
          adopts: plan.adopts.length,
          changes: plan.changes.length,
          leaves: plan.leaves.length,
          returns: plan.returns.length,
        },
        stops: plan.stops,
      },
    }
  } catch (thrown) {
    if (!(thrown instanceof LdapRefused)) throw thrown
    return { checks: [{ name, ok: false, detail: thrown.message }], plan: null }
  }
}
