import { ageText, fullTime, isoInstant, timeOfDay, type TimeFormat } from './time.ts'

/** How long ago `at` was, seen from `now` (both ms since 1970): the caller owns the clock and renders again when it wants. */
export const Age = ({ at, now, format }: { at: number; now: number; format: TimeFormat }) => (
  <time className="wl-age" dateTime={isoInstant(at)} title={fullTime(at, format)}>
    {ageText(at, now, format)}
  </time>
)

/** The time of day of `at` (ms since 1970), with the whole date as its title. */
export const TimeOfDay = ({ at, format, withSeconds = false }: { at: number; format: TimeFormat; withSeconds?: boolean }) => (
  <time className="wl-age" dateTime={isoInstant(at)} title={fullTime(at, format)}>
    {timeOfDay(at, format, withSeconds)}
  </time>
)
