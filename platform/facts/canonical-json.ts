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

function write(value: unknown, depth: number): string {
  if (depth > 16) throw new NotCanonical('nested too deeply')
  if (value === null || value === true || value === false) return String(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new NotCanonical('a number that is not a safe whole number')
    return Object.is(value, -0) ? '0' : String(value)
  }
  if (typeof value === 'string') {
    if (!isSoundText(value)) throw new NotCanonical('text with U+0000 or a lone surrogate')
    return JSON.stringify(value.normalize('NFC'))
  }
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`
  if (typeof value === 'object' && (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    return `{${members
      .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, member]) => `${write(key, depth)}:${write(member, depth + 1)}`)
      .join(',')}}`
  }
  throw new NotCanonical(`a ${typeof value}`)
}
