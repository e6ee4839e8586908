import * as client from 'openid-client'
import { OutgoingRefused } from '@wardline/platform/server'
import type { Outgoing } from '@wardline/platform/server'
import type { IdClaims, Outcome } from '../rules.ts'
import { judgeIdToken, SsoRefused } from '../rules.ts'
import type { Oidc } from './tables.ts'

/** What a sign-in keeps to itself while the person is at the provider. */
export interface OidcSecrets {
  readonly verifier: string
  readonly nonce: string
}

// The library's own clock is the machine's; tokens are judged by the service's, in `judgeIdToken`. A tolerance of a century leaves that to us.
const century = 3_155_760_000

/** Reads the provider's configuration (OpenID Connect Discovery 1.0). Throws SsoRefused. */
export async function discover(outgoing: Outgoing, settings: Oidc, secret: string | null): Promise<client.Configuration> {
  return tell(async () => {
    const server = new URL(settings.issuer)
    const execute = [client.enableNonRepudiationChecks, ...(server.protocol === 'http:' ? [client.allowInsecureRequests] : [])]
    const metadata = {
      id_token_signed_response_alg: settings.algorithm,
      [client.clockTolerance]: century,
      ...(secret === null ? {} : { client_secret: secret }),
    }
    const configuration = await client.discovery(server, settings.clientId, metadata, undefined, {
      execute,
      [client.customFetch]: (url, init) => through(outgoing, url, init),
    })
    const told = configuration.serverMetadata()
    if (told.issuer !== settings.issuer) throw new SsoRefused('issuer', `the provider calls itself ${told.issuer}, not ${settings.issuer}`)
    if (!told.authorization_endpoint || !told.token_endpoint || !told.jwks_uri)
      throw new SsoRefused('discovery', 'the provider names no authorization_endpoint, token_endpoint or jwks_uri')
    configuration[client.customFetch] = (url, init) => through(outgoing, url, init)
    return configuration
  })
}

/** The address to which a browser is sent: code flow with PKCE (RFC 7636), state and nonce. */
export async function authorizationUrl(
  configuration: client.Configuration,
  settings: Oidc,
  it: OidcSecrets & { readonly redirectUri: string; readonly state: string; readonly fresh: boolean },
): Promise<string> {
  const scope = settings.scope.split(/\s+/).includes('openid') ? settings.scope : `openid ${settings.scope}`
  return client.buildAuthorizationUrl(configuration, {
    redirect_uri: it.redirectUri,
    scope,
    state: it.state,
    nonce: it.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(it.verifier),
    code_challenge_method: 'S256',
    ...(settings.acr.length > 0 ? { acr_values: settings.acr.join(' ') } : {}),
    ...(it.fresh ? { prompt: 'login', max_age: '0' } : {}),
  }).href
}

export const newSecrets = (): OidcSecrets => ({ verifier: client.randomPKCECodeVerifier(), nonce: client.randomNonce() })

/** Exchanges the code and judges the id_token: signature by the provider's keys, then its claims by the service's clock. Throws SsoRefused. */
export async function redeem(
  configuration: client.Configuration,
  settings: Oidc,
  it: OidcSecrets & {
    readonly redirectUri: string
    readonly answer: string
    readonly state: string
    readonly fresh: boolean
    readonly now: number
  },
): Promise<Outcome> {
  return tell(async () => {
    const url = new URL(it.redirectUri)
    url.search = it.answer
    const tokens = await client.authorizationCodeGrant(configuration, url, {
      expectedState: it.state,
      expectedNonce: it.nonce,
      pkceCodeVerifier: it.verifier,
      idTokenExpected: true,
    })
    return judgeIdToken(tokens.claims() as IdClaims, { ...settings, nonce: it.nonce, fresh: it.fresh, now: it.now })
  })
}

/** Whether the provider serves keys, for the administrator's test. Throws SsoRefused. */
export async function countKeys(outgoing: Outgoing, configuration: client.Configuration): Promise<number> {
  return tell(async () => {
    const answer = await outgoing.ask(configuration.serverMetadata().jwks_uri ?? '')
    const { keys } = JSON.parse(answer.body.toString('utf8')) as { keys?: unknown[] }
    if (answer.status !== 200 || !Array.isArray(keys) || keys.length === 0)
      throw new SsoRefused('keys', `jwks_uri answers ${answer.status} without keys`)
    return keys.length
  })
}

async function through(outgoing: Outgoing, url: string, init: client.CustomFetchOptions): Promise<Response> {
  const { body, headers, method } = init
  const answer = await outgoing.ask(url, {
    method,
    headers,
    ...(body === undefined || body === null ? {} : { body: typeof body === 'string' ? body : (body as URLSearchParams).toString() }),
  })
  return new Response(answer.status === 204 ? null : Uint8Array.from(answer.body), { status: answer.status, headers: answer.headers })
}

/** Turns whatever went wrong into a refusal whose detail an administrator can act on; tokens and codes are never part of it. */
async function tell<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (thrown) {
    if (thrown instanceof SsoRefused) throw thrown
    const causes: unknown[] = []
    for (let it: unknown = thrown; it instanceof Error && causes.length < 5; it = it.cause) causes.push(it)
    const outside = causes.find((it) => it instanceof OutgoingRefused)
    if (outside) throw new SsoRefused('unreachable', outside.message)
    const known = causes.filter((it): it is Error => it instanceof Error)
    const answer = known.find(
      (it): it is client.AuthorizationResponseError | client.ResponseBodyError => 'error' in it && typeof it.error === 'string',
    )
    if (answer)
      throw new SsoRefused(
        'provider',
        `the provider answered "${answer.error}"${answer.error_description ? `: ${answer.error_description}` : ''}`,
      )
    throw new SsoRefused('token', known.map((it) => it.message).join(': ') || 'the answer cannot be read')
  }
}
