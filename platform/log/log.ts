import { pino } from 'pino'

/** Every field that a log line may have, and what it holds: an id (UUID), a code (a word of ours, a constant of Node's), a version, a count. */
const fieldKinds = {
  request: 'id',
  org: 'id',
  session: 'id',
  text: 'id',
  code: 'code',
  kind: 'code',
  listener: 'code',
  role: 'code',
  route: 'code',
  signal: 'code',
  state: 'code',
  work: 'code',
  version: 'version',
  attempts: 'number',
  index: 'number',
  ms: 'number',
  pid: 'number',
  size: 'number',
} as const
type FieldKinds = typeof fieldKinds

/** What may stand in a log line: ids, counts, codes. Text that people typed has no way in. */
export type LogFields = { readonly [K in keyof FieldKinds]?: FieldKinds[K] extends 'number' ? number : string | undefined }

/** The log. `event` is a dotted word from the source, never made from data. */
export interface Log {
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields, cause?: unknown): void
}

// Judged by what a field is, not by what it may not look like: a surname, a number and an address are none of these.
const sound: Readonly<Record<'id' | 'code' | 'version', RegExp>> = {
  id: /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/,
  code: /^(?=.{1,80}$)(?:[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)$/,
  version: /^(?=.{1,40}$)v?\d+(?:\.\d+)*(?:-[a-z0-9.]+)?$/,
}
const sqlStateForm = /^[0-9A-Z]{5}$/

function serialise(fields: LogFields | undefined): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields ?? {})) {
    const kind = Object.hasOwn(fieldKinds, name) ? fieldKinds[name as keyof FieldKinds] : undefined
    if (kind === undefined) out['not-allowed'] = true
    else if (kind === 'number') out[name] = typeof value === 'number' ? value : '[no number]'
    else if (value !== undefined) out[name] = typeof value === 'string' && sound[kind].test(value) ? value : `[no ${kind}]`
  }
  return out
}

/** Where an error came from: its name, its code and our own frames; never its message, which may quote a row. */
function place(cause: unknown): Record<string, unknown> {
  if (!(cause instanceof Error)) return cause === undefined ? {} : { error: typeof cause }
  const code = (cause as { code?: unknown }).code
  // The message stands in the stack too, and may have lines that look like frames.
  const frames = (cause.stack ?? '')
    .split('\n')
    .slice(cause.message.split('\n').length)
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 6)
    .map((line) => line.trim().replace(/file:\/\/.*\/(?=(platform|product|apps|crypto|dev|node_modules)\/)/, ''))
  const sqlState = (cause as { sqlState?: unknown }).sqlState
  return {
    error: /^[A-Za-z]{1,60}$/.test(cause.name) ? cause.name : 'Error',
    ...(typeof code === 'string' && (sound.code.test(code) || sqlStateForm.test(code)) ? { code } : {}),
    ...(typeof sqlState === 'string' && sqlStateForm.test(sqlState) ? { sqlState } : {}),
    frames,
  }
}

/** A log that writes JSON lines through `write` (default: standard error). */
export function openLog(options: { level?: 'debug' | 'info' | 'warn' | 'error' | 'silent'; write?: (line: string) => void } = {}): Log {
  const stream = options.write ? { write: options.write } : pino.destination({ dest: 2, sync: true })
  const out = pino({ level: options.level ?? 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream)
  return {
    info: (event, fields) => out.info({ event, ...serialise(fields) }),
    warn: (event, fields) => out.warn({ event, ...serialise(fields) }),
    error: (event, fields, cause) => out.error({ event, ...serialise(fields), ...place(cause) }),
  }
}
