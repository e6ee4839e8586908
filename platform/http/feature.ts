import type { AfterListener, WithinListener } from '../facts/listeners.ts'
import type { LiveCommand, LiveDigest } from '../live/command.ts'
import type { Signal } from '../live/signal.ts'
import type { DueWork } from '../sweep/sweep.ts'
import type { Admission, Authenticator, Whereabouts } from './caller.ts'
import type { GrantsFor, HoldsBack } from './reads.ts'
import type { Route, Services } from './route.ts'

/** A feature's server half, as its door exports it. `apps/server/features.ts` lists them all. */
export interface Feature {
  /** `area/feature`, as in the tree. */
  readonly name: string
  /** Absolute folder of its plain SQL migrations, if it owns tables. */
  readonly migrations?: string
  readonly routes?: readonly Route[]
  readonly within?: readonly WithinListener[]
  readonly after?: readonly AfterListener[]
  readonly due?: readonly DueWork[]
  readonly live?: readonly LiveCommand[]
  /** What every node does once a transaction says so. */
  readonly signals?: readonly Signal[]
  /** What the live heartbeat carries for each device, so that a missed hint is noticed. */
  readonly digest?: LiveDigest
  /** One feature of all gives it: who is calling. */
  readonly authenticate?: (services: Services) => Authenticator
  /** One feature may give it: which records somebody sees under an exceptional grant, so that each read says so. */
  readonly grantsFor?: GrantsFor
  /** One feature may give it: whether somebody is held back from records for now. */
  readonly holdsBack?: (services: Services) => HoldsBack
  /** One feature may give it: whether a caller may do this from where they are. */
  readonly admit?: (services: Services) => Admission
  /** One feature may give it: what a caller's roles do not open from where they are. */
  readonly whereabouts?: (services: Services) => Whereabouts
  /** Called once before the server listens. Returns what to do at the end. */
  readonly start?: (services: Services) => Promise<(() => Promise<void>) | void>
}
