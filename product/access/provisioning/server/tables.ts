/** A person as the database has them. */
export interface PersonRow {
  readonly person: string
  readonly sign_in_name: string
  readonly name: string
  readonly title: string
  readonly active: boolean
}

/** The organisation of a transaction. */
export interface OrganisationRow {
  readonly org: string
  readonly name: string
  readonly zone: string
  readonly preset: 'practice' | 'hospital'
}
