import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { ZERO_HASH, concat, copy, equal, lp, newUuid, random, u32, utf8 } from './bytes.ts'
import { newSigningKey, sign } from './ed25519.ts'
import type { Flags, Header } from './envelope.ts'
import { encodeHeader, encodeOuter, hashOfFlags, joinEnvelope, parseEnvelope, parseHeader, tombstoneHash } from './envelope.ts'
import type { EpochRoot } from './epoch.ts'
import { gcmSeal } from './gcm.ts'
import { sha256 } from './hash.ts'
import type { DeviceKeys } from './keys.ts'
import { createDevice } from './keys.ts'
import { messageKey, messageKeyOfRoot, openMessage, sealMessage } from './message.ts'
import { pad, unpad } from './padding.ts'
import { CHECKPOINT, ROUTINE } from './testing/clinic.ts'

let root: EpochRoot
let device: DeviceKeys
const secret = random(32)
const STAT: Flags = { priority: 'stat', ask: 'call', due: 1000, expiry: 2000, mentions: [newUuid(), newUuid()] }

beforeAll(async () => {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
  root = { organisation: newUuid(), conversation: newUuid(), n: 7, hash: random(32), key }
  device = await createDevice(newUuid())
})

const seal = (text: string, change: Partial<Parameters<typeof sealMessage>[0]> = {}) =>
  sealMessage({
    root,
    device,
    msgId: newUuid(),
    prev: ZERO_HASH,
    flags: ROUTINE,
    kind: 'text',
    checkpoint: CHECKPOINT,
    body: utf8(text),
    ...change,
  })
const open = async (bytes: Uint8Array) => openMessage(root, parseEnvelope(bytes), device.signing.publicKey)
const parts = (bytes: Uint8Array) => {
  const envelope = parseEnvelope(bytes)
  return { outer: encodeOuter(envelope.outer), outerSig: envelope.outerSig, header: envelope.headerBytes, ct: envelope.ct }
}

/** An envelope as a member's changed client could make it: any header and any plaintext under the right message key. */
const craft = async (plaintext: (headerHash: Uint8Array) => Promise<Uint8Array>, change: Partial<Header> = {}, flags: Flags = ROUTINE) => {
  const header = encodeHeader({
    organisation: root.organisation,
    conversation: root.conversation,
    n: root.n,
    epochHash: root.hash,
    device: device.device,
    msgId: newUuid(),
    prev: ZERO_HASH,
    sealSalt: random(16),
    flagsHash: hashOfFlags(flags),
    kind: 'text',
    checkpoint: CHECKPOINT,
    ...change,
  })
  const headerHash = sha256(header)
  const { key, iv } = await messageKey(root.key, headerHash)
  const ct = await gcmSeal(key, iv, await plaintext(headerHash), header)
  const outer = encodeOuter({ ...flags, headerHash, ctHash: sha256(ct) })
  return joinEnvelope({ outer, outerSig: await sign(device.signing.privateKey, 'wl1 outer', sha256(outer)), header, ct })
}
const signed = async (headerHash: Uint8Array, padded: Uint8Array) =>
  concat(lp(await sign(device.signing.privateKey, 'wl1 msg', concat(headerHash, sha256(padded)))), padded)

