/** message, as pages and syncs read it. */
export interface MessageRow {
  readonly conversation: string
  readonly sequence: number
  readonly epoch: number
  readonly person: string
  readonly device: string
  readonly msg_id: string
  readonly hash: Buffer
  readonly at: Date
  readonly data_key: string | null
  readonly sealed: Buffer | null
  readonly tombstone_prev: Buffer | null
  readonly tombstone_rest: Buffer | null
}

/** A conversation under the writer's lock. */
export interface LockedRow {
  readonly id: string
  readonly epoch: number
  readonly epoch_hash: Buffer
  readonly epoch_used_at: Date | null
  readonly epoch_from: number
  readonly epoch_month: string
  readonly rekey: 'removal' | 'user-key' | 'role' | 'policy' | 'dispute' | null
  readonly last_sequence: number
}

/** What stands about one command of a batch. */
export interface StandingRow {
  readonly conversation: string | null
  readonly sequence: number | null
  readonly hash: Buffer | null
  readonly at: Date | null
  readonly member: boolean
  readonly device: boolean
  readonly head: Buffer | null
}

/** receipt. */
export interface ReceiptRow {
  readonly conversation: string
  readonly device: string
  readonly person: string
  readonly delivered: number
  readonly shown: number
  readonly moved_at: Date
}
