import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressOf, networkOf } from './network.ts'

test('an address is an IPv4 address, or the 64 bits of one subscriber', () => {
  expect(networkOf('::ffff:203.0.113.7')).toBe('203.0.113.7')
  expect(networkOf('2001:DB8::1')).toBe(networkOf('2001:db8:0:0:ffff::2'))
  expect(networkOf('2001:db8:0:1::1')).not.toBe(networkOf('2001:db8:0:2::1'))
  expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64')
})

test('a port and brackets, which some proxies write, are not of the address', () => {
  for (const text of ['198.51.100.7', '198.51.100.7:51000', ' 198.51.100.7:1 ', '"198.51.100.7:443"', '[198.51.100.7]:443']) {
    expect(addressOf(text)).toBe('198.51.100.7')
    expect(networkOf(text)).toBe('198.51.100.7')
  }
  for (const text of ['2001:db8::1', '[2001:db8::1]', '[2001:db8::1]:51000', '"[2001:db8::1]:51000"']) {
    expect(addressOf(text)).toBe('2001:db8::1')
    expect(networkOf(text)).toBe('2001:db8:0:0::/64')
  }
  expect(networkOf('::ffff:198.51.100.7')).toBe('198.51.100.7')
})

test('attempts are counted by network: an IPv4 address, or 64 bits of IPv6', () => {
  expect(networkOf('203.0.113.9')).toBe('203.0.113.9')
  expect(networkOf('::ffff:203.0.113.9')).toBe('203.0.113.9')
  expect(networkOf('2001:db8:1:2:aaaa::1')).toBe('2001:db8:1:2::/64')
  expect(networkOf('2001:DB8:1:2::ffff')).toBe(networkOf('2001:db8:1:2:1:2:3:4'))
  expect(networkOf('2001:db8::1')).toBe('2001:db8:0:0::/64')
  expect(networkOf('::1')).toBe('0:0:0:0::/64')
  expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64')
  fc.assert(
    fc.property(fc.ipV6(), (ip) => {
      expect(networkOf(networkOf(ip).replace('/64', '1'))).toBe(networkOf(ip))
    }),
  )
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(networkOf(text).length).toBeLessThanOrEqual(64)
    }),
  )
})
