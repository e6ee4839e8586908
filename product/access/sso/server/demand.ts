import { Refusal, within } from '@wardline/platform/server'
import { sessionStarted } from '@wardline/product/access/sessions/contract'
import { exemptionUsed } from '../contract.ts'
import { isExempt, readDemand, spendPass } from './queries.ts'

/**
 * Where an organisation demands its provider, no session begins in any other way: it is vetoed in the transaction that would begin it,
 * however the person proved themselves. Named administrators come in, and that is an alarm.
 */
export const demandProvider = within('sso-demand', [sessionStarted], async (tx, { payload }) => {
  const demand = await readDemand(tx)
  if (!demand) return
  const { person, session } = payload
  if (await spendPass(tx, person, demand.connection)) return
  if (!(await isExempt(tx, person))) throw new Refusal('sso-demanded')
  tx.announce(exemptionUsed, { key: `person|${person}`, actor: person, payload: { person, session } })
})
