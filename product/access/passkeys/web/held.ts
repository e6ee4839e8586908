// What a passkey gave at sign-in, for the moment until this browser's keys are opened with it. In memory alone, once.
let held: { readonly person: string; readonly prf: Uint8Array } | null = null

/** Keeps what a passkey gave to the person who has just signed in with it. */
export function holdSecret(person: string, prf: Uint8Array): void {
  dropSecret()
  held = { person, prf }
}

/** Takes it, if it is this person's; it is held no longer then. */
export function takeSecret(person: string): Uint8Array | null {
  const prf = held?.person === person ? held.prf : null
  if (prf === null) dropSecret()
  held = null
  return prf
}

/** Forgets it: it is not needed. */
export function dropSecret(): void {
  held?.prf.fill(0)
  held = null
}
