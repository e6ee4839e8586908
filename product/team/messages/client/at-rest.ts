import { utf8 } from '@wardline/crypto'
import type { Bytes } from '@wardline/crypto'
import type { DeviceStore } from '@wardline/product/team/devices/client'

/** Seals what a person wrote and what is not sent yet under a key that cannot be read out of this device. */
export interface AtRest {
  seal(text: string): Promise<Bytes>
  open(sealed: Bytes): Promise<string>
}

const KEY = ['at-rest'] as const
const IV = 12

/** The device's own key: made at first use, dropped with the store. */
export async function openAtRest(store: DeviceStore): Promise<AtRest> {
  const kept = (await store.get(KEY)) as CryptoKey | undefined
  const key = kept ?? (await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']))
  if (!kept) await store.write({ put: [[KEY, key]] })
  return {
    async seal(text) {
      const iv = crypto.getRandomValues(new Uint8Array(IV))
      const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, utf8(text)))
      const out = new Uint8Array(IV + sealed.length)
      out.set(iv)
      out.set(sealed, IV)
      return out
    },
    async open(sealed) {
      const iv = sealed.slice(0, IV)
      return new TextDecoder().decode(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed.slice(IV)))
    },
  }
}
