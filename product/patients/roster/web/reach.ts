import { useMe, type Me } from '@wardline/product/access/provisioning/web'
import { may, type Action, type Decision } from '@wardline/product/access/roles/preview'

/**
 * Whether a right over patients reaches any patient here: whoever treats in a practice treats all of its patients; in a hospital a right
 * that ends at the care team reaches nobody until care teams are known. The server decides; this is for places and buttons.
 */
export function mayWithPatients(me: Pick<Me, 'roles' | 'organisation'>, action: Action): Decision {
  const decision = may(me.roles, action)
  if (!decision.yes || decision.reach === 'all') return decision
  if (me.organisation.preset === 'practice' && decision.reach !== 'own' && decision.reach !== 'opened') return decision
  return { yes: false, reason: 'In a hospital patients are opened through their care team, which this server does not know yet.' }
}

/** The same for the signed-in person. */
export const useMayWithPatients = (action: Action): Decision => mayWithPatients(useMe(), action)
