/** The figures of time-based codes (RFC 6238; NIST SP 800-63B-4 section 3.1.5). */
export const totpPolicy = {
  periodSeconds: 30,
  digits: 6,
  /** Steps before and after the present one that are taken, for clocks that differ. */
  window: 1,
  /** Minutes in which a new authenticator is to be confirmed. */
  confirmMinutes: 15,
  /** Bytes of a key: RFC 4226 section 4 recommends 160 bits. */
  keyBytes: 20,
} as const

/** A typed code without the space that authenticators show in the middle. */
export const foldCode = (typed: string): string => typed.replace(' ', '')

/** The time step of a moment (ms). */
export const stepOf = (ms: number): number => Math.floor(ms / 1_000 / totpPolicy.periodSeconds)

/**
 * What a code is worth: `delta` is how many steps it lies from the present one, or null where it fits none; `lastStep` is the step of
 * the newest code that was taken. A code works once, and no code older than one already used works at all (RFC 6238 section 5.2).
 */
export function judgeCode(delta: number | null, now: number, lastStep: number): { step: number } | 'wrong' | 'replayed' {
  if (delta === null || Math.abs(delta) > totpPolicy.window) return 'wrong'
  const step = stepOf(now) + delta
  return step > lastStep ? { step } : 'replayed'
}

/** Random bytes of a recovery code, written as 24 characters. */
export const recoveryCodeBytes = 15

/** Days for which a notice about somebody's sign-in is shown. */
export const noticeDays = 30
