/** An authenticator as the database has it. */
export interface TotpRow {
  readonly data_key: string
  readonly sealed: Buffer
  readonly last_step: number
  readonly failures: number
}
