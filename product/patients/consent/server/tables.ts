import type { Basis, Channel, ReceiptKind, Scope, Source } from '../contract.ts'

export interface KeyRow {
  readonly version: number
  readonly public_key: Buffer
  readonly data_key: string
  readonly sealed: Buffer
}

export interface ReceiptRow {
  readonly receipt: string
  readonly position: number
  readonly kind: ReceiptKind
  readonly patient: string | null
  readonly number: string
  readonly scopes: Scope[]
  readonly channels: Channel[]
  readonly basis: Basis | null
  readonly source: Source | null
  readonly revokes: string | null
  readonly recorded_at: Date
  readonly recorded_by: string | null
  readonly expires_at: Date | null
  readonly public_key: Buffer
  readonly signature: Buffer
  readonly hash: Buffer
  readonly data_key: string
  readonly sealed: Buffer
}

export type NewReceipt = Omit<ReceiptRow, 'position' | 'public_key' | 'data_key'> & {
  readonly key_version: number
  readonly dataKey: string
}
