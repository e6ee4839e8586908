export { browserOf, readBrowser } from '@wardline/product/access/sessions/preview'
export type { BrowserHeaders } from '@wardline/product/access/sessions/preview'

/** For how long a device may be without the server: then it shows nothing until it has reached it, and later it wipes itself. */
export interface Limits {
  readonly lockHours: number
  readonly wipeDays: number
}
/** What counts until the server has said otherwise. */
export const usualLimits: Limits = { lockHours: 72, wipeDays: 7 }

/** Whether a device that last heard the server at `heardAt` (ms) has been without it for `most` ms at `now`. */
export const isPast = (heardAt: number, now: number, most: number): boolean => now - heardAt >= most

/**
 * Whether a device is only what was: removed, with no wipe to wait for, or with its keys gone by its own receipt. Where its browser goes on, that is
 * another one. One that was lost stays among those that are until it is removed.
 */
export const isFormer = (it: {
  readonly revokedAt: number | null
  readonly lostAt: number | null
  readonly wipe: 'none' | 'waiting' | 'done'
}): boolean => (it.revokedAt === null ? it.wipe === 'done' && it.lostAt === null : it.wipe !== 'waiting')
