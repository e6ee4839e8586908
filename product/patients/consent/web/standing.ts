import type { GivesOf } from '@wardline/platform/contract'
import type { consentState } from '../contract.ts'
import type { Basis, Scope } from '../words.ts'

/** What the server says about a patient's consents. */
export type ConsentState = GivesOf<typeof consentState>

/** How a consent rests, in words after "consent". */
export const basisWords: Readonly<Record<Basis, string>> = {
  spoken: 'read out and agreed',
  written: 'signed',
  intake: 'number given at intake',
  import: 'imported from the former system',
}

/** The same in a word or two, for the line over the field. */
export const basisInShort: Readonly<Record<Basis, string>> = {
  spoken: 'spoken',
  written: 'signed',
  intake: 'at intake',
  import: 'imported',
}

/** What a consent is for. */
export const scopeWords: Readonly<Record<Scope, string>> = {
  'care-logistics': 'visits and arrangements',
  clinical: 'clinical matters',
  marketing: 'offers and news',
}

/** How a number stands: stopped, nothing agreed, or what is agreed and on what it rests. */
export type Standing =
  | { readonly is: 'stopped'; readonly at: number }
  | { readonly is: 'none' }
  | {
      readonly is: 'live'
      readonly scopes: readonly Scope[]
      readonly basis: Basis | null
      readonly since: number | null
      readonly until: number | null
    }

/** Reads a number's standing out of what the server says. */
export function standingOf(state: ConsentState, number: string): Standing {
  const it = state.numbers.find((one) => one.number === number)
  if (it?.optedOut != null) return { is: 'stopped', at: it.optedOut.at }
  if (it === undefined || it.live.length === 0) return { is: 'none' }
  const receipt = state.receipts.find((line) => line.receipt === it.live[0]?.receipt)
  const ends = it.live.flatMap((line) => (line.expiresAt === null ? [] : [line.expiresAt]))
  return {
    is: 'live',
    scopes: it.live.map((line) => line.scope),
    basis: receipt?.basis ?? null,
    since: receipt?.recordedAt ?? null,
    until: ends.length === 0 ? null : Math.min(...ends),
  }
}
