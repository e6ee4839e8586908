import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { concat, fromHex, toHex } from './bytes.ts'
import { verifyRaw } from './ed25519.ts'
import { gcmOpen, gcmSeal } from './gcm.ts'
import { hkdfExpand, hkdfExtract, hmacSha256 } from './hash.ts'
import { diffieHellman, privateKeyOf } from './x25519.ts'

type Case = Readonly<Record<string, string>> & { readonly tcId: number; readonly flags: readonly string[]; readonly size: number }
type Group = {
  readonly ivSize: number
  readonly keySize: number
  readonly tagSize: number
  readonly publicKey: { readonly pk: string }
  readonly tests: readonly Case[]
}

const folder = path.resolve(process.env['WARDLINE_VECTORS'] ?? path.join(import.meta.dirname, '../../shared/data'), 'wycheproof')
const groups = (file: string): readonly Group[] =>
  (JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { testGroups: readonly Group[] }).testGroups
const bytes = (test: Case, field: string) => fromHex(test[field] ?? '')

describe.skipIf(!existsSync(folder))('Wycheproof', () => {
  it('AES-GCM with 12-byte ivs and 16-byte tags', async () => {
    let run = 0
    for (const group of groups('aes_gcm_test.json')) {
      if (group.ivSize !== 96 || group.tagSize !== 128 || group.keySize === 192) continue
      for (const test of group.tests) {
        const [key, iv, aad] = [bytes(test, 'key'), bytes(test, 'iv'), bytes(test, 'aad')]
        const sealed = concat(bytes(test, 'ct'), bytes(test, 'tag'))
        const opened = await gcmOpen(key, iv, sealed, aad).then(toHex, () => null)
        expect(opened, `case ${test.tcId}`).toBe(test['result'] === 'valid' ? test['msg'] : null)
        if (test['result'] === 'valid') expect(await gcmSeal(key, iv, bytes(test, 'msg'), aad)).toEqual(sealed)
        run++
      }
    }
    expect(run).toBeGreaterThan(100)
  })

  it('Ed25519', async () => {
    for (const group of groups('ed25519_test.json')) {
      for (const test of group.tests) {
        const verified = await verifyRaw(fromHex(group.publicKey.pk), bytes(test, 'sig'), bytes(test, 'msg'))
        expect(verified, `case ${test.tcId}`).toBe(test['result'] === 'valid')
      }
    }
  })

  it('X25519: right secrets, and all-zero ones refused', async () => {
    for (const test of groups('x25519_test.json').flatMap((group) => group.tests)) {
      const secret = await privateKeyOf(bytes(test, 'private'))
        .then((key) => diffieHellman(key, bytes(test, 'public')))
        .then(toHex, () => null)
      const zero = test['shared'] === '00'.repeat(32)
      expect(secret, `case ${test.tcId}`).toBe(zero || test['result'] === 'invalid' ? null : test['shared'])
    }
  })

  it('HKDF-SHA-256', () => {
    for (const test of groups('hkdf_sha256_test.json').flatMap((group) => group.tests)) {
      const make = () => toHex(hkdfExpand(hkdfExtract(bytes(test, 'salt'), bytes(test, 'ikm')), bytes(test, 'info'), test.size))
      if (test['result'] === 'valid') expect(make(), `case ${test.tcId}`).toBe(test['okm'])
      else expect(make, `case ${test.tcId}`).toThrow()
    }
  })

  it('HMAC-SHA-256', () => {
    for (const group of groups('hmac_sha256_test.json')) {
      for (const test of group.tests) {
        const tag = toHex(hmacSha256(bytes(test, 'key'), bytes(test, 'msg')).slice(0, group.tagSize / 8))
        expect(tag === test['tag'], `case ${test.tcId}`).toBe(test['result'] === 'valid')
      }
    }
  })
})
