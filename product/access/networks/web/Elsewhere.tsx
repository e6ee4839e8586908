import { useMe } from '@wardline/product/access/provisioning/web'
import { isKeptInside, may, mayHere, type Action } from '@wardline/product/access/roles/preview'
import { EmptyState, LockIcon } from '@wardline/ui'
import type { ReactNode } from 'react'

/** Whether somebody may do this, and not from where they are; the server decides again. */
export const useElsewhere = (action: Action): boolean => {
  const { roles, closed } = useMe()
  return may(roles, action).yes && !mayHere(roles, closed, action).yes
}

/** In place of what shows patients' records, for who is not in one of the organisation's networks. `inEmergency`: what they may do for the patient at hand. */
export const Elsewhere = ({ inEmergency }: { inEmergency?: ReactNode }) => (
  <>
    {inEmergency}
    <EmptyState icon={LockIcon} title="Records are closed on this network">
      Your organisation opens patients’ records and archives from its own networks only. Join the staff network or the VPN: this page opens
      by itself within a minute. Messages with colleagues, also urgent ones, work as ever.
    </EmptyState>
  </>
)

/** Whether somebody administers this, and not from where they are: the server then answers as if there were no such thing. */
export const useAdministersElsewhere = (): ((action: Action) => boolean) => {
  const { roles, administers } = useMe()
  return (action) => !administers && may(roles, action).yes && isKeptInside(roles, action)
}

/** In place of administration, for who is not in one of the networks from which the organisation is administered. */
export const AdministrationElsewhere = () => (
  <EmptyState icon={LockIcon} title="Administration is closed on this network">
    Your organisation is administered from its own networks only. Join the staff network or the VPN: this page opens by itself within a
    minute. Messages and your own settings work as ever.
  </EmptyState>
)
