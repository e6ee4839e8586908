import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'

/** Whether a value that came from outside a request (a file, say) is of a schema's form; it can be used as such then. */
export const isOf = <T extends TSchema>(schema: T, value: unknown): value is Static<T> => Value.Check(schema, value)
