import { beforeAll, describe, expect, it } from 'vitest'
import { ZERO_HASH, newUuid, random, toHex, utf8 } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { combineShares, splitArchiveKey } from './archive-key.ts'
import type { ArchiveInput } from './archive.ts'
import { openArchive, readOpening } from './archive.ts'
import type { Envelope } from './envelope.ts'
import { encodeHeader, parseEnvelope } from './envelope.ts'
import type { AuthoredEpoch } from './epoch.ts'
import type { BoxKey } from './keys.ts'
import { keyIdOf, newBoxKey, sealTo } from './keys.ts'
import { openWithMessageKey, sealMessage } from './message.ts'
import type { Opening } from './statements/opening.ts'
import { opening as openings, reasonHash, verifyOpening } from './statements/opening.ts'
import { recipientBytes } from './statements/epoch.ts'
import type { Statement } from './statements/statement.ts'
import { after, signStatement } from './statements/statement.ts'
import type { Clinic, Member } from './testing/clinic.ts'
import { CHECKPOINT, ROUTINE, T0, begin, follow, openClinic } from './testing/clinic.ts'
import { newestBox } from './vault.ts'

let clinic: Clinic
let ana: Member, ben: Member, officer: Member
let archiveKey: BoxKey
let epochs: readonly AuthoredEpoch[]
let elsewhere: AuthoredEpoch
let envelopes: readonly Envelope[]
let foreign: Envelope

const say = async (root: AuthoredEpoch['root'], text: string): Promise<Envelope> => {
  const input = { root, device: ana.device, msgId: newUuid(), prev: ZERO_HASH, flags: ROUTINE, kind: 'text', checkpoint: CHECKPOINT }
  return parseEnvelope((await sealMessage({ ...input, body: utf8(text) })).bytes)
}

beforeAll(async () => {
  clinic = await openClinic(3)
  ;[ana, ben, officer] = clinic.people as [Member, Member, Member]
  archiveKey = await combineShares(
    clinic.archive.shares.slice(1).map((s) => s.text),
    clinic.facts.archivePolicy.body,
  )
  const one = await begin(clinic, [ana, ben])
  const two = await follow(one.epoch, ana, clinic.facts)
  const three = await follow(two.epoch, ana, clinic.facts)
  epochs = [one, two, three]
  elsewhere = await begin(clinic, [ana, ben])
  envelopes = await Promise.all(epochs.map((e) => say(e.root, `in epoch ${e.root.n}`)))
  foreign = await say(elsewhere.root, 'not approved')
})

const request = (change: Partial<Opening> = {}, by: Member = officer): Promise<Statement<Opening>> =>
  signStatement(
    openings,
    {
      ...after(null, clinic.organisation, T0),
      request: newUuid(),
      recipientKeyId: newestBox(officer.keys).keyId,
      scope: [{ conversation: epochs[0]!.root.conversation, from: 1, to: 2 }],
      reasonHash: random(32),
      author: { person: officer.person, device: officer.device.device },
      ...change,
    },
    by.device.signing,
  )
const input = async (change: Partial<ArchiveInput> = {}): Promise<ArchiveInput> => ({
  archiveKeys: [archiveKey],
  opening: await request(),
  requesterKey: officer.device.signing.publicKey,
  officer: officer.known.userKey.body,
  epochs: [...epochs, elsewhere].map((e) => ({ epoch: e.epoch, authorKey: ana.device.signing.publicKey, candidates: e.recipients })),
  headers: [...envelopes, foreign].map((e) => e.headerBytes),
  ...change,
})
const codes = async (change: Partial<ArchiveInput>) => (await openArchive(await input(change))).refused.map((r) => r.code)

