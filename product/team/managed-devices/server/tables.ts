import type { ManagedDevice, MdmSettings } from '@wardline/product/team/managed-devices/contract'

/** mdm_connection. */
export interface ConnectionRow {
  readonly settings: MdmSettings
  readonly data_key: string
  readonly sealed: Buffer
  readonly state: 'off' | 'on'
  readonly run: number
  readonly next: string | null
  readonly worked_at: Date | null
  readonly problem: string | null
  readonly problem_at: Date | null
}

/** managed_device. */
export interface ManagedRow {
  readonly id: string
  readonly name: string
  readonly user_name: string
  readonly system: ManagedDevice['system']
  readonly os_version: string
  readonly owner: ManagedDevice['owner']
  readonly compliance: ManagedDevice['compliance']
  readonly checked_in_at: Date | null
  readonly bad_since: Date | null
  readonly gone_at: Date | null
  readonly device: string | null
  readonly freed_device: string | null
}

/** managed_rule. */
export interface RuleRow {
  readonly version: number
  readonly roles: readonly string[]
  readonly locations: readonly string[]
  readonly grace_days: number
}

/** An enrolled device of somebody who works here, with the names by which a directory knows them. */
export interface EnrolledRow {
  readonly person: string
  readonly person_name: string
  readonly names: readonly string[]
  readonly device: string
  readonly name: string
  readonly system: string
  /** Where they work; empty where the organisation has one place. */
  readonly locations: readonly string[]
}
