import type { PersonStatementKind } from '@wardline/product/team/devices/contract'

/** The kinds of statements about the organisation that stand here; directory key and archive policy stand with access/policies. */
export type TrustKind = 'authority' | 'recipient-policy' | 'role-key'

/** trust_statement. */
export interface TrustRow {
  readonly subject: string
  readonly version: number
  readonly kind: TrustKind
  readonly hash: Buffer
  readonly statement: Buffer
  readonly at: Date
}

/** key_person. */
export interface KeyPersonRow {
  readonly person: string
  readonly identity_key: Buffer
  readonly identity_version: number
  readonly device_list_hash: Buffer
  readonly device_list_version: number
  readonly user_key_id: Buffer
  readonly user_key_version: number
  readonly vault_version: number
  readonly position: number
}

/** key_statement. */
export interface StatementRow {
  readonly person: string
  readonly position: number
  readonly kind: PersonStatementKind
  readonly version: number
  readonly hash: Buffer
  readonly statement: Buffer
  readonly at: Date
  /** When the log took in an identity that administrators signed. */
  readonly logged_at: Date | null
}

/** device. */
export interface DeviceRow {
  readonly device: string
  readonly person: string
  readonly sign_key: Buffer
  readonly enrolled_at: Date
  readonly revoked_at: Date | null
}

/** vault. */
export interface VaultRow {
  readonly version: number
  readonly hash: Buffer
  readonly data_key: string
  readonly sealed: Buffer
}

/** device with device_care; what a device has not said yet is null. */
export interface CareRow {
  readonly device: string
  readonly enrolled_at: Date
  readonly revoked_at: Date | null
  readonly name: string | null
  readonly system: string | null
  readonly browser: string | null
  readonly version: number | null
  readonly storage: 'cache' | 'memory' | null
  /** Null where nothing was ever said of it. */
  readonly has_kept: boolean | null
  readonly managed: boolean | null
  readonly own_memory: boolean | null
  readonly demanded_memory: boolean | null
  readonly seen_at: Date | null
  readonly lost_at: Date | null
  readonly wiped_at: Date | null
}

/** device_kept; `seals` one for each unlock factor, base64url. */
export interface KeptRow {
  readonly version: number
  readonly sealed: Buffer
  readonly seals: readonly { readonly factor: string; readonly seal: string }[]
}
