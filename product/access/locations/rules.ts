/** Where somebody works, as far as rights reach. `all`: the organisation has one place, or none was ever named. */
export type Workplaces = { readonly all: true } | { readonly all: false; readonly locations: readonly string[] }

/** Whether somebody works at a place. A record without a place of its own belongs to the main one. */
export const worksThere = (it: Workplaces, location: string | null, main: string | null): boolean => {
  if (it.all) return true
  const place = location ?? main
  return place !== null && it.locations.includes(place)
}

/** Whether a text names a time zone of the IANA database; offsets are refused, because they know no summer time. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{1,59}$/.test(zone)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Whether a move takes somebody out of all locations that a rule names: it binds them no more. */
export const leavesAll = (named: readonly string[], before: readonly string[], after: readonly string[]): boolean =>
  before.some((it) => named.includes(it)) && !after.some((it) => named.includes(it))
