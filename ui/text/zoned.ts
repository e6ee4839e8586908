const day = 24 * 60 * 60_000

/** What a moment reads like in a zone, as if it were UTC, ms. */
function readAs(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(at)
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value)
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'))
}

/**
 * The moment at which clocks in a zone show a day (ISO 8601) and a time ("14:30"), ms. A time that a clock change leaves out is taken as
 * the moment after the gap; one that comes twice, as the first. Null for what is no day or time.
 */
export function momentAt(date: string, time: string, timeZone: string): number | null {
  const wanted = Date.parse(`${date}T${time}:00Z`)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || !/^([01]\d|2[0-3]):[0-5]\d$/.test(time) || Number.isNaN(wanted)) return null
  const offsets = [readAs(wanted - day, timeZone) - (wanted - day), readAs(wanted + day, timeZone) - (wanted + day)]
  const fits = offsets.map((offset) => wanted - offset).filter((at) => readAs(at, timeZone) === wanted)
  return fits.length > 0 ? Math.min(...fits) : wanted - (offsets[0] ?? 0)
}

/** The day after or before, ISO 8601. */
export const dayAfter = (date: string, days = 1): string =>
  new Date(Date.parse(`${date}T12:00:00Z`) + days * day).toISOString().slice(0, 10)
