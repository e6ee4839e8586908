import { lookup as systemLookup } from 'node:dns/promises'
import { request as requestPlain } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as requestTls } from 'node:https'
import { BlockList, isIP } from 'node:net'

/**
 * The one way out for every address that an administrator can type (OWASP ASVS 5.0, 1.3.6 and 15.3.2): identity providers, directories, a
 * carrier. The name is resolved once, every address it has is judged, and the connection goes to the judged address, so that a name which
 * changes its mind in between (DNS rebinding) gains nothing.
 */

/** Why nothing was asked, or why the answer was not taken. */
export type OutgoingCode =
  | 'bad-url' // no absolute URL, or with a user name, or of another scheme
  | 'not-https'
  | 'unknown-host'
  | 'private-address'
  | 'redirected'
  | 'too-large'
  | 'timed-out'
  | 'bad-certificate'
  | 'unreachable'

/** A refusal to ask, or a failure of asking; its text names no secret and can be shown to the administrator who typed the address. */
export class OutgoingRefused extends Error {
  readonly code: OutgoingCode
  constructor(code: OutgoingCode, detail: string) {
    super(detail)
    this.name = 'OutgoingRefused'
    this.code = code
  }
}

/** An address that may be connected to, and nothing else of this name. */
export interface Pinned {
  readonly host: string
  readonly address: string
  readonly family: 4 | 6
  readonly loopback: boolean
}

/** What is asked. */
export interface OutgoingRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** An answer, whole. */
export interface OutgoingAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Asks the outside on somebody's behalf. */
export interface Outgoing {
  /** Judges a host name or address literal. Throws OutgoingRefused. */
  pin(host: string): Promise<Pinned>
  /** One request, no redirects. Throws OutgoingRefused. */
  ask(url: string, it?: OutgoingRequest): Promise<OutgoingAnswer>
}

