import { readSettings } from '@wardline/app-server'
import type { Settings } from '@wardline/app-server'

/** Options of the command line that stand above the environment. */
export interface Overrides {
  readonly data?: string | undefined
  readonly kekFile?: string | undefined
  readonly port?: string | undefined
}

/** The installation's settings: the environment, and what the command line says instead. Throws ConfigFailure, SettingsFailure. */
export function settingsWith(overrides: Overrides): Settings {
  const { data, kekFile, port } = overrides
  const env = {
    ...process.env,
    ...(data === undefined ? {} : { WARDLINE_DATA: data }),
    ...(kekFile === undefined ? {} : { WARDLINE_KEK_FILE: kekFile }),
    ...(port === undefined ? {} : { PORT: port }),
  }
  return readSettings(env, process.cwd())
}
