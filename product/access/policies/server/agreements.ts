import type { GivesOf } from '@wardline/platform/contract'
import { newId } from '@wardline/platform/server'
import type { Db, Tx } from '@wardline/platform/db'
import { agreementEnded, agreementRecorded } from '../contract.ts'
import type { listAgreements } from '../contract.ts'
import { isInForce, judgeTerm } from '../rules.ts'
import { insertAgreement, markAgreementEnded, readAgreements } from './queries.ts'
import { PolicyRefused } from './refused.ts'
import type { AgreementRow } from './tables.ts'

/** An agreement as a screen shows it. */
export type Agreement = GivesOf<typeof listAgreements>['agreements'][number]

/** A signed agreement to record; days are ISO 8601 in the organisation's zone, no end means until ended. */
export interface NewAgreement {
  readonly counterparty: string
  readonly kind: 'baa'
  readonly startsOn: string
  readonly endsOn?: string | undefined
}

const shown = (row: AgreementRow): Agreement => ({
  id: row.agreement,
  counterparty: row.counterparty,
  kind: row.kind,
  startsOn: row.starts_on,
  endsOn: row.ends_on,
  active: isInForce({ startsOn: row.starts_on, endsOn: row.ends_on, ended: row.ended }, row.today),
})

/** All agreements, newest first. */
export const agreements = async (db: Db): Promise<Agreement[]> => (await readAgreements(db, null)).map(shown)

/** Whether a business associate agreement with this counterparty is in force today: what PHI needs before it leaves (45 CFR 164.502(e)). */
export const agreementActive = async (db: Db, counterparty: string): Promise<boolean> =>
  (await readAgreements(db, counterparty)).some((row) => row.kind === 'baa' && shown(row).active)

/** Records a signed agreement; returns it. Throws PolicyRefused. */
export async function recordAgreement(tx: Tx, it: NewAgreement): Promise<Agreement> {
  const endsOn = it.endsOn ?? null
  const refused = judgeTerm(it.startsOn, endsOn)
  if (refused) throw new PolicyRefused(refused)
  const agreement = newId()
  const { counterparty, kind, startsOn } = it
  await insertAgreement(tx, { agreement, counterparty, kind, startsOn, endsOn })
  tx.announce(agreementRecorded, { key: `agreement|${agreement}`, payload: { agreement, counterparty, kind, startsOn, endsOn } })
  return (await agreements(tx)).find((row) => row.id === agreement)!
}

/** Ends an agreement now; false if there is no such one that has not ended. */
export async function endAgreement(tx: Tx, agreement: string): Promise<boolean> {
  const row = await markAgreementEnded(tx, agreement)
  if (!row) return false
  tx.announce(agreementEnded, { key: `agreement|${agreement}`, payload: { agreement, counterparty: row.counterparty } })
  return true
}
