import { OutgoingRefused } from '@wardline/platform/server'
import type { Outgoing, OutgoingRequest } from '@wardline/platform/server'
import { MdmRefused } from '@wardline/product/team/managed-devices/contract'
import type { MdmSettings } from '@wardline/product/team/managed-devices/contract'
import { object, retryAfter, text } from '../rules.ts'

/** What an adapter works with. */
export interface Asking {
  readonly outgoing: Outgoing
  readonly settings: MdmSettings
  readonly secret: string
}

type Json = Readonly<Record<string, unknown>>

/** One call; its answer as JSON. Throws MdmRefused, with the vendor's own words where it has any. */
export async function askJson({ outgoing }: Asking, url: string, it: OutgoingRequest = {}): Promise<Json> {
  const answer = await outgoing.ask(url, it).catch((thrown: unknown) => {
    throw thrown instanceof OutgoingRefused ? new MdmRefused('unreachable', thrown.message) : thrown
  })
  const host = new URL(url).host
  if (answer.status === 429 || answer.status === 503) {
    const seconds = retryAfter(answer.headers['retry-after'])
    throw new MdmRefused('throttled', `${host} asks to wait ${seconds} s (HTTP ${answer.status}).`, seconds)
  }
  const body = parsed(answer.body)
  if (answer.status === 400 || answer.status === 401)
    throw new MdmRefused('not-accepted', `${host} does not accept this application and secret (HTTP ${answer.status})${saidBy(body)}`)
  if (answer.status === 403)
    throw new MdmRefused('not-allowed', `${host} does not let this application read devices (HTTP 403)${saidBy(body)}`)
  if (answer.status !== 200 || body === null) throw new MdmRefused('unreadable', `${host} answered HTTP ${answer.status}${saidBy(body)}`)
  return body
}

/** An access token by client credentials (RFC 6749, 4.4). */
export async function tokenOf(asking: Asking, url: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: asking.settings.clientId, client_secret: asking.secret, ...more }
  const answer = await askJson(asking, url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams(form).toString(),
  })
  const token = text(answer.access_token, 20_000)
  if (token === '') throw new MdmRefused('unreadable', `${new URL(url).host} gave no access token.`)
  return token
}

/** Reads with a token. */
export const read = (asking: Asking, url: string, token: string): Promise<Json> =>
  askJson(asking, url, { headers: { authorization: `Bearer ${token}`, accept: 'application/json' } })

function parsed(body: Buffer): Json | null {
  try {
    return object(JSON.parse(body.toString('utf8')))
  } catch {
    return null
  }
}

/** The vendor's own error, in its first line: OAuth's error_description, Graph's error.message, Jamf's errors[0].description. */
function saidBy(body: Json | null): string {
  const graph = object(body?.error)
  const jamf = object((Array.isArray(body?.errors) ? body.errors : [])[0])
  const said = text(body?.error_description) || text(graph.message) || text(jamf.description) || text(body?.error)
  return said === '' ? '.' : `: ${said.split(/[\r\n]/)[0] ?? ''}`
}
