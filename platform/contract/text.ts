import { Type } from 'typebox'

/**
 * Schemas for the values that every contract shares. U+0000 and lone surrogates are refused for every
 * string of every request before its schema is looked at (http/json.ts), so none of these repeats that.
 */

/** A random id, RFC 9562 text form, lower case. */
export const Id = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' })

/** Text that a person typed: `min` to `max` UTF-16 units. */
export const Text = (max: number, min = 1) => Type.String({ minLength: min, maxLength: max })

/** Bytes as base64url without padding (RFC 4648 section 5), at most `maxBytes` bytes. */
export const Bytes = (maxBytes: number, minBytes = 0) =>
  Type.String({ pattern: '^[A-Za-z0-9_-]*$', minLength: Math.ceil((minBytes * 4) / 3), maxLength: Math.ceil((maxBytes * 4) / 3) })

/** A moment: milliseconds since 1970 UTC, an integer. */
export const Moment = Type.Integer({ minimum: 0, maximum: 253402300799999 })

/** A calendar day's form, ISO 8601; `isDay` says whether the calendar has it. */
export const Day = Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$' })

/** Whether a text of that form is a day of the calendar (2026-02-30 is none), from the year 1 on. */
export function isDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number)
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && year >= 1 && days !== undefined && day >= 1 && day <= days
}

/** A whole number from 0 up. */
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** An object that refuses members it does not know: bad input is an error, never dropped. */
export const Shape: typeof Type.Object = ((properties: Parameters<typeof Type.Object>[0], options?: object) =>
  Type.Object(properties, { additionalProperties: false, ...options })) as typeof Type.Object

/** An optional list with a limit, because a list without one is an invitation. */
export const List = <T extends Parameters<typeof Type.Array>[0]>(item: T, maxItems: number) => Type.Array(item, { maxItems })

/** One of these words. */
export const OneOf = <const W extends readonly [string, ...string[]]>(...words: W) =>
  Type.Union(words.map((word) => Type.Literal(word))) as unknown as import('typebox').TUnsafe<W[number]>
