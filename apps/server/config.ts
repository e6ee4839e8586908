import path from 'node:path'
import { isNetwork, readConfig, variable } from '@wardline/platform/server'

/** Everything that the environment can say. This file is the only reader of it. */
export interface Settings {
  readonly port: number
  readonly host: string
  readonly dataFolder: string
  readonly databaseUrl: string | undefined
  readonly kek: string | undefined
  readonly kekFile: string | undefined
  readonly publicUrl: string | undefined
  readonly behindProxy: boolean
  /** Addresses or networks of the proxies; none: it is on this machine. */
  readonly proxies: readonly string[]
  readonly postgresBinaries: string | undefined
  readonly carrier: CarrierSettings | undefined
  /** Networks inside, as CIDR, in which identity providers and directories may be. */
  readonly allowNetworks: readonly string[]
}

/** A Twilio account, for practices that text their patients. */
export interface CarrierSettings {
  readonly accountSid: string
  readonly authToken: string
  readonly from: string
  /** Where the carrier's API is; another one only in tests and the demo. */
  readonly baseUrl: string
}

const variables = {
  port: variable.port('PORT', 'The port to listen on.', 8420),
  host: variable.text('WARDLINE_HOST', 'The address to listen on.', '127.0.0.1'),
  dataFolder: variable.text('WARDLINE_DATA', 'The data folder.', './.wardline'),
  databaseUrl: variable.url('DATABASE_URL', 'An external PostgreSQL; the embedded one is used without it.', ['postgres', 'postgresql']),
  kek: variable.optional('WARDLINE_KEK', 'The key-encryption key: 32 bytes, base64.'),
  kekFile: variable.optional('WARDLINE_KEK_FILE', 'A file (0600) with the key-encryption key.'),
  publicUrl: variable.url('WARDLINE_URL', 'Where people reach this server, e.g. https://chat.example.org', ['https', 'http']),
  proxies: {
    name: 'WARDLINE_PROXY',
    means: '"yes": a proxy on this machine ends TLS and sets X-Forwarded-For; or the addresses of proxies elsewhere.',
    read: (text: string | undefined): readonly string[] | null => {
      if (text === undefined || text.trim() === '' || text === 'no') return null
      const named = text === 'yes' ? [] : text.split(/[\s,]+/).filter((it) => it !== '')
      if (!named.every(isNetwork))
        throw new TypeError('must be "yes" (a proxy on this machine), "no", or the addresses of the proxies, as CIDR with commas.')
      return named
    },
  },
  postgresBinaries: variable.optional('WARDLINE_PG_BIN', 'A folder with postgres and initdb, instead of the pinned ones.'),
  allowNetworks: {
    name: 'WARDLINE_ALLOW_NETWORKS',
    means: 'Networks inside that sign-in services and directories may be in, as CIDR with commas: 10.20.0.0/16,fd12::/32',
    read: (text: string | undefined): readonly string[] => {
      const named = (text ?? '').split(/[\s,]+/).filter((it) => it !== '')
      if (!named.every((it) => it.includes('/') && isNetwork(it)))
        throw new TypeError('must be networks as CIDR with commas: 10.20.0.0/16,fd12::/32. One address alone is 10.20.0.7/32.')
      return named
    },
  },
  twilioSid: variable.optional('TWILIO_ACCOUNT_SID', 'The Twilio account.'),
  twilioToken: variable.optional('TWILIO_AUTH_TOKEN', "The Twilio account's token."),
  twilioFrom: variable.optional('TWILIO_FROM', 'The number that texts come from, E.164.'),
  twilioUrl: variable.text('TWILIO_URL', "Where Twilio's API is.", 'https://api.twilio.com'),
}

/** Why the settings, each fine alone, do not go together. */
export class SettingsFailure extends Error {
  readonly code: 'plain-http' | 'carrier-incomplete'
  constructor(code: SettingsFailure['code'], message: string) {
    super(message)
    this.name = 'SettingsFailure'
    this.code = code
  }
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/** Reads the settings; ConfigFailure names every bad variable at once, SettingsFailure what does not go together. */
export function readSettings(env: Readonly<Record<string, string | undefined>>, cwd: string): Settings {
  const it = readConfig(variables, env)
  if (!loopback.has(it.host) && it.proxies === null) {
    throw new SettingsFailure(
      'plain-http',
      `Not started: WARDLINE_HOST=${it.host} would offer plain HTTP to the network. Put a proxy that ends TLS in front and set WARDLINE_PROXY to its address ("yes" where it is on this machine) and WARDLINE_URL=https://…`,
    )
  }
  if (it.publicUrl?.startsWith('http:') && !loopback.has(new URL(it.publicUrl).hostname)) {
    throw new SettingsFailure('plain-http', 'Not started: WARDLINE_URL must begin with https: unless it is this machine itself.')
  }
  const carrier = [it.twilioSid, it.twilioToken, it.twilioFrom]
  if (carrier.some((part) => part !== undefined) && carrier.some((part) => part === undefined)) {
    throw new SettingsFailure(
      'carrier-incomplete',
      'Not started: TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM go together; some are missing.',
    )
  }
  return {
    port: it.port,
    host: it.host,
    dataFolder: path.resolve(cwd, it.dataFolder),
    databaseUrl: it.databaseUrl,
    kek: it.kek,
    kekFile: it.kekFile === undefined ? undefined : path.resolve(cwd, it.kekFile),
    publicUrl: it.publicUrl,
    behindProxy: it.proxies !== null,
    proxies: it.proxies ?? [],
    postgresBinaries: it.postgresBinaries,
    allowNetworks: it.allowNetworks,
    carrier:
      it.twilioSid === undefined
        ? undefined
        : { accountSid: it.twilioSid, authToken: it.twilioToken!, from: it.twilioFrom!, baseUrl: it.twilioUrl },
  }
}
