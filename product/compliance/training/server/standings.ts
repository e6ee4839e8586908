import type { Static } from '@wardline/platform/contract'
import type { Feature, Services } from '@wardline/platform/server'
import { figuresOf } from '@wardline/product/access/policies/server'
import type { Figures } from '@wardline/product/access/policies/server'
import type { Standing } from '../contract.ts'
import { standing } from '../rules.ts'
import { readNeeds } from './queries.ts'
import type { NeedRow } from './tables.ts'

const shown = (row: NeedRow, figures: Figures): Static<typeof Standing> => ({
  training: row.training,
  version: row.version,
  ...standing(
    {
      since: row.since.getTime(),
      version: row.version,
      versionSince: row.version_since.getTime(),
      done: row.done_version === null || row.done_at === null ? null : { version: row.done_version, at: row.done_at.getTime() },
    },
    {
      first: figures['training.first-days'],
      repeat: figures['training.repeat-days'],
      remind: figures['training.remind-days'],
      grace: figures['training.grace-days'],
    },
    row.now.getTime(),
  ),
  done: row.done_version === null ? null : { version: row.done_version, on: row.done_on!, by: row.recorded_by! },
})

/** How these people, or everybody who is active, stand with each training that is asked of them; by name. */
export async function standingsOf(
  services: Pick<Services, 'db' | 'clock'>,
  org: string,
  people: readonly string[] | null,
): Promise<{ person: string; name: string; trainings: Static<typeof Standing>[] }[]> {
  const figures = await figuresOf(services, org)
  const rows = await services.db.read(org, (db) => readNeeds(db, people))
  return [...Map.groupBy(rows, (row) => row.person)].map(([person, of]) => ({
    person,
    name: of[0]!.name,
    trainings: of.map((row) => shown(row, figures)),
  }))
}

/**
 * Who did not do a training within its grace is shown no records. Team messages are no records of this kind: the server knows only
 * ciphertext, so all of them go on, the urgent ones among them. If it cannot be found out, nothing is shown.
 */
export const holdsBack: NonNullable<Feature['holdsBack']> = (services) => async (caller) => {
  const [mine] = await standingsOf(services, caller.org, [caller.person])
  return mine?.trainings.some((it) => it.state === 'held-back') ? 'training-overdue' : null
}
