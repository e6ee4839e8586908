import { beforeAll, describe, expect, it } from 'vitest'
import { NONE, concat, random, toHex, u64, uuidToBytes } from './bytes.ts'
import { sha256 } from './hash.ts'
import { keyIdOf, sealTo } from './keys.ts'
import { changePerson } from './person.ts'
import type { RoleInput } from './role-keys.ts'
import { openRoleKeys, writeRoleKey } from './role-keys.ts'
import type { RoleKey } from './statements/role-key.ts'
import { isEligible, roleKey, verifyRoleKey } from './statements/role-key.ts'
import type { Statement } from './statements/statement.ts'
import { after, signStatement } from './statements/statement.ts'
import type { Clinic, Member } from './testing/clinic.ts'
import { T0, openClinic, updated, withPeople } from './testing/clinic.ts'

let clinic: Clinic
let ana: Member, ben: Member, cat: Member
let first: Statement<RoleKey>

beforeAll(async () => {
  clinic = await openClinic(3)
  ;[ana, ben, cat] = clinic.people as [Member, Member, Member]
  first = clinic.facts.roles.get(clinic.role)!
})

const write = (prev: Statement<RoleKey> | null, eligible: readonly Member[], change: Partial<RoleInput> = {}) =>
  writeRoleKey({
    organisation: clinic.organisation,
    role: clinic.role,
    time: T0,
    author: { person: ana.person, device: ana.device, boxes: ana.keys.boxes },
    prev,
    eligible: eligible.map((m) => m.known),
    managers: [ana.known],
    ...change,
  })
const verify = (next: Statement<RoleKey>, prev: Statement<RoleKey> | null, people = clinic.facts.people) =>
  verifyRoleKey(next, { people, managers: new Set([ana.person]), prev })
const signed = (body: RoleKey, by = ana) => signStatement(roleKey, body, by.device.signing)

