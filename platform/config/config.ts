/** One environment variable: how to read it, and what to say when it is wrong. */
export interface Variable<T> {
  readonly name: string
  readonly means: string
  read(text: string | undefined): T
}

/** Every variable that was wrong, each with its reason: told all at once. */
export class ConfigFailure extends Error {
  readonly problems: readonly { name: string; problem: string }[]
  constructor(problems: readonly { name: string; problem: string }[]) {
    super(
      `Not started, nothing was changed. ${problems.length === 1 ? 'A setting is' : 'Settings are'} wrong:\n${problems.map((it) => `  ${it.name}: ${it.problem}`).join('\n')}`,
    )
    this.name = 'ConfigFailure'
    this.problems = problems
  }
}

const must = (problem: string): never => {
  throw new TypeError(problem)
}

/** Readers for the kinds of setting that there are. Values are never quoted in errors: they may be secrets. */
export const variable = {
  text: (name: string, means: string, fallback?: string): Variable<string> => ({
    name,
    means,
    read: (text) => (text?.trim() ? text : (fallback ?? must('is not set. ' + means))),
  }),
  optional: (name: string, means: string): Variable<string | undefined> => ({
    name,
    means,
    read: (text) => (text?.trim() ? text : undefined),
  }),
  port: (name: string, means: string, fallback: number): Variable<number> => ({
    name,
    means,
    read: (text) =>
      text === undefined || text === ''
        ? fallback
        : /^\d{1,5}$/.test(text) && Number(text) < 65_536
          ? Number(text)
          : must('must be a port number, 0 to 65535.'),
  }),
  url: (name: string, means: string, protocols: readonly string[]): Variable<string | undefined> => ({
    name,
    means,
    read: (text) => {
      if (!text?.trim()) return undefined
      const url = URL.canParse(text) ? new URL(text) : must('is not a URL.')
      return protocols.includes(url.protocol.slice(0, -1)) ? text : must(`must begin with ${protocols.map((it) => `${it}:`).join(' or ')}`)
    },
  }),
}

/** Reads all variables from `env`; throws one ConfigFailure that names each bad one. */
export function readConfig<V extends Readonly<Record<string, Variable<unknown>>>>(
  variables: V,
  env: Readonly<Record<string, string | undefined>>,
): { readonly [K in keyof V]: V[K] extends Variable<infer T> ? T : never } {
  const problems: { name: string; problem: string }[] = []
  const values: Record<string, unknown> = {}
  for (const [key, it] of Object.entries(variables)) {
    try {
      values[key] = it.read(env[it.name])
    } catch (thrown) {
      problems.push({ name: it.name, problem: (thrown as Error).message })
    }
  }
  const known = new Set(Object.values(variables).map((it) => it.name))
  for (const name of Object.keys(env))
    if (name.startsWith('WARDLINE_') && !known.has(name) && !/^WARDLINE_(VECTORS|TEST_|CHROMIUM|CWD)/.test(name))
      problems.push({ name, problem: 'is not a setting that this version knows. Is it misspelt?' })
  if (problems.length > 0) throw new ConfigFailure(problems)
  return values as never
}
