import { createContext, useContext, type ReactNode } from 'react'
import type { Shift } from '@wardline/product/access/workstations/web'
import type { Live } from '../live.ts'

/** What the frame of the application offers to its own screens. */
export type Desk = {
  readonly live: Live | null
  readonly signOut: () => Promise<void>
  /** The person went on without team messages in this browser. */
  readonly isWithoutTeam: boolean
  readonly resumeTeam: () => void
  /** At a shared workstation: the person's shift, and how they leave the screen to whoever comes next. */
  readonly station: { readonly shift: Shift; readonly cover: () => void } | null
}

const DeskContext = createContext<Desk | null>(null)

/** Gives the screens their desk. */
export const DeskProvider = ({ desk, children }: { desk: Desk; children: ReactNode }) => <DeskContext value={desk}>{children}</DeskContext>

/** The desk of the signed-in person. */
export const useDesk = (): Desk => {
  const desk = useContext(DeskContext)
  if (desk === null) throw new Error('useDesk: nobody is signed in here')
  return desk
}
