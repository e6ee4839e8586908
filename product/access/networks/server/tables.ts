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
  readonly agreed_by: string | null
}

/** To which networks records are kept, and for whom. */
export interface RecordNetworksRow {
  readonly version: number
  readonly cidrs: readonly string[]
  readonly names: readonly string[]
  readonly roles: readonly string[]
  readonly locations: readonly string[]
  readonly asked_by: string | null
  readonly asked_at: Date
  readonly agreed_by: string | null
}
