import { beforeAll, describe, expect, it } from 'vitest'
import { concat, lp, newUuid, random, toHex, u64 } from './bytes.ts'
import type { SigningKey } from './ed25519.ts'
import type { UnlockFactor } from './factors.ts'
import { passkeyFactor, publicFactor, recoveryFactor, vaultPin } from './factors.ts'
import { gcmSeal } from './gcm.ts'
import { derive } from './hash.ts'
import { createDevice, sealTo } from './keys.ts'
import { createPerson, changePerson, replaceIdentity, replacePerson } from './person.ts'
import type { PersonChange } from './person.ts'
import { newRecoveryKey } from './recovery-key.ts'
import { deviceList, publicDevice, verifyDeviceList } from './statements/device-list.ts'
import { addSignature, after, draft, encodeStatement, parse, signStatement } from './statements/statement.ts'
import type { Statement } from './statements/statement.ts'
import { userKey, verifyUserKey } from './statements/user-key.ts'
import type { Vault } from './statements/vault.ts'
import { vault, vaultContext } from './statements/vault.ts'
import { IDENTITY_DELAY, verifyIdentity } from './statements/verify-identity.ts'
import type { Clinic, Member } from './testing/clinic.ts'
import { T0, begin, follow, openClinic, opener, sealOf, updated, withPeople } from './testing/clinic.ts'
import { openEpoch } from './epoch.ts'
import type { StoredPerson, Unlock } from './vault.ts'
import { boxOf, isVaultSafe, newestBox, openVault } from './vault.ts'

let clinic: Clinic
let ana: Member, ben: Member, cat: Member

beforeAll(async () => {
  clinic = await openClinic(3)
  ;[ana, ben, cat] = clinic.people as [Member, Member, Member]
})

const byFactor = (factor: UnlockFactor): Unlock => ({ by: 'factor', factor })
const byDevice = (m: Member, identity = m.keys.identity.publicKey): Unlock => ({
  by: 'device',
  device: m.device.device,
  box: m.device.box,
  identity,
})

/** A change as the server stores it afterwards. */
const changed = async (m: Member, unlock: Unlock, change: Omit<PersonChange, 'time'>): Promise<Member> => {
  const made = await changePerson(m.stored, unlock, { time: T0 + 1, ...change })
  const stored: StoredPerson = {
    vault: made.vault,
    deviceList: made.deviceList,
    userKeys: made.userKey ? [...m.stored.userKeys, made.userKey] : m.stored.userKeys,
    identities: made.identity ? [...m.stored.identities, made.identity] : m.stored.identities,
  }
  return updated(m, made.keys, stored)
}

