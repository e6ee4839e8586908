import { deleteOthers, forgetStation } from '@wardline/product/access/workstations/client'
import { rememberPlace } from '@wardline/product/access/sign-in/web'
import { flagKey, stationHere } from './flag.ts'

/** A sign-out that is not finished outlives the sweep: until the server has ended that session, nothing may open it again. */
const kept: ReadonlySet<string> = new Set([flagKey, 'wl-leaving'])

/** It is none any more: its key goes too. */
export function forgetStationHere(): void {
  localStorage.removeItem(flagKey)
  forgetStation()
}

/** Removes everything of anybody from this browser's storage. What is left is the workstation's own. */
export async function sweepBrowser(): Promise<void> {
  for (const name of Object.keys(localStorage)) if (!kept.has(name)) localStorage.removeItem(name)
  sessionStorage.clear()
  const flag = stationHere()
  if (flag !== null) rememberPlace(flag.place)
  await deleteOthers().catch(() => undefined)
}
