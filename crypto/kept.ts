import type { Bytes, Uuid } from './bytes.ts'
import { concat, utf8, uuidToBytes } from './bytes.ts'
import { sha256 } from './hash.ts'
import type { BoxKey, BoxPublicKey } from './keys.ts'
import { openWith, sealTo } from './keys.ts'

// What a device that keeps nothing in its browser must not forget is sealed under a key of its own; the key is sealed to each unlock factor of
// its person. The server has both and opens neither.

/** Whose key it is: one of another device or person opens nothing. */
export type KeptBy = { readonly organisation: Uuid; readonly person: Uuid; readonly device: Uuid }

const context = ({ organisation, person, device }: KeptBy) => ({
  hash: sha256(concat(utf8('wl1 kept key'), uuidToBytes(organisation), uuidToBytes(person), uuidToBytes(device))),
})

/** Seals the key to a factor that the person's device list names. */
export const sealKeptKey = (factor: BoxPublicKey, by: KeptBy, key: Bytes): Promise<Bytes> =>
  sealTo(factor, 'wl1 kept key', context(by), key)

/** Opens it by that factor. Throws `bad-seal`. */
export const openKeptKey = (factor: BoxKey, by: KeptBy, seal: Bytes): Promise<Bytes> => openWith(factor, 'wl1 kept key', context(by), seal)
