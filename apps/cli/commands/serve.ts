import { carrierOf, openInstallation, serveInstallation, wardlineFeatures, webPages } from '@wardline/app-server'
import type { Installation } from '@wardline/app-server'
import { openLog, openOutgoing } from '@wardline/platform/server'
import type { RunningServer } from '@wardline/platform/server'
import { settingsWith } from '../config.ts'
import { webBuild } from '../paths.ts'
import type { Overrides } from '../config.ts'
import { requireInstallation } from '../installation.ts'
import { CliFailure, exits } from '../outcome.ts'
import type { Exit } from '../outcome.ts'
import type { Output } from '../output.ts'

/** A stop that drains longer than this (ms) is cut short: what was acknowledged is on disk, and the database recovers by itself. */
const patience = 25_000

/** `wardline serve`: opens a real installation and serves it until SIGINT, SIGTERM or SIGHUP; a second one means the same stop. */
export async function serveReal(output: Output, options: Overrides, version: string): Promise<Exit> {
  const settings = settingsWith(options)
  await requireInstallation(settings)
  const told = Promise.withResolvers<string>()
  let stopping = false
  const onSignal = (signal: string) => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(exits.failed), patience).unref()
    told.resolve(signal)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => onSignal(signal))

  const log = openLog({ level: 'info' })
  let installation: Installation | undefined
  let server: RunningServer | undefined
  const publicOrigin = () => settings.publicUrl?.replace(/\/$/, '') ?? server?.url ?? ''
  const features = wardlineFeatures({
    carrier: carrierOf(settings.carrier),
    publicOrigin,
    outgoing: openOutgoing({ allow: settings.allowNetworks }),
  })
  try {
    const open = { settings, kind: 'real', log, version, report: output.say } as const
    installation = await openInstallation(open, features, (state) => log.warn('database.state', { state }))
    for (const name of installation.migrated) output.say(`Migrated: ${name}`)
    server = await serveInstallation(open, installation, features, { pages: webPages(webBuild) }).catch((thrown: unknown) => {
      if ((thrown as { code?: unknown }).code !== 'EADDRINUSE') throw thrown
      throw new CliFailure(
        'port-taken',
        `Port ${settings.port} is in use by another program. Nothing is served; the database is at this version’s schema. Stop that program, or choose another port with PORT or --port.`,
      )
    })
    output.say(`Wardline is open at ${server.url}`)
    output.result({ url: server.url, pid: process.pid })
    const signal = await told.promise
    output.say('Stopping: letting requests finish ...')
    log.info('server.stopping', { signal })
  } finally {
    await server?.stop()
    await installation?.close()
  }
  output.say('Stopped. Everything acknowledged is on disk.')
  return exits.ok
}
