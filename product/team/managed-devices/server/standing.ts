import type { GivesOf } from '@wardline/platform/contract'
import type { Db } from '@wardline/platform/db'
import { rolesOfPeople } from '@wardline/product/access/roles/server'
import type { readManaged } from '../contract.ts'
import { binds, graceUntil, postureOf } from '../rules.ts'
import { saidOf } from './admission.ts'
import { countDevices, everyEnrolled, linkedTo, readConnection, readDevices, readRule } from './queries.ts'

type Standing = GivesOf<typeof readManaged>

const pageOf = 100

/** Device management, the rule, a page of devices, and whose devices nobody vouches for. `now`: ms. */
export async function standing(db: Db, after: string | null, now: number): Promise<Standing> {
  const connection = await readConnection(db)
  const rule = await readRule(db)
  const rows = await readDevices(db, after, pageOf + 1)
  const feedAt = connection?.worked_at?.getTime() ?? null
  const binding = rule && (rule.roles.length > 0 || rule.locations.length > 0) ? rule : null
  const open: Standing['open'] = []
  let openCount = 0
  if (binding)
    for await (const enrolled of everyEnrolled(db)) {
      const devices = enrolled.map((it) => it.device)
      const byDevice = new Map((await linkedTo(db, devices)).map((row) => [row.device, row] as const))
      const roles = await rolesOfPeople(db, [...new Set(enrolled.map((it) => it.person))])
      for (const it of enrolled) {
        const row = byDevice.get(it.device)
        const posture = postureOf(saidOf(row), feedAt, now)
        if (posture === 'compliant' || !binds(binding, { roles: roles.get(it.person) ?? [], locations: it.locations })) continue
        openCount += 1
        if (open.length === 1_000) continue
        const until = graceUntil(posture, row?.bad_since?.getTime() ?? null, binding.grace_days)
        open.push({ person: it.person, personName: it.person_name, device: it.device, name: it.name, posture, until })
      }
    }
  const devices = rows.slice(0, pageOf)
  return {
    connection: connection
      ? {
          settings: connection.settings,
          on: connection.state === 'on',
          workedAt: feedAt,
          seen: await countDevices(db),
          problem: connection.problem === null ? null : { what: connection.problem, at: connection.problem_at!.getTime() },
        }
      : null,
    rule: {
      roles: [...(rule?.roles ?? [])] as Standing['rule']['roles'],
      locations: [...(rule?.locations ?? [])],
      graceDays: rule?.grace_days ?? 3,
    },
    devices: devices.map((row) => ({
      id: row.id,
      name: row.name,
      user: row.user_name,
      system: row.system,
      osVersion: row.os_version,
      owner: row.owner,
      posture: postureOf(saidOf(row), feedAt, now),
      checkedInAt: row.checked_in_at?.getTime() ?? null,
      device: row.device,
      used: row.person_name === null || row.device_name === null ? null : { personName: row.person_name, name: row.device_name },
    })),
    next: rows.length > pageOf ? (devices.at(-1)?.id ?? null) : null,
    open,
    openCount,
  }
}