describe('opening the archive', () => {
  it('gives the requesting officer the messages of the approved scope, and no others', async () => {
    const asked = await input()
    const output = await openArchive(asked)
    expect(output.opened).toBe(2)
    expect(output.refused).toEqual([
      { headerHash: envelopes[2]!.headerHash, code: 'out-of-scope' },
      { headerHash: foreign.headerHash, code: 'out-of-scope' },
    ])
    const keyOf = await readOpening(asked.opening, newestBox(officer.keys), output.sealed)
    for (const envelope of envelopes.slice(0, 2)) {
      const message = await openWithMessageKey(envelope, keyOf(envelope.headerHash)!, ana.device.signing.publicKey)
      expect(new TextDecoder().decode(message.body)).toBe(`in epoch ${envelope.header.n}`)
      expect(message.standing).toBe('good')
    }
    expect(keyOf(foreign.headerHash)).toBeUndefined()
    await expect(readOpening(asked.opening, newestBox(ben.keys), output.sealed)).rejects.toMatchObject({ code: 'bad-seal' })
    await expect(readOpening(await request(), newestBox(officer.keys), output.sealed)).rejects.toMatchObject({ code: 'bad-seal' })
  })

  it('gives out message keys only: an opened key opens no other message of its epoch', async () => {
    const other = await say(epochs[0]!.root, 'same epoch')
    const asked = await input({ headers: [envelopes[0]!.headerBytes] })
    const keyOf = await readOpening(asked.opening, newestBox(officer.keys), (await openArchive(asked)).sealed)
    const key = keyOf(envelopes[0]!.headerHash)!
    await expect(openWithMessageKey(other, key, ana.device.signing.publicKey)).rejects.toMatchObject({ code: 'bad-seal' })
    expect(Object.keys(key).toSorted()).toEqual(['headerHash', 'iv', 'key'])
  })

  it('judges scope by the signed epoch, not by what a header says', async () => {
    const posing = encodeHeader({ ...foreign.header, conversation: epochs[0]!.root.conversation })
    const renumbered = encodeHeader({ ...envelopes[2]!.header, n: 2 })
    expect(await codes({ headers: [posing, renumbered] })).toEqual(['wrong-subject', 'wrong-subject'])
    const unknown = encodeHeader({ ...foreign.header, epochHash: random(32) })
    expect(await codes({ headers: [unknown, random(40) as Bytes] })).toEqual(['wrong-subject', 'malformed'])
    const elsewhereOrg = { opening: await request({ organisation: newUuid() }), headers: [envelopes[0]!.headerBytes] }
    expect(await codes(elsewhereOrg)).toEqual(['out-of-scope'])
  })

  it('refuses a request that the officer did not sign, or that names another recipient', async () => {
    await expect(openArchive(await input({ opening: await request({}, ben) }))).rejects.toMatchObject({ code: 'bad-signature' })
    await expect(openArchive(await input({ officer: ben.known.userKey.body }))).rejects.toMatchObject({ code: 'bad-key' })
  })

  it('keeps the candidate seal that meets the commitment, and none other', async () => {
    const [first] = epochs as [AuthoredEpoch]
    const right = first.recipients.find((r) => r.kind === 'archive')!
    const forged = await sealTo(clinic.archive.publicKey, 'wl1 seal', { hash: first.epoch.hash, rest: recipientBytes(right) }, random(32))
    const of = (...seals: readonly Bytes[]) => ({
      epochs: [{ epoch: first.epoch, authorKey: ana.device.signing.publicKey, candidates: seals.map((seal) => ({ ...right, seal })) }],
      headers: [envelopes[0]!.headerBytes],
    })
    expect(await codes(of(random(80), forged, right.seal))).toEqual([])
    expect(await codes(of(random(80), forged))).toEqual(['bad-commitment'])
    const { epochs: unsigned, headers } = of(right.seal)
    const stranger = unsigned.map((e) => ({ ...e, authorKey: ben.device.signing.publicKey }))
    expect(await codes({ epochs: stranger, headers })).toEqual(['bad-signature'])
  })

  it("does not work with another period's key", async () => {
    const key = await newBoxKey()
    expect(await codes({ archiveKeys: [key], headers: [envelopes[0]!.headerBytes] })).toEqual(['bad-key'])
    expect((await openArchive(await input({ archiveKeys: [key, archiveKey] }))).opened).toBe(2)
  })

  it('is requested by an archive officer', async () => {
    const trust = { people: clinic.facts.people, officers: new Set([officer.person]), prev: null }
    await verifyOpening(await request(), trust)
    await expect(verifyOpening(await request(), { ...trust, officers: new Set() })).rejects.toMatchObject({ code: 'not-entitled' })
    await expect(verifyOpening(await request({}, ben), trust)).rejects.toMatchObject({ code: 'bad-signature' })
  })

  it('names its reason by a salted hash, the same however the text was composed', () => {
    const salt = random(32)
    expect(reasonHash('Beschwerde wegen A\u0308rger', salt)).toEqual(reasonHash('Beschwerde wegen \u00c4rger', salt))
    expect(reasonHash('a complaint', random(32))).not.toEqual(reasonHash('a complaint', salt))
    expect(() => reasonHash('a complaint', random(31))).toThrow(expect.objectContaining({ code: 'malformed' }))
  })

  it('names the period key by its whole id', async () => {
    const made = await splitArchiveKey(1, [newUuid()])
    expect(toHex(keyIdOf(made.publicKey)).length).toBe(64)
  })
})
