/** What a command says, and where: people read lines, programs one JSON value. */
export interface Output {
  readonly json: boolean
  /** A line for people; nothing with --json. */
  say(line?: string): void
  /** The command's result; printed with --json only. */
  result(value: unknown): void
  /** A bar on a terminal, a line now and then elsewhere; nothing with --json off a terminal. */
  progress(what: string, total: number): Progress
}

/** How far something is. */
export interface Progress {
  to(done: number): void
  end(): void
}

/** Where the lines go: a process's own streams. */
export interface Streams {
  readonly out: NodeJS.WriteStream
  readonly err: NodeJS.WriteStream
}

const barWidth = 30
/** Lines of progress that a log file gets at most. */
const plainSteps = 10

/** The output of a command. */
export function openOutput(json: boolean, streams: Streams): Output {
  const { out, err } = streams
  return {
    json,
    say: (line = '') => {
      if (!json) out.write(`${line}\n`)
    },
    result: (value) => {
      if (json) out.write(`${JSON.stringify(value)}\n`)
    },
    progress: (what, total) => (err.isTTY ? bar(err, what, total) : json ? silent : plain(out, what, total)),
  }
}

const silent: Progress = { to: () => {}, end: () => {} }
const share = (done: number, total: number): number => (total <= 0 ? 1 : Math.min(1, done / total))

function bar(err: NodeJS.WriteStream, what: string, total: number): Progress {
  let shown = ''
  const draw = (done: number) => {
    const full = Math.round(barWidth * share(done, total))
    const next = `${what} [${'#'.repeat(full)}${'.'.repeat(barWidth - full)}] ${done.toLocaleString('en')} of ${total.toLocaleString('en')}`
    if (next !== shown) err.write(`\r${next}`)
    shown = next
  }
  draw(0)
  return { to: draw, end: () => void err.write(`\r${' '.repeat(shown.length)}\r`) }
}

function plain(out: NodeJS.WriteStream, what: string, total: number): Progress {
  let said = 0
  return {
    to: (done) => {
      const step = Math.floor(share(done, total) * plainSteps)
      if (step <= said) return
      said = step
      out.write(`${what}: ${done} of ${total}\n`)
    },
    end: () => {},
  }
}