describe('a message', () => {
  it('opens to what was sealed, with its flags and header', async () => {
    const prev = random(32)
    const { bytes, hash } = await seal('BP 80/40 — kommen Sie', { flags: STAT, prev, kind: 'text' })
    const opened = await open(bytes)
    expect(opened.standing).toBe('good')
    expect(new TextDecoder().decode(opened.body)).toBe('BP 80/40 — kommen Sie')
    expect({ ...opened.flags, mentions: opened.flags.mentions.toSorted() }).toEqual({ ...STAT, mentions: STAT.mentions.toSorted() })
    expect(opened.header).toMatchObject({ organisation: root.organisation, conversation: root.conversation, n: 7, prev, kind: 'text' })
    expect(opened.hash).toEqual(hash)
    expect(parseEnvelope(bytes).hash).toEqual(hash)
    expect(joinEnvelope(parts(bytes))).toEqual(bytes)
  })

  it('has one key, whether K_n can be read or not', async () => {
    const headerHash = random(32)
    expect(messageKeyOfRoot(secret, headerHash)).toEqual(await messageKey(root.key, headerHash))
  })

  it('has a hash that covers outer, header and ciphertext, and a tombstone with the same', async () => {
    const envelope = parseEnvelope((await seal('a')).bytes)
    expect(tombstoneHash({ prev: envelope.header.prev, rest: envelope.rest })).toEqual(envelope.hash)
    expect(tombstoneHash({ prev: random(32), rest: envelope.rest })).not.toEqual(envelope.hash)
  })

  it('is read alike with a digest handed in', async () => {
    const { bytes } = await seal('a', { flags: STAT })
    let calls = 0
    const counted = (b: Uint8Array) => {
      calls++
      return Buffer.from(sha256(b))
    }
    expect(parseEnvelope(Buffer.from(bytes), counted)).toEqual(parseEnvelope(bytes))
    expect(calls).toBeGreaterThan(3)
  })

  it('is refused or disputed whichever bit is flipped, and refused when cut or lengthened', async () => {
    const { bytes } = await seal('do not touch', { flags: STAT })
    const sig = parts(bytes).outer.length + 8
    for (let at = 0; at < bytes.length; at += at < 420 ? 1 : 7) {
      const bent = bytes.with(at, (bytes[at] as number) ^ (1 << (at % 8)))
      const outcome = await (async () => open(bent))().then(
        (m) => m.standing,
        (error: { name: string }) => error.name,
      )
      expect(outcome, `byte ${at}`).toBe(at >= sig && at < sig + 64 ? 'disputed' : 'CryptoError')
    }
    for (const length of [0, 1, 100, bytes.length - 256, bytes.length - 1]) {
      expect(() => parseEnvelope(bytes.slice(0, length))).toThrow(expect.objectContaining({ name: 'CryptoError' }))
    }
    expect(() => parseEnvelope(concat(bytes, Uint8Array.of(0)))).toThrow(expect.objectContaining({ code: 'malformed' }))
  })

  it('does not open in another conversation, epoch or organisation, nor a future one early', async () => {
    const envelope = parseEnvelope((await seal('a')).bytes)
    const changes: readonly Partial<EpochRoot>[] = [
      { conversation: newUuid() },
      { organisation: newUuid() },
      { n: 6 },
      { n: 8 },
      { hash: random(32) },
    ]
    for (const change of changes) {
      await expect(openMessage({ ...root, ...change }, envelope, device.signing.publicKey)).rejects.toMatchObject({ code: 'wrong-subject' })
    }
  })

  it('of another device than it names is shown as disputed, with its content', async () => {
    const { bytes } = await seal('from somebody else')
    const other = await newSigningKey()
    const opened = await openMessage(root, parseEnvelope(bytes), other.publicKey)
    expect(opened.standing).toBe('disputed')
    expect(new TextDecoder().decode(opened.body)).toBe('from somebody else')
    const padded = pad(utf8('x'))
    const forged = await craft(async (h) => concat(lp(await sign(other.privateKey, 'wl1 msg', concat(h, sha256(padded)))), padded))
    expect((await open(forged)).standing).toBe('disputed')
    const moved = await craft(async () => signed(random(32), padded))
    expect((await open(moved)).standing).toBe('disputed')
  })
})

