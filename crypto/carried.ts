import type { Bytes, Uuid } from './bytes.ts'
import { concat, lp, random, utf8, uuidToBytes } from './bytes.ts'
import { newSeed, signingKeyOfSeed } from './ed25519.ts'
import { refuse } from './errors.ts'
import { gcmOpen, gcmSeal } from './gcm.ts'
import { derive, sha256 } from './hash.ts'
import type { BoxKey, BoxPublicKey, DeviceKeys } from './keys.ts'
import { boxKeyOf, openWith, sealTo } from './keys.ts'

// What a person carries from one shared workstation to the next, sealed under a key of two halves: one that the server gives out, and one that
// only the organisation's workstations can open.

/** The private halves of a device whose keys live in memory only and are kept sealed. */
export type DeviceSeeds = { readonly device: Uuid; readonly sign: Bytes; readonly box: Bytes }

/** The seeds of a new device. */
export const newSeeds = (device: Uuid): DeviceSeeds => ({ device, sign: newSeed(), box: random(32) })

/** The keys of these seeds; they cannot be read out again. */
export const deviceOfSeeds = async (seeds: DeviceSeeds): Promise<DeviceKeys> => ({
  device: seeds.device,
  signing: await signingKeyOfSeed(seeds.sign),
  box: await boxKeyOf(seeds.box),
})

/** The two halves, 32 random bytes each; either alone says nothing about the key. */
export type Halves = { readonly server: Bytes; readonly station: Bytes }

const IV = 12

/** Whose it is: a half or text of one person is nothing to another. */
const context = (organisation: Uuid, person: Uuid): Bytes => concat(uuidToBytes(organisation), uuidToBytes(person))

/** The key of both halves. */
export const carriedKey = (organisation: Uuid, person: Uuid, halves: Halves): Bytes =>
  halves.server.length === 32 && halves.station.length === 32
    ? derive(concat(halves.server, halves.station), 'wl1 carried key', lp(context(organisation, person)), 32)
    : refuse('bad-key', 'half of a key')

const halfContext = (organisation: Uuid, person: Uuid) => ({
  hash: sha256(concat(utf8('wl1 carried half'), context(organisation, person))),
})

/** The workstations' half, sealed to one of them. */
export const sealHalf = (station: BoxPublicKey, organisation: Uuid, person: Uuid, half: Bytes): Promise<Bytes> =>
  sealTo(station, 'wl1 carried half', halfContext(organisation, person), half)

/** Opens it with that workstation's key. Throws `bad-seal`. */
export const openHalf = (station: BoxKey, organisation: Uuid, person: Uuid, seal: Bytes): Promise<Bytes> =>
  openWith(station, 'wl1 carried half', halfContext(organisation, person), seal)

/** Seals what is carried. */
export const sealCarried = async (key: Bytes, organisation: Uuid, person: Uuid, text: Bytes): Promise<Bytes> => {
  const iv = random(IV)
  return concat(iv, await gcmSeal(key, iv, text, context(organisation, person)))
}

/** Opens it. Throws `bad-seal`. */
export const openCarried = (key: Bytes, organisation: Uuid, person: Uuid, sealed: Bytes): Promise<Bytes> =>
  gcmOpen(key, sealed.slice(0, IV), sealed.slice(IV), context(organisation, person))
