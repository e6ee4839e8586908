/** A network: the bits that its addresses begin with. IPv4 addresses are IPv4-mapped IPv6 ones (RFC 4291 section 2.5.5.2). */
export interface Prefix {
  readonly bits: string
}

const binary = (value: number, width: number): string => value.toString(2).padStart(width, '0')
const mapped = '0'.repeat(80) + '1'.repeat(16)

function bitsOf4(text: string): string | undefined {
  const parts = text.split('.')
  // A leading zero is octal to some programs and decimal to others: refused.
  if (parts.length !== 4 || !parts.every((it) => /^(0|[1-9]\d{0,2})$/.test(it) && Number(it) <= 255)) return undefined
  return parts.map((it) => binary(Number(it), 8)).join('')
}

function bitsOf6(text: string): string | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const groups = (half: string): string[] | undefined => {
    if (half === '') return []
    const parts = half.split(':')
    const last = parts.at(-1)!
    if (last.includes('.')) {
      const four = bitsOf4(last)
      if (!four) return undefined
      parts.splice(-1, 1, ...[four.slice(0, 16), four.slice(16)].map((it) => Number.parseInt(it, 2).toString(16)))
    }
    return parts.every((it) => /^[0-9a-f]{1,4}$/.test(it)) ? parts : undefined
  }
  const [left, right] = [groups(halves[0]!), groups(halves[1] ?? '')]
  if (!left || !right) return undefined
  const missing = 8 - left.length - right.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const all = [...left, ...Array.from({ length: halves.length === 1 ? 0 : missing }, () => '0'), ...right]
  return all.map((it) => binary(Number.parseInt(it, 16), 16)).join('')
}

/** The 128 bits of an address, or undefined if it is none. Zones (`%eth0`) are of one machine only and refused. */
export function bitsOf(address: string): string | undefined {
  const text = address.trim().toLowerCase()
  if (text.includes(':')) return bitsOf6(text)
  const four = bitsOf4(text)
  return four === undefined ? undefined : mapped + four
}

/** Reads CIDR notation. Undefined: it is none, or bits stand after the prefix (203.0.113.7/24 is a slip of the finger). */
export function readNetwork(cidr: string): Prefix | undefined {
  const [address = '', length, ...more] = cidr.trim().split('/')
  const bits = bitsOf(address)
  if (bits === undefined || more.length > 0) return undefined
  const own = address.includes(':') ? 128 : 32
  if (length !== undefined && !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined
  const size = length === undefined ? own : Number(length)
  if (size > own) return undefined
  const keep = 128 - own + size
  return bits.slice(keep).includes('1') ? undefined : { bits: bits.slice(0, keep) }
}

/** Whether an address lies in one of these networks. What cannot be read, or is not known (null), lies in none. */
export function isIn(address: string | null, networks: readonly Prefix[]): boolean {
  const bits = address === null ? undefined : bitsOf(address)
  return bits !== undefined && networks.some((it) => bits.startsWith(it.bits))
}

/** Why a list is not taken, or null. An empty list excludes nobody. */
export function judgeList(it: {
  readonly cidrs: readonly string[]
  /** Null: it cannot be known from where the request comes. */
  readonly here: string | null
  readonly trial: boolean
}): { readonly code: 'not-a-network'; readonly line: number } | { readonly code: 'locks-you-out' | 'proxy-not-declared' } | null {
  const read = it.cidrs.map(readNetwork)
  const line = read.findIndex((one) => one === undefined)
  if (line >= 0) return { code: 'not-a-network', line }
  if (read.length === 0) return null
  if (it.here === null) return { code: 'proxy-not-declared' }
  return it.trial || isIn(it.here, read as Prefix[]) ? null : { code: 'locks-you-out' }
}

/** From where administration is done, and how from elsewhere. No networks: from everywhere. */
export interface AdminList {
  readonly networks: readonly Prefix[]
  readonly outside: 'absent' | 'step-up'
}

/** Whether every address of a network lies in one of these. */
const isCovered = (bits: string, networks: readonly Prefix[]): boolean =>
  networks.some((it) => bits.startsWith(it.bits)) ||
  (networks.some((it) => it.bits.startsWith(bits)) && isCovered(`${bits}0`, networks) && isCovered(`${bits}1`, networks))

/** Whether somewhere more can be administered, or by less, than by the list before. */
export function widens(before: AdminList, after: AdminList): boolean {
  if (before.networks.length === 0) return false
  if (after.networks.length === 0 || (before.outside === 'absent' && after.outside === 'step-up')) return true
  return !after.networks.every((it) => isCovered(it.bits, before.networks))
}

/** To which networks records are kept, and for whom. */
export interface RecordsRule {
  readonly networks: readonly Prefix[]
  /** Who has one of these roles is bound. */
  readonly roles: readonly string[]
  /** And works at one of these locations; none named: wherever they work. */
  readonly locations: readonly string[]
}

/** Where somebody is and works. */
export interface Whereabouts {
  /** Null: it cannot be known. */
  readonly here: string | null
  readonly roles: readonly string[]
  /** Null: the organisation has one place. Who was put nowhere is bound by every rule. */
  readonly worksAt: readonly string[] | null
}

/** Those of somebody's roles that open no records from where they are. No networks: all open them from everywhere. */
export function closedRoles(rule: RecordsRule, it: Whereabouts): string[] {
  if (rule.networks.length === 0 || isIn(it.here, rule.networks)) return []
  const { locations } = rule
  const isBound =
    locations.length === 0 || it.worksAt === null || it.worksAt.length === 0 || it.worksAt.some((one) => locations.includes(one))
  return isBound ? it.roles.filter((role) => rule.roles.includes(role)) : []
}
