/** The archive's key and seals reckoned from their published formats with Node's own cryptography alone, beside the product's code. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
} from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { parseShare, uuidToBytes } from '@wardline/crypto'
import type { Epoch, RecipientSeal, Statement } from '@wardline/crypto'

const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer => createHmac('sha256', key).update(Buffer.concat(parts)).digest()
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const lp = (bytes: Uint8Array | string): Buffer => Buffer.concat([u32(Buffer.byteLength(bytes)), Buffer.from(bytes as string)])

/** A product in GF(2^8) with the AES polynomial, by the schoolbook. */
function times(a: number, b: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ (product & 0x80 ? 0x11b : 0)
    if ((b >> bit) & 1) product ^= a
  }
  return product & 0xff
}
function over(a: number, b: number): number {
  for (let it = 1; it < 256; it += 1) if (times(it, b) === a) return it
  return 0
}

/** What printed shares give when a polynomial is laid through exactly these: the archive's seed, if they are as many as it takes. */
export function seedOf(printed: readonly string[]): Buffer {
  const shares = printed.map(parseShare)
  const seed = Buffer.alloc(32)
  for (const { index, data } of shares) {
    let weight = 1
    for (const other of shares) if (other.index !== index) weight = times(weight, over(other.index, other.index ^ index))
    for (const [i, byte] of data.entries()) seed[i] = seed[i]! ^ times(byte, weight)
  }
  return seed
}

const kem = Buffer.from([...Buffer.from('KEM'), 0, 0x20])
const hpke = Buffer.from([...Buffer.from('HPKE'), 0, 0x20, 0, 1, 0, 2])
const extract = (suite: Buffer, salt: Uint8Array, label: string, ikm: Uint8Array): Buffer =>
  hmac(salt.length === 0 ? Buffer.alloc(32) : salt, Buffer.from('HPKE-v1'), suite, Buffer.from(label), ikm)
/** LabeledExpand of RFC 9180 for at most 32 bytes: one block of HKDF. */
const expand = (suite: Buffer, prk: Buffer, label: string, info: Uint8Array, length: number): Buffer =>
  hmac(prk, Buffer.from([0, length]), Buffer.from('HPKE-v1'), suite, Buffer.from(label), info, Buffer.of(1)).subarray(0, length)

/** DeriveKeyPair of RFC 9180: the 32 private bytes. */
export const privateBytesOf = (seed: Buffer): Buffer =>
  expand(kem, extract(kem, Buffer.alloc(0), 'dkp_prk', seed), 'sk', Buffer.alloc(0), 32)

const privateKey = (bytes: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), bytes]), format: 'der', type: 'pkcs8' })
const publicKey = (bytes: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), bytes]), format: 'der', type: 'spki' })
/** The 32 public bytes of a private key. */
export const publicBytesOf = (key: KeyObject | Buffer): Buffer =>
  createPublicKey(Buffer.isBuffer(key) ? privateKey(key) : key)
    .export({ format: 'der', type: 'spki' })
    .subarray(-32)

type Recipient = Omit<RecipientSeal, 'seal'>
const infoOf = (epoch: Statement<Epoch>, it: Recipient): Buffer =>
  Buffer.concat([lp('wl1 seal'), lp(u32(1)), lp(it.keyId), lp(epoch.hash), lp(it.kind), lp(uuidToBytes(it.subject)), lp(it.keyId)])

function schedule(dh: Buffer, enc: Uint8Array, recipient: Uint8Array, info: Buffer): { key: Buffer; nonce: Buffer } {
  const none = Buffer.alloc(0)
  const shared = expand(kem, extract(kem, none, 'eae_prk', dh), 'shared_secret', Buffer.concat([enc, recipient]), 32)
  const context = Buffer.concat([Buffer.of(0), extract(hpke, none, 'psk_id_hash', none), extract(hpke, none, 'info_hash', info)])
  const secret = extract(hpke, shared, 'secret', none)
  return { key: expand(hpke, secret, 'key', context, 32), nonce: expand(hpke, secret, 'base_nonce', context, 12) }
}

/** K_n out of an archive seal, and only if it gives the commitment that the epoch's author signed; null otherwise. */
export function openSeal(privateBytes: Buffer, epoch: Statement<Epoch>, it: RecipientSeal): Buffer | null {
  const [enc, sealed] = [it.seal.subarray(0, 32), it.seal.subarray(32)]
  const mine = privateKey(privateBytes)
  const dh = diffieHellman({ privateKey: mine, publicKey: publicKey(enc) })
  const { key, nonce } = schedule(dh, enc, publicBytesOf(mine), infoOf(epoch, it))
  const cipher = createDecipheriv('aes-256-gcm', key, nonce).setAuthTag(sealed.subarray(-16))
  try {
    const root = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()])
    const commitment = hmac(hmac(Buffer.alloc(32), root), Buffer.from('wl1 commit'), Buffer.of(1))
    return commitment.equals(epoch.body.commitment) ? root : null
  } catch {
    return null
  }
}

/** A seal of any 32 bytes to any key, with randomness of its own: what a member can check by nothing but its bytes. */
export function makeSeal(recipient: Uint8Array, epoch: Statement<Epoch>, it: Recipient, root: Buffer): Uint8Array<ArrayBuffer> {
  const pair = generateKeyPairSync('x25519')
  const enc = publicBytesOf(pair.privateKey)
  const { key, nonce } = schedule(
    diffieHellman({ privateKey: pair.privateKey, publicKey: publicKey(recipient) }),
    enc,
    recipient,
    infoOf(epoch, it),
  )
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return new Uint8Array(Buffer.concat([enc, cipher.update(root), cipher.final(), cipher.getAuthTag()]))
}
