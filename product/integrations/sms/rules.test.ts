import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { carrierStatuses } from './contract.ts'
import type { CarrierStatus } from './contract.ts'
import {
  accountOf,
  advance,
  fromTwilioStatus,
  hintOf,
  isCleanText,
  isE164,
  isHint,
  isoSecond,
  isIsoUtc,
  isSignature,
  parseInbound,
  parseStatus,
  problemOf,
  retryAfterSeconds,
  signedFields,
  signedUrls,
  twilioStatuses,
  withHint,
} from './rules.ts'
import type { FormFields } from './rules.ts'

const sid = `SM${'0a'.repeat(16)}`
const fieldsOf = (fields: Record<string, string>): FormFields => Object.entries(fields)
const aStatus = fc.constantFrom(...carrierStatuses)

describe('status order', () => {
  test('callbacks in any order, doubled or repeated, reach the same end state', () => {
    const shuffles = fc
      .array(aStatus, { minLength: 1, maxLength: 8 })
      .chain((seen) =>
        fc.tuple(fc.constant(seen), fc.shuffledSubarray([...seen, ...seen], { minLength: seen.length * 2, maxLength: seen.length * 2 })),
      )
    const end = (seen: readonly CarrierStatus[]) => seen.reduce(advance, 'queued')
    fc.assert(fc.property(shuffles, ([seen, other]) => end(seen) === end(other)))
  })

  test('never goes back', () => {
    fc.assert(fc.property(aStatus, aStatus, (old, next) => carrierStatuses.indexOf(advance(old, next)) >= carrierStatuses.indexOf(old)))
  })

  test('a receipt outweighs an earlier failure, and a failure what was only handed over', () => {
    expect(advance('undelivered', 'delivered')).toBe('delivered')
    expect(advance('delivered', 'undelivered')).toBe('delivered')
    expect(advance('sent', 'failed')).toBe('failed')
  })

  test('maps every outbound status of Twilio and no inbound or invented one', () => {
    for (const [theirs, ours] of Object.entries(twilioStatuses)) expect(fromTwilioStatus(theirs)).toBe(ours)
    for (const other of ['receiving', 'received', '', 'toString', '__proto__']) expect(fromTwilioStatus(other)).toBeUndefined()
  })
})

