import { expect, test } from 'vitest'
import { isNetwork, proxiesOf } from './proxies.ts'

test('a proxy is one that was named; with none named, this machine itself', () => {
  const own = proxiesOf([])
  for (const peer of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1']) expect(own(peer), peer).toBe(true)
  for (const peer of ['10.0.0.2', '::2', '', 'proxy', '128.0.0.1']) expect(own(peer), peer).toBe(false)
  const named = proxiesOf(['10.1.2.0/24', '192.0.2.9', '2001:db8:7::/48'])
  for (const peer of ['10.1.2.200', '::ffff:10.1.2.3', '192.0.2.9', '2001:db8:7::1']) expect(named(peer), peer).toBe(true)
  for (const peer of ['10.1.3.1', '192.0.2.8', '127.0.0.1', '2001:db8:8::1']) expect(named(peer), peer).toBe(false)
})

test('what is no address and no network names nobody', () => {
  for (const text of ['10.0.0.0/33', '2001:db8::/129', 'proxy.example', '10.0.0.0/8/8', '10.0.0.0/', '', 'yes']) {
    expect(isNetwork(text), text).toBe(false)
    expect(() => proxiesOf([text]), text).toThrow(TypeError)
  }
  for (const text of ['10.0.0.0/0', '10.0.0.1', '::/0', '2001:db8::1']) expect(isNetwork(text), text).toBe(true)
})
