/** A clinic with people who sign in at a provider, for the scenarios about that. */
import { randomBytes } from 'node:crypto'
import { wardlineFeatures } from '@wardline/app-server'
import { codeOf as totpOf } from '@wardline/dev'
import { openWorld, worldBegins } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { client } from '@wardline/platform/contract'
import type { CallResult, Endpoint, GivesOf, Static } from '@wardline/platform/contract'
import { bySystem, newId, openOutgoing } from '@wardline/platform/server'
import type { ServerOptions } from '@wardline/platform/server'
import { enrolTotp } from '@wardline/product/access/mfa/server'
import { createOrganisation, createPerson, lockPerson } from '@wardline/product/access/provisioning/server'
import type { Role } from '@wardline/product/access/roles/server'
import { beginSession } from '@wardline/product/access/sessions/server'
import { setPassword } from '@wardline/product/access/sign-in/server'
import * as sso from '@wardline/product/access/sso/contract'

/** A browser as HTTP sees it: a jar of cookies and calls by them. */
export interface Browser {
  readonly jar: Map<string, string>
  readonly call: ReturnType<typeof client>
  /** Posts a form as a browser does that comes from elsewhere: without our cookies, which are Strict. Returns where it is sent. */
  postFromElsewhere(action: string, fields: Readonly<Record<string, string>>): Promise<string>
}

/** A person with a password and an authenticator. */
export interface Member {
  readonly person: string
  readonly name: string
  readonly key: Buffer
}

export const password = 'correct horse battery'

/** The value of an answer, or an error with its code. */
export function must<E extends Endpoint>(answer: CallResult<E>): GivesOf<E> {
  if (answer.ok) return answer.value
  throw new Error(`${answer.code}${answer.field ? ` (${answer.field})` : ''}: ${answer.what}`)
}

/** The code of a refusal; `ok` where there was none. */
export const codeOf = (answer: CallResult<Endpoint>): string => (answer.ok ? 'ok' : answer.code)

/** Opens the world at the machine's own time, because the providers' clocks are the machine's; addresses of this machine may be asked. */
export async function openSsoWorld(more: Partial<Pick<ServerOptions, 'pages' | 'port'>> = {}) {
  const later: { world?: World } = {}
  const outgoing = openOutgoing({ allow: ['127.0.0.0/8'], timeoutMs: 5_000 })
  const features = wardlineFeatures({ carrier: null, publicOrigin: () => later.world!.url, outgoing })
  const world = (later.world = await openWorld({ features, server: more }))
  await world.advance(Date.now() - worldBegins)
  const org = newId()
  let made = 0

  async function person(roles: readonly Role[] = ['clinician'], of = org): Promise<Member> {
    const key = randomBytes(20)
    const name = `sso.${(made += 1)}.${roles[0] ?? 'none'}`
    const id = await world.server.db.write(of, bySystem, async (tx) => {
      const created = await createPerson(tx, { signInName: name, name: `Person ${made}`, title: '', roles })
      await setPassword(tx, world.keys, { person: created, password })
      await enrolTotp(tx, world.keys, { person: created, key })
      return created
    })
    return { person: id, name, key }
  }

  /** A browser of nobody, or of a person with a session that has just begun. */
  function browser(cookie?: string): Browser {
    const jar = new Map<string, string>(cookie === undefined ? [] : [['wl', cookie]])
    const keep = (answer: Response) => {
      for (const line of answer.headers.getSetCookie()) {
        const [pair = ''] = line.split(';')
        const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
        if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name)
        else jar.set(name, value)
      }
      return answer
    }
    const call = client(
      async (to, init) => keep(await fetch(to, init as RequestInit)),
      world.url,
      () => ({ origin: world.url, cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }),
    )
    return {
      jar,
      call,
      async postFromElsewhere(action, fields) {
        const answer = await fetch(action, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) })
        return answer.headers.get('location') ?? `${answer.status}`
      },
    }
  }

  /** A browser in which this person has just signed in, without password and code. */
  async function signedIn(who: string, of = org): Promise<Browser> {
    const begun = await world.server.db.write(of, { actor: who, device: null }, async (tx) => {
      await lockPerson(tx, who)
      return beginSession(tx, { person: who, place: 'private' })
    })
    return browser(begun.token)
  }

  async function found(of = org): Promise<Member> {
    await world.server.db.write(of, bySystem, (tx) =>
      createOrganisation(tx, { name: 'Mercy Hospital', zone: 'America/Chicago', preset: 'hospital' }),
    )
    return person(['administrator'], of)
  }

  const codeNow = (totpKey: Buffer) => totpOf({ totpKey } as unknown as Parameters<typeof totpOf>[0], world.server.clock.ms()).code

  return { world, org, outgoing, person, browser, signedIn, found, codeNow }
}
export type SsoWorld = Awaited<ReturnType<typeof openSsoWorld>>

/** The fields of a connection that change nothing. */
export const fieldsOf = (it: Static<typeof sso.Connection>) => ({
  label: it.label,
  address: it.address,
  listed: it.listed,
  firstLink: it.firstLink,
  settings: it.settings,
  on: it.on,
})
