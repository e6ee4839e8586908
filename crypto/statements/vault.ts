import type { Bytes, Uuid } from '../bytes.ts'
import type { Codec } from '../canonical.ts'
import { blob, encode, fixed, hash, set, struct, uuid } from '../canonical.ts'
import { sha256 } from '../hash.ts'
import type { Chained } from './statement.ts'
import { chained, define } from './statement.ts'

/** The vault key sealed to one device or factor. */
export type VaultSeal = { readonly holder: Uuid; readonly seal: Bytes }

/** A factor's pin, and the identity key that it was made for: later ones follow from that one's signed successors. */
export type VaultPin = { readonly factor: Uuid; readonly identity: Bytes; readonly pin: Bytes }

/** A person's identity key and newest user key under a vault key, which is sealed to each device and factor of the cited device list. */
export type Vault = Chained & {
  readonly person: Uuid
  readonly identity: Bytes
  readonly deviceList: Bytes
  readonly box: Bytes
  readonly seals: readonly VaultSeal[]
  readonly pins: readonly VaultPin[]
}

const seal: Codec<VaultSeal> = struct<VaultSeal>({ holder: uuid, seal: blob(4096) })
const pin: Codec<VaultPin> = struct<VaultPin>({ factor: uuid, identity: fixed(32), pin: hash })

export const vault = define<Vault>(
  'vault',
  struct<Vault>({
    ...chained,
    person: uuid,
    identity: fixed(32),
    deviceList: hash,
    box: blob(1024),
    seals: set(seal, 80),
    pins: set(pin, 16),
  }),
  (body) => [body.person],
)

/** The part of a vault that its box and seals are bound to. */
export type VaultHead = Pick<Vault, 'organisation' | 'version' | 'prev' | 'time' | 'person' | 'identity' | 'deviceList'>

const head: Codec<VaultHead> = struct<VaultHead>({ ...chained, person: uuid, identity: fixed(32), deviceList: hash })

/** The hash of that part. */
export const vaultContext = (value: VaultHead): Bytes => sha256(encode(head, value))