describe("a role's key", () => {
  it('stays while people join, so that nothing is sealed again', async () => {
    const next = await write(first, [cat, ben])
    await verify(next, first)
    expect(next.body.generation).toBe(1)
    const [byBen] = (await openRoleKeys([next], ben.keys.boxes)).boxes
    const [byCat] = (await openRoleKeys([first], cat.keys.boxes)).boxes
    expect(byBen!.publicKey).toEqual(byCat!.publicKey)
    expect(isEligible(next, ben.person)).toBe(true)
    expect(isEligible(next, ana.person)).toBe(false)
  })

  it('is drawn anew when somebody leaves, who then opens neither the new one nor, by it, anything', async () => {
    const joined = await write(first, [cat, ben])
    const next = await write(joined, [ben])
    await verify(next, joined)
    expect(next.body.generation).toBe(2)
    await expect(openRoleKeys([next, joined], cat.keys.boxes)).rejects.toMatchObject({ code: 'not-entitled' })
    const byBen = await openRoleKeys([next, joined], ben.keys.boxes)
    expect(byBen.older).toBe('all')
    expect(byBen.boxes.map((b) => toHex(b.publicKey))).toEqual([next, joined].map((s) => toHex(s.body.publicKey)))
    const regained = await write(next, [ben, cat])
    expect(regained.body.generation).toBe(2)
    expect((await openRoleKeys([regained, joined], cat.keys.boxes)).boxes.length).toBe(2)
  })

  it("is drawn anew when a holder's user key changed", async () => {
    const made = await changePerson(cat.stored, { by: 'factor', factor: cat.passkey }, { time: T0, newUserKey: true })
    const stored = { ...cat.stored, vault: made.vault, deviceList: made.deviceList, userKeys: [...cat.stored.userKeys, made.userKey!] }
    const rotated = updated(cat, made.keys, stored)
    const next = await write(first, [rotated])
    await verify(next, first, withPeople(clinic.facts, rotated).people)
    expect(next.body.generation).toBe(2)
    await expect(verify(next, first)).rejects.toMatchObject({ code: 'stale' })
  })

  it('is drawn anew, without a link, by a manager who cannot open the one before', async () => {
    const author = { person: ana.person, device: ana.device, boxes: [] }
    const next = await write(first, [cat], { author })
    expect(next.body).toMatchObject({ generation: 2, link: NONE })
    expect(await openRoleKeys([next, first], cat.keys.boxes)).toMatchObject({ boxes: [{}], older: 'unlinked' })
  })

  it('is refused from somebody who is no manager, or that a manager did not sign', async () => {
    const author = { person: ben.person, device: ben.device, boxes: ben.keys.boxes }
    await expect(verify(await write(first, [ben], { author }), first)).rejects.toMatchObject({ code: 'not-entitled' })
    const forged = await signed((await write(first, [cat])).body, ben)
    await expect(verify(forged, first)).rejects.toMatchObject({ code: 'bad-signature' })
    const helper = await write(first, [cat], { managers: [ana.known, ben.known] })
    await expect(verify(helper, first)).rejects.toMatchObject({ code: 'not-entitled' })
  })

  it('is refused when it keeps a key that it must draw, skips, repeats or goes back', async () => {
    const joined = await write(first, [cat, ben])
    const { body } = joined
    const keeps = { ...body, ...after(joined, clinic.organisation, T0), holders: body.holders.filter((h) => h.person !== cat.person) }
    await expect(verify(await signed(keeps), joined)).rejects.toMatchObject({ code: 'bad-chain' })
    const demoted = { ...keeps, holders: body.holders.map((h) => (h.person === ana.person ? { ...h, eligible: true } : h)) }
    await expect(verify(await signed(demoted), joined)).rejects.toMatchObject({ code: 'bad-chain' })
    const next = await write(joined, [ben])
    await expect(verify(await signed({ ...next.body, generation: 3 }), joined)).rejects.toMatchObject({ code: 'bad-chain' })
    await expect(verify(await signed({ ...next.body, publicKey: body.publicKey }), joined)).rejects.toMatchObject({ code: 'bad-chain' })
    const stays = { ...body, ...after(joined, clinic.organisation, T0), publicKey: next.body.publicKey }
    for (const generation of [body.generation, body.generation + 2]) {
      await expect(verify(await signed({ ...stays, generation }), joined)).rejects.toMatchObject({ code: 'bad-chain' })
    }
    await expect(verify(first, joined)).rejects.toMatchObject({ code: 'bad-chain' })
    await expect(verify(await signed({ ...first.body, generation: 2 }), null)).rejects.toMatchObject({ code: 'bad-chain' })
    const relinked = { ...body, ...after(joined, clinic.organisation, T0), link: random(80) }
    await expect(verify(await signed(relinked), joined)).rejects.toMatchObject({ code: 'bad-chain' })
    const weak = { ...next.body, publicKey: new Uint8Array(32) }
    await expect(verify(await signed(weak), joined)).rejects.toMatchObject({ code: 'bad-key' })
    const doubled = { ...body, holders: [...body.holders, { ...body.holders[0]!, seal: random(80) }] }
    await expect(verify(await signed(doubled), first)).rejects.toMatchObject({ code: 'malformed' })
  })

  it('counts only if it is the stated one, for holders and through links', async () => {
    const next = await write(first, [ben])
    const other = await write(null, [cat])
    const wrong = { ...next, body: { ...next.body, publicKey: other.body.publicKey } }
    await expect(openRoleKeys([wrong], ben.keys.boxes)).rejects.toMatchObject({ name: 'CryptoError' })
    const context = sha256(concat(uuidToBytes(clinic.organisation), uuidToBytes(clinic.role), u64(2), keyIdOf(next.body)))
    const lie = await sealTo(ben.known.userKey.body, 'wl1 role member', { hash: context }, random(32))
    const holders = next.body.holders.map((h) => ({ ...h, seal: lie }))
    await expect(openRoleKeys([{ ...next, body: { ...next.body, holders } }], ben.keys.boxes)).rejects.toMatchObject({
      code: 'bad-commitment',
    })
    expect(await openRoleKeys([next, other], ben.keys.boxes)).toMatchObject({ boxes: [{}], older: 'broken' })
    const torn = { ...next, body: { ...next.body, link: random(80) } }
    expect(await openRoleKeys([torn, first], ben.keys.boxes)).toMatchObject({ boxes: [{}], older: 'broken' })
    await expect(openRoleKeys([], ben.keys.boxes)).rejects.toMatchObject({ code: 'not-entitled' })
  })
})