export interface OutgoingOptions {
  /**
   * Networks, as CIDR, that the operator of the server allows besides the public Internet: the hospital's own. Never reached, whatever stands
   * here: link-local addresses, where clouds keep their metadata, unspecified and multicast ones.
   */
  readonly allow?: readonly string[]
  /** Whole milliseconds for one request. Default 10,000. */
  readonly timeoutMs?: number
  /** Largest answer in bytes. Default 1 MiB. */
  readonly largest?: number
  /** Resolves names; another one in tests. */
  readonly lookup?: (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>
}

// IANA special-purpose registries (RFC 6890): nothing of these is a public service.
const special = [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24',
  '192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
  // Also what carries an IPv4 address inside: mapped, compatible, NAT64, 6to4 and Teredo.
  '::/96 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8',
]
const neverOfIpv4 = [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.100.100.200', 32],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const
const never = [
  // Also as IPv6 writes and carries them: mapped (RFC 4291, 2.5.5.2), and behind NAT64 (RFC 6052), which an operator may have to allow.
  ...neverOfIpv4.flatMap(([it, bits]) => [`${it}/${bits}`, `::ffff:${it}/${96 + bits}`, `64:ff9b::${it}/${96 + bits}`]),
  '::/128 fe80::/10 fec0::/10 fd00:ec2::/32 ff00::/8',
]
const loopbacks = ['127.0.0.0/8 ::1/128']

/** IPv4 and IPv6 apart: one list of both would take ::ffff:0:0/96 for all of IPv4. */
interface Networks {
  readonly ipv4: BlockList
  readonly ipv6: BlockList
}

/** A list of networks; throws OutgoingRefused for what is none. */
function networks(lines: readonly string[]): Networks {
  const lists: Networks = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const cidr of lines.flatMap((line) => line.split(/\s+/)).filter((it) => it !== '')) {
    const [address = '', bits = ''] = cidr.split('/')
    const family = isIP(address)
    const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : -1
    if (family === 0 || prefix < 0 || prefix > (family === 4 ? 32 : 128))
      throw new OutgoingRefused('bad-url', `"${cidr}" is no network in CIDR form.`)
    const kind = family === 4 ? 'ipv4' : 'ipv6'
    lists[kind].addSubnet(address, prefix, kind)
  }
  return lists
}

const neverReached = networks(never)
const notPublic = networks(special)
const loopback = networks(loopbacks)

function has(lists: Networks, address: string): boolean {
  const kind = isIP(address) === 4 ? 'ipv4' : 'ipv6'
  return lists[kind].check(address, kind)
}

/** An IPv4 address that is written as an IPv6 one, in its own form. */
function unmapped(address: string): string {
  const found = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  return found?.[1] ?? address
}

/** Opens the way out. Throws OutgoingRefused for an `allow` that is no list of networks. */
export function openOutgoing(options: OutgoingOptions = {}): Outgoing {
  const allowed = networks(options.allow ?? [])
  const { timeoutMs = 10_000, largest = 1024 * 1024, lookup = (host) => systemLookup(host, { all: true }) } = options

  const judged = (raw: string): string => {
    const address = unmapped(raw)
    if (isIP(address) === 0 || has(neverReached, address)) throw refusedAddress()
    if (has(notPublic, address) && !has(allowed, address)) throw refusedAddress()
    return address
  }

  async function pin(given: string): Promise<Pinned> {
    const host = given.replace(/^\[|\]$/g, '').toLowerCase()
    if (host === '' || host.length > 253 || /[^a-z0-9.:_-]/.test(host)) throw new OutgoingRefused('bad-url', 'This is no host name.')
    const found =
      isIP(host) > 0
        ? [{ address: host }]
        : await within(lookup(host), timeoutMs).catch((thrown: unknown) => {
            throw thrown instanceof OutgoingRefused ? thrown : new OutgoingRefused('unknown-host', `No address is known for ${host}.`)
          })
    // One bad address refuses the name: which of them a connection would take is chance.
    const [first] = found.map((it) => judged(it.address))
    if (first === undefined) throw new OutgoingRefused('unknown-host', `No address is known for ${host}.`)
    return { host, address: first, family: isIP(first) === 4 ? 4 : 6, loopback: has(loopback, first) }
  }

  async function ask(text: string, it: OutgoingRequest = {}): Promise<OutgoingAnswer> {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (!url || url.username !== '' || url.password !== '' || !['https:', 'http:'].includes(url.protocol))
      throw new OutgoingRefused('bad-url', 'This is no https address.')
    const pinned = await pin(url.hostname)
    if (url.protocol === 'http:' && !pinned.loopback) throw new OutgoingRefused('not-https', 'The address must begin with https:.')
    return send(url, pinned, it)
  }

  function send(url: URL, pinned: Pinned, it: OutgoingRequest): Promise<OutgoingAnswer> {
    return new Promise((resolve, reject) => {
      const refuse = (code: OutgoingCode, detail: string) => {
        reject(new OutgoingRefused(code, detail))
        request.destroy()
      }
      const request = (url.protocol === 'https:' ? requestTls : requestPlain)(url, {
        method: it.method ?? 'GET',
        // No compression: what is counted is what arrives.
        headers: { 'accept-encoding': 'identity', 'user-agent': 'wardline', ...it.headers },
        agent: false,
        lookup: (_host, wanted, done) =>
          (wanted as { all?: boolean }).all
            ? done(null, [{ address: pinned.address, family: pinned.family }])
            : done(null, pinned.address, pinned.family),
      })
      const timer = setTimeout(() => refuse('timed-out', `${url.host} did not answer in ${timeoutMs / 1000} s.`), timeoutMs)
      request.on('close', () => clearTimeout(timer))
      request.on('error', (error: Error & { code?: string }) => reject(failureOf(error, url.host)))
      request.on('response', (answer) => {
        const { statusCode: status = 0 } = answer
        if (status >= 300 && status < 400) return refuse('redirected', `${url.host} answers with a redirect; these are not followed.`)
        collect(answer, largest).then(
          (body) => resolve({ status, headers: flat(answer), body }),
          (thrown: unknown) =>
            thrown instanceof OutgoingRefused
              ? refuse(thrown.code, thrown.message)
              : refuse('unreachable', `${url.host} broke off its answer.`),
        )
      })
      request.end(it.body)
    })
  }
  return { pin, ask }
}

const refusedAddress = () =>
  new OutgoingRefused(
    'private-address',
    'This name belongs to a private or reserved address. Whoever runs the server can allow the network by WARDLINE_ALLOW_NETWORKS.',
  )

async function collect(answer: IncomingMessage, largest: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    size += part.length
    if (size > largest) throw new OutgoingRefused('too-large', `The answer is larger than ${largest} bytes.`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

const flat = (answer: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(answer.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value].flat().join(', ')]])),
  )

function failureOf(error: Error & { code?: string }, host: string): OutgoingRefused {
  const code = error.code ?? ''
  if (/CERT|TLS|SSL|SIGNATURE|UNABLE_TO/.test(code))
    return new OutgoingRefused('bad-certificate', `The certificate of ${host} is not accepted: ${code}.`)
  return new OutgoingRefused('unreachable', `${host} cannot be reached${code === '' ? '' : `: ${code}`}.`)
}

/** What is not there in time is refused. */
async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new OutgoingRefused('timed-out', `No answer in ${ms / 1000} s.`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
