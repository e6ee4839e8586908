import { useMe, type Me } from '@wardline/product/access/provisioning/web'
import { may, mayHere, type Action, type Decision } from '@wardline/product/access/roles/preview'

/**
 * Whether a right over patients reaches any patient here. An officer's right that an emergency alone opens is not offered as a place of work.
 * The server decides which patients; this is for places and buttons.
 */
export function mayWithPatients(me: Pick<Me, 'roles' | 'organisation'>, action: Action): Decision {
  const decision = may(me.roles, action)
  if (!decision.yes || (decision.reach !== 'opened' && decision.reach !== 'own')) return decision
  return { yes: false, reason: 'These records are opened in an emergency only, one at a time.' }
}

/** The same for the signed-in person, where they are. */
export const useMayWithPatients = (action: Action): Decision => {
  const me = useMe()
  const anywhere = mayWithPatients(me, action)
  return anywhere.yes ? mayHere(me.roles, me.closed, action) : anywhere
}
