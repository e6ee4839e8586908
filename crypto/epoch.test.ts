import { beforeAll, describe, expect, it } from 'vitest'
import { ZERO_HASH, concat, equal, lp, random, toHex } from './bytes.ts'
import { derive } from './hash.ts'
import type { AuthoredEpoch, RecipientSeal } from './index.ts'
import {
  authorEpoch,
  checkRecipientSeals,
  createDevice,
  decodeMemberSeals,
  decodeRecipientSeals,
  encodeMemberSeals,
  encodeRecipientSeals,
  encodeStatement,
  newBoxKey,
  newestBox,
  openEpoch,
  openEpochAsRecipient,
  openHistory,
  openMessage,
  openRoleKeys,
  parseEnvelope,
  parseEpoch,
  publicKeysOf,
  repairMemberSeal,
  sealHistory,
  sealMessage,
} from './index.ts'
import { openWith, sealTo } from './keys.ts'
import { keyBook, openMemberSeal, sealToMember, sealToRecipients } from './seals.ts'
import { bodyHash, draftEpoch, epoch, hashOfBody, recipientBytes } from './statements/epoch.ts'
import { addSignature, draft } from './statements/statement.ts'
import type { Clinic, Member } from './testing/clinic.ts'
import { CHECKPOINT, ROUTINE, begin, firstBody, follow, openClinic, opener, person, sealOf } from './testing/clinic.ts'

let clinic: Clinic
let [ana, ben, cat, rolf]: Member[] = []
let made: AuthoredEpoch
const who = (m: Member | undefined): Member => m as Member

beforeAll(async () => {
  clinic = await openClinic(4)
  ;[ana, ben, cat, rolf] = clinic.people as Member[]
  made = await begin(clinic, [who(ana), who(ben)])
})

const say = (root: AuthoredEpoch['root'], by: Member, text: string) =>
  sealMessage({
    root,
    device: by.device,
    msgId: crypto.randomUUID(),
    prev: ZERO_HASH,
    flags: ROUTINE,
    kind: 'text',
    checkpoint: CHECKPOINT,
    body: new TextEncoder().encode(text),
  })
const read = async (root: AuthoredEpoch['root'], bytes: Uint8Array, by: Member) =>
  new TextDecoder().decode((await openMessage(root, parseEnvelope(bytes), by.device.signing.publicKey)).body)

/** An epoch as a cheat would upload it: a right statement, and seals of the cheat's choice. */
const cheat = async (recipients: (right: readonly RecipientSeal[]) => Promise<readonly RecipientSeal[]>) => ({
  ...made,
  recipients: await recipients(made.recipients),
})
const checkedBy = (member: Member, candidate: readonly RecipientSeal[]) =>
  checkRecipientSeals({ ...opener(made, who(ana), member), candidate, publicKeys: publicKeysOf(clinic.facts) })

