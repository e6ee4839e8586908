const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A day as records write it, so that day and month are never taken for each other: "14-Jul-1981". Takes ISO 8601. */
export function dayInRecord(day: string): string {
  const [year = '', month = '', date = ''] = day.split('-')
  return `${date}-${months[Number(month) - 1] ?? '?'}-${year}`
}

/** Whole years from a birthday to `today`, both ISO 8601. */
export function ageInYears(birthDate: string, today: string): number {
  const [year, rest] = [Number(birthDate.slice(0, 4)), birthDate.slice(5)]
  return Number(today.slice(0, 4)) - year - (today.slice(5) < rest ? 1 : 0)
}

/** "14-Jul-1981 (44 y)", or "Not known". */
export const bornText = (birthDate: string | null | undefined, today: string): string =>
  birthDate == null ? 'Not known' : `${dayInRecord(birthDate)} (${ageInYears(birthDate, today)} y)`
