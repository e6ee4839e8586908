import type { Bytes, Uuid } from './bytes.ts'
import { concat, lp, utf8 } from './bytes.ts'
import type { SigningKey } from './ed25519.ts'
import { signingKeyOfSeed } from './ed25519.ts'
import { refuse } from './errors.ts'
import { derive, sha256 } from './hash.ts'
import { derivePrivateKey } from './hpke.ts'
import type { BoxKey } from './keys.ts'
import { boxKeyOf } from './keys.ts'
import type { Factor } from './statements/device-list.ts'

/** A passkey or recovery key in the user's hand: it opens vault seals, signs as second factor, and knows the vault by its pin. */
export type UnlockFactor = {
  readonly factor: Uuid
  readonly kind: Factor['kind']
  readonly box: BoxKey
  readonly signing: SigningKey
  readonly mac: CryptoKey
}

const factorOf = async (factor: Uuid, kind: Factor['kind'], secret: Uint8Array): Promise<UnlockFactor> => {
  const context = lp(utf8(kind))
  const mac = derive(secret, 'wl1 factor mac', context, 32)
  return {
    factor,
    kind,
    box: await boxKeyOf(derivePrivateKey(derive(secret, 'wl1 factor box', context, 32))),
    signing: await signingKeyOfSeed(derive(secret, 'wl1 factor sign', context, 32)),
    mac: await crypto.subtle.importKey('raw', mac, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']),
  }
}

/** The factor of a passkey, from its 32-byte PRF output (WebAuthn level 3). */
export const passkeyFactor = (factor: Uuid, prfOutput: Uint8Array): Promise<UnlockFactor> =>
  prfOutput.length === 32 ? factorOf(factor, 'passkey', prfOutput) : refuse('bad-key', 'PRF output')

/** The factor of a recovery key. */
export const recoveryFactor = (factor: Uuid, recoveryKey: Uint8Array): Promise<UnlockFactor> =>
  recoveryKey.length === 16 ? factorOf(factor, 'recovery', recoveryKey) : refuse('bad-recovery-key', 'size')

/** The public halves that the device list names. */
export const publicFactor = (unlock: UnlockFactor): Factor => ({
  factor: unlock.factor,
  kind: unlock.kind,
  signKey: unlock.signing.publicKey,
  suite: unlock.box.suite,
  publicKey: unlock.box.publicKey,
})

/** pin = HMAC(factor's MAC key, "wl1 vault pin" and H(UIK)): only who has the factor can bind a vault to it. */
export const vaultPin = async (unlock: UnlockFactor, identityKey: Uint8Array): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.sign('HMAC', unlock.mac, concat(utf8('wl1 vault pin'), sha256(identityKey))))