describe('a vault', () => {
  it('opens with the passkey, the recovery key and the enrolled device, and with nothing else', async () => {
    for (const unlock of [byFactor(ana.passkey), byFactor(ana.recovery), byDevice(ana)]) {
      const keys = await openVault(ana.stored, unlock)
      expect(keys.identity.publicKey).toEqual(ana.keys.identity.publicKey)
      expect(newestBox(keys).publicKey).toEqual(newestBox(ana.keys).publicKey)
      expect([keys.identity.privateKey, newestBox(keys).privateKey].some((k) => k.extractable)).toBe(false)
    }
    await expect(openVault(ana.stored, byFactor(ben.passkey))).rejects.toMatchObject({ code: 'vault-pin' })
    await expect(openVault(ana.stored, byDevice(ben, ana.keys.identity.publicKey))).rejects.toMatchObject({ code: 'not-entitled' })
    const sameId = await passkeyFactor(ana.passkey.factor, random(32))
    await expect(openVault(ana.stored, byFactor(sameId))).rejects.toMatchObject({ code: 'vault-pin' })
    const otherBox = { ...byDevice(ana), box: ben.device.box } as Unlock
    await expect(openVault(ana.stored, otherBox)).rejects.toMatchObject({ code: 'bad-seal' })
  })

  it('is safe with two ways in of which one is no device', () => {
    const { body } = ana.stored.deviceList
    expect(isVaultSafe(body)).toBe(true)
    expect(isVaultSafe({ ...body, factors: [] })).toBe(false)
    expect(isVaultSafe({ ...body, devices: [], factors: body.factors.slice(1) })).toBe(false)
    expect(isVaultSafe({ ...body, factors: body.factors.slice(1) })).toBe(true)
  })

  it('made whole by the server and sealed to the real passkey is refused by its pin, before anything else is looked at', async () => {
    const device = await createDevice(newUuid())
    const mine = { organisation: clinic.organisation, person: ana.person, devices: [publicDevice(device, T0)], time: T0 }
    const theServers = await createPerson({ ...mine, factors: [await recoveryFactor(newUuid(), newRecoveryKey())] })
    const identity = theServers.keys.identity
    const list = { ...theServers.deviceList.body, factors: [publicFactor(ana.passkey)] }
    const fakeList = await addSignature(draft(deviceList, list), identity)
    const stored = { ...ana.stored, deviceList: fakeList, userKeys: [theServers.userKey!] }
    const withPins = async (pins: Vault['pins']): Promise<StoredPerson> => ({
      ...stored,
      vault: await addSignature(draft(vault, { ...theServers.vault.body, deviceList: fakeList.hash, pins }), identity),
    })
    const real = ana.stored.vault.body.pins.find((p) => p.factor === ana.passkey.factor)!
    for (const pins of [[], [real], [{ ...real, identity: identity.publicKey }], [{ ...real, pin: random(32) }]]) {
      await expect(openVault(await withPins(pins), byFactor(ana.passkey))).rejects.toMatchObject({ code: 'vault-pin' })
    }
    const unsigned = { ...(await withPins([{ ...real, identity: identity.publicKey }])).vault, signatures: [] }
    await expect(openVault({ ...stored, vault: unsigned }, byFactor(ana.passkey))).rejects.toMatchObject({ code: 'vault-pin' })
    await expect(openVault(await withPins([real]), byDevice(ana))).rejects.toMatchObject({ code: 'vault-pin' })
  })

  it('with any byte changed, an old version, a ghost factor or another device list is refused', async () => {
    const bytes = encodeStatement(ana.stored.vault)
    for (let at = 0; at < bytes.length; at += 13) {
      const bent = bytes.with(at, (bytes[at] as number) ^ 4)
      const attempt = async () => openVault({ ...ana.stored, vault: parse(vault, bent) as Statement<Vault> }, byFactor(ana.passkey))
      await expect(attempt(), `byte ${at}`).rejects.toMatchObject({ name: 'CryptoError' })
    }
    await expect(openVault(ana.stored, byFactor(ana.passkey), 2)).rejects.toMatchObject({ code: 'stale' })
    const ghost = { ...ana.stored.deviceList.body, factors: [...ana.stored.deviceList.body.factors, publicFactor(ben.passkey)] }
    const unsigned = draft(deviceList, ghost)
    await expect(openVault({ ...ana.stored, deviceList: unsigned }, byDevice(ana))).rejects.toMatchObject({ code: 'bad-signature' })
    const signed = await addSignature(unsigned, ana.keys.identity)
    await expect(openVault({ ...ana.stored, deviceList: signed }, byDevice(ana))).rejects.toMatchObject({ code: 'wrong-subject' })
    const later = { ...ana.stored.deviceList.body, ...after(ana.stored.deviceList, clinic.organisation, T0) }
    const other = await addSignature(draft(deviceList, later), ana.keys.identity)
    await expect(openVault({ ...ana.stored, deviceList: other }, byDevice(ana))).rejects.toMatchObject({ code: 'wrong-subject' })
    const seals = [...ana.stored.vault.body.seals, { holder: newUuid(), seal: random(80) }]
    const ghostSeal = await addSignature(draft(vault, { ...ana.stored.vault.body, seals }), ana.keys.identity)
    await expect(openVault({ ...ana.stored, vault: ghostSeal }, byDevice(ana))).rejects.toMatchObject({ code: 'wrong-subject' })
    await expect(openVault({ ...ana.stored, userKeys: ben.stored.userKeys }, byDevice(ana))).rejects.toMatchObject({ code: 'bad-chain' })
    await expect(openVault({ ...ana.stored, userKeys: [] }, byDevice(ana))).rejects.toMatchObject({ code: 'stale' })
  })
})

it('a vault that holds another identity key than it names is refused', async () => {
  const { box: _box, seals: _seals, pins, ...head } = ana.stored.vault.body
  const context = vaultContext(head)
  const vaultKey = random(32)
  const material = derive(vaultKey, 'wl1 vault box', lp(context), 44)
  const content = concat(random(32), u64(1), random(32))
  const box = await gcmSeal(material.slice(0, 32), material.slice(32), content, context)
  const holders = [...ana.stored.deviceList.body.devices, ...ana.stored.deviceList.body.factors]
  const seals = await Promise.all(
    holders.map(async (h) => ({
      holder: 'device' in h ? h.device : h.factor,
      seal: await sealTo(h, 'wl1 vault factor', { hash: context }, vaultKey),
    })),
  )
  const odd = await addSignature(draft(vault, { ...head, box, seals, pins }), ana.keys.identity)
  await expect(openVault({ ...ana.stored, vault: odd }, byDevice(ana))).rejects.toMatchObject({ code: 'wrong-subject' })
})

