import type { Training } from '../words.ts'

/** A training that is asked for, newest row of each; without a version it is asked for no longer. */
export interface RequiredRow {
  readonly training: Training
  readonly nr: number
  readonly version: string | null
  readonly first_since: Date
  readonly since: Date
  readonly by: string
}

/** One person and one training that is asked of them. */
export interface NeedRow {
  readonly person: string
  readonly name: string
  readonly training: Training
  readonly version: string
  readonly version_since: Date
  readonly since: Date
  readonly done_version: string | null
  /** As a day, YYYY-MM-DD, and as the moment at which that day began where the organisation is. */
  readonly done_on: string | null
  readonly done_at: Date | null
  readonly recorded_by: string | null
  readonly now: Date
}

export interface DoneRow {
  readonly person: string
  readonly training: string
  readonly version: string
  readonly done_on: string
}
