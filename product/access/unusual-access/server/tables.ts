import type { Closing, RuleName } from '../contract.ts'

/** An alert. */
export interface AlertRow {
  readonly alert: string
  readonly person: string
  readonly rule: RuleName
  readonly patient: string | null
  readonly times: number
  readonly first_at: Date
  readonly last_at: Date
  readonly closed_by: string | null
  readonly closed_at: Date | null
  readonly reason: Closing | null
  readonly data_key: string | null
  readonly sealed: Buffer | null
}

/** What is counted of one person when they look at a patient. */
export interface CountsRow {
  readonly hour: number
  readonly first: boolean
  readonly patients: number
  readonly nights: number
  readonly openings: number
}
