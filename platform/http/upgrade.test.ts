/** Live connections being made are counted before anybody is looked up. */
import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import type { Caller } from './caller.ts'
import { classLimits } from './limits.ts'
import type { Services } from './route.ts'
import { openHttp } from './server.ts'

const caller: Caller = { org: 'o', person: 'p', session: 's', device: null, roles: [], provenAt: 0, proofMinutes: 5 }

async function open(behindProxy: boolean) {
  const seen: string[] = []
  const { accept } = await openHttp(
    [],
    { clock: { ms: () => 1 } } as unknown as Services,
    async ({ ip, cookies }) => {
      seen.push(ip)
      return cookies['wl'] === 'yes' ? caller : null
    },
    {
      publicUrl: 'http://chat.example.org',
      behindProxy,
      version: 'test',
      ready: async () => true,
      metrics: () => '',
      grantsFor: undefined,
      admit: undefined,
      holdsBack: undefined,
    },
  )
  const come = (from: string, headers: Record<string, string> = {}) =>
    accept({ url: '/api/v1/live', headers, socket: { remoteAddress: from } } as unknown as IncomingMessage)
  return { seen, come }
}

test('an address that tries too often is refused before its cookie costs a question; the next address is not', async () => {
  const { seen, come } = await open(false)
  const { most } = classLimits.upgrade.address
  for (let i = 0; i < most; i += 1) expect(await come('203.0.113.7', { cookie: `wl=${i}` })).toBe(null)
  await expect(come('203.0.113.7', { cookie: 'wl=yes' })).rejects.toMatchObject({ code: 'too-many' })
  await expect(come('::ffff:203.0.113.7', { cookie: 'wl=yes' })).rejects.toMatchObject({ code: 'too-many' })
  expect(seen).toHaveLength(most)
  expect(await come('203.0.113.8', { cookie: 'wl=yes' })).toBe(caller)
})

test('behind a proxy the address is whom the proxy saw, not whom the caller names', async () => {
  const { seen, come } = await open(true)
  await come('127.0.0.1', { 'x-forwarded-for': '10.9.8.7, 203.0.113.7' })
  await come('127.0.0.1')
  await come('198.51.100.4', { 'x-forwarded-for': '203.0.113.7' })
  await come('127.0.0.1', { 'x-forwarded-for': '[2001:db8::7]:51000' })
  expect(seen).toEqual(['203.0.113.7', '127.0.0.1', '198.51.100.4', '2001:db8::7'])
})

test('a person who comes again and again is refused, from wherever', async () => {
  const { come } = await open(false)
  const { most } = classLimits.upgrade.person
  for (let i = 0; i < most; i += 1) expect(await come(`203.0.113.${i % 200}`, { cookie: 'wl=yes' })).toBe(caller)
  await expect(come('203.0.113.250', { cookie: 'wl=yes' })).rejects.toMatchObject({ code: 'too-many' })
})
