import type { Static } from '@wardline/platform/contract'
import type { NoticeKind } from '../contract.ts'

/** An authenticator as the database has it. */
export interface TotpRow {
  readonly data_key: string
  readonly sealed: Buffer
  readonly last_step: number
  readonly failures: number
}

/** A notice as the database has it, with the name of the person whom it is about. */
export interface NoticeRow {
  readonly notice: string
  readonly person: string
  readonly name: string
  readonly what: Static<typeof NoticeKind>
  readonly by: string | null
  readonly at: Date
}
