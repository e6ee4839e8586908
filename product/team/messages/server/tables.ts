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

/** What stands about one sender of a batch in one conversation. */
export interface SenderRow {
  readonly member: boolean
  readonly device: boolean
  readonly head: Buffer | null
}

/** A message of a batch that is stored already. */
export interface KnownRow {
  readonly ord: number
  readonly conversation: string
  readonly sequence: number
  readonly hash: Buffer
  readonly at: Date
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
