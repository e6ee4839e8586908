import { expect, test } from 'vitest'
import { isIntended } from './intent.ts'

const origin = 'https://chat.example.org'
const judge = (headers: Record<string, string>, method = 'POST', withSession = true) =>
  isIntended({ method, headers }, { origin, withSession })
const own = { 'x-wardline': '1', origin, 'sec-fetch-site': 'same-origin' }

test('our own page and a program may; another page, another subdomain, a typed address may not', () => {
  expect(judge(own)).toBe(true)
  expect(judge({ 'x-wardline': '1' })).toBe(true)
  for (const site of ['cross-site', 'same-site', 'none', '']) expect(judge({ ...own, 'sec-fetch-site': site }), site).toBe(false)
  for (const other of ['https://evil.example', 'null', 'http://chat.example.org', 'https://chat.example.org.evil.example', ''])
    expect(judge({ ...own, origin: other }), other).toBe(false)
  expect(judge({ origin, 'sec-fetch-site': 'same-origin' })).toBe(false)
})

test('signing in has no session yet, and is not done by another page either', () => {
  expect(judge({}, 'POST', false)).toBe(true)
  expect(judge({ 'sec-fetch-site': 'cross-site' }, 'POST', false)).toBe(false)
  expect(judge({ origin: 'https://evil.example' }, 'POST', false)).toBe(false)
})

test('reading needs no intent; every method that changes does', () => {
  expect(judge({ 'sec-fetch-site': 'cross-site' }, 'GET')).toBe(true)
  for (const method of ['PUT', 'PATCH', 'DELETE']) expect(judge({ ...own, 'sec-fetch-site': 'cross-site' }, method)).toBe(false)
})
