/** The web door of lost keys: asking for a new identity, signing it, and being told of it. */
export { LostEverything } from './LostEverything.tsx'
export { NewIdentities } from './NewIdentities.tsx'
export { IdentityNotices, NewIdentityBar } from './Told.tsx'
