import { client } from '@wardline/platform/contract'
import type { RunningServer } from '@wardline/platform/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { beginSession } from '@wardline/product/access/sessions/server'
import type { CastMember, CastOrganisation } from './cast.ts'

/** Calls endpoints as a signed-in person: what a browser tab is to the server. */
export interface Visitor {
  readonly call: ReturnType<typeof client>
  /** The Cookie header, for sockets. */
  readonly cookie: string
  readonly session: string
}

/** A caller at `url` with a cookie, as a browser on that page sends it. */
export function visitorAt(url: string, cookie: string, session: string): Visitor {
  return {
    call: client(
      (to, init) => fetch(to, init as RequestInit),
      url,
      () => ({ cookie, origin: new URL(url).origin }),
    ),
    cookie,
    session,
  }
}

/** Signs an invented person in without password and code: for the seed, where both are known anyway. */
export async function visit(server: RunningServer, organisation: CastOrganisation, member: CastMember): Promise<Visitor> {
  const begun = await server.db.write(organisation.org, { actor: member.person, device: null }, async (tx) => {
    await lockPerson(tx, member.person)
    return beginSession(tx, { person: member.person, place: 'private' })
  })
  return visitorAt(server.url, `wl=${begun.token}`, begun.session)
}

/** The value of an answer that must not fail; the seed and the tour stop with the code otherwise. */
export function must<T>(
  what: string,
  answer: { ok: true; value: T } | { ok: false; code: string; what: string; field?: string | undefined },
): T {
  if (answer.ok) return answer.value
  throw new Error(`${what}: ${answer.code}${answer.field ? ` (${answer.field})` : ''}: ${answer.what}`)
}
