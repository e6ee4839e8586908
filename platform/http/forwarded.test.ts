import { expect, test } from 'vitest'
import { isLoopback, isPassedOn, whenceOf } from './forwarded.ts'

test('a proxy is noticed by any header of those in common use', () => {
  for (const name of ['via', 'forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-real-ip', 'cf-connecting-ip'])
    expect(isPassedOn({ [name]: '1' }), name).toBe(true)
  expect(isPassedOn({ cookie: 'a=b', 'x-wardline': '1' })).toBe(false)
})

test('from where a request comes is known of a server that people reach directly, and of a proxy that was declared and says for whom', () => {
  const [own, named] = ['http://127.0.0.1:8420', 'https://chat.example.org']
  const whence = (publicUrl: string, behindProxy: boolean, ip: string, headers: Record<string, string> = {}) =>
    whenceOf({ publicUrl, behindProxy }, { ip, headers })
  for (const url of [own, 'http://localhost:8420', 'http://[::1]:8420']) {
    expect(whence(url, false, '127.0.0.1')).toBe('127.0.0.1')
    expect(whence(url, false, '127.0.0.1', { via: '1.1 edge' })).toBeNull()
  }
  expect(whence(named, false, '198.51.100.7')).toBe('198.51.100.7')
  for (const ip of ['127.0.0.1', '127.0.0.2', '::1', '::ffff:127.0.0.1']) {
    expect(isLoopback(ip)).toBe(true)
    expect(whence(named, false, ip)).toBeNull()
    expect(whence(named, true, ip, { 'x-forwarded-for': ip })).toBeNull()
  }
  expect(whence(named, true, '198.51.100.7', { 'x-forwarded-for': '198.51.100.7' })).toBe('198.51.100.7')
  expect(whence(named, true, '10.0.0.2')).toBeNull()
  expect(isLoopback('128.0.0.1')).toBe(false)
})
