import type { Db } from '@wardline/platform/db'
import { isWeak } from '../preview.ts'
import { figureAt } from '../rules.ts'
import { settings } from '../words.ts'
import type { Setting, SettingName } from '../words.ts'
import { readChosen } from './security-queries.ts'
import type { ChangeRow } from './tables.ts'

const figureOf = (name: SettingName, row: ChangeRow | undefined, now: number): number =>
  figureAt(settings[name], row ? { value: row.value, exceptionUntil: row.exception_until?.getTime() ?? null } : null, now)

/** A figure of the security policy as it counts now, in its own unit. */
export async function figure(db: Db, name: SettingName): Promise<number> {
  const [row] = await readChosen(db, name)
  return figureOf(name, row, row?.now.getTime() ?? 0)
}

/** All figures of the security policy as they count now. */
export async function figures(db: Db): Promise<Readonly<Record<SettingName, number>>> {
  const rows = new Map((await readChosen(db, null)).map((row) => [row.setting, row]))
  const entries = (Object.keys(settings) as SettingName[]).map((name) => {
    const row = rows.get(name)
    return [name, figureOf(name, row, row?.now.getTime() ?? 0)] as const
  })
  return Object.fromEntries(entries) as Record<SettingName, number>
}

/** Whether a figure is below its floor. */
export const weak = (name: SettingName, value: number): boolean => isWeak(settings[name] satisfies Setting, value)