describe('refusals', () => {
  test.each([
    [21610, 400, 'opted-out', true],
    [21211, 400, 'invalid-number', true],
    [21614, 400, 'not-textable', true],
    [21606, 400, 'sender-not-ours', true],
    [21659, 400, 'sender-not-ours', true],
    [21602, 400, 'empty-body', true],
    [21617, 400, 'too-long', true],
    [21408, 403, 'region-not-enabled', false],
    [20003, 401, 'not-authorised', false],
    [20429, 429, 'rate-limited', false],
    [30003, null, 'number-unreachable', false],
    [30005, null, 'number-unknown', true],
    [30006, null, 'not-textable', true],
    [30007, null, 'filtered', false],
    [30034, null, 'sender-not-registered', false],
    [99999, 400, 'bad-request', true],
    [null, 401, 'not-authorised', false],
    [null, 429, 'rate-limited', false],
    [null, null, 'other', false],
  ] as const)('Twilio %s, HTTP %s is %s, permanent %s', (providerCode, httpStatus, code, permanent) => {
    expect(problemOf(providerCode, httpStatus)).toEqual({ code, permanent, optedOut: code === 'opted-out', providerCode })
  })

  test('only 21610 is an opt-out, whatever code comes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 99_999 }),
        fc.constantFrom(400, 401, 429, null),
        (code, status) => problemOf(code, status).optedOut === (code === 21610),
      ),
    )
  })

  test('Retry-After counts in seconds and is held to an hour', () => {
    expect(['0', '7', '99999', 'soon', 'Fri, 24 May 2019 17:44:46 GMT', '-1', null].map(retryAfterSeconds)).toEqual([
      1,
      7,
      3600,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('numbers, hints and dates', () => {
  test('E.164 only', () => {
    expect(['+13125550117', '+4915112345678'].every(isE164)).toBe(true)
    expect(['13125550117', '+03125550117', '+1312', '+1 312 555 0117', '+1312555011712345', '+1312555011a', ''].some(isE164)).toBe(false)
  })

  test('text without U+0000 and lone surrogates', () => {
    expect(isCleanText('ok \u{1F44D}\nsee you')).toBe(true)
    expect(isCleanText('a\u0000')).toBe(false)
    expect(isCleanText('\uD83D')).toBe(false)
  })

  test('a hint comes back from the callback it went out with, connection overrides untouched', () => {
    const hints = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/)
    const urls = fc.constantFrom(
      'https://a.example/s',
      'https://a.example/s?org=1',
      'https://a.example/s#rc=5&rp=all',
      'https://a.example/s?x=1#rc=2',
    )
    fc.assert(
      fc.property(urls, hints, (url, hint) => {
        const marked = withHint(url, hint)
        return isHint(hint) && hintOf(marked) === hint && marked.endsWith(url.includes('#') ? url.slice(url.indexOf('#')) : hint)
      }),
    )
    expect(hintOf('https://a.example/s?hint=no%20way')).toBeUndefined()
    expect(isHint('a b')).toBe(false)
  })

  test('reads Twilio dates', () => {
    expect(isoSecond('Fri, 24 May 2019 17:44:46 +0000')).toBe('2019-05-24T17:44:46Z')
    expect(isoSecond('1 Jan 2026 00:00:00 +0000')).toBe('2026-01-01T00:00:00Z')
    for (const bad of ['', 'null', 'Fri, 24 May 2019 17:44:46 -0500', 'Fri, 24 Mai 2019 17:44:46 +0000'])
      expect(isoSecond(bad)).toBeUndefined()
    expect(isIsoUtc('2026-03-10T14:40:00.000Z')).toBe(true)
    expect(isIsoUtc('2026-03-10T09:40:00-05:00')).toBe(false)
  })
})

describe('signature base string', () => {
  test('sorts names and distinct values by code unit, without borders', () => {
    const fields: FormFields = [
      ['b', '2'],
      ['a', '9'],
      ['b', '1'],
      ['B', '0'],
      ['b', '2'],
    ]
    expect(signedFields(fields)).toBe('B0a9b1b2')
  })

  test('does not depend on the order of arrival', () => {
    const someFields = fc.array(fc.tuple(fc.constantFrom('A', 'b', 'Body', 'To'), fc.string()), { maxLength: 6 })
    const shuffled = someFields.chain((fields) =>
      fc.tuple(fc.constant(fields), fc.shuffledSubarray(fields, { minLength: fields.length, maxLength: fields.length })),
    )
    fc.assert(fc.property(shuffled, ([one, other]) => signedFields(one) === signedFields(other)))
  })

  test('a signature is 20 bytes in base64 and nothing else', () => {
    for (const sound of [`${'A'.repeat(27)}=`, 'RSOYDt4T1cUTdK1PDd93/VVr8B8=']) expect(isSignature(sound)).toBe(true)
    for (const other of ['', 'A', 'A'.repeat(28), `${'A'.repeat(28)}=`, `${'-'.repeat(27)}=`, `${'A'.repeat(27)}=\n`])
      expect(isSignature(other)).toBe(false)
  })

  test('tries the URL with and without port, credentials and connection overrides', () => {
    expect(signedUrls('https://a.example/s?x=1')).toEqual(['https://a.example/s?x=1', 'https://a.example:443/s?x=1'])
    expect(signedUrls('http://a.example:8420/s')).toEqual(['http://a.example:8420/s', 'http://a.example/s'])
    expect(signedUrls('https://u:p@a.example/s#rc=5')).toContain('https://a.example/s')
    expect(signedUrls('https://[::1]:8420/s')).toContain('https://[::1]/s')
    expect(signedUrls('not a url')).toEqual(['not a url'])
  })

  test('never leaves out the path or the query', () => {
    const queries = fc.webUrl({ withQueryParameters: true, validSchemes: ['http', 'https'] })
    fc.assert(
      fc.property(queries, (url) => {
        const tail = url.replace(/^https?:\/\/[^/?#]*/, '').replace(/#.*$/, '')
        return signedUrls(url).every((one) => one.replace(/#.*$/, '').endsWith(tail))
      }),
    )
  })
})

describe('webhook forms', () => {
  const inbound = { MessageSid: sid, AccountSid: 'AC1', From: '+13125550117', To: '+13125550100', Body: 'C', NumMedia: '0' }

  test('reads an inbound text', () => {
    expect(parseInbound(fieldsOf(inbound))).toEqual({
      kind: 'believed',
      value: { providerId: sid, from: '+13125550117', to: '+13125550100', body: 'C', mediaCount: 0 },
    })
    expect(accountOf(fieldsOf(inbound))).toBe('AC1')
  })

  test('reads OptOutType and media, and ignores a type it does not know', () => {
    expect(parseInbound(fieldsOf({ ...inbound, OptOutType: 'STOP', NumMedia: '2' }))).toMatchObject({
      value: { optOutType: 'STOP', mediaCount: 2 },
    })
    expect(parseInbound(fieldsOf({ ...inbound, OptOutType: 'MAYBE' }))).not.toMatchObject({ value: { optOutType: expect.anything() } })
  })

  test('takes every body a phone can send, made storable', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (body) => {
        const read = parseInbound(fieldsOf({ ...inbound, Body: body }))
        return read.kind === 'believed' && isCleanText(read.value.body)
      }),
    )
    expect(parseInbound(fieldsOf({ ...inbound, Body: 'a\u0000\uD83D' }))).toMatchObject({ value: { body: 'a\uFFFD\uFFFD' } })
  })

  test('does not believe a form with a missing, repeated or malformed field', () => {
    const bad: FormFields[] = [
      ...['MessageSid', 'From', 'To', 'Body'].map((name) => fieldsOf(inbound).filter(([other]) => other !== name)),
      ...['From', 'Body', 'To'].map((name) => [...fieldsOf(inbound), [name, '+19995550199'] as const]),
      fieldsOf({ ...inbound, MessageSid: 'x' }),
      fieldsOf({ ...inbound, From: 'whatsapp:+13125550117' }),
      fieldsOf({ ...inbound, NumMedia: 'many' }),
    ]
    for (const fields of bad) expect(parseInbound(fields)).toEqual({ kind: 'rejected', code: 'malformed' })
  })

  test('reads a status callback with its hint', () => {
    const fields = fieldsOf({ MessageSid: sid, MessageStatus: 'delivered', AccountSid: 'AC1' })
    expect(parseStatus(fields, 'https://a.example/s?hint=row-1')).toEqual({
      kind: 'believed',
      value: { providerId: sid, status: 'delivered', hint: 'row-1' },
    })
  })

  test('says why a text was not delivered', () => {
    const fields = fieldsOf({ MessageSid: sid, MessageStatus: 'undelivered', ErrorCode: '30005' })
    expect(parseStatus(fields, 'https://a.example/s')).toMatchObject({
      value: { status: 'undelivered', problem: { code: 'number-unknown', permanent: true, optedOut: false, providerCode: 30005 } },
    })
    const optedOut = fieldsOf({ MessageSid: sid, MessageStatus: 'failed', ErrorCode: '21610' })
    expect(parseStatus(optedOut, 'https://a.example/s')).toMatchObject({ value: { problem: { optedOut: true } } })
  })

  test('does not believe a status it does not know', () => {
    for (const form of [{ MessageStatus: 'received' }, { MessageStatus: 'sent', ErrorCode: 'x' }, {}])
      expect(parseStatus(fieldsOf({ MessageSid: sid, ...form }), 'https://a.example/')).toEqual({ kind: 'rejected', code: 'malformed' })
  })
})
