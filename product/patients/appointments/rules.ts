import { Temporal } from 'temporal-polyfill'

const days = { en: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'], es: ['lun', 'mar', 'mié', 'jue', 'vie', 'sáb', 'dom'] } as const
const months = {
  en: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
  es: ['ene', 'feb', 'mar', 'abr', 'may', 'jun', 'jul', 'ago', 'sep', 'oct', 'nov', 'dic'],
} as const

/** When a visit is, as a text says it. Written by hand: what Intl writes has spaces that make a text twice as long on the air. */
export function saidTime(startsAt: number, zone: string, language: 'en' | 'es'): string {
  const at = Temporal.Instant.fromEpochMilliseconds(startsAt).toZonedDateTimeISO(zone)
  const minute = String(at.minute).padStart(2, '0')
  const time = `${at.hour % 12 === 0 ? 12 : at.hour % 12}:${minute}`
  const day = days[language][at.dayOfWeek - 1]!
  const month = months[language][at.month - 1]!
  return language === 'en'
    ? `${day} ${month} ${at.day} at ${time} ${at.hour < 12 ? 'AM' : 'PM'}`
    : `${day} ${at.day} de ${month} a las ${time} ${at.hour < 12 ? 'a.m.' : 'p.m.'}`
}

/** The reminder of a visit: date and time, never why (requirements A41). */
export function reminderText(it: { practice: string; phone: string; language: 'en' | 'es'; startsAt: number; zone: string }): string {
  const when = saidTime(it.startsAt, it.zone, it.language)
  return it.language === 'en'
    ? `${it.practice}: your visit is ${when}. Reply C to confirm, or call ${it.phone}. Reply STOP to end.`
    : // "a.m." and "p.m." end the sentence themselves.
      `${it.practice}: su cita es el ${when} Responda C para confirmar, o llame al ${it.phone}. Responda ALTO para terminar.`
}

/** From when on a reminder is of no use: an hour before the visit, ms. */
export const reminderUseBy = (startsAt: number): number => startsAt - 3_600_000

/** A day of a zone as [from, until) in ms. */
export function boundsOf(day: string, zone: string): readonly [from: number, until: number] {
  const date = Temporal.PlainDate.from(day)
  return [date.toZonedDateTime(zone).epochMilliseconds, date.add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds]
}

/** The day on which a moment falls in a zone, ISO 8601. */
export const dayIn = (at: number, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate().toString()

/** A number that a reminder could go to. */
export interface Reachable {
  readonly number: string
  readonly state: 'unverified' | 'verified' | 'wrong-person' | 'frozen'
  readonly lineType: 'mobile' | 'landline' | 'voip' | 'unknown'
}

/** The numbers to try for a reminder, best first: verified before unverified, lines that take texts before the rest. */
export function inOrder(numbers: readonly Reachable[]): readonly Reachable[] {
  const rank = (it: Reachable) =>
    (it.state === 'verified' ? 0 : it.state === 'unverified' ? 2 : 8) + (it.lineType === 'landline' ? 4 : it.lineType === 'mobile' ? 0 : 1)
  return numbers.toSorted((a, b) => rank(a) - rank(b))
}
