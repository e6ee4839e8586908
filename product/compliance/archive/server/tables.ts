/** archive_request, with its scope. */
export interface RequestRow {
  readonly request: string
  readonly requester: string
  readonly opening: Buffer
  readonly opening_hash: Buffer
  readonly data_key: string
  readonly sealed: Buffer
  readonly asked_at: Date
  readonly decision: 'approved' | 'refused' | null
  /** The second officer's signed statement. */
  readonly approval: Buffer | null
  readonly decided_by: string | null
  readonly decided_at: Date | null
  readonly requested_index: number | null
  readonly approved_index: number | null
  readonly released_at: Date | null
  readonly scope: readonly { readonly conversation: string; readonly from: number; readonly to: number }[]
}

/** What was released of one conversation. */
export interface ReleasedRow {
  readonly request: string
  readonly requester: string
  readonly decided_by: string
  readonly first_epoch: number
  readonly last_epoch: number
  readonly released_at: Date
}
