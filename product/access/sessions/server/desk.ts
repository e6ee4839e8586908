import type { Caller, Database, Live } from '@wardline/platform/server'
import type { Ends } from '../rules.ts'
import { isFresh, overWhy, sessionPolicy } from '../rules.ts'

/** What a node believes of a session for a few seconds, so that not every request reads it. */
interface Believed extends Ends {
  readonly caller: Caller
  readonly readAt: number
}

/** What one server of this process knows of sessions: a short memory of callers, and their open windows. */
export interface Desk {
  readonly live: Live
  /** Rises when anything is forgotten: what was read before that is not remembered after it. */
  readonly generation: number
  caller(key: string, now: number): Caller | null
  remember(key: string, it: Believed): void
  forget(of: { session?: string; person?: string; device?: string; org?: string }): void
  /** Forgets everybody. */
  forgetAll(): void
  /** True at most once a minute for a session: its idle end should move. */
  shouldMove(session: string, now: number): boolean
}

const most = 20_000
const desks = new Map<Database, Desk>()

/** Opens the desk of a server. */
export function openDesk(db: Database, live: Live): Desk {
  const believed = new Map<string, Believed>()
  const moved = new Map<string, number>()
  let generation = 0
  const trim = (map: Map<string, unknown>) => {
    if (map.size >= most) map.delete(map.keys().next().value!)
  }
  const desk: Desk = {
    live,
    get generation() {
      return generation
    },
    caller(key, now) {
      const it = believed.get(key)
      if (!it) return null
      if (isFresh(it.readAt, now) && overWhy(it, now) === null) return it.caller
      believed.delete(key)
      return null
    },
    remember(key, it) {
      believed.delete(key)
      trim(believed)
      believed.set(key, it)
    },
    forget({ session, person, device, org }) {
      generation += 1
      const isOf = ({ caller }: Believed) =>
        caller.session === session || caller.person === person || (device !== undefined && caller.device === device) || caller.org === org
      for (const [key, it] of believed) if (isOf(it)) believed.delete(key)
      if (session !== undefined) moved.delete(session)
    },
    forgetAll() {
      generation += 1
      believed.clear()
      moved.clear()
    },
    shouldMove(session, now) {
      const last = moved.get(session)
      if (last !== undefined && now >= last && now - last < sessionPolicy.moveSeconds * 1_000) return false
      moved.delete(session)
      trim(moved)
      moved.set(session, now)
      return true
    },
  }
  desks.set(db, desk)
  return desk
}

/** The desk of the server that works on this database pool. */
export const deskOf = (db: Database): Desk | undefined => desks.get(db)

/** Closes it. */
export const closeDesk = (db: Database): void => void desks.delete(db)
