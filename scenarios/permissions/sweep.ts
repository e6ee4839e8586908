/** Ids as they lie in answers, by the name of their member: what somebody has seen. */
const isId = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(value)

/** Adds every id of an answer to what was seen. An array's ids go by the array's name without its s. */
export function collect(value: unknown, into: Map<string, Set<string>>, name = ''): void {
  if (isId(value)) into.set(name, (into.get(name) ?? new Set()).add(value))
  else if (Array.isArray(value)) for (const item of value) collect(item, into, name.replace(/s$/, ''))
  else if (value !== null && typeof value === 'object') for (const [key, member] of Object.entries(value)) collect(member, into, key)
}

/** The parameters of a path that are ids. */
export const paramsOf = (path: string): string[] => [...path.matchAll(/:([A-Za-z]+)/g)].map(([, name]) => name!)
