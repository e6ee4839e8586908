import type { Bytes, Uuid } from './bytes.ts'
import { concat, equal, lp, random } from './bytes.ts'
import { verify, sign } from './ed25519.ts'
import type { Checkpoint, Envelope, Flags, Header } from './envelope.ts'
import { encodeHeader, encodeOuter, hashOfFlags, hashOfParts, joinEnvelope, tombstoneHash } from './envelope.ts'
import type { EpochRoot } from './epoch.ts'
import { refuse } from './errors.ts'
import { gcmOpen, gcmSeal } from './gcm.ts'
import { derivationInfo, hkdfExpand, hkdfExtract, sha256 } from './hash.ts'
import type { DeviceKeys } from './keys.ts'
import { pad, unpad } from './padding.ts'

/** What opens one message and nothing else: mk and iv. */
export type MessageKey = { readonly key: Bytes; readonly iv: Bytes }

const keyInfo = (headerHash: Uint8Array): Bytes => derivationInfo('wl1 mk', lp(headerHash))
const cut = (material: Bytes): MessageKey => ({ key: material.slice(0, 32), iv: material.slice(32) })

/** mk and iv = HKDF(K_n, salt empty, "wl1 mk", lp(H(header))), from K_n in the clear; the archive's offline opening only. */
export const messageKeyOfRoot = (root: Uint8Array, headerHash: Uint8Array): MessageKey =>
  cut(hkdfExpand(hkdfExtract(new Uint8Array(0), root), keyInfo(headerHash), 44))

/** The same from K_n as a key that cannot be read out. */
export const messageKey = async (root: CryptoKey, headerHash: Uint8Array): Promise<MessageKey> => {
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: keyInfo(headerHash) }
  return cut(new Uint8Array(await crypto.subtle.deriveBits(algorithm, root, 352)))
}

/** A message to be sealed. `prev`: hash of the last envelope that this device itself sent here, or zero. `body`: the content's bytes. */
export type MessageInput = {
  readonly root: EpochRoot
  readonly device: DeviceKeys
  readonly msgId: Uuid
  readonly prev: Bytes
  readonly flags: Flags
  readonly kind: string
  readonly checkpoint: Checkpoint
  readonly body: Uint8Array
}

/** A sealed message: the bytes that the outbox stores and resends, and the hash that continues the chain. */
export type SealedMessage = { readonly bytes: Bytes; readonly hash: Bytes }

/**
 * Seals a message. A fresh salt is drawn at every call, so that sealing again (after `stale-epoch`, after an edit) never meets an old key
 * and iv. A resend is no new seal: it sends the stored bytes.
 */
export const sealMessage = async (input: MessageInput): Promise<SealedMessage> => {
  const { root, device, flags } = input
  const header = encodeHeader({
    organisation: root.organisation,
    conversation: root.conversation,
    n: root.n,
    epochHash: root.hash,
    device: device.device,
    msgId: input.msgId,
    prev: input.prev,
    sealSalt: random(16),
    flagsHash: hashOfFlags(flags),
    kind: input.kind,
    checkpoint: input.checkpoint,
  })
  const headerHash = sha256(header)
  const padded = pad(input.body)
  const [{ key, iv }, signature] = await Promise.all([
    messageKey(root.key, headerHash),
    sign(device.signing.privateKey, 'wl1 msg', concat(headerHash, sha256(padded))),
  ])
  const ct = await gcmSeal(key, iv, concat(lp(signature), padded), header)
  const ctHash = sha256(ct)
  const outer = encodeOuter({ ...flags, headerHash, ctHash })
  const outerHash = sha256(outer)
  const outerSig = await sign(device.signing.privateKey, 'wl1 outer', outerHash)
  return {
    bytes: joinEnvelope({ outer, outerSig, header, ct }),
    hash: tombstoneHash({ prev: input.prev, rest: hashOfParts(outerHash, headerHash, ctHash) }),
  }
}

/** An opened message. `disputed`: it opens, but a signature is not the named device's; it is shown as such, never as a blank. */
export type OpenedMessage = {
  readonly standing: 'good' | 'disputed'
  readonly header: Header
  readonly flags: Flags
  readonly body: Bytes
  readonly hash: Bytes
}

/** Opens an envelope with its message key, as a requesting officer does. Throws `bad-seal`, `bad-padding`. */
export const openWithMessageKey = async (envelope: Envelope, { key, iv }: MessageKey, deviceKey: Uint8Array): Promise<OpenedMessage> => {
  const opened = await gcmOpen(key, iv, envelope.ct, envelope.headerBytes)
  if (opened.length < 68 || !equal(opened.subarray(0, 4), Uint8Array.of(0, 0, 0, 64))) refuse('malformed', 'signature frame')
  const padded = opened.slice(68)
  const body = unpad(padded)
  const signed = concat(envelope.headerHash, sha256(padded))
  const [inner, outer] = await Promise.all([verify(deviceKey, opened.subarray(4, 68), 'wl1 msg', signed), verifyOuter(envelope, deviceKey)])
  const { priority, ask, due, expiry, mentions } = envelope.outer
  return {
    standing: inner && outer ? 'good' : 'disputed',
    header: envelope.header,
    flags: { priority, ask, due, expiry, mentions },
    body,
    hash: envelope.hash,
  }
}

/**
 * Opens an envelope of this epoch. `deviceKey` is the Ed25519 key of the header's device, from its owner's verified device list. Throws
 * `wrong-subject` for another conversation or epoch, `bad-seal` for changed bytes.
 */
export const openMessage = async (root: EpochRoot, envelope: Envelope, deviceKey: Uint8Array): Promise<OpenedMessage> => {
  const { header } = envelope
  const here = header.organisation === root.organisation && header.conversation === root.conversation
  if (!here || header.n !== root.n || !equal(header.epochHash, root.hash)) refuse('wrong-subject', 'another conversation or epoch')
  return openWithMessageKey(envelope, await messageKey(root.key, envelope.headerHash), deviceKey)
}

/** Whether the named device signed the outer part. */
export const verifyOuter = (envelope: Envelope, deviceKey: Uint8Array): Promise<boolean> =>
  verify(deviceKey, envelope.outerSig, 'wl1 outer', envelope.outerHash)
