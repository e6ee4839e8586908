import { Secret, TOTP } from 'otpauth'
import { monthOf } from '@wardline/platform/server'
import type { KeyLedger } from '@wardline/platform/server'
import { foldCode, totpPolicy } from '../rules.ts'
import type { TotpRow } from './tables.ts'

const context = (person: string) => `totp|${person}`

const authenticator = (key: Uint8Array, issuer: string, label: string) =>
  new TOTP({
    issuer,
    label,
    algorithm: 'SHA1',
    digits: totpPolicy.digits,
    period: totpPolicy.periodSeconds,
    secret: new Secret({ buffer: Uint8Array.from(key).buffer }),
  })

/** Seals an authenticator's key under the organisation's data key for credentials. */
export async function sealKey(keys: KeyLedger, at: { org: string; now: Date }, person: string, key: Uint8Array) {
  return keys.seal({ org: at.org, bucket: 'access', month: monthOf(at.now) }, key, context(person))
}

/** How many steps a code lies from `now` (ms), or null. */
export function deltaOf(keys: KeyLedger, org: string, person: string, row: TotpRow, code: string, now: number): number | null {
  const key = keys.open(org, row.data_key, row.sealed, context(person))
  try {
    return authenticator(key, '', '').validate({ token: foldCode(code), timestamp: now, window: totpPolicy.window })
  } finally {
    key.fill(0)
  }
}

/** What a person's authenticator scans or types. */
export function tell(key: Uint8Array, account: { organisation: string; signInName: string }): { uri: string; key: string } {
  const it = authenticator(key, `Wardline ${account.organisation}`.replaceAll(':', ' '), account.signInName)
  return { uri: it.toString(), key: it.secret.base32 }
}
