/** The figures of new identities, as data. */
export const lostKeysPolicy = {
  /** Days for which a request may be signed and used; the delay before it counts is in the statement itself. */
  days: 7,
  /** How much longer than its delay a new identity may wait for its day, ms: clocks differ. */
  slackMs: 60 * 60 * 1000,
} as const

/** Whether a request can never have its two signatures as the signed list is now. */
export const isStuck = (it: { readonly by: readonly unknown[]; readonly couldSign: number }): boolean => it.by.length + it.couldSign < 2
