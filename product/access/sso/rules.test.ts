import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeAssertion, judgeIdToken, momentOf, scanResponse, SsoRefused } from './rules.ts'
import type { IdClaims, SignedAssertion } from './rules.ts'

const now = Date.UTC(2026, 10, 22, 12)
const code = (run: () => unknown): string => {
  try {
    run()
    return 'taken'
  } catch (thrown) {
    return thrown instanceof SsoRefused ? thrown.code : String(thrown)
  }
}

test('a moment of XML is a moment of the calendar, in any zone', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      fc.integer({ min: -14, max: 14 }),
      (date, zone) => {
        const local = new Date(date.getTime() + zone * 3_600_000).toISOString().replace('Z', '')
        const sign = `${zone < 0 ? '-' : '+'}${String(Math.abs(zone)).padStart(2, '0')}:00`
        return momentOf(date.toISOString()) === date.getTime() && momentOf(local + sign) === date.getTime()
      },
    ),
  )
  for (const text of [undefined, '', 'now', '2026-11-22', '2026-11-22T12:00:00', '2026-13-01T00:00:00Z', '2026-11-22T12:00:00Zx'])
    expect(momentOf(text)).toBeNull()
})

describe('an id_token', () => {
  const want = { issuer: 'https://idp', clientId: 'us', nonce: 'n', nameClaim: 'name', amr: ['mfa'], acr: ['high'], fresh: false, now }
  const good: IdClaims = { iss: 'https://idp', aud: 'us', sub: 's', nonce: 'n', iat: now / 1000 - 5, exp: now / 1000 + 60 }
  const judged = (claims: IdClaims, more: object = {}) => code(() => judgeIdToken({ ...good, ...claims }, { ...want, ...more }))
  test.each<[IdClaims, string]>([
    [{}, 'taken'],
    [{ iss: 'https://idp/' }, 'issuer'],
    [{ aud: 'them' }, 'audience'],
    [{ aud: ['us', 'them'] }, 'audience'],
    [{ aud: ['us', 'them'], azp: 'us' }, 'taken'],
    [{ azp: 'them' }, 'audience'],
    [{ nonce: 'm' }, 'nonce'],
    [{ nonce: undefined }, 'nonce'],
    [{ exp: now / 1000 - 60 }, 'expired'],
    [{ exp: now / 1000 - 59 }, 'taken'],
    [{ exp: undefined }, 'expired'],
    [{ iat: now / 1000 + 61 }, 'time'],
    [{ iat: now / 1000 - 601 }, 'time'],
    [{ nbf: now / 1000 + 61 }, 'time'],
    [{ sub: '' }, 'subject'],
    [{ sub: 7 }, 'subject'],
    [{ sub: 'x'.repeat(256) }, 'subject'],
  ])('%o: %s', (claims, expected) => expect(judged(claims)).toBe(expected))

  test('at a shared screen the provider must have asked just now', () => {
    expect(judged({}, { fresh: true })).toBe('not-fresh')
    expect(judged({ auth_time: now / 1000 - 301 }, { fresh: true })).toBe('not-fresh')
    expect(judged({ auth_time: now / 1000 - 10 }, { fresh: true })).toBe('taken')
  })

  test('two factors are proven by a listed value alone', () => {
    const factor = (claims: IdClaims, more: object = {}) => judgeIdToken({ ...good, ...claims }, { ...want, ...more }).secondFactor
    expect([
      factor({}),
      factor({ amr: ['pwd', 'otp'] }),
      factor({ amr: ['mfa'] }),
      factor({ acr: 'high' }),
      factor({ acr: 'low' }),
    ]).toEqual([false, false, true, true, false])
    expect(factor({ amr: ['mfa'], acr: '' }, { amr: [], acr: [''] })).toBe(false)
  })
})

