import { openInstallation, wardlineFeatures } from '@wardline/app-server'
import { openLog, readSchema } from '@wardline/platform/server'
import { settingsWith } from '../config.ts'
import type { Overrides } from '../config.ts'
import { lookAt, migrations, requireInstallation } from '../installation.ts'
import { exits } from '../outcome.ts'
import type { Exit } from '../outcome.ts'
import type { Output } from '../output.ts'

/** `wardline migrate`: runs what this version adds to the schema, or only lists it. Refuses a database of a newer version. */
export async function migrateDatabase(output: Output, options: Overrides & { readonly dryRun?: boolean }): Promise<Exit> {
  const settings = settingsWith(options)
  await requireInstallation(settings)
  if (options.dryRun === true) return list(output, settings)
  const installation = await openInstallation({ settings, kind: 'real', log: openLog({ level: 'error' }), version: '' }, wardlineFeatures())
  await installation.close()
  for (const name of installation.migrated) output.say(`Ran ${name}`)
  output.say(installation.migrated.length === 0 ? 'The database is of this version already.' : 'The database is of this version now.')
  output.result({ ran: installation.migrated })
  return exits.ok
}

async function list(output: Output, settings: Parameters<typeof lookAt>[0]): Promise<Exit> {
  const look = await lookAt(settings)
  try {
    const { done, pending, unknown, changed } = await readSchema(look.url, await migrations())
    for (const name of pending) output.say(`Would run ${name}`)
    for (const name of unknown) output.say(`Unknown to this version: ${name}`)
    for (const name of changed) output.say(`Changed since it ran: ${name}`)
    const sound = unknown.length === 0 && changed.length === 0
    if (pending.length === 0 && sound) output.say(`Nothing to run: all ${done.length} migrations have run.`)
    if (!sound) output.say('This version will not open this database. Use the version that it was last used with, unmodified.')
    output.result({ done, pending, unknown, changed })
    return sound ? exits.ok : exits.problem
  } finally {
    await look.close()
  }
}
