import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'

// The package has no types; this is the part of it that is used here.
interface Grant {
  addOIDCScope(scope: string): void
  save(): Promise<string>
}
interface Context {
  readonly path: string
  readonly req: IncomingMessage
  readonly res: ServerResponse
  body: unknown
  type: string
  respond: boolean
  readonly oidc: {
    readonly provider: { readonly Grant: new (of: { clientId: string; accountId: string }) => Grant }
    readonly client?: { readonly clientId: string }
    readonly session?: { readonly accountId?: string }
  }
}
interface ProviderLike {
  use(middleware: (ctx: Context, next: () => Promise<void>) => Promise<void>): void
  callback(): (request: IncomingMessage, reply: ServerResponse) => void
  interactionFinished(request: IncomingMessage, reply: ServerResponse, result: object, options: object): Promise<void>
}
const require = createRequire(import.meta.url)
const { default: Provider } = require('oidc-provider') as { default: new (issuer: string, configuration: object) => ProviderLike }

/** Who signs in at the pretend provider next, and what it says of how. */
export interface OidcSays {
  subject: string
  name: string
  amr: readonly string[]
  acr: string | undefined
}

/** A certified OpenID Connect provider (npm oidc-provider) in this process, over HTTP. */
export interface OidcPeer {
  readonly issuer: string
  readonly clientId: string
  readonly secret: string
  readonly says: OidcSays
  /** How often its configuration, its keys and its tokens were asked for. */
  readonly asked: Readonly<Record<string, number>>
  /** Changes what leaves it: the body of an answer of this path, before it is sent. */
  tamper(change: ((path: string, body: string) => string) | null): void
  /** The page that a browser shows: its only button goes on. Follows the provider's redirects to the one that leaves it. */
  visit(url: string): Promise<string>
  close(): Promise<void>
}

/** Opens a provider whose one client comes back to `redirectUri`. */
export async function openOidcPeer(redirectUri: string): Promise<OidcPeer> {
  const says: OidcSays = { subject: 'subject-1', name: 'ana@mercy.example', amr: ['pwd', 'mfa'], acr: undefined }
  const asked: Record<string, number> = {}
  let change: ((path: string, body: string) => string) | null = null
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const [clientId, secret] = ['wardline', 'a-secret-of-forty-characters-and-some-more']
  const provider = new Provider(issuer, {
    clients: [
      { client_id: clientId, client_secret: secret, redirect_uris: [redirectUri], token_endpoint_auth_method: 'client_secret_post' },
    ],
    pkce: { required: () => true },
    claims: { openid: ['sub', 'preferred_username', 'amr', 'acr', 'auth_time'] },
    acrValues: ['mfa-level'],
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['only-for-tests'] },
    findAccount: (_ctx: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: says.name }) }),
    interactions: { url: (_ctx: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
    // A login is what the test says, without a page.
    loadExistingGrant: async (ctx: Context) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client!.clientId, accountId: ctx.oidc.session!.accountId! })
      grant.addOIDCScope('openid profile email')
      await grant.save()
      return grant
    },
    ttl: { Session: 3_600, Interaction: 600, Grant: 600, IdToken: 300, AuthorizationCode: 60, AccessToken: 300 },
  })
  provider.use(async (ctx, next) => {
    asked[ctx.path] = (asked[ctx.path] ?? 0) + 1
    if (ctx.path.startsWith('/interaction/')) {
      const result = {
        login: { accountId: says.subject, amr: [...says.amr], ...(says.acr === undefined ? {} : { acr: says.acr }), remember: false },
      }
      await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false })
      ctx.respond = false
      return
    }
    await next()
    if (change && typeof ctx.body === 'object' && ctx.body !== null && !Buffer.isBuffer(ctx.body)) {
      const body = change(ctx.path, JSON.stringify(ctx.body))
      ctx.body = body
      ctx.type = 'application/json'
    }
  })
  server.on('request', (request, reply) => provider.callback()(request, reply))

  return {
    issuer,
    clientId,
    secret,
    says,
    asked,
    tamper: (it) => void (change = it),
    async visit(url) {
      const jar = new Map<string, string>()
      let at = url
      for (let hop = 0; hop < 10; hop += 1) {
        if (!at.startsWith(issuer)) return at
        const answer = await fetch(at, { redirect: 'manual', headers: { cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; ') } })
        for (const cookie of answer.headers.getSetCookie()) {
          const [pair = ''] = cookie.split(';')
          jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
        }
        const next = answer.headers.get('location')
        if (!next) throw new Error(`The provider shows a page at ${at}: ${answer.status} ${(await answer.text()).slice(0, 300)}`)
        at = new URL(next, at).href
      }
      throw new Error('The provider redirects without end.')
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
