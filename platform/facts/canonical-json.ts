/** Text that neither PostgreSQL nor Unicode accepts: U+0000 and lone surrogates. */
export const isSoundText = (text: string): boolean => text.isWellFormed() && !text.includes('\u0000')

/** Why a value has no canonical form. */
export class NotCanonical extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NotCanonical'
  }
}

/**
 * The one byte form of a JSON value: sorted members, NFC text, safe whole numbers, no spaces (after RFC 8785, without fractions).
 * Throws NotCanonical for what has none; `undefined` members are left out.
 */
export function canonicalJson(value: unknown): Buffer {
  return Buffer.from(write(value, 0), 'utf8')
}

/** Printable ASCII without quote and backslash. */
const plain = /^[ !#-[\]-~]*$/

function write(value: unknown, depth: number): string {
  if (depth > 16) throw new NotCanonical('nested too deeply')
  if (value === null || value === true || value === false) return String(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new NotCanonical('a number that is not a safe whole number')
    return Object.is(value, -0) ? '0' : String(value)
  }
  if (typeof value === 'string') {
    // Nearly all are ids and plain words: nothing to normalise, nothing to escape.
    if (plain.test(value)) return `"${value}"`
    if (!isSoundText(value)) throw new NotCanonical('text with U+0000 or a lone surrogate')
    return JSON.stringify(value.normalize('NFC'))
  }
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`
  if (typeof value === 'object' && (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)) {
    let text = ''
    // Sorted by UTF-16 code units, as RFC 8785 section 3.2.3 says; it is what sort does.
    for (const key of Object.keys(value).sort()) {
      const member = (value as Record<string, unknown>)[key]
      if (member !== undefined) text += `${text === '' ? '' : ','}${write(key, depth)}:${write(member, depth + 1)}`
    }
    return `{${text}}`
  }
  throw new NotCanonical(`a ${typeof value}`)
}