describe('an epoch', () => {
  it('opens to the same key for members, the role and the archive, and for nobody else', async () => {
    const { bytes } = await say(made.root, who(ana), 'K+ 6.8, bed 4')
    const byMember = await openEpoch(opener(made, who(ana), who(ben)))
    expect(await read(byMember, bytes, who(ana))).toBe('K+ 6.8, bed 4')
    const [roleBox] = (await openRoleKeys([...clinic.facts.roles.values()], who(rolf).keys.boxes)).boxes
    const authorKey = who(ana).device.signing.publicKey
    const byRole = await openEpochAsRecipient({ epoch: made.epoch, authorKey, box: roleBox!, candidates: made.recipients })
    expect(await read(byRole, bytes, who(ana))).toBe('K+ 6.8, bed 4')
    const stranger = { ...opener(made, who(ana), who(ben)), box: newestBox(who(cat).keys) }
    await expect(openEpoch(stranger)).rejects.toMatchObject({ code: 'bad-seal' })
    await expect(
      openEpochAsRecipient({ epoch: made.epoch, authorKey, box: newestBox(who(cat).keys), candidates: made.recipients }),
    ).rejects.toMatchObject({ code: 'bad-commitment' })
    expect(byMember.key.extractable).toBe(false)
  })

  it('derives its keys as specified', async () => {
    const box = newestBox(who(ben).keys)
    const secret = await openMemberSeal(made.epoch, box, sealOf(made, who(ben)))
    const root = derive(secret, 'wl1 root', lp(bodyHash(made.epoch)), 32)
    expect(made.epoch.body.commitment).toEqual(derive(root, 'wl1 commit', new Uint8Array(0), 32))
    const { commitment, ...body } = made.epoch.body
    expect(hashOfBody(body)).toEqual(bodyHash(made.epoch))
    expect(made.epoch.bytes.slice(-36)).toEqual(lp(commitment))
    const archive = made.recipients.find((r) => r.kind === 'archive')!
    const r = recipientBytes(archive)
    const coins = derive(secret, 'wl1 coins', concat(lp(made.epoch.hash), r), 32)
    expect(archive.seal).toEqual(await sealTo(clinic.archive.publicKey, 'wl1 seal', { hash: made.epoch.hash, rest: r }, root, coins))
    expect(archive.seal.length).toBe(80)
  })

  it('goes through its stored form and back', async () => {
    const again = parseEpoch(encodeStatement(made.epoch))
    expect(again).toEqual(made.epoch)
    expect(decodeMemberSeals(encodeMemberSeals(made.members)).length).toBe(2)
    expect(encodeRecipientSeals(decodeRecipientSeals(encodeRecipientSeals(made.recipients)))).toEqual(encodeRecipientSeals(made.recipients))
    expect(encodeRecipientSeals(made.recipients.toReversed())).toEqual(encodeRecipientSeals(made.recipients))
    const bytes = encodeStatement(made.epoch)
    for (let at = 4; at < bytes.length; at += 11) {
      const bent = bytes.with(at, (bytes[at] as number) ^ 1)
      const outcome = await (async () => openEpoch({ ...opener(made, who(ana), who(ben)), epoch: parseEpoch(bent) }))().then(
        () => 'opened',
        (error: { name: string }) => error.name,
      )
      expect(outcome).toBe('CryptoError')
    }
  })

  it('is refused when another device signed it', async () => {
    const forged = await addSignature(draftEpoch(made.epoch.body, made.epoch.body.commitment), who(ben).device.signing)
    await expect(openEpoch({ ...opener(made, who(ana), who(ben)), epoch: forged })).rejects.toMatchObject({ code: 'bad-signature' })
    await expect(openEpoch({ ...opener(made, who(ana), who(ben)), authorKey: who(ben).device.signing.publicKey })).rejects.toMatchObject({
      code: 'bad-signature',
    })
    const other = await createDevice(crypto.randomUUID())
    const body = firstBody(clinic, [who(ana)])
    await expect(authorEpoch({ body, publicKeys: publicKeysOf(clinic.facts), device: other })).rejects.toMatchObject({
      code: 'wrong-subject',
    })
  })

  it('draws its secret anew at every making, also of the same body', async () => {
    const body = firstBody(clinic, [who(ana), who(ben)])
    const secrets = new Set<string>()
    for (let i = 0; i < 5; i++) {
      const again = await authorEpoch({ body, publicKeys: publicKeysOf(clinic.facts), device: who(ana).device })
      secrets.add(toHex(await openMemberSeal(again.epoch, newestBox(who(ben).keys), sealOf(again, who(ben)))))
    }
    expect(secrets.size).toBe(5)
  })
})

describe('a server that makes seals', () => {
  it('gets no role, member or newcomer to use a key of its choosing', async () => {
    const chosen = random(32)
    const authorKey = who(ana).device.signing.publicKey
    const role = made.recipients.find((r) => r.kind === 'role')!
    const roleBody = clinic.facts.roles.get(clinic.role)!.body
    const forged = { ...role, seal: await sealTo(roleBody, 'wl1 seal', { hash: made.epoch.hash, rest: recipientBytes(role) }, chosen) }
    const [roleBox] = (await openRoleKeys([...clinic.facts.roles.values()], who(rolf).keys.boxes)).boxes
    const context = { hash: made.epoch.hash, rest: recipientBytes(role) }
    expect(await openWith(roleBox!, 'wl1 seal', context, forged.seal)).toEqual(chosen)
    const open = (candidates: readonly RecipientSeal[]) => openEpochAsRecipient({ epoch: made.epoch, authorKey, box: roleBox!, candidates })
    await expect(open([forged])).rejects.toMatchObject({ code: 'bad-commitment' })
    expect((await open([forged, role])).hash).toEqual(made.epoch.hash)

    const entry = made.epoch.body.roster.find((r) => r.person === who(ben).person)!
    const member = await sealToMember(made.epoch, chosen, entry, who(ben).known.userKey.body)
    await expect(openEpoch({ ...opener(made, who(ana), who(ben)), seal: member.seal })).rejects.toMatchObject({ code: 'bad-commitment' })
    const history = await sealTo(who(cat).known.userKey.body, 'wl1 history seal', { hash: made.epoch.hash }, chosen)
    await expect(openHistory({ epoch: made.epoch, authorKey, box: newestBox(who(cat).keys), seal: history })).rejects.toMatchObject({
      code: 'bad-commitment',
    })
  })
})

