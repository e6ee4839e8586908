import type { GivesOf } from '@wardline/platform/contract'
import { may, type Action, type Decision } from '@wardline/product/access/roles/preview'
import { createContext, useContext, type ReactNode } from 'react'
import type { me } from '../contract.ts'

/** The signed-in person, their organisation and this session. */
export type Me = GivesOf<typeof me>

const MeContext = createContext<Me | null>(null)

/** Tells every screen below who is signed in. */
export const MeProvider = ({ me: it, children }: { me: Me; children: ReactNode }) => <MeContext value={it}>{children}</MeContext>

/** Who is signed in. Only below a MeProvider. */
export const useMe = (): Me => {
  const it = useContext(MeContext)
  if (it === null) throw new Error('useMe: nobody is signed in here')
  return it
}

/** Whether the signed-in person may do something, or the sentence that says why not. The server decides; this is for buttons. */
export const useMay = (action: Action): Decision => may(useMe().roles, action)
