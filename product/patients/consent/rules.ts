import { Temporal } from 'temporal-polyfill'
import type { Basis, Channel, ReceiptKind, Scope, WarningVersion } from './words.ts'

/** A consent to be recorded. */
export interface Grant {
  readonly scopes: readonly Scope[]
  readonly basis: Basis
  readonly warning: WarningVersion | null
  readonly attestation: string | null
  /** ms; null: until revoked. */
  readonly expiresAt: number | null
}

/** Why a consent is not taken. */
export type GrantRefusal = 'basis-too-weak' | 'warning-missing' | 'attestation-missing' | 'expires-in-the-past'

/**
 * Whether what the consent rests on carries its purposes: marketing needs a signature (47 CFR 64.1200(f)(9)), clinical content a consent
 * that was read out or signed, a number from intake or an import covers logistics only.
 */
export function judgeGrant(it: Grant, now: number): GrantRefusal | null {
  const given = it.basis === 'spoken' || it.basis === 'written'
  if (it.scopes.includes('marketing') && it.basis !== 'written') return 'basis-too-weak'
  if (it.scopes.includes('clinical') && !given) return 'basis-too-weak'
  if (given && it.warning === null) return 'warning-missing'
  if (!given && (it.attestation === null || it.attestation.trim() === '')) return 'attestation-missing'
  if (it.expiresAt !== null && it.expiresAt <= now) return 'expires-in-the-past'
  return null
}

/** When a consent chosen to last through a day ends: the start of the next one in the practice's zone, ms. */
export const endOfDay = (day: string, zone: string): number =>
  Temporal.PlainDate.from(day).add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds

/** A receipt as far as its standing depends on it. `position` gives the order. */
export interface Receipt {
  readonly receipt: string
  readonly kind: ReceiptKind
  readonly patient: string | null
  readonly number: string
  readonly scopes: readonly Scope[]
  readonly channels: readonly Channel[]
  readonly basis: Basis | null
  readonly revokes: string | null
  readonly expiresAt: number | null
  readonly position: number
}

/** Whether texts to a number are stopped: its newest stop or resumption decides. */
export function isStopped(receipts: readonly Receipt[], number: string): boolean {
  const newest = receipts
    .filter((it) => it.number === number && (it.kind === 'opt-out' || it.kind === 'resume'))
    .reduce<Receipt | undefined>((a, b) => (a && a.position > b.position ? a : b), undefined)
  return newest?.kind === 'opt-out'
}

/** Whether one consent counts now. A stop of the number beats everything. */
export const isLive = (receipts: readonly Receipt[], it: Receipt, now: number): boolean =>
  it.kind === 'grant' &&
  (it.expiresAt === null || now < it.expiresAt) &&
  !receipts.some((other) => other.kind === 'revoke' && other.revokes === it.receipt) &&
  !isStopped(receipts, it.number)

/** The consent that a text would rest on, or why there is none. */
export type Standing =
  { readonly live: true; readonly receipt: Receipt } | { readonly live: false; readonly why: 'none' | 'expired' | 'revoked' | 'narrower' }

/** The order of bases, strongest first. */
const strength: readonly Basis[] = ['written', 'spoken', 'import', 'intake']

/** How a patient's consent stands for one number, purpose and way: the strongest live one, the newest of equals. */
export function standing(
  receipts: readonly Receipt[],
  asked: { readonly patient: string; readonly number: string; readonly scope: Scope; readonly channel: Channel },
  now: number,
): Standing {
  const grants = receipts.filter((it) => it.kind === 'grant' && it.patient === asked.patient && it.number === asked.number)
  const covering = grants.filter((it) => it.scopes.includes(asked.scope) && it.channels.includes(asked.channel))
  const live = covering
    .filter((it) => isLive(receipts, it, now))
    .toSorted((a, b) => strength.indexOf(a.basis ?? 'intake') - strength.indexOf(b.basis ?? 'intake') || b.position - a.position)[0]
  if (live) return { live: true, receipt: live }
  const newest = covering.toSorted((a, b) => b.position - a.position)[0]
  if (!newest) return { live: false, why: grants.length > 0 ? 'narrower' : 'none' }
  const revoked = receipts.some((it) => it.kind === 'revoke' && it.revokes === newest.receipt)
  return { live: false, why: !revoked && newest.expiresAt !== null && now >= newest.expiresAt ? 'expired' : 'revoked' }
}
