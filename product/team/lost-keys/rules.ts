/** A request as far as it has come; times in ms. */
export interface Standing {
  readonly signedBy: string | null
  readonly confirmedBy: string | null
  readonly effectiveAt: number | null
}

/** See contract's RequestState. */
export function stateOf(it: Standing, now: number): 'asked' | 'signed' | 'waits' | 'ready' {
  if (it.signedBy === null || it.effectiveAt === null) return 'asked'
  if (it.confirmedBy === null) return 'signed'
  return now < it.effectiveAt ? 'waits' : 'ready'
}

/** How many more could sign for a person, by the organisation's signed statement. */
export const countSigners = (
  it: { readonly person: string; readonly by: readonly string[] },
  administrators: ReadonlySet<string>,
): number => [...administrators].filter((one) => one !== it.person && !it.by.includes(one)).length

/** Why somebody may not sign; null: they may. `administrators`: by the organisation's signed statement, whatever roles people hold here. */
export function judgeSigner(
  it: Pick<Standing, 'signedBy'> & { readonly person: string },
  signer: string,
  administrators: ReadonlySet<string>,
): 'own-request' | 'signed-before' | 'not-an-administrator' | null {
  if (signer === it.person) return 'own-request'
  if (!administrators.has(signer)) return 'not-an-administrator'
  return signer === it.signedBy ? 'signed-before' : null
}

/**
 * Whether the keys of somebody who asked for a new identity plainly work: a device that holds them has shown life after they asked. Times in ms, of
 * one clock, the server's.
 */
export const keysWork = (askedAt: number, seenAt: readonly number[]): boolean => seenAt.some((it) => it > askedAt)