describe('a change of devices and factors', () => {
  it('adds a device that then opens the vault and old conversations, with a new vault key each time', async () => {
    const made = await begin(clinic, [ana, ben])
    const laptop = await createDevice(newUuid())
    const after1 = await changed(ana, byFactor(ana.recovery), { addDevices: [publicDevice(laptop, T0)] })
    await verifyDeviceList(after1.stored.deviceList, { identity: ana.known.identity, prev: ana.stored.deviceList })
    const keys = await openVault(after1.stored, byDevice({ ...after1, device: laptop }, ana.keys.identity.publicKey))
    await openEpoch({ ...opener(made, ana, ana), box: boxOf(keys, newestBox(ana.keys).keyId) })
    expect(after1.stored.userKeys.length).toBe(1)
    expect(toHex(after1.stored.vault.body.box)).not.toBe(toHex(ana.stored.vault.body.box))
  })

  it('replaces a lost recovery key', async () => {
    const fresh = await recoveryFactor(newUuid(), newRecoveryKey())
    const change = { addFactors: [fresh], removeFactors: [ana.recovery.factor] }
    const after1 = await changed(ana, byFactor(ana.passkey), change)
    await openVault(after1.stored, byFactor(fresh))
    await expect(openVault(after1.stored, byFactor(ana.recovery))).rejects.toMatchObject({ code: 'vault-pin' })
  })

  it('revokes a device: it opens neither the new vault nor the next epoch, and old keys stay readable to the person', async () => {
    const phone = await createDevice(newUuid())
    const two = await changed(ana, byDevice(ana), { addDevices: [publicDevice(phone, T0)] })
    const stolen = { ...two, device: phone }
    const made = await begin({ ...clinic, facts: withPeople(clinic.facts, two) }, [ben, two])
    await openEpoch(opener(made, ben, stolen))

    const safe = await changed(two, byFactor(two.passkey), { removeDevices: [phone.device] })
    await expect(openVault(safe.stored, byDevice(stolen))).rejects.toMatchObject({ code: 'not-entitled' })
    await verifyUserKey(safe.stored.userKeys[1]!, { identity: ana.known.identity, prev: two.stored.userKeys[0]! })
    const next = await follow(made.epoch, ben, withPeople(clinic.facts, safe))
    const asStolen = { ...opener(next, ben, safe), box: newestBox(stolen.keys) }
    await expect(openEpoch(asStolen)).rejects.toMatchObject({ code: 'bad-seal' })
    await openEpoch(opener(next, ben, safe))
    const keys = await openVault(safe.stored, byFactor(safe.recovery))
    expect(keys.boxes.length).toBe(2)
    await openEpoch({ ...opener(made, ben, safe), box: boxOf(keys, newestBox(two.keys).keyId), seal: sealOf(made, safe) })
  })

  it('chains many generations of the user key, and opens none of a chain that was tampered with', async () => {
    let now = cat
    for (let i = 0; i < 4; i++) now = await changed(now, byFactor(cat.passkey), { newUserKey: true })
    const keys = await openVault(now.stored, byFactor(cat.recovery))
    expect(keys.boxes.map((b) => toHex(b.publicKey))).toEqual(now.stored.userKeys.map((s) => toHex(s.body.publicKey)))
    const shuffled = { ...now.stored, userKeys: now.stored.userKeys.toSpliced(1, 2, now.stored.userKeys[2]!, now.stored.userKeys[1]!) }
    await expect(openVault(shuffled, byFactor(cat.passkey))).rejects.toMatchObject({ code: 'bad-chain' })
    const foreign = { ...now.stored, userKeys: now.stored.userKeys.with(1, ben.stored.userKeys[0]!) }
    await expect(openVault(foreign, byFactor(cat.passkey))).rejects.toMatchObject({ code: 'bad-chain' })
  })

  it('starts from a vault that passes every check', async () => {
    const forged = { ...ana.stored, vault: { ...ana.stored.vault, signatures: [] } }
    await expect(changePerson(forged, byDevice(ana), { time: T0 })).rejects.toMatchObject({ code: 'bad-signature' })
  })
})

