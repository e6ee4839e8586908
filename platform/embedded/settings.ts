import { embeddedError } from './errors.ts'

/** `real` survives kill -9 and power loss. `unsafe-for-tests` may lose the whole cluster when the machine stops. */
export type Durability = 'real' | 'unsafe-for-tests'

/** Server settings by name, as in postgresql.conf. */
export type Settings = Readonly<Record<string, string>>

// A small box: a few people, one or two cores, memory shared with everything else.
const defaults: Settings = {
  max_connections: '100',
  shared_buffers: '128MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  max_wal_size: '512MB',
  jit: 'off',
}

// Not for callers to change. The log_ ones keep PHI out of the database's own log:
// - `log_min_messages=log` sorts above ERROR: texts of statement errors quote values ("invalid input syntax for type date: ...")
// - `terse` drops DETAIL ("Key (phone)=(...) already exists", "Failed process was running: ...") and CONTEXT
// - `log_min_error_statement=panic` and the rest drop the statement and its parameters
const fixed: Settings = {
  listen_addresses: '',
  port: '5432',
  unix_socket_permissions: '0700',
  wal_level: 'replica',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_statement: 'none',
  log_min_duration_statement: '-1',
  log_min_duration_sample: '-1',
  log_transaction_sample_rate: '0',
  log_duration: 'off',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  debug_print_parse: 'off',
  debug_print_rewritten: 'off',
  debug_print_plan: 'off',
}

const durable: Readonly<Record<Durability, Settings>> = {
  real: { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
  'unsafe-for-tests': { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
}

/**
 * The server's settings as command-line arguments, which win over every file and over ALTER SYSTEM.
 * Throws `setting-refused` when `chosen` names one that durability, privacy or reachability hangs on.
 */
export function settingArguments(durability: Durability, chosen: Settings = {}): string[] {
  const held: Settings = { ...fixed, ...durable[durability] }
  for (const name of Object.keys(chosen)) {
    if (name.toLowerCase() in held || name.toLowerCase() === 'unix_socket_directories' || !/^[a-z][a-z0-9_.]*$/.test(name)) {
      throw embeddedError('setting-refused', {
        what: `The PostgreSQL setting "${name}" is fixed by Wardline.`,
        kept: 'Nothing was started or changed.',
        next: 'Remove it; settings that hold durability, privacy of the log or the way in cannot be chosen.',
      })
    }
  }
  return Object.entries({ ...defaults, ...chosen, ...held })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
