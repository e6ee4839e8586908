import { randomUUID } from 'node:crypto'
import { freshBytes } from './random.ts'

/** The organisation id under which the installation's own facts stand. */
export const installationOrg = '00000000-0000-0000-0000-000000000000'

/** A random id (RFC 9562 version 4): says nothing about when or how many. */
export const newId = (): string => randomUUID()

/** An id whose first 48 bits are `at` in ms (RFC 9562 version 7), for rows that are only ever appended: index pages stay warm. */
export function newOrderedId(at: number): string {
  const bytes = freshBytes(16)
  bytes.writeUIntBE(at, 0, 6)
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
