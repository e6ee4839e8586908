import type { RekeyWord } from '@wardline/product/team/conversations/contract'

/** conversation. */
export interface ConversationRow {
  readonly id: string
  readonly kind: 'direct' | 'group'
  readonly pair_a: string | null
  readonly pair_b: string | null
  readonly created_at: Date
  readonly epoch: number
  readonly epoch_hash: Buffer
  readonly epoch_used_at: Date | null
  readonly epoch_from: number
  readonly epoch_month: string
  readonly rekey: RekeyWord | null
  readonly disputed: boolean
  readonly last_sequence: number
  readonly last_at: Date | null
}

/** A conversation as a person's list shows it. */
export interface ListedRow extends ConversationRow {
  readonly members: readonly { readonly person: string; readonly since: number; readonly removed: boolean }[]
  readonly shown: number
  readonly unread: number
}

/** epoch. */
export interface EpochRow {
  readonly n: number
  readonly hash: Buffer
  readonly author: string
  readonly author_device: string
  readonly history: 'from-join' | 'all'
  readonly at: Date
  readonly data_key: string
  readonly sealed: Buffer
}

/** An epoch with what one person may have of its seals. */
export interface ServedEpochRow extends EpochRow {
  readonly seal_key: string | null
  readonly seal: Buffer | null
  readonly history_key: string | null
  readonly history_seal: Buffer | null
}

/** seal_set. */
export interface SealSetRow {
  readonly n: number
  readonly person: string
  readonly hash: Buffer
  readonly at: Date
  readonly data_key: string
  readonly sealed: Buffer
}

/** removal. */
export interface RemovalRow {
  readonly conversation: string
  readonly person: string
  readonly version: number
  readonly removed: boolean
  readonly hash: Buffer
  readonly statement: Buffer
  readonly at: Date
}
