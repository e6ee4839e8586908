/** new_identity. */
export interface NewIdentityRow {
  readonly request: string
  readonly person: string
  readonly identity_key: Buffer
  readonly asked_at: Date
  readonly until: Date
  readonly statement: Buffer | null
  readonly effective_at: Date | null
  readonly signed_by: string | null
  readonly signed_at: Date | null
  readonly confirmed_by: string | null
}
