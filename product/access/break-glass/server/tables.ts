import type { Outcome, ReasonCode } from '../contract.ts'

/** An emergency opening. `now` is the database's time at the reading. */
export interface OpeningRow {
  readonly opening: string
  readonly patient: string
  readonly person: string
  readonly roles: readonly string[]
  readonly unit: string
  readonly reason: ReasonCode
  readonly data_key: string
  readonly sealed: Buffer
  readonly opened_at: Date
  readonly ends_at: Date
  readonly closed_at: Date | null
  readonly due_at: Date
  readonly reviewed_by: string | null
  readonly reviewed_at: Date | null
  readonly outcome: Outcome | null
  readonly note_data_key: string | null
  readonly note_sealed: Buffer | null
  readonly now: Date
}

/** A notice with what it is about. */
export interface NoticeRow {
  readonly notice: string
  readonly kind: 'opened' | 'digest' | 'overdue'
  readonly opening: string
  readonly patient: string
  readonly person: string
  readonly roles: readonly string[]
  readonly unit: string
  readonly reason: ReasonCode
  readonly opened_at: Date
}
