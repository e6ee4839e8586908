import type { Static } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/server'
import type { Performer } from '@wardline/product/access/dual-control/server'
import * as contract from '../contract.ts'
import { isIn, widens } from '../rules.ts'
import { listChanged, prefixesOf } from './admit.ts'
import { agreeToList, insertNetworks, lockNetworks, readInForce, readKept, readVersion } from './queries.ts'
import type { NetworksRow } from './tables.ts'

type Shown = Static<(typeof contract.confirmAdminNetworks)['gives']>

/** A list as the contract has it; undefined: none was ever saved. */
export const shown = (row: NetworksRow | undefined): Shown => ({
  version: row?.version ?? 0,
  networks: row?.cidrs.map((cidr, i) => ({ cidr, name: row.names[i] ?? cidr })) ?? [],
  outside: row?.outside ?? 'absent',
  setBy: row?.set_by ?? null,
  setAt: row?.set_at.getTime() ?? 0,
  trialUntil: row && row.confirmed_at === null ? (row.trial_until?.getTime() ?? null) : null,
  agreedBy: row?.agreed_by ?? null,
})

/** Says that a list counts from the commit on. */
export function listCounts(tx: Tx, row: NetworksRow): void {
  const { version, outside, trialUntil } = shown(row)
  tx.announce(contract.networksSet, { key: 'networks', payload: { version, networks: [...row.cidrs], outside, trialUntil } })
  tx.signal(listChanged, {})
}

/** What waits: a version, and for how long it is then tried. */
interface Waiting {
  readonly version: number
  readonly trialMinutes: number | null
}

/** Whether a list hides administration from elsewhere. */
export const hides = (it: { readonly cidrs: readonly string[]; readonly outside: string }): boolean =>
  it.cidrs.length > 0 && it.outside === 'absent'

/** Whether a list opens what the one that is kept closes; one that is only tried ends by itself, and is no measure. */
export async function opensMore(tx: Tx, it: Pick<NetworksRow, 'cidrs' | 'outside'>): Promise<boolean> {
  const kept = await readKept(tx)
  return kept !== undefined && widens({ ...kept, networks: prefixesOf(kept) }, { ...it, networks: prefixesOf(it) })
}

/**
 * Lets a list count to which a second person agreed: one that opens more than the list before, or one that hides administration from elsewhere.
 * Who agrees to the latter stands in one of its networks.
 */
export const changeAdministrationOnApproval: Performer = {
  kind: 'networks-for-administration',
  ask: 'network.set',
  approve: 'role.approve',
  says: (payload) => `change from which networks administration is done, version ${(payload as Waiting).version}`,
  async perform(tx, _org, payload, whence) {
    const { version, trialMinutes } = payload as Waiting
    await lockNetworks(tx)
    const asked = await readVersion(tx, version)
    if (!asked) return false
    if (hides(asked) && !isIn(whence, prefixesOf(asked))) return 'not-from-here'
    const row = await agreeToList(tx, version, trialMinutes)
    if (row) listCounts(tx, row)
    return row !== undefined
  },
}

/** Opens administration from everywhere again: the way back at the server itself. Null: it was open already. */
export async function openAdministrationAtServer(tx: Tx): Promise<{ readonly networks: readonly string[] } | null> {
  await lockNetworks(tx)
  const before = await readInForce(tx)
  if (!before || before.cidrs.length === 0) return null
  const { outside } = before
  const row = await insertNetworks(tx, { cidrs: [], names: [], outside, trialMinutes: null, waits: false })
  tx.announce(contract.networksOpened, { key: 'networks', payload: { version: row.version } })
  tx.signal(listChanged, {})
  return { networks: before.cidrs }
}
