import { Id, Shape, Type } from '@wardline/platform/contract'
import { signal } from '@wardline/platform/server'
import type { Services } from '@wardline/platform/server'
import { deskOf } from './desk.ts'

/** Whose: a session, or all of a person, of a device or of the organisation. */
const Whose = Shape({ session: Type.Optional(Id), person: Type.Optional(Id), device: Type.Optional(Id) })

/** In doubt every caller is found anew, by what the database knows. */
function doubt({ db }: Pick<Services, 'db'>, org: string | null): void {
  if (org === null) deskOf(db)?.forgetAll()
  else deskOf(db)?.forget({ org })
}

/** A session is over, or a device is cut off: on every node nobody is believed to have it, and its windows are cut off. */
export const over = signal({
  kind: 'sessions.over',
  takes: Whose,
  heard({ db, live }, org, of) {
    deskOf(db)?.forget(of)
    live.end({ org, ...of })
  },
  doubt,
})

/** What a caller is has changed (device, roles, what the device may keep): every window comes again as what it is now. */
export const changed = signal({
  kind: 'sessions.changed',
  takes: Whose,
  heard({ db, live }, org, of) {
    deskOf(db)?.forget(of)
    live.end({ org, ...of }, 'going-away')
  },
})

/** What a request is judged by has changed, and no window hears anything else for it: a proof, the organisation's figures. */
export const reread = signal({
  kind: 'sessions.reread',
  takes: Whose,
  heard({ db }, org, of) {
    deskOf(db)?.forget(of.session === undefined ? { org } : of)
  },
})
