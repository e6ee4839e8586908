import { command, refuse, serve, signedIn } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { ActiveFrame, endMySession, mySessions, sessionEnded, signOut } from '../contract.ts'
import { cookieName, keepFromIdling } from './authenticate.ts'
import { endSessions } from './end.ts'
import { openSessions } from './queries.ts'

export const routes: readonly Route[] = [
  serve(mySessions, {
    who: signedIn,
    audit: { none: 'shows a person their own sessions' },
    phi: 'none',
    run: async (ctx) => {
      const open = await ctx.read((db) => openSessions(db, ctx.caller.person))
      return {
        sessions: open.toReversed().map((row) => ({
          id: row.session,
          place: row.place,
          browser: { browser: row.browser, version: row.browser_version, system: row.system },
          device: row.device,
          startedAt: row.started_at.getTime(),
          lastActiveAt: row.active_at.getTime(),
          idleSeconds: Math.round((row.idle_until.getTime() - row.active_at.getTime()) / 1_000),
          endsAt: row.ends_at.getTime(),
          current: row.session === ctx.caller.session,
        })),
      }
    },
  }),
  serve(endMySession, {
    who: signedIn,
    audit: sessionEnded,
    phi: 'none',
    run: async (ctx, _body, { session }) => {
      const own = session === ctx.caller.session
      const ended = await ctx.write((tx) =>
        endSessions(tx, { sessions: [session], person: ctx.caller.person }, own ? 'signed-out' : 'ended-elsewhere'),
      )
      if (ended === 0) throw refuse(endMySession, 'not-found')
      if (own) ctx.clearCookie(cookieName)
      return {}
    },
  }),
  serve(signOut, {
    who: signedIn,
    audit: sessionEnded,
    phi: 'none',
    run: async (ctx) => {
      await ctx.write((tx) => endSessions(tx, { sessions: [ctx.caller.session] }, 'signed-out'))
      ctx.clearCookie(cookieName)
      return {}
    },
  }),
]

/** The client says that its person is at work: typing and reading send no requests. */
export const active = command({
  t: 'session.active',
  takes: ActiveFrame,
  run: (services, socket) => keepFromIdling(services, socket.caller),
})
