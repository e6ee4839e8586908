import type { BrowserName } from '../preview.ts'
import type { Place } from '../rules.ts'

/** A session as the database has it. */
export interface SessionRow {
  readonly session: string
  readonly person: string
  readonly place: Place
  readonly device: string | null
  readonly started_at: Date
  readonly proven_at: Date
  readonly active_at: Date
  readonly idle_until: Date
  readonly ends_at: Date
}

/** The same with the browser in which it began. */
export interface OwnSessionRow extends SessionRow {
  readonly browser: BrowserName['browser']
  readonly browser_version: number
  readonly system: BrowserName['system']
}
