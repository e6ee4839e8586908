import type { Tx } from '@wardline/platform/db'
import { workplacesOf } from '@wardline/product/access/locations/server'
import type { Admission } from '@wardline/product/team/devices/server'
import { deviceVouched } from '../contract.ts'
import { binds, mayEnrol, mayGoOn, postureOf } from '../rules.ts'
import type { Bound } from '../rules.ts'
import {
  everyEnrolled,
  findByDevice,
  free,
  link,
  linkedTo,
  lockCandidates,
  lockInUse,
  lockManaged,
  lockUnlinked,
  lockUnvouched,
  namesOf,
  personOf,
  readConnection,
  readRule,
} from './queries.ts'
import type { ManagedRow } from './tables.ts'

/** What a row of device management says, in ms. */
export const saidOf = (row: ManagedRow | undefined) =>
  row ? { compliance: row.compliance, checkedInAt: row.checked_in_at?.getTime() ?? null } : null

async function standingOf(tx: Tx, person: string, roles: readonly string[]): Promise<Bound> {
  const { works } = await workplacesOf(tx, person)
  return { roles, locations: works.all ? [] : works.locations }
}

/**
 * Who is let in by device management. A browser cannot prove on which machine it runs: the person's name there, the system that the browser
 * names and a compliant device that checked in lately stand for it. One of theirs vouches for one of ours, until that one is gone or an
 * administrator says otherwise.
 */
export const admission: Admission = {
  async enrol(tx, { person, roles, system }) {
    const rule = await readRule(tx)
    if (!rule || !binds(rule, await standingOf(tx, person, roles))) return { admitted: true, managed: null }
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
    const person = rule && (await personOf(tx, device))
    if (!rule || person === undefined || !binds(rule, await standingOf(tx, person, roles))) return true
    const row = await findByDevice(tx, device)
    const feedAt = (await readConnection(tx))?.worked_at?.getTime() ?? null
    const now = tx.at.getTime()
    return mayGoOn(postureOf(saidOf(row), feedAt, now), row?.bad_since?.getTime() ?? null, rule.grace_days, now)
  },
}

/** An administrator says for which enrolled device one of theirs vouches; null: for none. */
export async function bind(tx: Tx, id: string, device: string | null): Promise<'not-found' | 'not-enrolled' | null> {
  if (!(await lockManaged(tx, id))) return 'not-found'
  if (device !== null && !(await lockInUse(tx, device))) return 'not-enrolled'
  await free(tx, id)
  if (device !== null) await link(tx, id, device)
  return null
}

/**
 * Devices that were enrolled before: one of the same person and system that vouches for nobody yet is taken to be theirs. Of whom the last
 * word was a bad one, only a good one that is believed takes it back. What came meanwhile by an enrolment or an administrator stays.
 */
export async function vouchForKnown(tx: Tx): Promise<void> {
  const taken = new Set<string>()
  const feedAt = (await readConnection(tx))?.worked_at?.getTime() ?? null
  const now = tx.at.getTime()
  for await (const enrolled of everyEnrolled(tx)) {
    const linked = await linkedTo(
      tx,
      enrolled.map((it) => it.device),
    )
    const vouched = new Set(linked.filter((row) => row.gone_at === null).map((row) => row.device))
    const outcasts = new Set(linked.filter((row) => row.gone_at !== null).map((row) => row.device))
    const open = enrolled.filter((it) => !vouched.has(it.device))
    const rows = await lockUnlinked(tx, [...new Set(open.flatMap((it) => it.names))])
    for (const it of open) {
      const row = rows.find(
        (one) =>
          !taken.has(one.id) &&
          one.freed_device !== it.device &&
          one.system === it.system &&
          it.names.includes(one.user_name) &&
          (!outcasts.has(it.device) || postureOf(saidOf(one), feedAt, now) === 'compliant'),
      )
      if (!row || !(await lockUnvouched(tx, it.device))) continue
      taken.add(row.id)
      await link(tx, row.id, it.device)
      tx.announce(deviceVouched, { key: `person|${it.person}`, payload: { person: it.person, device: it.device, managed: row.id } })
    }
  }
}
