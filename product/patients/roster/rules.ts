import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { Temporal } from 'temporal-polyfill'

/** A number that texts can go to, or why it is none. */
export type ReadNumber =
  | { readonly ok: true; readonly e164: string; readonly lineType: 'mobile' | 'landline' | 'voip' | 'unknown' }
  | { readonly ok: false; readonly why: 'not-a-number' | 'number-not-served' }

/** The United States with territories, and Canada: elsewhere a code costs money and earns fraud. */
const served = new Set(['US', 'CA', 'PR', 'VI', 'GU', 'AS', 'MP'])
const unserved = new Set(['PREMIUM_RATE', 'TOLL_FREE', 'SHARED_COST', 'PAGER', 'UAN', 'VOICEMAIL'])
const lineTypes = { MOBILE: 'mobile', FIXED_LINE: 'landline', VOIP: 'voip' } as const

/** Reads a number as people write it into E.164 (ITU-T), US by default. The line type is what the numbering plan tells, which in the US is little. */
export function readNumber(written: string): ReadNumber {
  const parsed = parsePhoneNumberFromString(written, 'US')
  if (!parsed || !parsed.isPossible() || parsed.ext !== undefined) return { ok: false, why: 'not-a-number' }
  const type = parsed.getType()
  if (parsed.countryCallingCode !== '1' || !served.has(parsed.country ?? 'US') || (type !== undefined && unserved.has(type)))
    return { ok: false, why: 'number-not-served' }
  return {
    ok: true,
    e164: parsed.number,
    lineType: type !== undefined && type in lineTypes ? lineTypes[type as keyof typeof lineTypes] : 'unknown',
  }
}

/** True for a zone that the time zone database knows. */
export function isZone(zone: string): boolean {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone).epochMilliseconds === 0 && !/^[+-]/.test(zone)
  } catch {
    return false
  }
}

/** The words of a name or a search as they are compared: without case, marks, apostrophes and hyphens. */
export function nameWords(text: string): readonly string[] {
  return [
    ...new Set(
      text
        .normalize('NFKD')
        .replace(/\p{M}/gu, '')
        .toLowerCase()
        .replace(/['’ʼ]/g, '')
        .split(/[^\p{L}\p{N}]+/u)
        .filter((word) => word !== ''),
    ),
  ]
}

/** What a search asks for: whole words of names, birth dates, whole numbers. All must fit. */
export interface Search {
  readonly names: readonly string[]
  readonly births: readonly string[]
  readonly numbers: readonly string[]
}

/** Reads a search line. A run of ten or more digits with their signs is a number; 1981-07-14 and 7/14/1981 are birth dates. */
export function readSearch(line: string): Search {
  const births: string[] = []
  const numbers: string[] = []
  const rest = line
    .replace(/\b(\d{4})-(\d{2})-(\d{2})\b/g, (_, y: string, m: string, d: string) => (births.push(`${y}-${m}-${d}`), ' '))
    .replace(/\b(\d{1,2})\/(\d{1,2})\/(\d{4})\b/g, (_, m: string, d: string, y: string) => {
      births.push(`${y}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`)
      return ' '
    })
    .replace(/\+?[\d(][\d\s().-]{8,}\d/g, (written) => {
      const read = readNumber(written)
      if (!read.ok) return written
      numbers.push(read.e164)
      return ' '
    })
  return { names: nameWords(rest), births, numbers }
}

/** Codes: six digits, ten minutes, five tries; at most three an hour and six a day for one number (OWASP ASVS 6.6). */
export const codePolicy = { digits: 6, minutes: 10, tries: 5, perHour: 3, perDay: 6 } as const

/** The digits of a code as it was read out; undefined when it is no code. Spaces and hyphens do not matter. */
export function readCode(typed: string): string | undefined {
  const digits = typed.replace(/[\s-]/g, '')
  return new RegExp(`^\\d{${codePolicy.digits}}$`).test(digits) ? digits : undefined
}

/** Seconds to wait before another code may go to this number; 0 when it may go now. `sent`: when the last ones went, ms. */
export function waitForCode(sent: readonly number[], now: number): number {
  const until = (most: number, span: number) => {
    const inside = sent.filter((at) => at > now - span).toSorted((a, b) => b - a)
    return inside.length < most ? 0 : Math.ceil((inside[most - 1]! + span - now) / 1000)
  }
  return Math.max(until(codePolicy.perHour, 3_600_000), until(codePolicy.perDay, 86_400_000))
}

/** What became of a try: `open` codes only are compared, and a code dies with its fifth wrong try. */
export type Try = 'right' | 'wrong' | 'wrong-and-dead' | 'none-open'

/** Judges one try at a code. `tries` are the wrong ones before it. */
export function judgeTry(
  code: { readonly open: boolean; readonly tries: number; readonly expiresAt: number },
  right: boolean,
  now: number,
): Try {
  if (!code.open || now >= code.expiresAt || code.tries >= codePolicy.tries) return 'none-open'
  if (right) return 'right'
  return code.tries + 1 >= codePolicy.tries ? 'wrong-and-dead' : 'wrong'
}

/** The kind of organisation. */
export type Preset = 'practice' | 'hospital' | 'installation'

/** How a person stands to a patient, as location, care and the organisation say. */
export interface Standing {
  /** They work at the patient's location. */
  readonly here: boolean
  readonly restricted: boolean
  readonly care: { readonly relation: 'related' | 'opened' | 'unrelated' }
  readonly preset: Preset
}

/** What a right is asked about. In a practice whoever works at a location cares for its patients, but for those whose record is restricted. */
export const thingOf = (it: Standing): { relation: 'related' | 'opened' | 'unrelated'; here: boolean; restricted: boolean } => ({
  relation: it.care.relation === 'unrelated' && it.preset === 'practice' && it.here && !it.restricted ? 'related' : it.care.relation,
  here: it.here,
  restricted: it.restricted,
})
