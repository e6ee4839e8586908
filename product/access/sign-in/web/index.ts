/** The web door of signing in. */
import { lazy } from 'react'

export { rememberPlace } from './last-place.ts'
export { SignIn } from './SignIn.tsx'

/** The second step alone, for whoever proved the first in another way; it comes when it is needed. */
export const CodeStep = lazy(async () => ({ default: (await import('./CodeStep.tsx')).CodeStep }))
