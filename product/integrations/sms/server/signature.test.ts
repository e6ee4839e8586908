import { createHash, createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Webhook } from '../contract.ts'
import { mostFields } from '../rules.ts'
import { verifyTwilioWebhook } from './signature.ts'

const project = path.resolve(import.meta.dirname, '../../../..')
const file = path.resolve(project, process.env['WARDLINE_VECTORS'] ?? '../shared/data', 'twilio-signatures/vectors.json')

type Vector = {
  readonly name: string
  readonly authToken: string
  readonly url: string
  readonly params?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
  readonly signature: string
  readonly valid: boolean
}

const formBody = (params: Readonly<Record<string, string | readonly string[]>>): string =>
  new URLSearchParams(
    Object.entries(params).flatMap(([name, value]) => [value].flat().map((one) => [name, one] as [string, string])),
  ).toString()

const webhookOf = (
  url: string,
  body: string,
  signature: string | undefined,
  contentType = 'application/x-www-form-urlencoded',
): Webhook => ({
  url,
  rawBody: Buffer.from(body),
  contentType,
  signature,
})

const signed = (token: string, base: string): string => createHmac('sha1', token).update(base).digest('base64')

describe.skipIf(!existsSync(file))("Twilio's own signature vectors", () => {
  const vectors = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[]) : []

  test.each(vectors)('$name', ({ authToken, url, params, body, signature, valid }) => {
    const webhook =
      body === undefined ? webhookOf(url, formBody(params ?? {}), signature) : webhookOf(url, body, signature, 'application/json')
    expect(verifyTwilioWebhook([authToken], webhook) !== undefined).toBe(valid)
  })

  test.each(vectors.filter(({ valid }) => valid))(
    '$name: not with another token, URL, body or signature',
    ({ authToken, url, params, body, signature }) => {
      const raw = body ?? formBody(params ?? {})
      const contentType = body === undefined ? 'application/x-www-form-urlencoded' : 'application/json'
      const check = (token: string, otherUrl: string, otherBody: string, otherSignature: string | undefined) =>
        verifyTwilioWebhook([token], webhookOf(otherUrl, otherBody, otherSignature, contentType))
      expect(check(`${authToken}x`, url, raw, signature)).toBeUndefined()
      expect(check(authToken, url.replace('foo=1', 'foo=2'), raw, signature)).toBeUndefined()
      expect(check(authToken, url, `${raw}&x=1`, signature)).toBeUndefined()
      expect(check(authToken, url, raw, `${signature}=`)).toBeUndefined()
      expect(check(authToken, url, raw, '')).toBeUndefined()
      expect(check(authToken, url, raw, undefined)).toBeUndefined()
    },
  )
})

