/**
 * Every label that separates one use of a key or hash from another. Closed lists: a new use needs a new label here, and a test refuses
 * doubled labels and labels that begin another one of the same list.
 */

/** Labels of Ed25519 signatures: one for each kind of statement, two for a message, one each for a device that signs in and one that wiped itself. */
export const SIGNATURE_LABELS = [
  'wl1 directory key',
  'wl1 identity',
  'wl1 device list',
  'wl1 user key',
  'wl1 authority',
  'wl1 role key',
  'wl1 archive policy',
  'wl1 recipient policy',
  'wl1 removal',
  'wl1 revocation',
  'wl1 opening',
  'wl1 vault',
  'wl1 epoch',
  'wl1 outer',
  'wl1 msg',
  'wl1 receipt',
  'wl1 session',
  'wl1 wipe',
] as const
export type SignatureLabel = (typeof SIGNATURE_LABELS)[number]

/** Labels at the head of every HPKE info. */
export const SEAL_LABELS = [
  'wl1 member seal',
  'wl1 seal',
  'wl1 history seal',
  'wl1 user link',
  'wl1 role member',
  'wl1 role link',
  'wl1 vault factor',
  'wl1 archive opening',
  'wl1 carried half',
  'wl1 kept key',
] as const
export type SealLabel = (typeof SEAL_LABELS)[number]

/** Labels of derived keys and of hashes that are no signature. */
export const DERIVATION_LABELS = [
  'wl1 root',
  'wl1 commit',
  'wl1 coins',
  'wl1 mk',
  'wl1 vault box',
  'wl1 vault pin',
  'wl1 factor box',
  'wl1 factor sign',
  'wl1 factor mac',
  'wl1 envelope',
  'wl1 share',
  'wl1 recovery check',
  'wl1 safety number',
  'wl1 carried key',
] as const
export type DerivationLabel = (typeof DERIVATION_LABELS)[number]
