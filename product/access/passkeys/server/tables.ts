/** A passkey as the database has it. */
export interface PasskeyRow {
  readonly passkey: string
  readonly person: string
  readonly credential_id: Buffer
  readonly public_key: Buffer
  readonly counter: number
  readonly transports: readonly string[]
  readonly name: string
  readonly may_sync: boolean
  readonly synced: boolean
  readonly opens_vault: boolean
  readonly added_at: Date
  readonly used_at: Date | null
  readonly copied_at: Date | null
}

/** What a challenge is for. */
export type Purpose = 'sign-in' | 'step-up' | 'add'
