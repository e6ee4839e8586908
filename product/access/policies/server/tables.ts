/** An agreement as the database has it. `today` is the day in the organisation's zone. */
export interface AgreementRow {
  readonly agreement: string
  readonly counterparty: string
  readonly kind: 'baa'
  readonly starts_on: string
  readonly ends_on: string | null
  readonly ended: boolean
  readonly today: string
}

/** A stored archive policy. */
export interface ArchivePolicyRow {
  readonly version: number
  readonly statement: Buffer
}

/** The organisation's keys. */
export interface OrganisationKeysRow {
  readonly version: number
  readonly root_public_key: Buffer
  readonly directory_public_key: Buffer
  readonly directory_statement: Buffer
  readonly data_key: string
  readonly sealed: Buffer
}

/** A signed statement as it is stored, and when. */
export interface StoredStatement {
  readonly statement: Uint8Array
  readonly at: Date
}

/** A change of a figure of the security policy. `now` is the database's time at the reading. */
export interface ChangeRow {
  readonly change: string
  readonly setting: string
  readonly before_value: number
  readonly value: number
  readonly exception_until: Date | null
  readonly takes_back: string | null
  readonly data_key: string
  readonly sealed: Buffer
  readonly proposed_by: string | null
  readonly proposed_at: Date
  readonly state: 'open' | 'approved' | 'refused' | 'expired'
  readonly decided_by: string | null
  readonly decided_at: Date | null
  readonly version: number | null
  readonly now: Date
}

/** What an organisation chose for a figure. */
export type ChosenRow = Pick<ChangeRow, 'setting' | 'value' | 'exception_until' | 'now'>

/** A legal hold. */
export interface HoldRow {
  readonly hold: string
  readonly covers: 'organisation' | 'patient' | 'person' | 'conversation'
  readonly subject: string
  readonly data_key: string
  readonly sealed: Buffer
  readonly set_by: string | null
  readonly set_at: Date
  readonly release_asked_by: string | null
  /** Null, though it was asked for: nobody wrote down when. */
  readonly release_asked_at: Date | null
  readonly released_by: string | null
  readonly released_at: Date | null
  readonly now: Date
}
