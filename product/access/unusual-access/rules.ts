import type { RuleName } from './words.ts'

/** Somebody, as far as their name and address tell. */
export interface Named {
  readonly given: string
  readonly family: string
  /** As one line; absent where it is not known. */
  readonly address?: string
}

/** One deliberate look at a patient's record. */
export interface Look {
  readonly viewer: Named
  /** Null: who the patient is cannot be read any more. */
  readonly patient: Named | null
  /** The viewer is the patient's: in a care relationship, or by a practice's rule that who treats there treats all. */
  readonly related: boolean
  /** Whether it is the first time that this person looks at this patient. */
  readonly isFirst: boolean
  /** The hour of the day at the organisation, 0 to 23. */
  readonly hour: number
  /** On how many of the last 14 days the viewer worked at night too. */
  readonly nights: number
  /** Whether somebody else who works here has the patient's name. */
  readonly namesakeWorksHere: boolean
  /** Different patients whom the viewer looked at within the last hour, this one included. */
  readonly patientsThisHour: number
}

/** More patients than this in one answer are a list, not a look at somebody. */
const lookLimit = 3

/** Screens that show whoever is there, however few: nobody was chosen. */
const listScreens = new Set([
  'patients',
  'patient search',
  'patient threads',
  'visits',
  'reminders',
  'emergency openings',
  'unusual access',
  'audit-log',
])

/** Whether somebody looked at these patients in particular. A screen that is not known as a list is a look. */
export const isLook = (screen: string, patients: readonly string[]): boolean => patients.length <= lookLimit && !listScreens.has(screen)

/** Names that so many people have that being called so tells nothing (US Census 2010, the ten most frequent). */
const everyday = new Set(['smith', 'johnson', 'williams', 'brown', 'jones', 'garcia', 'miller', 'davis', 'rodriguez', 'martinez'])

/** For comparing names: letters only, without accents and case. */
export const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')

/** A person's name as it is written, split: titles and what stands after a comma are not part of it. */
export function nameOf(written: string): Named {
  const words = written
    .split(',')[0]!
    .split(/\s+/)
    .filter((it) => it !== '' && !/^(dr|prof|rn|md|mr|mrs|ms|np|pa|lpn|cna)\.?$/i.test(it))
  return { given: words.slice(0, -1).join(' '), family: words.at(-1) ?? '' }
}

const isNight = (hour: number): boolean => hour >= 22 || hour < 6

/** Which rules one look breaks. A care relationship excuses chance and night; it does not excuse relatives and colleagues. */
export function unusual(it: Look, most: { readonly patientsPerHour: number }): RuleName[] {
  const found: RuleName[] = []
  const { viewer, patient } = it
  if (patient) {
    const family = plain(patient.family)
    const sameFamily = family !== '' && family === plain(viewer.family)
    // An everyday name is a coincidence unless nothing else explains the look.
    if (sameFamily && !(everyday.has(family) && it.related)) found.push('same-surname')
    const address = plain(patient.address ?? '')
    if (address !== '' && address === plain(viewer.address ?? '')) found.push('same-address')
    if (it.namesakeWorksHere) found.push('co-worker')
  }
  // Who works at night regularly is no surprise there.
  if (it.isFirst && !it.related && isNight(it.hour) && it.nights < 3) found.push('off-hours')
  if (it.patientsThisHour > most.patientsPerHour) found.push('volume')
  return found
}

/** Whether so many emergency openings of one person within seven days are too many. */
export const opensTooOften = (openings: number, most: number): boolean => openings >= most

/** Days for which what was closed as expected or a coincidence is not raised again. */
export const quietDays = 30