describe('webhook signature', () => {
  const url = 'https://clinic.example/hooks/status?hint=row-1'
  const body = 'To=%2B1&Body=It%27s+amazing+%C3%B1'
  const base = 'Body' + "It's amazing ñ" + 'To+1'

  test('decodes the form that was signed', () => {
    expect(verifyTwilioWebhook(['t'], webhookOf(url, body, signed('t', url + base)))).toEqual([
      ['To', '+1'],
      ['Body', "It's amazing ñ"],
    ])
  })

  test('takes each of several tokens while one is rotated, and no empty one', () => {
    expect(verifyTwilioWebhook(['new', 'old'], webhookOf(url, body, signed('old', url + base)))).toBeDefined()
    expect(verifyTwilioWebhook(['new'], webhookOf(url, body, signed('old', url + base)))).toBeUndefined()
    expect(
      verifyTwilioWebhook(
        [''],
        webhookOf(
          url,
          body,
          createHmac('sha1', '')
            .update(url + base)
            .digest('base64'),
        ),
      ),
    ).toBeUndefined()
    expect(verifyTwilioWebhook([], webhookOf(url, body, signed('old', url + base)))).toBeUndefined()
  })

  test.each([
    ['with the port although it is standard', 'https://clinic.example:443/hooks/status?hint=row-1', url],
    ['without the port although one is configured', url, 'https://clinic.example:8443/hooks/status?hint=row-1'],
    ['without the connection overrides', url, `${url}#rc=5&rp=all`],
    ['with the connection overrides', `${url}#rc=5&rp=all`, `${url}#rc=5&rp=all`],
    ['without the credentials', url, 'https://user:pass@clinic.example/hooks/status?hint=row-1'],
  ])('signed %s', (_, signedUrl, configured) => {
    expect(verifyTwilioWebhook(['t'], webhookOf(configured, body, signed('t', signedUrl + base)))).toBeDefined()
  })

  test('another host, scheme, path or query is not the same URL', () => {
    for (const other of [
      url.replace('clinic', 'clinik'),
      url.replace('https', 'http'),
      url.replace('status', 'inbound'),
      url.replace('row-1', 'row-2'),
      `${url}&x=1`,
    ])
      expect(verifyTwilioWebhook(['t'], webhookOf(other, body, signed('t', url + base)))).toBeUndefined()
  })

  test('a form with more fields than Twilio ever sends is not believed, though it is signed', () => {
    const formOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${String(i).padStart(3, '0')}`, 'v']))
    const check = (count: number) => {
      const form = formOf(count)
      const under = Object.entries(form).map(([name, value]) => name + value)
      return verifyTwilioWebhook(['t'], webhookOf(url, formBody(form), signed('t', url + under.join(''))))
    }
    expect(check(mostFields)).toHaveLength(mostFields)
    expect(check(mostFields + 1)).toBeUndefined()
  })

  test('what is no signature, and what is no form of Twilio’s, costs no hash', () => {
    let asked = 0
    const tokens = new Proxy(['t'], {
      get: (target, name) => {
        if (name === 'flatMap') asked += 1
        return Reflect.get(target, name) as unknown
      },
    })
    const many = Array.from({ length: mostFields + 1 }, (_, i) => `n${i}=v`).join('&')
    for (const [raw, signature] of [
      [body, 'AAAA'],
      [body, `${'A'.repeat(28)}=`],
      [body, '*'.repeat(27) + '='],
      [many, `${'A'.repeat(27)}=`],
    ] as const)
      expect(verifyTwilioWebhook(tokens, webhookOf(url, raw, signature))).toBeUndefined()
    expect(asked).toBe(0)
    expect(verifyTwilioWebhook(tokens, webhookOf(url, body, signed('t', url + base)))).toBeDefined()
    expect(asked).toBe(1)
  })

  test('a body that is no UTF-8 form is refused', () => {
    const broken: Webhook = { ...webhookOf(url, '', signed('t', `${url}a\uFFFD`)), rawBody: Uint8Array.from([0x61, 0x3d, 0xff]) }
    expect(verifyTwilioWebhook(['t'], broken)).toBeUndefined()
    expect(verifyTwilioWebhook(['t'], { ...webhookOf(url, body, signed('t', url + base)), contentType: 'text/plain' })).toBeUndefined()
    expect(verifyTwilioWebhook(['t'], { ...webhookOf(url, body, signed('t', url + base)), contentType: undefined })).toBeUndefined()
  })

  test('a JSON body is covered by bodySHA256 and yields no form', () => {
    const json = '{"a":1}'
    const hashed = `${url}&bodySHA256=${createHash('sha256').update(json).digest('hex')}`
    expect(verifyTwilioWebhook(['t'], webhookOf(hashed, json, signed('t', hashed), 'application/json'))).toEqual([])
    expect(verifyTwilioWebhook(['t'], webhookOf(hashed, '{"a":2}', signed('t', hashed), 'application/json'))).toBeUndefined()
    expect(verifyTwilioWebhook(['t'], webhookOf(hashed, body, signed('t', hashed + base)))).toBeUndefined()
  })
})
