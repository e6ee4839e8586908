import type { Tx } from '@wardline/platform/db'
import type { Admission } from '@wardline/product/team/devices/server'
import { deviceVouched } from '../contract.ts'
import { binds, mayEnrol, mayGoOn, postureOf } from '../rules.ts'
import {
  enrolledDevices,
  findByDevice,
  link,
  lockCandidates,
  namesOf,
  readConnection,
  readDevices,
  readOutcasts,
  readRule,
} from './queries.ts'
import type { ManagedRow } from './tables.ts'

/** What a row of device management says, in ms. */
export const saidOf = (row: ManagedRow | undefined) =>
  row ? { compliance: row.compliance, checkedInAt: row.checked_in_at?.getTime() ?? null } : null

/**
 * Who is let in by device management. A browser cannot prove on which machine it runs: the person's name there, the system that the browser
 * names and a compliant device that checked in lately stand for it, and one of theirs vouches for the newest of ours only.
 */
export const admission: Admission = {
  async enrol(tx, { person, roles, system }) {
    const rule = await readRule(tx)
    if (!rule || !binds(rule, roles)) return { admitted: true, managed: null }
    const feedAt = (await readConnection(tx))?.worked_at?.getTime() ?? null
    const found = await lockCandidates(tx, await namesOf(tx, person), system)
    const row = found.find((it) => mayEnrol(postureOf(saidOf(it), feedAt, tx.at.getTime())))
    return row ? { admitted: true, managed: row.id } : { admitted: false }
  },
  async enrolled(tx, { person, device, managed }) {
    await link(tx, managed, device)
    tx.announce(deviceVouched, { key: `person|${person}`, payload: { person, device, managed } })
  },
  async goesOn(tx, { roles, device }) {
    const rule = await readRule(tx)
    if (!rule || !binds(rule, roles)) return true
    const row = await findByDevice(tx, device)
    const feedAt = (await readConnection(tx))?.worked_at?.getTime() ?? null
    const now = tx.at.getTime()
    return mayGoOn(postureOf(saidOf(row), feedAt, now), row?.bad_since?.getTime() ?? null, rule.grace_days, now)
  },
}

/**
 * Devices that were enrolled before: one of the same person and system that vouches for nobody yet is taken to be theirs. Of whom the last
 * word was a bad one, only a good one takes it back.
 */
export async function vouchForKnown(tx: Tx): Promise<void> {
  const taken = new Set<string>()
  const rows = await readDevices(tx)
  const vouched = new Set(rows.flatMap((row) => row.device ?? []))
  const outcasts = new Set((await readOutcasts(tx)).map((row) => row.device))
  for (const it of await enrolledDevices(tx)) {
    if (vouched.has(it.device)) continue
    const row = rows.find(
      (one) =>
        one.device === null &&
        !taken.has(one.id) &&
        one.system === it.system &&
        it.names.includes(one.user_name) &&
        (one.compliance === 'compliant' || !outcasts.has(it.device)),
    )
    if (!row) continue
    taken.add(row.id)
    await link(tx, row.id, it.device)
    tx.announce(deviceVouched, { key: `person|${it.person}`, payload: { person: it.person, device: it.device, managed: row.id } })
  }
}
