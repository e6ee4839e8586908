import type { GivesOf } from '@wardline/platform/contract'
import type { container } from '@wardline/product/team/devices/contract'
import { keepsNothing } from '../kept.ts'

/** What the organisation lets the screen show. */
export type Showing = Pick<GivesOf<typeof container>, 'copying' | 'watermark' | 'veilMinutes'>

// The organisation's figures for screens, as it last said them: of nobody, and of no content.
const key = 'wl-container'
/** Before anything is known: nothing is copied out, and the screen is covered as soon as the policy's own figure says. */
const unknown: Showing = { copying: false, watermark: false, veilMinutes: 15 }

/** What counts until the server answers: its last answer in this browser, else the strict one. */
export function lastShowing(): Showing {
  try {
    const it = JSON.parse(localStorage.getItem(key) ?? 'null') as Partial<Showing> | null
    const { copying, watermark, veilMinutes } = it ?? {}
    if (typeof copying !== 'boolean' || typeof watermark !== 'boolean' || typeof veilMinutes !== 'number') return unknown
    return { copying, watermark, veilMinutes: veilMinutes >= 1 && veilMinutes <= 60 ? veilMinutes : unknown.veilMinutes }
  } catch {
    return unknown
  }
}

/** Notes the server's answer. */
export function keepShowing({ copying, watermark, veilMinutes }: Showing): void {
  if (keepsNothing()) return
  try {
    localStorage.setItem(key, JSON.stringify({ copying, watermark, veilMinutes }))
  } catch {
    // Then the strict one counts at the next visit until the server answers.
  }
}
