import type { Static } from '@wardline/platform/contract'
import type { SignedIn } from '../contract.ts'

/** What a successful sign-in gives. */
export type Session = Static<typeof SignedIn>
