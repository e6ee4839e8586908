import { createHash } from 'node:crypto'
import type { Db, Tx } from '@wardline/platform/db'
import { newId } from '@wardline/platform/server'
import type { KeyLedger } from '@wardline/platform/server'
import { readOrganisation } from '@wardline/product/access/provisioning/server'
import { householdsOf, linesOf, lockNumber, sealJson } from '@wardline/product/patients/roster/server'
import { consentRecorded, consentRevoked, optedOut, resumed, warnings } from '../contract.ts'
import type { Basis, Channel, Scope, Source, WarningVersion } from '../contract.ts'
import { findReceipt, findRevocation, insertReceipt, newestStops } from './queries.ts'
import { signerOf } from './signing.ts'
import type { Document } from './signing.ts'
import type { ReceiptRow } from './tables.ts'

/** The context under which a receipt's signed text is sealed. */
export const contextOf = (receipt: string) => `consent_receipt|${receipt}`

type Told = NonNullable<Document['told']>

/** A receipt to issue; what is left out is null or empty. */
interface Draft {
  readonly receipt: string
  readonly kind: Document['kind']
  readonly patient: string | null
  readonly number: string
  readonly scopes?: readonly Scope[]
  readonly channels: readonly Channel[]
  readonly basis?: Basis
  readonly warning?: WarningVersion | undefined
  readonly attestation?: string | undefined
  readonly told?: Told | undefined
  readonly source?: Source
  readonly revokes?: string
  readonly expiresAt?: number | null
}

/** Signs and stores a receipt; returns its hash. The line's lock must be held. */
async function issue(tx: Tx, keys: KeyLedger, it: Draft): Promise<string> {
  const { name } = await readOrganisation(tx)
  const signer = await signerOf(tx, keys)
  const line = (await linesOf(tx, keys, [it.number])).get(it.number)!
  const warning = warnings.find((text) => text.version === it.warning)
  const document: Document = {
    version: 1,
    organisation: { id: tx.org, name },
    receipt: it.receipt,
    kind: it.kind,
    patient: it.patient,
    number: line.e164,
    scopes: [...(it.scopes ?? [])],
    channels: [...it.channels],
    basis: it.basis ?? null,
    warning: warning ? { version: warning.version, hash: createHash('sha256').update(warning.text).digest('base64url') } : null,
    attestation: it.attestation ?? null,
    told: it.told ?? null,
    source: it.source ?? null,
    revokes: it.revokes ?? null,
    recordedBy: tx.by.actor,
    recordedAt: tx.at.getTime(),
    expiresAt: it.expiresAt ?? null,
  }
  const { text, signature, hash } = signer.sign(document)
  const sealed = await sealJson(keys, tx.org, tx.at, contextOf(it.receipt), text.toString('utf8'))
  await insertReceipt(tx, {
    receipt: it.receipt,
    kind: it.kind,
    patient: it.patient,
    number: it.number,
    scopes: document.scopes,
    channels: document.channels,
    basis: document.basis,
    source: document.source,
    revokes: document.revokes,
    recorded_at: tx.at,
    recorded_by: tx.by.actor,
    expires_at: document.expiresAt === null ? null : new Date(document.expiresAt),
    key_version: signer.version,
    signature,
    hash,
    ...sealed,
  })
  return hash.toString('base64url')
}

/** A consent as it is recorded. */
export interface NewConsent {
  readonly receipt: string
  readonly patient: string
  readonly number: string
  readonly scopes: readonly Scope[]
  readonly channels: readonly Channel[]
  readonly basis: Basis
  readonly warning?: WarningVersion | undefined
  readonly attestation?: string | undefined
  readonly expiresAt: number | null
}

/** Records a consent that `judgeGrant` accepted; returns its hash, also when it was recorded before. `id-taken`: the id says something else. */
export async function grant(tx: Tx, keys: KeyLedger, it: NewConsent): Promise<{ hash: string } | 'id-taken'> {
  await lockNumber(tx, it.number, 'alone')
  const before = await findReceipt(tx, it.receipt)
  if (before) return isGrant(before, it) ? { hash: before.hash.toString('base64url') } : 'id-taken'
  const hash = await issue(tx, keys, { ...it, kind: 'grant' })
  const { receipt, patient, number, basis } = it
  const payload = { receipt, patient, number, scopes: [...it.scopes], channels: [...it.channels], basis, hash }
  tx.announce(consentRecorded, { key: `number|${number}`, payload })
  return { hash }
}

