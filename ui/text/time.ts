/** Where and how times are told: a BCP 47 locale and an IANA time zone, for instance "en-US" and "America/Chicago". */
export type TimeFormat = { locale: string; timeZone: string }

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const formatters = new Map<string, Intl.DateTimeFormat>()

// Building a formatter costs far more than using it; a list of rows uses the same three.
const formatter = (locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
  const key = `${locale} ${JSON.stringify(options)}`
  const known = formatters.get(key)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat(locale, options)
  formatters.set(key, made)
  return made
}

const localDate = (at: number, timeZone: string) => formatter('sv-SE', { timeZone, dateStyle: 'short' }).format(at)

/** Whole calendar days from `at` to `now` in the zone; a day with a clock change counts as one. */
const daysBetween = (at: number, now: number, timeZone: string) =>
  Math.round((Date.parse(localDate(now, timeZone)) - Date.parse(localDate(at, timeZone))) / day)

/** The instant (ms since 1970) as ISO 8601 in UTC, for `<time dateTime>`. */
export const isoInstant = (at: number): string => new Date(at).toISOString()

/** Time of day in 24 hours, "14:03", or "14:03:10" with seconds. `at` is ms since 1970. */
export const timeOfDay = (at: number, { locale, timeZone }: TimeFormat, withSeconds = false): string =>
  formatter(locale, {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(withSeconds ? { second: '2-digit' } : {}),
  }).format(at)

/** The whole date and time, for a tooltip or a record: "Tue, Nov 18, 2026, 14:03". `at` is ms since 1970. */
export const fullTime = (at: number, { locale, timeZone }: TimeFormat): string =>
  formatter(locale, {
    timeZone,
    weekday: 'short',
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(at)

/** A day heading: "Today", "Yesterday", then weekday and date (with the year once it is another one). Times in ms since 1970. */
export const dayText = (at: number, now: number, { locale, timeZone }: TimeFormat): string => {
  const days = daysBetween(at, now, timeZone)
  if (days === 0 || days === 1) {
    const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-days, 'day')
    return words.charAt(0).toLocaleUpperCase(locale) + words.slice(1)
  }
  const sameYear = localDate(at, timeZone).slice(0, 4) === localDate(now, timeZone).slice(0, 4)
  return formatter(locale, { timeZone, weekday: 'long', month: 'long', day: 'numeric', ...(sameYear ? {} : { year: 'numeric' }) }).format(
    at,
  )
}

/**
 * A short age for rows: "now" under a minute, "4 min" under an hour, "2 hr" under twelve, weekday and time within the
 * last six days, then the date. An instant later than `now` (clock skew) reads "now". Times in ms since 1970.
 */
export const ageText = (at: number, now: number, { locale, timeZone }: TimeFormat): string => {
  const age = now - at
  if (age < minute) return new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' }).format(0, 'second')
  const unit = (value: number, name: 'minute' | 'hour') =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value)
  if (age < hour) return unit(Math.floor(age / minute), 'minute')
  if (age < 12 * hour) return unit(Math.floor(age / hour), 'hour')
  const days = daysBetween(at, now, timeZone)
  if (days <= 6) return formatter(locale, { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at)
  const sameYear = localDate(at, timeZone).slice(0, 4) === localDate(now, timeZone).slice(0, 4)
  return formatter(locale, { timeZone, month: 'short', day: 'numeric', ...(sameYear ? {} : { year: 'numeric' }) }).format(at)
}

/** A countdown, "4:05" or "1:04:05"; 0:00 once it is over. `left` is in ms and rounded up to the second. */
export const countdownText = (left: number): string => {
  const seconds = Math.max(0, Math.ceil(left / 1000))
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** Seconds left at which a countdown is spoken to screen readers; every second would drown everything else. */
export const spokenCountdownSeconds = [60, 30, 10] as const
