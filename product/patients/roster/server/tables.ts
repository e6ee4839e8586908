/** A sealed value with the id of its data key, as columns hold it. */
export interface SealedColumns {
  readonly data_key: string
  readonly sealed: Buffer
}

export interface PatientRow extends SealedColumns {
  readonly patient: string
  readonly test: boolean
  readonly version: number
}

/** Where a patient belongs (null: the main location), and why the record is restricted, if it is. */
export interface PlaceRow {
  readonly patient: string
  readonly location: string | null
  readonly restricted: 'well-known' | 'study' | 'colleague' | null
}

export interface NumberRow extends SealedColumns {
  readonly number: string
  readonly line_type: 'mobile' | 'landline' | 'voip' | 'unknown'
  readonly frozen_at: Date | null
}

export interface ContactRow {
  readonly patient: string
  readonly number: string
  readonly state: 'unverified' | 'verified' | 'wrong-person'
  readonly verified_how: 'code' | 'reply' | 'visit' | null
  readonly verified_at: Date | null
}

export type ContactLineRow = ContactRow & NumberRow & { readonly shared: number }

export interface VerificationRow {
  readonly verification: string
  readonly code_hash: Buffer
  readonly tries: number
  readonly expires_at: Date
}

/** The patients that a right of somebody reaches now. */
export interface Reached {
  /** Exactly these; null: all but `but`. */
  readonly only: ReadonlySet<string> | null
  readonly but: ReadonlySet<string>
  /** Whether what belongs to no patient yet is reached: a text from a number that nobody has. */
  readonly unknown: boolean
  has(patient: string): boolean
}
