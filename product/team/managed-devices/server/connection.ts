import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { monthOf, refuse } from '@wardline/platform/server'
import type { Ctx, KeyLedger } from '@wardline/platform/server'
import { MdmRefused } from '@wardline/product/team/managed-devices/contract'
import type { Mdm } from '@wardline/product/team/managed-devices/contract'
import { connectionSet, setManaged, testManaged } from '../contract.ts'
import { lockOrganisation, putConnection, readConnection } from './queries.ts'
import type { ConnectionRow } from './tables.ts'

const context = 'mdm-connection'

/** The application's secret. */
export const secretOf = (keys: KeyLedger, org: string, row: ConnectionRow): string =>
  keys.open(org, row.data_key, row.sealed, context).toString('utf8')

/** Another address or application must not be sent the secret that belongs to this one. */
const isSameApplication = (a: ConnectionRow['settings'], b: ConnectionRow['settings']): boolean =>
  a.vendor === b.vendor && a.loginUrl === b.loginUrl && a.apiUrl === b.apiUrl && a.tenant === b.tenant && a.clientId === b.clientId

/** Sets device management. Refusals: the endpoint's. */
export async function store(tx: Tx, keys: KeyLedger, it: TakesOf<typeof setManaged>): Promise<void> {
  await lockOrganisation(tx)
  const before = await readConnection(tx)
  const kept = before && isSameApplication(before.settings, it.settings) ? { dataKey: before.data_key, sealed: before.sealed } : null
  const scope = { org: tx.org, bucket: 'access', month: monthOf(tx.at) } as const
  const box = it.secret === undefined ? kept : await keys.seal(scope, Buffer.from(it.secret), context)
  if (!box) throw refuse(setManaged, 'secret-missing')
  await putConnection(tx, { settings: it.settings, ...box, on: it.on })
  tx.announce(connectionSet, { key: 'managed-devices', payload: { vendor: it.settings.vendor, on: it.on } })
}

/** Asks for the first page and tells what came. */
export async function tryOut(ctx: Ctx, mdm: Mdm, it: TakesOf<typeof testManaged>): Promise<GivesOf<typeof testManaged>> {
  const row = await ctx.read(readConnection)
  const secret = it.secret ?? (row && isSameApplication(row.settings, it.settings) ? secretOf(ctx.keys, ctx.caller.org, row) : undefined)
  if (secret === undefined) throw refuse(testManaged, 'secret-missing')
  try {
    const { devices, next } = await mdm.page(it.settings, secret, null)
    const compliant = devices.filter((one) => one.compliance === 'compliant').length
    return { ok: true, detail: next === null ? '' : 'There are more pages.', devices: devices.length, compliant }
  } catch (thrown) {
    if (!(thrown instanceof MdmRefused)) throw thrown
    return { ok: false, detail: thrown.message.slice(0, 600), devices: 0, compliant: 0 }
  }
}