describe('a new identity key', () => {
  const trust = (m: Member) => ({
    directoryKey: clinic.directory.publicKey,
    prev: m.known.identity,
    deviceList: m.stored.deviceList,
    administrators: [],
    loggedAt: T0,
    now: T0,
  })

  it('is signed by the old one and a second factor, and an absent factor finds its way to it', async () => {
    const change = { removeDevices: [ana.device.device], newIdentity: { secondFactor: ana.recovery, effective: T0 + 1 } }
    const next = await changed(ana, byFactor(ana.recovery), change)
    await verifyIdentity(next.known.identity, trust(ana))
    await verifyDeviceList(next.stored.deviceList, { identity: next.known.identity, prev: ana.stored.deviceList })
    await verifyUserKey(next.known.userKey, { identity: next.known.identity, prev: ana.known.userKey })
    const keys = await openVault(next.stored, byFactor(ana.passkey))
    expect(keys.identity.publicKey).toEqual(next.known.identity.body.publicKey)
    const carried = next.stored.vault.body.pins.find((p) => p.factor === ana.passkey.factor)!
    expect(carried.pin).toEqual(await vaultPin(ana.passkey, ana.keys.identity.publicKey))
    await expect(openVault({ ...next.stored, identities: [next.known.identity] }, byFactor(ana.passkey))).rejects.toMatchObject({
      code: 'vault-pin',
    })
    const spliced = { ...next.known.identity, body: { ...next.known.identity.body, prev: random(32) } }
    const broken = { ...next.stored, identities: [ana.known.identity, spliced] }
    await expect(openVault(broken, byFactor(ana.passkey))).rejects.toMatchObject({ code: 'bad-chain' })
    const old = { identity: ana.known.identity, prev: ana.stored.deviceList }
    await expect(verifyDeviceList(next.stored.deviceList, old)).rejects.toMatchObject({ code: 'stale' })
    const byOldKey = await addSignature(
      draft(deviceList, { ...ana.stored.deviceList.body, ...after(next.stored.deviceList, clinic.organisation, T0) }),
      ana.keys.identity,
    )
    await expect(verifyDeviceList(byOldKey, { identity: next.known.identity, prev: next.stored.deviceList })).rejects.toMatchObject({
      code: 'stale',
    })
  })

  it('in place of one that nobody can open is signed by two administrators, opens nothing of before, and goes on from there', async () => {
    const made = await begin(clinic, [ben, cat])
    const at = { deviceList: cat.stored.deviceList, userKey: cat.known.userKey, vault: cat.stored.vault }
    const [phone, key] = [await createDevice(newUuid()), await recoveryFactor(newUuid(), newRecoveryKey())]
    const anew = await replacePerson({ before: at, devices: [publicDevice(phone, T0)], factors: [key], time: T0 })
    const unsigned = replaceIdentity(cat.known.identity, anew.keys.identity.publicKey, T0)
    const signed = await addSignature(await addSignature(unsigned, ana.device.signing), ben.device.signing)
    const officers = { ...trust(cat), administrators: [ana.known, ben.known], now: signed.body.effective }
    await verifyIdentity(signed, officers)
    await expect(verifyIdentity(signed, { ...officers, now: T0 + IDENTITY_DELAY })).rejects.toMatchObject({ code: 'too-early' })
    await verifyDeviceList(anew.deviceList, { identity: signed, prev: cat.stored.deviceList })
    await verifyUserKey(anew.userKey, { identity: signed, prev: cat.known.userKey })

    const stored: StoredPerson = {
      vault: anew.vault,
      deviceList: anew.deviceList,
      userKeys: [...cat.stored.userKeys, anew.userKey],
      identities: [...cat.stored.identities, signed],
    }
    const fresh = updated({ ...cat, device: phone, recovery: key }, anew.keys, stored, phone)
    const next = await changed(fresh, byFactor(key), { newUserKey: true })
    const keys = await openVault(next.stored, byFactor(key))
    expect(keys.boxes.map((b) => toHex(b.publicKey))).toEqual(next.stored.userKeys.slice(1).map((s) => toHex(s.body.publicKey)))
    expect(() => boxOf(keys, newestBox(cat.keys).keyId)).toThrow('bad-key')
    // Who still holds the old vault and the old keys is out of all that comes.
    await expect(openVault({ ...stored, identities: cat.stored.identities }, byFactor(cat.passkey))).rejects.toMatchObject({
      code: 'vault-pin',
    })
    const later = await follow(made.epoch, ben, withPeople(clinic.facts, next))
    await expect(openEpoch({ ...opener(later, ben, next), box: newestBox(cat.keys) })).rejects.toMatchObject({ code: 'bad-seal' })
    await openEpoch(opener(later, ben, next))
  })

  it('may break the chain of user keys, and nobody else may', async () => {
    const cut = async (identityKey: SigningKey, of: Member) =>
      signStatement(
        userKey,
        {
          ...of.known.userKey.body,
          ...after(of.known.userKey, clinic.organisation, T0),
          identity: identityKey.publicKey,
          publicKey: (await createDevice(newUuid())).box.publicKey,
          link: new Uint8Array(),
        },
        identityKey,
      )
    const broken = await cut(cat.keys.identity, cat)
    await expect(verifyUserKey(broken, { identity: cat.known.identity, prev: cat.known.userKey })).rejects.toMatchObject({
      code: 'malformed',
    })
  })
})
