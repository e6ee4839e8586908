import { BlockList, isIPv4 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bitsOf, closedRoles, isIn, judgeList, readNetwork, widens } from './rules.ts'

const at = (...cidrs: string[]) => cidrs.map((it) => readNetwork(it)!)

describe('a network', () => {
  test('is written in CIDR notation, and nothing that two programs read in two ways is taken', () => {
    for (const good of [
      '203.0.113.0/24',
      '203.0.113.7',
      '0.0.0.0/0',
      '::/0',
      '2001:db8::/48',
      '2001:DB8::1',
      '::ffff:203.0.113.0/120',
      ' 10.0.0.0/8 ',
    ])
      expect(readNetwork(good), good).toBeDefined()
    for (const bad of [
      '',
      '203.0.113.7/24',
      '203.0.113.0/33',
      '010.0.0.0/8',
      '203.0.113/24',
      '203.0.113.256',
      '2001:db8::1::2',
      '2001:db8::/129',
      'fe80::1%eth0',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8::',
      '10.0.0.0/8/8',
      '10.0.0.0/',
      '10.0.0.0/08',
      'example.org',
      '0x0a000000',
      '::1.2.3',
    ])
      expect(readNetwork(bad), bad).toBeUndefined()
  })

  test('an IPv4 address is the same as its IPv6 form', () => {
    expect(bitsOf('203.0.113.7')).toBe(bitsOf('::ffff:203.0.113.7'))
    expect(isIn('::ffff:203.0.113.7', at('203.0.113.0/24'))).toBe(true)
    expect(isIn('203.0.114.7', at('203.0.113.0/24'))).toBe(false)
    // All of IPv4 is not all of IPv6.
    expect(isIn('2001:db8::1', at('0.0.0.0/0'))).toBe(false)
  })

  test('holds what Node says that it holds', () => {
    const zero = (address: string, size: number): string => {
      const bits = bitsOf(address)!.slice(96)
      const kept = bits.slice(0, size).padEnd(32, '0')
      return [0, 8, 16, 24].map((from) => Number.parseInt(kept.slice(from, from + 8), 2)).join('.')
    }
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (network, address, size) => {
        const from = zero(network, size)
        const list = new BlockList()
        list.addSubnet(from, size, 'ipv4')
        expect(isIn(address, at(`${from}/${size}`))).toBe(list.check(address, 'ipv4'))
      }),
    )
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
        const list = new BlockList()
        list.addAddress(one, 'ipv6')
        expect(isIn(one, at(one))).toBe(true)
        expect(isIn(other, at(one))).toBe(list.check(other, isIPv4(other) ? 'ipv4' : 'ipv6'))
      }),
    )
  })
})

describe('a list', () => {
  const judge = (it: Partial<Parameters<typeof judgeList>[0]>) =>
    judgeList({ cidrs: ['203.0.113.0/24'], here: '203.0.113.7', trial: false, ...it })
  test('locks nobody out but on trial, and is not taken where nobody knows from where somebody comes', () => {
    expect(judge({})).toBeNull()
    expect(judge({ here: '198.51.100.1' })).toEqual({ code: 'locks-you-out' })
    expect(judge({ here: '198.51.100.1', trial: true })).toBeNull()
    expect(judge({ here: 'nonsense' })).toEqual({ code: 'locks-you-out' })
    expect(judge({ here: null })).toEqual({ code: 'proxy-not-declared' })
    expect(judge({ cidrs: ['203.0.113.0/24', '203.0.113.9/24'] })).toEqual({ code: 'not-a-network', line: 1 })
    for (const here of ['198.51.100.1', null]) expect(judge({ cidrs: [], here })).toBeNull()
  })
})

describe('a change of the list', () => {
  const octet = fc.constantFrom(0, 64, 128, 192)
  const network = fc.tuple(octet, fc.constantFrom(24, 25, 26)).map(([last, size]) => `203.0.113.${last & (256 - 2 ** (32 - size))}/${size}`)
  const list = fc.record({ cidrs: fc.array(network, { maxLength: 4 }), outside: fc.constantFrom('absent' as const, 'step-up' as const) })
  const read = (it: { cidrs: string[]; outside: 'absent' | 'step-up' }) => ({ networks: at(...it.cidrs), outside: it.outside })
  test('that opens nothing opens nothing anywhere, and every other opens something', () => {
    const everywhere = [0, 64, 128, 192].map((last) => `203.0.113.${last + 7}`)
    const ease = (it: ReturnType<typeof read>, here: string) =>
      it.networks.length === 0 || isIn(here, it.networks) ? 2 : it.outside === 'step-up' ? 1 : 0
    fc.assert(
      fc.property(list, list, (one, other) => {
        const [before, after] = [read(one), read(other)]
        const opens = [...everywhere, '198.51.100.1'].some((here) => ease(after, here) > ease(before, here))
        expect(widens(before, after)).toBe(opens)
      }),
    )
  })
  test('from all addresses to no list opens what cannot be known', () => {
    const all = { networks: at('::/0'), outside: 'step-up' as const }
    expect(widens(all, { ...all, networks: [] })).toBe(true)
    expect(widens({ ...all, networks: [] }, all)).toBe(false)
    expect(widens(all, { ...all, networks: at('10.0.0.0/8', '2001:db8::/32') })).toBe(false)
  })
})

describe('records', () => {
  const rule = { networks: at('203.0.113.0/24'), roles: ['clinician', 'nurse'], locations: ['north'] }
  const away = { here: '198.51.100.1', roles: ['nurse', 'operator'], worksAt: ['north'] }
  test('are closed to bound roles alone, elsewhere, to who works at a bound location or nowhere', () => {
    expect(closedRoles(rule, away)).toEqual(['nurse'])
    expect(closedRoles(rule, { ...away, here: '203.0.113.4' })).toEqual([])
    for (const here of ['nonsense', null]) expect(closedRoles(rule, { ...away, here })).toEqual(['nurse'])
    expect(closedRoles(rule, { ...away, worksAt: ['main'] })).toEqual([])
    for (const worksAt of [['main', 'north'], [], null]) expect(closedRoles(rule, { ...away, worksAt })).toEqual(['nurse'])
    expect(closedRoles({ ...rule, locations: [] }, { ...away, worksAt: ['main'] })).toEqual(['nurse'])
    expect(closedRoles({ ...rule, networks: [] }, away)).toEqual([])
  })
})
