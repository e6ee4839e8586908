import type { Static } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { switchSet } from '../contract.ts'
import type { SwitchName } from '../contract.ts'
import { putOff, putOn, readSwitches } from './queries.ts'

/** The name of an emergency switch. */
export type Switch = Static<typeof SwitchName>

/** Whether a switch is on: what it names must not go on. */
export const switchOn = async (db: Db, name: Switch): Promise<boolean> => (await readSwitches(db)).some((row) => row.name === name)

/** The switches that are on. */
export const switchesOn = async (db: Db): Promise<{ name: Switch; since: number; by: string | null }[]> =>
  (await readSwitches(db)).map((row) => ({ name: row.name, since: row.set_at.getTime(), by: row.set_by }))

/** Puts a switch on or off; a switch that stands so already stays, without a fact. */
export async function useSwitch(tx: Tx, it: { readonly name: Switch; readonly on: boolean; readonly reason: string }): Promise<void> {
  const changed = it.on ? await putOn(tx, it.name) : await putOff(tx, it.name)
  if (changed > 0) tx.announce(switchSet, { key: `switch|${it.name}`, payload: { name: it.name, on: it.on, reason: it.reason } })
}