describe('flags', () => {
  it('cannot be moved to another ciphertext, nor changed under their header', async () => {
    const [stat, plain] = [parts((await seal('code blue', { flags: STAT })).bytes), parts((await seal('lunch?')).bytes)]
    const moved = joinEnvelope({ ...plain, outer: stat.outer, outerSig: stat.outerSig })
    expect(() => parseEnvelope(moved)).toThrow(expect.objectContaining({ code: 'outer-mismatch' }))
    const swapped = joinEnvelope({ ...stat, ct: plain.ct })
    expect(() => parseEnvelope(swapped)).toThrow(expect.objectContaining({ code: 'outer-mismatch' }))
    const outer = encodeOuter({ ...STAT, headerHash: sha256(plain.header), ctHash: sha256(plain.ct) })
    expect(() => parseEnvelope(joinEnvelope({ ...plain, outer }))).toThrow(expect.objectContaining({ code: 'outer-mismatch' }))
    const lowered = encodeOuter({ ...ROUTINE, headerHash: sha256(stat.header), ctHash: sha256(stat.ct) })
    expect(() => parseEnvelope(joinEnvelope({ ...stat, outer: lowered }))).toThrow(expect.objectContaining({ code: 'outer-mismatch' }))
  })

  it('are canonical: sorted mentions, known words', async () => {
    const envelope = parts((await seal('a', { flags: STAT })).bytes)
    expect(hashOfFlags({ ...STAT, mentions: STAT.mentions.toReversed() })).toEqual(hashOfFlags(STAT))
    const at = envelope.outer.length - 64 - 32
    const [a, b] = [envelope.outer.slice(at, at + 16), envelope.outer.slice(at + 16, at + 32)]
    const outer = concat(envelope.outer.slice(0, at), b, a, envelope.outer.slice(at + 32))
    expect(() => parseEnvelope(joinEnvelope({ ...envelope, outer }))).toThrow(expect.objectContaining({ code: 'malformed' }))
  })
})

describe('padding', () => {
  it('gives the body back and only lengths of 256 bytes times a power of two', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (body) => {
        const padded = pad(body)
        expect(unpad(padded)).toEqual(copy(body))
        expect([256, 512, 1024, 2048, 4096]).toContain(padded.length)
        expect(padded.length === 256 || padded.length < 2 * (body.length + 4)).toBe(true)
      }),
    )
    expect(() => pad(new Uint8Array(1 << 20))).toThrow(expect.objectContaining({ code: 'malformed' }))
  })

  it('that is not zero, not minimal or no step is refused when opened', async () => {
    const body = utf8('hi')
    const bad = [
      pad(body).with(200, 1),
      concat(pad(body), new Uint8Array(256)),
      concat(u32(300), new Uint8Array(252)),
      concat(u32(0xffffffff), new Uint8Array(252)),
    ]
    for (const padded of bad) {
      expect(() => unpad(padded)).toThrow(expect.objectContaining({ code: 'bad-padding' }))
      await expect(open(await craft((h) => signed(h, padded)))).rejects.toMatchObject({ code: 'bad-padding' })
    }
    for (const padded of [body, new Uint8Array(255), new Uint8Array(768)]) {
      const bytes = await craft((h) => signed(h, padded))
      expect(() => parseEnvelope(bytes)).toThrow(expect.objectContaining({ code: 'bad-padding' }))
    }
    const unframed = await craft(async () => concat(u32(63), random(64), pad(body)))
    await expect(open(unframed)).rejects.toMatchObject({ code: 'malformed' })
  })
})

describe('a header', () => {
  it('names its kind in plain words only, and is read alone by the archive', async () => {
    for (const kind of ['', 'Text', 'a b', '1a', 'x'.repeat(33)])
      await expect(seal('a', { kind })).rejects.toMatchObject({ code: 'malformed' })
    const envelope = parseEnvelope((await seal('a')).bytes)
    expect(parseHeader(envelope.headerBytes)).toEqual(envelope.header)
    expect(() => parseHeader(encodeOuter(envelope.outer))).toThrow(expect.objectContaining({ code: 'malformed' }))
  })

  it('differs at every sealing, though everything that the caller gives is the same', async () => {
    const msgId = newUuid()
    const [a, b] = [parseEnvelope((await seal('a', { msgId })).bytes), parseEnvelope((await seal('b', { msgId })).bytes)]
    expect(equal(a.headerHash, b.headerHash)).toBe(false)
    expect({ ...a.header, sealSalt: 0 }).toEqual({ ...b.header, sealSalt: 0 })
  })
})
