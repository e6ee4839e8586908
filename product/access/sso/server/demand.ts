import { Refusal, within } from '@wardline/platform/server'
import { notify } from '@wardline/product/access/mfa/server'
import { sessionStarted } from '@wardline/product/access/sessions/contract'
import { setProvider } from '@wardline/product/access/sessions/server'
import { reopenedFrom } from '@wardline/product/access/workstations/server'
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
  // Whoever comes back by PIN goes on with a shift: that one must have begun at the provider. What the provider says now is not theirs to use up.
  const reopened = await reopenedFrom(tx, session)
  if (reopened?.provider === demand.connection) return
  if (!reopened && (await spendPass(tx, person, demand.connection))) {
    await setProvider(tx, session, demand.connection)
    return
  }
  if (!(await isExempt(tx, person))) throw new Refusal('sso-demanded')
  tx.announce(exemptionUsed, { key: `person|${person}`, actor: person, payload: { person, session } })
  // Every officer reads it: an exemption is how a provider is gone round.
  await notify(tx, person, 'sso-exemption-used')
})
