/** A feed of the directory. */
export interface SourceRow {
  readonly source: string
  readonly kind: 'scim' | 'ldap'
  readonly label: string
  readonly brake_percent: number
  readonly halted_at: Date | null
  readonly halted_leavers: number | null
  /** Whether an administrator has just let it go on. */
  readonly released: boolean
  readonly people: number
}

/** A person as the directory speaks of them. Who only is a colleague, and was never spoken of, has no source. */
export interface FeedRow {
  readonly person: string
  readonly source: string | null
  readonly key: string | null
  readonly user_name: string
  readonly name: string
  readonly title: string
  readonly active: boolean
  readonly created: boolean
  readonly attributes: Readonly<Record<string, unknown>>
  readonly version: number
  readonly made_at: Date
  readonly changed_at: Date
}

/** A group of the directory. */
export interface GroupRow {
  readonly id: string
  readonly source: string
  readonly key: string | null
  readonly name: string
  readonly version: number
  readonly made_at: Date
  readonly changed_at: Date
}
