import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { openInstallation, sentencesOf, serveInstallation, wardlineFeatures, webPages } from '@wardline/app-server'
import type { OpenOptions, Settings } from '@wardline/app-server'
import { MigrationFailure, openConnection, openOutgoing } from '@wardline/platform/server'
import type { Feature, Log, RunningServer } from '@wardline/platform/server'
import { twilioCarrier } from '@wardline/product/integrations/sms/server'
import { getSmsChannel } from '@wardline/product/patients/texting/contract'
import { startPretendTwilio } from '../twilio/index.ts'
import type { PretendTwilio } from '../twilio/index.ts'
import { worldBegins } from '../world.ts'
import { cast, castMember, mapleStreet } from './cast.ts'
import { demoFeature, demoPages } from './feature.ts'
import { phonesOnShow } from './patients.ts'
import { connectPhones, seed } from './seed.ts'
import { must, visit } from './visitor.ts'

/** A running demonstration. */
export interface Demo {
  readonly url: string
  readonly phonesUrl: string
  readonly server: RunningServer
  readonly twilio: PretendTwilio
  readonly people: typeof cast
  readonly folder: string
  readonly databaseUrl: string
  stop(): Promise<void>
}

export interface DemoOptions {
  readonly settings: Settings
  readonly log: Log
  /** Begins anew: the data folder of the demonstration is removed first. */
  readonly fresh?: boolean
  readonly report?: (line: string) => void
  /** The built web app's folder; none for programs that need only the API. */
  readonly web?: string
}

const account = { accountSid: 'AC00000000000000000000000000000001', authToken: 'demo-token-of-no-worth-0000000001' }

/** Opens the demonstration: its installation, the pretend carrier with its phones, and, the first time, the seed. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { settings, log, report = () => {} } = options
  const folder = path.join(settings.dataFolder, 'demo')
  const open: OpenOptions = { settings, kind: 'demo', log, version: 'demo', makeKek: true, report }
  if (options.fresh) await forget(open)
  const origin = { of: settings.publicUrl ?? '' }
  let server: RunningServer | undefined
  const twilio = await pretendCarrier(settings.port === 0 ? 0 : settings.port + 1, () => server?.clock.now() ?? new Date(worldBegins))
  try {
    const carrier = twilioCarrier({ ...account, answersStop: false, baseUrl: twilio.url }, { fetch: globalThis.fetch })
    const product = wardlineFeatures({
      carrier,
      publicOrigin: () => origin.of,
      // A demonstration may be tried with a sign-in service on the same machine.
      outgoing: openOutgoing({ allow: ['127.0.0.0/8', '::1/128', ...settings.allowNetworks] }),
    })
    const state = { databaseUrl: '', phonesUrl: `${twilio.url}/phones`, recoveryKeys: () => recoveryKeys(folder) }
    const features: Feature[] = [...product, demoFeature(state, sentencesOf())]
    const installation = await openInstallation(open, features)
    state.databaseUrl = installation.databaseUrl
    try {
      const first = await setClock(installation.databaseUrl)
      server = await serveInstallation(open, installation, features, {
        pages: async (app) => {
          await demoPages(app)
          if (options.web !== undefined) await webPages(options.web, { demo: true })(app)
        },
      })
      origin.of = server.url
      if (first) await seed({ server, keys: installation.keys, twilio, folder, report })
      else await reconnectPhones(server, twilio)
      await server.settle()
    } catch (thrown) {
      await server?.stop()
      await installation.close()
      throw thrown
    }
    let stopping: Promise<void> | undefined
    const running = server
    return {
      url: running.url,
      phonesUrl: state.phonesUrl,
      server: running,
      twilio,
      people: cast,
      folder,
      databaseUrl: installation.databaseUrl,
      stop: () =>
        (stopping ??= (async () => {
          await running.stop()
          await twilio.stop()
          await installation.close()
        })()),
    }
  } catch (thrown) {
    await twilio.stop()
    throw thrown
  }
}

/** The pretend carrier on this port, or on any free one where that is taken. */
async function pretendCarrier(port: number, clock: () => Date): Promise<PretendTwilio> {
  const start = (at: number) => startPretendTwilio({ port: at, clock, timeZone: mapleStreet.zone })
  const twilio = await start(port).catch(() => start(0))
  // The practice confirms a stop itself: the carrier leaves that to us in this account.
  twilio.control.addAccount({ sid: account.accountSid, authToken: account.authToken, optOut: 'none' })
  for (const phone of phonesOnShow) twilio.control.addPhone(phone)
  return twilio
}

/** After a restart the pretend carrier is told again which number is the practice's. */
async function reconnectPhones(server: RunningServer, twilio: PretendTwilio): Promise<void> {
  const manager = await visit(server, mapleStreet, castMember('marisol').member)
  const { channel } = must('The number', await manager.call(getSmsChannel, {}))
  if (channel) connectPhones(twilio, channel.inboundUrl)
}

/** Sets the clock to the demonstration's date the first time. True: nothing was seeded yet. */
async function setClock(url: string): Promise<boolean> {
  const owner = await openConnection(url, 'demo clock')
  try {
    const { rowCount } = await owner.query(
      'insert into demo_clock (shift) values (to_timestamp($1 / 1000.0) - clock_timestamp()) on conflict do nothing',
      [worldBegins],
    )
    const { rows } = await owner.query<{ people: number }>('select count(*)::int as people from person')
    return rowCount === 1 || rows[0]!.people === 0
  } finally {
    await owner.end()
  }
}

async function recoveryKeys(folder: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(path.join(folder, 'recovery-keys.json'), 'utf8').catch(() => '{}')
  return JSON.parse(text) as Record<string, string>
}

/** Removes a demonstration's data folder. Opened first, so that neither a living server's nor a real installation's is ever removed. */
async function forget(open: OpenOptions): Promise<void> {
  const { dataFolder, databaseUrl } = open.settings
  if (databaseUrl !== undefined) throw new Error('--fresh works with the embedded database only: drop the external one yourself.')
  const there = await readFile(path.join(dataFolder, 'postgres', 'cluster.json'), 'utf8').catch(() => null)
  if (there !== null) {
    try {
      await (await openInstallation({ ...open, report: () => {} }, wardlineFeatures())).close()
    } catch (thrown) {
      // A demonstration of another version is still a demonstration: its kind was looked at first.
      if (!(thrown instanceof MigrationFailure) || thrown.code === 'wrong-kind') throw thrown
    }
  }
  await rm(dataFolder, { recursive: true, force: true })
}