describe('an assertion', () => {
  const at = (ms: number) => new Date(now + ms).toISOString()
  const want = {
    entityId: 'idp',
    audience: 'us',
    acs: 'https://us/acs',
    requestId: '_1',
    nameAttribute: '',
    contexts: ['mfa'],
    fresh: false,
    now,
  }
  const confirmation = {
    method: 'urn:oasis:names:tc:SAML:2.0:cm:bearer',
    recipient: 'https://us/acs',
    inResponseTo: '_1',
    notBefore: undefined,
    notOnOrAfter: at(60_000),
  }
  const good: SignedAssertion = {
    response: {
      destination: 'https://us/acs',
      inResponseTo: '_1',
      version: '2.0',
      issuer: 'idp',
      status: 'urn:oasis:names:tc:SAML:2.0:status:Success',
    },
    id: '_a',
    issueInstant: at(-1_000),
    issuer: 'idp',
    nameId: 'ana',
    confirmations: [confirmation],
    conditions: [{ notBefore: at(-1_000), notOnOrAfter: at(60_000) }],
    audiences: [['us']],
    statements: [{ authnInstant: at(-1_000), sessionNotOnOrAfter: undefined, context: 'mfa' }],
    attributes: {},
  }
  const statement = good.statements[0]!
  test.each<[string, Partial<SignedAssertion>]>([
    ['taken', {}],
    ['status', { response: { ...good.response, status: 'urn:oasis:names:tc:SAML:2.0:status:Responder' } }],
    ['issuer', { issuer: 'them' }],
    ['issuer', { response: { ...good.response, issuer: 'them' } }],
    ['destination', { response: { ...good.response, destination: undefined } }],
    ['in-response-to', { response: { ...good.response, inResponseTo: undefined } }],
    ['audience', { audiences: [] }],
    ['audience', { audiences: [['us'], ['them']] }],
    ['confirmation', { confirmations: [] }],
    ['confirmation', { confirmations: [{ ...confirmation, method: 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches' }] }],
    ['confirmation', { confirmations: [{ ...confirmation, recipient: 'https://them' }] }],
    ['confirmation', { confirmations: [{ ...confirmation, inResponseTo: undefined }] }],
    ['confirmation', { confirmations: [{ ...confirmation, notOnOrAfter: undefined }] }],
    ['confirmation', { confirmations: [{ ...confirmation, notOnOrAfter: at(-61_000) }] }],
    ['conditions', { conditions: [] }],
    ['expired', { conditions: [{ notBefore: undefined, notOnOrAfter: at(-60_000) }] }],
    ['expired', { conditions: [{ notBefore: undefined, notOnOrAfter: undefined }] }],
    ['time', { conditions: [{ notBefore: at(61_000), notOnOrAfter: at(120_000) }] }],
    ['time', { issueInstant: at(-601_000) }],
    ['statement', { statements: [] }],
    ['expired', { statements: [{ ...statement, sessionNotOnOrAfter: at(-61_000) }] }],
    ['time', { statements: [{ ...statement, authnInstant: undefined }] }],
    ['subject', { nameId: undefined }],
    ['structure', { id: undefined }],
  ])('%s: %o', (expected, change) => expect(code(() => judgeAssertion({ ...good, ...change }, want))).toBe(expected))

  test('the factor, the name, and until when it must not come again', () => {
    const judged = judgeAssertion({ ...good, attributes: { upn: ['ana@x'] } }, { ...want, nameAttribute: 'upn' })
    expect(judged).toMatchObject({ subject: 'ana', name: 'ana@x', secondFactor: true, assertion: '_a' })
    expect(judged.until).toBeGreaterThan(now + 60_000)
    expect(judgeAssertion(good, { ...want, contexts: [] }).secondFactor).toBe(false)
    expect(
      code(() => judgeAssertion({ ...good, statements: [{ ...statement, authnInstant: at(-301_000) }] }, { ...want, fresh: true })),
    ).toBe('not-fresh')
  })
})

test('whatever the text, the scan answers, and takes nothing with a document type, a comment or a third signature', () => {
  fc.assert(fc.property(fc.string(), (text) => scanResponse(text) !== null))
  const whole = '<p:Response><Signature/><Status/><Issuer/><a:Assertion><Issuer/><Signature/></a:Assertion></p:Response>'
  expect(scanResponse(whole)).toBeNull()
  for (const bad of [
    '<!---->',
    '<!DOCTYPE x>',
    '<![CDATA[x]]>',
    '<?x?>',
    '<Signature/>',
    '<x:Assertion/>',
    '<Object/>',
    '<EncryptedAssertion/>',
    '<Status />',
  ])
    expect(scanResponse(whole.replace('</p:Response>', `${bad}</p:Response>`)), bad).not.toBeNull()
})