describe('an author who cheats on the archive', () => {
  it('is found by every other member, and the honest one is not', async () => {
    expect((await checkedBy(who(ben), made.recipients)).differing).toEqual([])
    const archive = made.recipients.find((r) => r.kind === 'archive')!
    const context = { hash: made.epoch.hash, rest: recipientBytes(archive) }
    const secret = await openMemberSeal(made.epoch, newestBox(who(ana).keys), sealOf(made, who(ana)))
    const root = derive(secret, 'wl1 root', lp(bodyHash(made.epoch)), 32)
    const elsewhere = await newBoxKey()
    const older = await begin(clinic, [who(ana), who(ben)])
    const seals: Record<string, Uint8Array<ArrayBuffer>> = {
      garbage: random(80),
      'seal of another key': await sealTo(clinic.archive.publicKey, 'wl1 seal', context, random(32)),
      'another public key': await sealTo(elsewhere, 'wl1 seal', context, root),
      'fresh randomness': await sealTo(clinic.archive.publicKey, 'wl1 seal', context, root),
      "an older epoch's seal": older.recipients.find((r) => r.kind === 'archive')!.seal,
    }
    for (const [name, seal] of Object.entries(seals)) {
      const cheated = await cheat(async (right) => right.map((r) => (r.kind === 'archive' ? { ...r, seal } : r)))
      const check = await checkedBy(who(ben), cheated.recipients)
      expect(check.differing, name).toEqual([{ kind: 'archive', subject: archive.subject, keyId: archive.keyId }])
      expect(encodeRecipientSeals(check.own), name).toEqual(encodeRecipientSeals(made.recipients))
    }
    const missing = await cheat(async (right) => right.filter((r) => r.kind !== 'archive'))
    expect((await checkedBy(who(ben), missing.recipients)).differing.map((r) => r.kind)).toEqual(['archive'])
    const swapped = await cheat(async (right) => right.map((r, i) => ({ ...r, seal: (right[1 - i] as RecipientSeal).seal })))
    expect((await checkedBy(who(ben), swapped.recipients)).differing.length).toBe(2)
  })

  it('cannot share randomness between two recipients', async () => {
    const keys = keyBook(publicKeysOf(clinic.facts))
    const secret = random(32)
    const seals = await sealToRecipients(made.epoch, secret, random(32), keys)
    expect(new Set(seals.map((s) => toHex(s.seal.slice(0, 32)))).size).toBe(seals.length)
    expect(await sealToRecipients(made.epoch, secret, random(32), keys)).not.toEqual(seals)
  })
})

describe('a missing or wrong member seal', () => {
  it('is repaired by any other member', async () => {
    const bad = { ...opener(made, who(ana), who(ben)), seal: random(80) }
    await expect(openEpoch(bad)).rejects.toMatchObject({ code: 'bad-seal' })
    const input = { ...opener(made, who(ana), who(ana)), member: who(ben).person, memberKey: who(ben).known.userKey.body }
    const repaired = await repairMemberSeal(input)
    const root = await openEpoch({ ...bad, seal: repaired.seal })
    expect(await read(root, (await say(made.root, who(ana), 'hi')).bytes, who(ana))).toBe('hi')
  })

  it('is not repaired for somebody who is no member, nor to another key', async () => {
    const input = { ...opener(made, who(ana), who(ana)), memberKey: who(cat).known.userKey.body }
    await expect(repairMemberSeal({ ...input, member: who(cat).person })).rejects.toMatchObject({ code: 'wrong-subject' })
    await expect(repairMemberSeal({ ...input, member: who(ben).person })).rejects.toMatchObject({ code: 'bad-key' })
  })
})

