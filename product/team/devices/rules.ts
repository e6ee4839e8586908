/** The figures of devices, as data. */
export const devicePolicy = {
  /** A device's sign of life is written at most so often, minutes. */
  seenMinutes: 10,
  /** What a device says of itself counts as what it began as for so long after its enrolment, minutes. */
  beginsMinutes: 60,
  /** A device that was told to forget what it keeps, and goes on without a receipt, is no longer signed in after so many days. */
  forgetDays: 7,
} as const

/**
 * Main versions below which a browser no longer gets security fixes, or lacks what the product stands on (Ed25519 and X25519 in WebCrypto).
 * Raised with each release.
 */
export const baseline = { chrome: 137, edge: 137, firefox: 130, safari: 17 } as const

/** Whether a browser is new enough; `unknown` for those that nobody here has tried. */
export function judgeBrowser(it: { readonly browser: string; readonly version: number }): 'current' | 'old' | 'unknown' {
  const least = Object.hasOwn(baseline, it.browser) ? baseline[it.browser as keyof typeof baseline] : undefined
  return least === undefined ? 'unknown' : it.version >= least ? 'current' : 'old'
}

/** What is shown of a lost device's wipe. `waiting` stays red until its signed receipt arrives. */
export type WipeState = 'none' | 'waiting' | 'done'

/**
 * See WipeState. Of one that never kept anything there is nothing to wait for; `hasKept`: it kept something once, or nobody knows better. What
 * such a device says of itself later is no receipt.
 */
export const wipeStateOf = (it: {
  readonly lostAt: number | null
  readonly wipedAt: number | null
  readonly hasKept: boolean
}): WipeState => (it.wipedAt !== null ? 'done' : it.lostAt !== null && it.hasKept ? 'waiting' : 'none')

interface Ended {
  readonly isRevoked: boolean
  readonly isLost: boolean
  readonly isWiped: boolean
}

/** Whether a device is still its person's, as far as the server knows: nobody has cut it off or reported it, and it has signed for no wipe. */
export const isInUse = (it: Ended): boolean => !it.isRevoked && !it.isLost && !it.isWiped

/** Whether messages open on it now: one that keeps nothing has its keys while a session is open on it, and then no more until its person opens them. */
export const holdsKeys = (it: Ended & { readonly hasKept: boolean; readonly isOpen: boolean }): boolean =>
  isInUse(it) && (it.hasKept || it.isOpen)

/** Who may ask that a device keeps nothing, the one that is named first. */
const askers = ['workstation', 'organisation', 'device', 'own'] as const

/** Who asks that nothing is kept: a shared workstation, the organisation (for everybody or a role), an administrator, the person. */
export type Asked = Readonly<Record<(typeof askers)[number], boolean>>

/** What a device may keep: whoever asks for nothing gets it, whatever the others say. */
export function storageOf(asked: Asked): {
  readonly storage: 'cache' | 'memory'
  readonly because: (typeof askers)[number] | null
} {
  const because = askers.find((it) => asked[it]) ?? null
  return { storage: because === null ? 'cache' : 'memory', because }
}
