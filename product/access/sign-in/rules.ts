import { commonPasswords } from './words.ts'

/** What of signing in no organisation changes (NIST SP 800-63B-4, 3.1.1.2). */
export const signInPolicy = {
  /** Characters of the longest password (Unicode code points after NFC); the shortest is the security policy's. */
  longest: 128,
  /** Hours without an attempt after which waits begin anew. */
  forgetHours: 24,
  /** Known browsers of one person's own, and the shared workstations where they are known: neither pushes out the other. */
  knownOfPerson: 10,
  machinesOfPerson: 200,
  /** People who are known in one browser by tokens of their own; at a shared workstation all are. */
  knownInBrowser: 8,
  /** How long a ticket for the second step is good, and for how many codes. */
  ticketMinutes: 5,
  ticketTries: 5,
} as const

/** Why a password is not taken. */
export type PasswordRefusal = 'password-too-short' | 'password-too-long' | 'password-common' | 'password-about-you'

/** The form in which a password is hashed: NFC, so that a letter typed on two keyboards is one letter. Nothing else is changed. */
export const foldPassword = (typed: string): string => typed.normalize('NFC')

/** For comparison with lists: compatibility forms and case do not make a password better. */
const plain = (text: string): string => text.normalize('NFKC').toLowerCase()
const lettersOf = (text: string): string => plain(text).replace(/[^\p{L}]/gu, '')

/**
 * Null, or why a new password is refused. `about` are the words an attacker would try for this person: names, the organisation, the
 * product; `shortest` the organisation's fewest characters. Lengths and lists only; no rules of composition.
 */
export function judgePassword(typed: string, about: readonly string[], shortest: number): PasswordRefusal | null {
  const password = foldPassword(typed)
  const length = [...password].length
  if (length < shortest) return 'password-too-short'
  if (length > signInPolicy.longest) return 'password-too-long'
  const whole = plain(password)
  if (commonPasswords.has(whole) || isRepetition(whole) || isRun(whole)) return 'password-common'
  // "MapleStreet-2026!" is the organisation's name: what is compared is the letters.
  const letters = lettersOf(password)
  const words = about.flatMap((it) => [lettersOf(it), ...plain(it).split(/[^\p{L}]+/u)]).filter((it) => it.length >= 3)
  if (isMadeOf(letters, words)) return 'password-about-you'
  return null
}

/** Nothing but these words, in any number and order, with at most three letters more. */
function isMadeOf(letters: string, words: readonly string[]): boolean {
  const longestFirst = words.toSorted((a, b) => b.length - a.length)
  const rest = longestFirst.reduce((left, word) => left.replaceAll(word, ''), letters)
  return rest.length < letters.length && rest.length <= 3
}

/** A short part said again and again: "abcabcabc". */
function isRepetition(text: string): boolean {
  for (let size = 1; size <= Math.min(4, text.length / 2); size += 1)
    if (
      text
        .slice(0, size)
        .repeat(Math.ceil(text.length / size))
        .slice(0, text.length) === text
    )
      return true
  return false
}

/** Neighbours in the code table: "23456789", "hgfedcba". */
function isRun(text: string): boolean {
  const codes = [...text].map((it) => it.codePointAt(0)!)
  const step = codes[1]! - codes[0]!
  return Math.abs(step) === 1 && codes.every((code, i) => i === 0 || code - codes[i - 1]! === step)
}

/** How many wrong tries in a row fit in each lane: of strangers, of all browsers together in which the person signed in before, of one of these. */
export interface Lanes {
  readonly strangers: number
  readonly known: number
  readonly browser: number
}

/** Parts the tries after which a password is disabled: a fifth is kept for known browsers, so that no stranger can use them up. */
export function lanesOf(most: number): Lanes {
  const known = Math.floor(most / 5)
  return { strangers: most - known, known, browser: Math.ceil(known / 2) }
}

/** Seconds to wait after the first, second … wrong attempt in a row: nothing while tries are free, then a minute, doubled up to the longest. The last repeats. */
export function waitsOf(freeTries: number, longestMinutes: number): readonly number[] {
  const waits = Array.from({ length: freeTries }, () => 0)
  for (let minutes = 1; minutes < longestMinutes; minutes *= 2) waits.push(minutes * 60)
  return [...waits, longestMinutes * 60]
}