/** Ends a consent. `gone`: there is no such consent of this patient. A second end of the same one gives the first back. */
export async function revoke(
  tx: Tx,
  keys: KeyLedger,
  it: { receipt: string; patient: string; consent: string; told: Told },
): Promise<{ receipt: string } | 'id-taken' | 'gone'> {
  const consent = await findReceipt(tx, it.consent)
  if (!consent || consent.kind !== 'grant' || consent.patient !== it.patient) return 'gone'
  await lockNumber(tx, consent.number, 'alone')
  const before = await findReceipt(tx, it.receipt)
  if (before) return before.kind === 'revoke' && before.revokes === it.consent ? { receipt: it.receipt } : 'id-taken'
  const ended = await findRevocation(tx, it.consent)
  if (ended) return { receipt: ended.receipt }
  const { patient, told } = it
  const { number } = consent
  const hash = await issue(tx, keys, {
    receipt: it.receipt,
    kind: 'revoke',
    patient,
    number,
    channels: consent.channels,
    revokes: it.consent,
    told,
  })
  tx.announce(consentRevoked, { key: `number|${number}`, payload: { receipt: it.receipt, revokes: it.consent, patient, number, hash } })
  return { receipt: it.receipt }
}

/** Whether texts to a number are stopped, by its newest stop or resumption. */
async function newestOf(db: Db, number: string): Promise<ReceiptRow | undefined> {
  return (await newestStops(db, [number]))[0]
}

/** Stops every text to a number. Returns the new receipt's id; undefined if it is stopped already, for then there is nothing to confirm. */
export async function stopNumber(
  tx: Tx,
  keys: KeyLedger,
  it: { number: string; source: Source; receipt?: string; told?: Told },
): Promise<string | undefined> {
  await lockNumber(tx, it.number, 'alone')
  if ((await newestOf(tx, it.number))?.kind === 'opt-out') return undefined
  const receipt = it.receipt ?? newId()
  const hash = await issue(tx, keys, { ...it, receipt, kind: 'opt-out', patient: null, channels: ['sms'] })
  const patients = (await householdsOf(tx, [it.number])).get(it.number)!.slice(0, 100)
  tx.announce(optedOut, { key: `number|${it.number}`, payload: { receipt, number: it.number, patients, source: it.source, hash } })
  return receipt
}

/** A patient told somebody that texts shall stop. `id-taken`: the id says something else. A number that is stopped already stays so. */
export async function stopByStaff(
  tx: Tx,
  keys: KeyLedger,
  it: { receipt: string; number: string; told: Told },
): Promise<'done' | 'id-taken'> {
  await lockNumber(tx, it.number, 'alone')
  const before = await findReceipt(tx, it.receipt)
  if (before) return before.kind === 'opt-out' && before.number === it.number ? 'done' : 'id-taken'
  await stopNumber(tx, keys, { ...it, source: 'staff' })
  return 'done'
}

/** The phone itself says that texts may come again. It makes no consent: what was agreed to before counts again. False if nothing was stopped. */
export async function resumeNumber(tx: Tx, keys: KeyLedger, number: string): Promise<boolean> {
  await lockNumber(tx, number, 'alone')
  if ((await newestOf(tx, number))?.kind !== 'opt-out') return false
  const receipt = newId()
  const hash = await issue(tx, keys, { receipt, kind: 'resume', patient: null, number, channels: ['sms'], source: 'text' })
  const patients = (await householdsOf(tx, [number])).get(number)!.slice(0, 100)
  tx.announce(resumed, { key: `number|${number}`, payload: { receipt, number, patients, hash } })
  return true
}

const sameWords = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((word) => b.includes(word))

/** Whether a receipt records this very consent: who, where, what for, on what basis and until when. */
const isGrant = (row: ReceiptRow, it: NewConsent): boolean =>
  row.kind === 'grant' &&
  row.patient === it.patient &&
  row.number === it.number &&
  row.basis === it.basis &&
  sameWords(row.scopes, it.scopes) &&
  sameWords(row.channels, it.channels) &&
  (row.expires_at?.getTime() ?? null) === it.expiresAt
