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
