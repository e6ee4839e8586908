import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { segmentsOf } from './segments.ts'
import { sign, signedUrl } from './sign.ts'

const data = path.resolve(import.meta.dirname, '../..', process.env['WARDLINE_VECTORS'] ?? '../shared/data')
const read = <T>(file: string): readonly T[] => {
  const at = path.join(data, file)
  return existsSync(at) ? (JSON.parse(readFileSync(at, 'utf8')) as readonly T[]) : []
}

type Signed = {
  readonly name: string
  readonly authToken: string
  readonly url: string
  readonly params?: Record<string, string | string[]>
  readonly signature: string
  readonly valid: boolean
}
const signed = read<Signed>('twilio-signatures/vectors.json').filter(({ params, valid }) => params !== undefined && valid)
type Segmented = { readonly name: string; readonly body: string; readonly segments: number }
const segmented = read<Segmented>('gsm7-segments/cases.json')

describe.skipIf(signed.length === 0)("signatures as Twilio's vectors have them", () => {
  test.each(signed)('$name', ({ authToken, url, params, signature }) => {
    expect(sign(authToken, signedUrl(url), params ?? {})).toBe(signature)
  })
})

describe.skipIf(segmented.length === 0)("segments as Twilio's calculator counts them", () => {
  test.each(segmented)('$name', ({ body, segments }) => {
    expect(segmentsOf(body)).toBe(segments)
  })
})

test('the signed URL is the one the documentation names', () => {
  expect(signedUrl('https://u:p@a.example:8443/s?x=1#rc=5')).toBe('https://a.example/s?x=1')
  expect(signedUrl('http://u:p@a.example:8420/s?x=1#rc=5')).toBe('http://a.example:8420/s?x=1')
})
