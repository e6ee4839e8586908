import type { StationPlace } from '../rules.ts'

/** A shared workstation. */
export interface StationRow {
  readonly workstation: string
  readonly name: string
  readonly location: string | null
  readonly location_name: string | null
  readonly place: StationPlace
  readonly box_key: Buffer
  readonly set_up_at: Date
  readonly seen_at: Date
}

/** An open shift. */
export interface ShiftRow {
  readonly shift: string
  readonly person: string
  readonly provider: string | null
  readonly workstation: string
  readonly began_at: Date
  readonly ends_at: Date
  readonly wrong_row: number
  readonly wrong_all: number
}

/** A session at a shared workstation, while its shift lasts. */
export interface StandingRow {
  readonly workstation: string
  readonly shift: string
  readonly signed_in_by: 'in-full' | 'pin' | 'badge-and-pin'
  /** The full sign-in that the shift began with. */
  readonly began_at: Date
  readonly ends_at: Date
}
