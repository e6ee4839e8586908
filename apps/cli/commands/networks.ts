import { openInstallation, wardlineFeatures } from '@wardline/app-server'
import { bySystem, openDatabase, openLog } from '@wardline/platform/server'
import { openAdministrationAtServer } from '@wardline/product/access/networks/server'
import { settingsWith } from '../config.ts'
import type { Overrides } from '../config.ts'
import { requireStopped } from '../installation.ts'
import { CliFailure, exits } from '../outcome.ts'
import type { Exit } from '../outcome.ts'
import type { Output } from '../output.ts'
import { organisations } from '../queries.ts'

/** What `wardline networks` is told. */
export interface NetworksOptions extends Overrides {
  readonly open?: boolean
}

/**
 * `wardline networks --open`: administration is done from everywhere again, where nobody is left in the networks that were named. It needs the
 * server's machine and the key-encryption key, gives nobody a right, and stands in the audit log.
 */
export async function openNetworks(output: Output, options: NetworksOptions, version: string): Promise<Exit> {
  if (options.open !== true)
    throw new CliFailure('wrong-flags', 'Say what is to be done: wardline networks --open. Nothing was changed.', exits.usage)
  const settings = settingsWith(options)
  await requireStopped(settings)
  const log = openLog({ level: 'error' })
  const features = wardlineFeatures()
  const installation = await openInstallation({ settings, kind: 'real', log, version }, features)
  const within = features.flatMap((it) => it.within ?? [])
  const db = openDatabase({ url: installation.databaseUrl, keys: installation.keys, log, within, connections: 2 })
  try {
    const opened: { organisation: string; networks: readonly string[] }[] = []
    for (const { org, name } of await db.sweep(organisations)) {
      const it = await db.write(org, bySystem, openAdministrationAtServer)
      if (it) opened.push({ organisation: name, networks: it.networks })
      output.say(
        it
          ? `${name}: administration is done from everywhere again. Until now: ${it.networks.join(', ')}.`
          : `${name}: administration was done from everywhere already. Nothing was changed.`,
      )
    }
    if (opened.length > 0)
      output.say('It stands in the audit log. Networks for patients’ records stay as they are. Next: wardline serve, and name them anew.')
    output.result({ opened })
    return exits.ok
  } finally {
    await db.close()
    await installation.close()
  }
}
