import type { Bytes } from './bytes.ts'
import { copy } from './bytes.ts'
import { refuse } from './errors.ts'

const importKey = (key: Uint8Array, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', copy(key), 'AES-GCM', false, [use])

const parameters = (iv: Uint8Array, aad: Uint8Array): AesGcmParams => {
  if (iv.length !== 12) refuse('malformed', 'AES-GCM takes a 12-byte iv')
  return { name: 'AES-GCM', iv: copy(iv), additionalData: copy(aad), tagLength: 128 }
}

/** AES-GCM (SP 800-38D) with a 12-byte iv and a 16-byte tag behind the ciphertext. The caller never uses one key and iv twice. */
export const gcmSeal = async (key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.encrypt(parameters(iv, aad), await importKey(key, 'encrypt'), copy(plaintext)))

/** Opens what gcmSeal made. Throws `bad-seal`. */
export const gcmOpen = async (key: Uint8Array, iv: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Promise<Bytes> => {
  const algorithm = parameters(iv, aad)
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, await importKey(key, 'decrypt'), copy(sealed)))
  } catch {
    return refuse('bad-seal', 'does not open')
  }
}
