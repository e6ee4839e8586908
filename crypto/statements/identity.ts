import type { Bytes, Uuid } from '../bytes.ts'
import { fixed, number64, struct, text, uuid } from '../canonical.ts'
import type { Chained } from './statement.ts'
import { chained, define } from './statement.ts'

/** "This identity key is this employee." Version 1 introduces a person; later versions change the key. `effective` in ms. */
export type Identity = Chained & {
  readonly person: Uuid
  readonly employee: string
  readonly publicKey: Bytes
  readonly effective: number
}

export const identity = define<Identity>(
  'identity',
  struct<Identity>({ ...chained, person: uuid, employee: text(256), publicKey: fixed(32), effective: number64 }),
  (body) => [body.person],
)
