/** The figures of shared workstations, as data. */
export const workstationPolicy = {
  /** Hours for which a full sign-in lets its person come back by PIN: one shift (NIST SP 800-63B-4 section 2.2.3). */
  shiftHours: 12,
  /** Seconds without a person's act after which the screen is covered, by where it stands. */
  veilSeconds: { counter: 120, hallway: 60, phone: 60 },
  pinDigits: 6,
  /** Wrong PINs in a row, and in a whole shift, after which only a full sign-in helps. */
  mostWrong: 5,
  mostWrongInShift: 12,
  /** Seconds to wait after so many wrong ones in a row: the third, then the fourth. */
  waits: [0, 0, 15, 60],
  /** Wrong PINs at one workstation, whosever, after which it asks for full sign-ins; unknown badges there; and for how long, minutes. */
  mostWrongHere: 8,
  mostUnknownBadgesHere: 30,
  brakeMinutes: 10,
  /** Badges that one person may try to register in an hour: whether one is taken tells that it is somebody's. */
  mostRegistrationsInHour: 10,
  /** Badges of one person. */
  mostBadges: 3,
  /** Days after the last full sign-in for which the server keeps its half of the keys that a person uses on shared workstations. */
  keptDays: 14,
} as const

/** Where a shared workstation stands. */
export type StationPlace = keyof typeof workstationPolicy.veilSeconds

/** Why a PIN is not taken. */
export type PinRefusal = 'pin-form' | 'pin-easy'

// Ways across the keys of a keypad, and what people choose most; the rest of those follows from the rules below.
const common: readonly string[] = [
  '147258',
  '159753',
  '258369',
  '369258',
  '741852',
  '789456',
  '456789',
  '951357',
  '112358',
  '314159',
  '271828',
  '142857',
]

const stepOf = (digits: readonly number[]): number | null => {
  const [first = 0, second = 0] = digits
  const step = (second - first + 10) % 10
  return digits.every((digit, i) => i === 0 || (digit - (digits[i - 1] ?? 0) + 10) % 10 === step) ? step : null
}

const repeats = (pin: string, length: number): boolean => pin === pin.slice(0, length).repeat(pin.length / length)
const mirrored = (pin: string): boolean => pin === [...pin].toReversed().join('')
/** 112233, 998877: pairs that count. */
const pairs = (pin: string): boolean => {
  const halves = [0, 2, 4].map((at) => pin.slice(at, at + 2))
  return halves.every((it) => it[0] === it[1]) && stepOf(halves.map((it) => Number(it[0]))) !== null
}
/** 111222: one digit thrice, then another. */
const triples = (pin: string): boolean => repeats(pin.slice(0, 3), 1) && repeats(pin.slice(3), 1)

/** Why a PIN is not taken, or null. One hundred thousandth of all may be tried in a shift: what everybody tries first must not be among them. */
export function judgePin(pin: string): PinRefusal | null {
  if (!/^[0-9]{6}$/.test(pin)) return 'pin-form'
  const easy =
    stepOf([...pin].map(Number)) !== null ||
    repeats(pin, 2) ||
    repeats(pin, 3) ||
    mirrored(pin) ||
    pairs(pin) ||
    triples(pin) ||
    common.includes(pin)
  return easy ? 'pin-easy' : null
}

/** How often a PIN was wrong: in a row, and in this shift. */
export interface Wrong {
  readonly row: number
  readonly shift: number
}

/** Whether one more PIN may be tried. */
export const mayTryPin = (wrong: Wrong): boolean =>
  wrong.row < workstationPolicy.mostWrong && wrong.shift < workstationPolicy.mostWrongInShift

/** Seconds until the next one may be tried after so many wrong ones in a row. */
export const waitAfter = (row: number): number => workstationPolicy.waits[Math.min(row, workstationPolicy.waits.length) - 1] ?? 0

/** When a shift ends that a full sign-in began at `at`, ms: never after the session of that sign-in. */
export const shiftEnd = (at: number, sessionEndsAt: number): number =>
  Math.min(at + workstationPolicy.shiftHours * 3_600_000, sessionEndsAt)

/** A badge as its reader typed it, in one spelling; null for what no reader types. */
export function readBadge(typed: string): string | null {
  const text = typed
    .trim()
    .toUpperCase()
    .replaceAll(/[\s:;?%-]/g, '')
  return /^[0-9A-Z]{4,64}$/.test(text) ? text : null
}
