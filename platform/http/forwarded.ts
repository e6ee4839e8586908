import type { IncomingHttpHeaders } from 'node:http'

/** Headers by which a proxy says that it passes a request on (RFC 7239, RFC 9110 section 7.6.3, and those in common use). */
const forwarded = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
]

/** Whether a proxy passed a request on, as far as its headers say. */
export const isPassedOn = (headers: Readonly<Record<string, unknown>>): boolean => forwarded.some((name) => headers[name] !== undefined)

/** Whether an address is this machine itself. */
export const isLoopback = (ip: string): boolean => ip === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(ip)

const isOwnMachine = (host: string): boolean => host === 'localhost' || isLoopback(host.replace(/^\[(.*)\]$/, '$1'))

/**
 * From which address a request is known to come; null: a proxy stands before this server that does not say, or that this server was not told
 * of. A server that others reach by its public URL never meets them at this machine's own address: a proxy that adds no header is seen by that.
 */
export function whenceOf(
  server: { readonly publicUrl: string; readonly behindProxy: boolean },
  request: { readonly ip: string; readonly headers: IncomingHttpHeaders },
): string | null {
  if (!server.behindProxy && isPassedOn(request.headers)) return null
  if (isOwnMachine(new URL(server.publicUrl).hostname)) return request.ip
  if (server.behindProxy && request.headers['x-forwarded-for'] === undefined) return null
  return isLoopback(request.ip) ? null : request.ip
}
