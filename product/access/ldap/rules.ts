/** A person as the LDAP directory has them. */
export interface Entry {
  readonly key: string
  readonly dn: string
  readonly userName: string
  readonly name: string
  readonly title: string
  readonly active: boolean
}

/** A group and the DNs of its members, groups among them. */
export interface GroupEntry {
  readonly key: string
  readonly dn: string
  readonly name: string
  readonly members: readonly string[]
}

/** A person as this feed knew them before. */
export interface Known {
  readonly person: string
  /** Null: a colleague of whom no directory spoke yet. */
  readonly key: string | null
  readonly userName: string
  readonly name: string
  readonly title: string
  readonly active: boolean
}

/** What a synchronisation does. */
export interface Plan {
  readonly joins: readonly Entry[]
  /** Colleagues whom the directory names for the first time, by their sign-in name. */
  readonly adopts: readonly { readonly person: string; readonly entry: Entry }[]
  readonly changes: readonly { readonly person: string; readonly entry: Entry }[]
  readonly leaves: readonly Known[]
  readonly returns: readonly { readonly person: string; readonly entry: Entry }[]
}

/** Compares what the directory says with what is known. Who is disabled or gone there leaves; who was never here and is disabled does not come. */
export function plan(known: readonly Known[], entries: readonly Entry[]): Plan {
  const byKey = new Map(known.flatMap((it) => (it.key === null ? [] : [[it.key, it] as const])))
  const byName = new Map(known.flatMap((it) => (it.key === null ? [[it.userName.toLowerCase(), it] as const] : [])))
  const result = {
    joins: [] as Entry[],
    adopts: [] as Plan['changes'][number][],
    changes: [] as Plan['changes'][number][],
    leaves: [] as Known[],
    returns: [] as Plan['changes'][number][],
  }
  const seen = new Set<string>()
  for (const entry of entries) {
    if (seen.has(entry.key)) continue
    seen.add(entry.key)
    const mine = byKey.get(entry.key)
    if (mine) {
      if (mine.active && !entry.active) result.leaves.push(mine)
      if (!mine.active && entry.active) result.returns.push({ person: mine.person, entry })
      if (mine.active && entry.active && differs(mine, entry)) result.changes.push({ person: mine.person, entry })
      continue
    }
    if (!entry.active) continue
    const colleague = byName.get(entry.userName.toLowerCase())
    if (colleague?.active) result.adopts.push({ person: colleague.person, entry })
    else result.joins.push(entry)
  }
  for (const it of known) if (it.key !== null && it.active && !seen.has(it.key)) result.leaves.push(it)
  return result
}

const differs = (known: Known, entry: Entry): boolean =>
  known.userName !== entry.userName || known.name !== entry.name || known.title !== entry.title

/** A DN as it is compared: names of attributes and values without case or space around them (RFC 4517). */
export const foldDn = (dn: string): string =>
  dn
    .toLowerCase()
    .replace(/\s*([,=+])\s*/g, '$1')
    .trim()

/** For each group's key the keys of its people, those of groups within it too; a ring of groups ends. */
export function peopleOfGroups(groups: readonly GroupEntry[], entries: readonly Entry[]): ReadonlyMap<string, readonly string[]> {
  const people = new Map(entries.filter((it) => it.active).map((it) => [foldDn(it.dn), it.key]))
  const byDn = new Map(groups.map((it) => [foldDn(it.dn), it]))
  const gather = (group: GroupEntry, seen: Set<string>): Set<string> => {
    const found = new Set<string>()
    for (const member of group.members.map(foldDn)) {
      const person = people.get(member)
      if (person !== undefined) found.add(person)
      const inner = byDn.get(member)
      if (inner && !seen.has(member)) {
        seen.add(member)
        for (const one of gather(inner, seen)) found.add(one)
      }
    }
    return found
  }
  return new Map(groups.map((it) => [it.key, [...gather(it, new Set([foldDn(it.dn)]))].toSorted()]))
}

/** Whether an account is disabled, as Active Directory and 389 say it. `now` in ms. */
export function isDisabled(
  it: { readonly userAccountControl?: string; readonly accountExpires?: string; readonly nsAccountLock?: string },
  now: number,
): boolean {
  // ACCOUNTDISABLE (MS-ADTS 2.2.16).
  if (/^\d{1,10}$/.test(it.userAccountControl ?? '') && (Number(it.userAccountControl) & 2) !== 0) return true
  if (it.nsAccountLock?.toLowerCase() === 'true') return true
  // 100 ns since 1601; 0 and the largest number mean never.
  const expires = /^\d{1,19}$/.test(it.accountExpires ?? '') ? BigInt(it.accountExpires!) : 0n
  return expires > 0n && expires < 0x7fffffffffffffffn && Number(expires / 10_000n) - 11_644_473_600_000 <= now
}
