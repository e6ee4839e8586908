/** How much may be asked over live connections. */
export interface ShareRule {
  /** Frames a second that are heard for as long as one likes; a large or dear frame counts as several. */
  readonly perSecond: number
  /** Frames that are heard at once after a time of silence. */
  readonly burst: number
  /** Commands that wait for their answers at one time; a dear one counts as several. */
  readonly flying: number
}

/**
 * What one window, and one person over all windows, may ask. A window of ours sends one message of a conversation after the other; a
 * measured load keeps 64 in flight at 200 to 500 a second. Of the 20,000 that wait for an organisation at most, one person has a fortieth.
 */
export const liveLimits = {
  socket: { perSecond: 1_000, burst: 2_000, flying: 256 },
  person: { perSecond: 2_000, burst: 4_000, flying: 512 },
} as const satisfies Record<string, ShareRule>

/** A token bucket (tokens may be owed) and a count of what is in flight. */
export interface Share {
  readonly rule: ShareRule
  tokens: number
  /** When tokens were last added, ms of a clock that never goes back. */
  at: number
  flying: number
}

/** A full one. */
export const openShare = (rule: ShareRule, now: number): Share => ({ rule, tokens: rule.burst, at: now, flying: 0 })

/** How long the next frame waits, ms: 0 when it is heard now, Infinity until something in flight has ended. */
export function waitOf(share: Share, now: () => number): number {
  const { rule } = share
  if (share.flying >= rule.flying) return Infinity
  if (share.tokens >= 1) return 0
  // The clock is read only here, when a bucket is empty: most frames never ask it.
  const at = now()
  share.tokens = Math.min(rule.burst, share.tokens + ((at - share.at) / 1_000) * rule.perSecond)
  share.at = at
  return share.tokens >= 1 ? 0 : ((1 - share.tokens) / rule.perSecond) * 1_000
}

/** What a frame of so many bytes costs before anybody has read it: one token, and one more for each 16 KiB. */
export const costOfBytes = (bytes: number): number => 1 + (bytes >> 14)
