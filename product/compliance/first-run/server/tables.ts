import type { Mark } from '../rules.ts'
import type { Step } from '../words.ts'

/** Whether an organisation is led through its set-up. */
export interface FirstRunRow {
  readonly begun_at: Date
  readonly finished_at: Date | null
}

/** What somebody said about a step. */
export interface MarkRow {
  readonly step: Step
  readonly mark: Mark
}
