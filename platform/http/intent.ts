import type { IncomingHttpHeaders } from 'node:http'

const unsafe = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/**
 * Whether a call that changes something comes from our own page or from a program, never from somebody else's page: by the fetch metadata
 * that browsers send (W3C Fetch Metadata), by Origin (RFC 6454), and for a session's cookie by a header that another page cannot set.
 */
export function isIntended(
  request: { readonly method: string; readonly headers: IncomingHttpHeaders },
  ours: { readonly origin: string; readonly withSession: boolean },
): boolean {
  if (!unsafe.has(request.method)) return true
  const { headers } = request
  if (headers.origin !== undefined && headers.origin !== ours.origin) return false
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return false
  return !ours.withSession || headers['x-wardline'] === '1'
}
