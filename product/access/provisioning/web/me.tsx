import type { GivesOf } from '@wardline/platform/contract'
import { administrationElsewhere, isKeptInside, mayHere, type Action, type Decision } from '@wardline/product/access/roles/preview'
import { useAsk } from '@wardline/product/access/sessions/web'
import { createContext, useContext, useMemo, type ReactNode } from 'react'
import { me } from '../contract.ts'

/** The signed-in person, their organisation and this session. */
export type Me = GivesOf<typeof me>

const MeContext = createContext<Me | null>(null)

const nothing: Me['closed'] = []

/** Tells every screen below who is signed in, and what is closed to them where they are: a phone goes from one network to another. */
export const MeProvider = ({ me: it, children }: { me: Me; children: ReactNode }) => {
  const { data } = useAsk(me, {}, { pollMs: 60_000 })
  const closed = data?.session.id === it.session.id ? data.closed : nothing
  const administers = data?.session.id === it.session.id ? data.administers : it.administers
  const now = useMemo(() => ({ ...it, closed, administers }), [it, closed, administers])
  return <MeContext value={now}>{children}</MeContext>
}

/** Who is signed in. Only below a MeProvider. */
export const useMe = (): Me => {
  const it = useContext(MeContext)
  if (it === null) throw new Error('useMe: nobody is signed in here')
  return it
}

/** Whether the signed-in person may do something, or the sentence that says why not. The server decides; this is for buttons. */
export const useMay = (action: Action): Decision => {
  const { roles, closed, administers } = useMe()
  const here = mayHere(roles, closed, action)
  return here.yes && !administers && isKeptInside(roles, action) ? { yes: false, reason: administrationElsewhere } : here
}
