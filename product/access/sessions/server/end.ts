import type { Static } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { deviceBound, EndReason, sessionEnded } from '../contract.ts'
import { endIfOver, endOpenSessions, setDevice } from './queries.ts'
import { changed, over } from './signals.ts'

/** Why a session ended. */
export type Reason = Static<typeof EndReason>

/**
 * Ends open sessions: listed ones, or all of a person or of a device, but `except`. After the commit every node forgets them and
 * cuts their windows off. Returns how many ended.
 */
export async function endSessions(
  tx: Tx,
  of: { sessions: readonly string[]; person?: string } | { person: string; except?: string } | { device: string },
  reason: Reason,
): Promise<number> {
  const ended = await endOpenSessions(tx, of, reason)
  for (const row of ended) announceEnd(tx, row.session, row.person, reason)
  return ended.length
}

/** Ends one session whose time has passed; false if somebody was faster. */
export async function endOverdue(tx: Tx, session: string): Promise<boolean> {
  const row = await endIfOver(tx, session)
  if (row) announceEnd(tx, session, row.person, row.reason)
  return row !== undefined
}

function announceEnd(tx: Tx, session: string, person: string, reason: Reason): void {
  tx.announce(sessionEnded, { key: `session|${session}`, payload: { person, session, reason } })
  tx.signal(over, { session })
}

/** Says which enrolled device a session is of; the device is the person's, which the caller has checked. False: there is no such open session. */
export async function bindDevice(tx: Tx, session: string, device: string): Promise<boolean> {
  const row = await setDevice(tx, session, device)
  if (!row) return false
  tx.announce(deviceBound, { key: `session|${session}`, payload: { person: row.person, session, device } })
  // A window knows its caller from when it connected: it comes again as this device.
  tx.signal(changed, { session })
  return true
}

/** A person's roles changed: after the commit requests see the new ones, and no window with the old ones is heard; it comes again by itself. */
export const refreshCallers = (tx: Tx, person: string): void => tx.signal(changed, { person })

/** The same of a device: what it may keep has changed, and it is told when it comes again. */
export const refreshDevice = (tx: Tx, device: string): void => tx.signal(changed, { device })
