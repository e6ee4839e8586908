import type { Place } from '@wardline/product/access/sessions/web'

/** What this browser knows of itself as a shared workstation: what stands on its lock screen without a connection. */
export type StationFlag = { readonly name: string; readonly organisation: string; readonly place: Place }

/** Where it is noted. */
export const flagKey = 'wl-workstation'

/** Whether this browser is a shared workstation, as far as it knows; the server decides. */
export function stationHere(): StationFlag | null {
  try {
    return JSON.parse(localStorage.getItem(flagKey) ?? 'null') as StationFlag | null
  } catch {
    return null
  }
}

/** Notes it. */
export function noteStation(flag: StationFlag): void {
  localStorage.setItem(flagKey, JSON.stringify(flag))
}
