import { newId } from '@wardline/platform/server'
import type { Static } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import type { NoticeKind } from '../contract.ts'
import { insertNotice } from './queries.ts'

/** What a notice is about. */
export type Notice = Static<typeof NoticeKind>

/** Tells a person and the officers that something changed about how this person signs in. `by`: who did it, where it was not they. */
export async function notify(tx: Tx, person: string, what: Notice, by: string | null = null): Promise<void> {
  await insertNotice(tx, { notice: newId(), person, what, by })
}