describe('members who left', () => {
  it('cannot read on, though they hold every earlier seal and key', async () => {
    const prev = await begin(clinic, [who(ana), who(ben), who(cat)])
    const roster = prev.epoch.body.roster.filter((r) => r.person !== who(ben).person)
    const next = await follow(prev.epoch, who(ana), clinic.facts, {}, { roster })
    const { bytes } = await say(next.root, who(ana), 'after')
    const old = await openEpoch(opener(prev, who(ana), who(ben)))
    expect(next.members.some((m) => m.person === who(ben).person)).toBe(false)
    await expect(read(old, bytes, who(ana))).rejects.toMatchObject({ code: 'wrong-subject' })
    await expect(read({ ...old, n: 2, hash: next.epoch.hash }, bytes, who(ana))).rejects.toMatchObject({ code: 'bad-seal' })
    for (const { seal } of next.members) {
      const attempt = openEpoch({ ...opener(next, who(ana), who(ana)), box: newestBox(who(ben).keys), seal })
      await expect(attempt).rejects.toMatchObject({ code: 'bad-seal' })
    }
  })

  it('learn nothing when the loser of a race makes its epoch again', async () => {
    const prev = await begin(clinic, [who(ana), who(ben), who(cat)])
    const loser = await follow(prev.epoch, who(cat), clinic.facts)
    const leaked = await openMemberSeal(loser.epoch, newestBox(who(ben).keys), sealOf(loser, who(ben)))
    const roster = prev.epoch.body.roster.filter((r) => r.person !== who(ben).person)
    const winner = await follow(prev.epoch, who(ana), clinic.facts, {}, { roster })
    const again = await follow(winner.epoch, who(cat), clinic.facts)
    const derived = derive(leaked, 'wl1 root', lp(bodyHash(again.epoch)), 32)
    expect(equal(derive(derived, 'wl1 commit', new Uint8Array(0), 32), again.epoch.body.commitment)).toBe(false)
    const secret = await openMemberSeal(again.epoch, newestBox(who(ana).keys), sealOf(again, who(ana)))
    expect(equal(secret, leaked)).toBe(false)
  })
})

describe('history', () => {
  const authorKey = () => who(ana).device.signing.publicKey

  it("reaches a newcomer as K_i, under the epoch's own rule, and passes on from newcomer to newcomer", async () => {
    const { bytes } = await say(made.root, who(ana), 'before')
    const seal = await sealHistory({ ...opener(made, who(ana), who(ben)), via: 'member', newcomer: who(cat).known.userKey.body })
    const root = await openHistory({ epoch: made.epoch, authorKey: authorKey(), box: newestBox(who(cat).keys), seal })
    expect(await read(root, bytes, who(ana))).toBe('before')
    const given = { epoch: made.epoch, authorKey: authorKey(), box: newestBox(who(cat).keys), seal }
    const on = await sealHistory({ ...given, via: 'history', newcomer: who(rolf).known.userKey.body })
    const second = await openHistory({ ...given, box: newestBox(who(rolf).keys), seal: on })
    expect(await read(second, bytes, who(ana))).toBe('before')
    await expect(openEpoch(given)).rejects.toMatchObject({ code: 'bad-seal' })
  })

  it('stays closed where the epoch says so', async () => {
    const closed = await begin(clinic, [who(ana), who(ben)], { history: 'from-join' })
    const input = { ...opener(closed, who(ana), who(ben)), via: 'member', newcomer: who(cat).known.userKey.body } as const
    await expect(sealHistory(input)).rejects.toMatchObject({ code: 'not-entitled' })
  })
})

it('names every person, recipient and device once, and a whole commitment', () => {
  const body = firstBody(clinic, [person(clinic, 0), person(clinic, 1)])
  const malformed = expect.objectContaining({ code: 'malformed' })
  const [entry] = body.roster
  const [recipient] = body.recipients
  const head = { device: crypto.randomUUID(), envelope: random(32) }
  const doubled = [
    { roster: [...body.roster, { ...entry!, keyId: random(32) }] },
    { recipients: [...body.recipients, { ...recipient!, keyId: random(32) }] },
    { heads: [head, { ...head, envelope: random(32) }] },
  ]
  for (const change of doubled) {
    expect(() => draftEpoch({ ...body, ...change }, random(32))).toThrow(malformed)
    expect(() => parseEpoch(encodeStatement(draft(epoch, { ...body, ...change, commitment: random(32) })))).toThrow(malformed)
  }
  expect(() => draftEpoch(body, random(31))).toThrow(malformed)
  expect(draftEpoch(body, random(32)).body.roster.length).toBe(2)
})

it('seals only to keys that the body names', async () => {
  const body = firstBody(clinic, [person(clinic, 0), person(clinic, 1)])
  await expect(authorEpoch({ body, publicKeys: [], device: who(ana).device })).rejects.toMatchObject({ code: 'bad-key' })
})
