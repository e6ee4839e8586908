import type { GivesOf } from '@wardline/platform/contract'
import type { Db } from '@wardline/platform/db'
import { rolesOfPeople } from '@wardline/product/access/roles/server'
import type { readManaged } from '../contract.ts'
import { binds, graceUntil, postureOf } from '../rules.ts'
import { saidOf } from './admission.ts'
import { enrolledDevices, readConnection, readDevices, readOutcasts, readRule } from './queries.ts'

type Standing = GivesOf<typeof readManaged>

/** Device management, the rule, and whose devices nobody vouches for. `now`: ms. */
export async function standing(db: Db, now: number): Promise<Standing> {
  const connection = await readConnection(db)
  const rule = await readRule(db)
  const rows = await readDevices(db)
  const feedAt = connection?.worked_at?.getTime() ?? null
  const known = [...(await readOutcasts(db)), ...rows]
  const byDevice = new Map(known.flatMap((row) => (row.device === null ? [] : [[row.device, row] as const])))
  const open: Standing['open'] = []
  const enrolled = rule && rule.roles.length > 0 ? await enrolledDevices(db) : []
  const roles = await rolesOfPeople(db, [...new Set(enrolled.map((it) => it.person))])
  for (const it of enrolled) {
    const row = byDevice.get(it.device)
    const posture = postureOf(saidOf(row), feedAt, now)
    if (posture === 'compliant' || open.length === 1_000 || !binds(rule!, roles.get(it.person) ?? [])) continue
    const until = graceUntil(posture, row?.bad_since?.getTime() ?? null, rule!.grace_days)
    open.push({ person: it.person, personName: it.person_name, device: it.device, name: it.name, posture, until })
  }
  return {
    connection: connection
      ? {
          settings: connection.settings,
          on: connection.state === 'on',
          workedAt: feedAt,
          seen: rows.length,
          problem: connection.problem === null ? null : { what: connection.problem, at: connection.problem_at!.getTime() },
        }
      : null,
    rule: { roles: [...(rule?.roles ?? [])] as Standing['rule']['roles'], graceDays: rule?.grace_days ?? 3 },
    devices: rows.map((row) => ({
      id: row.id,
      name: row.name,
      user: row.user_name,
      system: row.system,
      osVersion: row.os_version,
      owner: row.owner,
      posture: postureOf(saidOf(row), feedAt, now),
      checkedInAt: row.checked_in_at?.getTime() ?? null,
      device: row.device,
    })),
    open,
  }
}
