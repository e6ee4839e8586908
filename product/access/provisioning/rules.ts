/** The form in which sign-in names are compared: NFKC, trimmed, lower case. */
export const foldName = (typed: string): string => typed.normalize('NFKC').trim().toLowerCase()

/** Whether a text can be a sign-in name: letters, digits and a few signs, so that it can be read aloud and typed anywhere. */
export const isSignInName = (name: string): boolean => /^[a-z0-9][a-z0-9._@+-]{1,63}$/.test(name)

/** Whether a text names a time zone of the IANA database; offsets are refused, because they know no summer time. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{1,59}$/.test(zone)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

// Crockford's alphabet: no I, L, O, U, so that a code can be read from paper.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Writes bytes as groups of five, e.g. `7K2QF-9XB4M-…`. */
export function writeSecret(bytes: Uint8Array): string {
  let bits = 0
  let held = 0
  let out = ''
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += alphabet[(held >> bits) & 31]
      held &= (1 << bits) - 1
    }
  }
  if (bits > 0) out += alphabet[(held << (5 - bits)) & 31]
  return out.replace(/.{5}(?=.)/g, '$&-')
}

/** A typed code in the form in which it is hashed: case, dashes, spaces and look-alike letters do not matter. */
export const foldSecret = (typed: string): string =>
  typed
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1')
