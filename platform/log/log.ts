import { pino } from 'pino'

/** What may stand in a log line: ids, counts, codes. Text that people typed has no way in. */
export interface LogFields {
  readonly [name: string]: string | number | boolean | null | undefined | readonly string[]
}

/** The log. `event` is a dotted word from the source, never made from data. */
export interface Log {
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields, cause?: unknown): void
}

// An allow-list, because redaction by path misses one level deeper.
const allowed = new Set([
  'role',
  'port',
  'host',
  'ms',
  'count',
  'status',
  'method',
  'route',
  'request',
  'code',
  'org',
  'session',
  'person',
  'device',
  'conversation',
  'kind',
  'fact',
  'listener',
  'work',
  'attempts',
  'index',
  'size',
  'lag',
  'bytes',
  'version',
  'migration',
  'sqlState',
  'constraint',
  'signal',
  'variable',
  'url',
  'pid',
  'reason',
  'carrier',
  'open',
  'state',
  'name',
  'free',
  'shift',
  'socket',
  'rows',
  'key',
  'bucket',
  'month',
])
// Ids, codes and short words pass; a sentence does not.
const safe = /^[\w.:/@+-]{0,120}$/

function serialise(fields: LogFields | undefined): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields ?? {})) {
    if (!allowed.has(key)) out[key] = '[not allowed]'
    else if (typeof value === 'string') out[key] = safe.test(value) ? value : '[not a code]'
    else if (Array.isArray(value)) out[key] = value.map((item: string) => (safe.test(item) ? item : '[not a code]'))
    else out[key] = value
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
    error: cause.name,
    ...(typeof code === 'string' && safe.test(code) ? { code } : {}),
    ...(typeof sqlState === 'string' && safe.test(sqlState) ? { sqlState } : {}),
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
