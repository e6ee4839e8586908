/** A list of networks. */
export interface NetworksRow {
  readonly version: number
  readonly cidrs: readonly string[]
  readonly names: readonly string[]
  readonly outside: 'absent' | 'step-up'
  readonly set_by: string | null
  readonly set_at: Date
  readonly trial_until: Date | null
  readonly confirmed_at: Date | null
}
