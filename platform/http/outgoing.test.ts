import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openOutgoing, OutgoingRefused } from './outgoing.ts'
import type { OutgoingOptions } from './outgoing.ts'

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (thrown: unknown) => (thrown instanceof OutgoingRefused ? thrown.code : `${String(thrown)}`),
  )
const resolving = (...addresses: string[]): OutgoingOptions => ({
  lookup: () => Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))),
})

describe('which addresses may be asked', () => {
  // Every way in which a private, link-local or metadata address can be written, and every range that is not public.
  const hosts = [
    ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0', '0.0.0.0', 'localhost', '[::1]', '[::]'],
    ...['169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.0.1', '[fe80::1]', '[fd00:ec2::254]'],
    ...['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '100.100.100.200', '192.0.0.192'],
    ...['198.18.0.1', '224.0.0.1', '255.255.255.255', '240.0.0.1', '192.0.2.1', '203.0.113.1', '198.51.100.1'],
    ...[
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[::ffff:169.254.169.254]',
      '[::127.0.0.1]',
      '[::ffff:10.0.0.1]',
      '[0:0:0:0:0:ffff:a00:1]',
    ],
    ...[
      '[64:ff9b::7f00:1]',
      '[64:ff9b::a9fe:a9fe]',
      '[2002:7f00:1::]',
      '[2002:a9fe:a9fe::]',
      '[2001:0:7f00:1::]',
      '[fc00::1]',
      '[fd12::1]',
    ],
    ...['[fec0::1]', '[ff02::1]', '[2001:db8::1]', '127.0.0.1.', '①②⑦.⓪.⓪.①', '169。254。169。254'],
  ]
  const ports = ['', ':80', ':443', ':8443']
  test(`none of ${hosts.length * ports.length} addresses inside is reached`, async () => {
    const out = openOutgoing({ timeoutMs: 500 })
    const answers = await Promise.all(
      hosts.flatMap((host) => ports.map(async (port) => [host + port, await code(out.ask(`https://${host}${port}/`))])),
    )
    expect(answers.length).toBeGreaterThanOrEqual(200)
    expect(answers.filter(([, it]) => it !== 'private-address' && it !== 'bad-url' && it !== 'unknown-host')).toEqual([])
  })

  test('a name is refused if one of its addresses is inside', async () => {
    expect(await code(openOutgoing(resolving('8.8.8.8')).pin('idp.example.org'))).toBe('done')
    for (const bad of ['10.1.2.3', '::1', '::ffff:10.1.2.3', '169.254.169.254'])
      expect(await code(openOutgoing(resolving('8.8.8.8', bad)).pin('idp.example.org'))).toBe('private-address')
    expect(await code(openOutgoing(resolving()).pin('idp.example.org'))).toBe('unknown-host')
  })

  test('what the operator allows is reached; metadata and link-local addresses never are', async () => {
    const all = ['0.0.0.0/0', '::/0']
    for (const ok of ['10.1.2.3', '127.0.0.1', '192.168.0.9', 'fd12::1'])
      expect([ok, await code(openOutgoing({ ...resolving(ok), allow: all }).pin('ldap.example.org'))]).toEqual([ok, 'done'])
    const carried = ['::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe', '64:ff9b::1', '::ffff:6464:64c8']
    for (const bad of ['169.254.169.254', 'fe80::1', 'fd00:ec2::254', '0.0.0.0', '224.0.0.1', '100.100.100.200', ...carried])
      expect([bad, await code(openOutgoing({ ...resolving(bad), allow: all }).pin('ldap.example.org'))]).toEqual([bad, 'private-address'])
    for (const inside of ['10.1.2.3', '::ffff:10.1.2.3']) {
      expect(await code(openOutgoing({ ...resolving(inside), allow: ['10.2.0.0/16'] }).pin('ldap.example.org'))).toBe('private-address')
      const pinned = await openOutgoing({ ...resolving(inside), allow: ['10.0.0.0/8'] }).pin('ldap.example.org')
      expect(pinned).toEqual({ host: 'ldap.example.org', address: '10.1.2.3', family: 4, loopback: false })
    }
    for (const bad of ['10.0.0.0', '10.0.0.0/33', 'intranet/8', '10.0.0.0/-1'])
      expect(() => openOutgoing({ allow: [bad] })).toThrow(OutgoingRefused)
  })

  test('any 10/8 address in any spelling of a URL is refused', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(0xffffff), fc.constantFrom(10, 8, 16), async (rest, radix) => {
        const number = 10 * 2 ** 24 + rest
        const written = radix === 10 ? `${number}` : radix === 8 ? `0${number.toString(8)}` : `0x${number.toString(16)}`
        return (await code(openOutgoing().ask(`https://${written}/`))) === 'private-address'
      }),
      { numRuns: 50 },
    ))

  test.each([
    'ftp://example.org',
    'file:///etc/passwd',
    'https://user:word@example.org',
    'gopher://example.org',
    '//example.org',
    'example.org',
    '',
  ])('%s is no address to ask', async (url) => expect(await code(openOutgoing().ask(url))).toBe('bad-url'))
})

describe('the answer', () => {
  let port = 0
  const asked: string[] = []
  const server = createServer((request, reply) => {
    asked.push(`${request.headers.host} ${request.url}`)
    if (request.url === '/away') return reply.writeHead(302, { location: `http://127.0.0.1:${port}/secret` }).end()
    if (request.url === '/large') return reply.end(Buffer.alloc(2_000_000))
    if (request.url === '/silent') return
    if (request.url === '/endless') return void reply.write('{')
    reply.end('{"issuer":"x"}')
  })
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const out = (more: OutgoingOptions = {}) => openOutgoing({ ...resolving('127.0.0.1'), allow: ['127.0.0.0/8'], timeoutMs: 400, ...more })

  test('comes from the judged address, under the name that was asked for', async () => {
    const answer = await out().ask(`http://idp.example.org:${port}/config`)
    expect([answer.status, answer.body.toString()]).toEqual([200, '{"issuer":"x"}'])
    expect(asked.at(-1)).toBe(`idp.example.org:${port} /config`)
  })

  test('a name that changes its mind between two looks is asked for once', async () => {
    let looks = 0
    const lookup = () => Promise.resolve([{ address: looks++ === 0 ? '127.0.0.1' : '169.254.169.254', family: 4 }])
    expect((await out({ lookup }).ask(`http://idp.example.org:${port}/`)).status).toBe(200)
    expect(looks).toBe(1)
  })

  test('plain http is for this machine alone', async () => {
    expect(await code(openOutgoing(resolving('8.8.8.8')).ask('http://idp.example.org/'))).toBe('not-https')
  })

  test('a redirect is not followed', async () => {
    expect(await code(out().ask(`http://idp.example.org:${port}/away`))).toBe('redirected')
    expect(asked.filter((it) => it.endsWith('/secret'))).toEqual([])
  })

  test.each([
    ['/large', 'too-large'],
    ['/silent', 'timed-out'],
    ['/endless', 'timed-out'],
  ])('%s ends as %s', async (path, expected) => expect(await code(out().ask(`http://idp.example.org:${port}${path}`))).toBe(expected))
})
