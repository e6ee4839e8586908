/** Exit codes, the same for every command. */
export const exits = {
  /** Done; nothing is wrong. */
  ok: 0,
  /** The command ran and found a problem. */
  problem: 1,
  /** The command line or the settings are wrong; nothing was done. */
  usage: 2,
  /** The command could not run, or refused to. */
  failed: 3,
} as const
/** One of {@link exits}. */
export type Exit = (typeof exits)[keyof typeof exits]

/** Why a command stops, with what was kept and what to do next in its text. */
export type CliCode =
  | 'not-initialised'
  | 'already-initialised'
  | 'wrong-flags'
  | 'schema-differs'
  | 'unknown-note'
  | 'no-such-file'
  | 'not-an-export'
  | 'bad-recovery-key'
  | 'folder-not-empty'
  | 'port-taken'
  | 'server-running'
  | 'not-an-administrator'
  | 'not-a-terminal'
  | 'stopped'

/** A refusal of a command. */
export class CliFailure extends Error {
  readonly code: CliCode
  readonly exit: Exit
  constructor(code: CliCode, message: string, exit: Exit = exits.failed) {
    super(message)
    this.name = 'CliFailure'
    this.code = code
    this.exit = exit
  }
}

/** What a person is told of a failure: a code and a sentence, never a stack. */
export interface Told {
  readonly code: string
  readonly message: string
  readonly exit: Exit
}

/** Errors of ours whose text is written for people and names no secret, by their class. */
const spoken = new Set(['KeyFailure', 'EmbeddedError', 'MigrationFailure', 'CeremonyRefused', 'CeremonyFolderRefused', 'OpeningRefused'])
/** Wrong settings: the same as a wrong command line. */
const settings = new Set(['ConfigFailure', 'SettingsFailure'])

const refusals: Readonly<Record<string, string>> = {
  'bad-zone': 'That is no time zone of the IANA database, for example America/Chicago. Nothing was made.',
  'bad-name': 'A name is empty or too long. Nothing was made.',
  'bad-sign-in-name': 'A sign-in name has 2 to 64 letters, digits and . _ @ + - and begins with a letter or digit. Nothing was made.',
  'name-taken': 'Two people cannot have the same sign-in name. Nothing was made.',
  'roles-exclude':
    'One person may be administrator and privacy officer only in a practice, with a signed exception (--exception "why"). Nothing was made.',
}

const database: Readonly<Record<string, string>> = {
  unreachable: 'The database cannot be reached, or ended the connection. Start it, or correct DATABASE_URL, and try again.',
  'timed-out': 'The database did not answer in time. Nothing is known to be changed; try again when it is less busy.',
  'disk-full': 'The database has no room to write. "wardline doctor --free-ballast" frees the reserve.',
}

const system: Readonly<Record<string, string>> = {
  ENOENT: 'A file or folder that was named is not there.',
  EACCES: 'This user may not read or write a file or folder that is needed.',
  EPERM: 'This user may not do that with a file or folder that is needed.',
  ENOSPC: 'The disk is full.',
  EADDRINUSE: 'The port is in use by another program.',
  ECONNREFUSED: 'The database cannot be reached: nobody listens there.',
}

/** Words for whatever was thrown. Texts of errors that are not ours are not passed on: they may quote what must not be seen. */
export function tell(thrown: unknown): Told {
  const { name = '', code = '', message = '' } = thrown as { name?: string; code?: string; message?: string }
  if (thrown instanceof CliFailure) return { code: thrown.code, message, exit: thrown.exit }
  if (settings.has(name)) return { code: code || 'settings', message, exit: exits.usage }
  if (spoken.has(name)) return { code, message, exit: exits.failed }
  if (Object.hasOwn(refusals, code)) return { code, message: refusals[code]!, exit: exits.usage }
  if (name === 'DatabaseFailure')
    return { code, message: database[code] ?? 'The database refused. Nothing was changed.', exit: exits.failed }
  const where = (thrown as { path?: unknown }).path
  if (Object.hasOwn(system, code))
    return { code, message: `${system[code]!}${typeof where === 'string' ? ` (${where})` : ''}`, exit: exits.failed }
  return {
    code: code || name || 'unexpected',
    message: 'Something went wrong that this command does not know. What it had not finished was left as it was.',
    exit: exits.failed,
  }
}
