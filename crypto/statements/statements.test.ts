import { beforeAll, describe, expect, it } from 'vitest'
import { NIL_UUID, ZERO_HASH, concat, fromHex, newUuid, random } from '../bytes.ts'
import type { SigningKey } from '../ed25519.ts'
import { newSigningKey } from '../ed25519.ts'
import { passkeyFactor, publicFactor } from '../factors.ts'
import { createDevice } from '../keys.ts'
import type { Clinic, Member } from '../testing/clinic.ts'
import { T0, begin, openClinic, remove } from '../testing/clinic.ts'
import { parseStatement } from './any.ts'
import type { ArchivePolicy } from './archive-policy.ts'
import { archivePolicy, verifyArchivePolicy } from './archive-policy.ts'
import type { Authority } from './authority.ts'
import { authority, verifyAuthority } from './authority.ts'
import type { Device, DeviceList } from './device-list.ts'
import { deviceList, publicDevice, verifyDeviceList } from './device-list.ts'
import { directoryKey, verifyDirectoryKey } from './directory-key.ts'
import type { Identity } from './identity.ts'
import { identity } from './identity.ts'
import { opening } from './opening.ts'
import type { RecipientPolicy } from './recipient-policy.ts'
import { recipientPolicy, verifyRecipientPolicy } from './recipient-policy.ts'
import { verifyRemoval } from './removal.ts'
import type { Revocation } from './revocation.ts'
import { revocation, verifyRevocation } from './revocation.ts'
import type { Chained, Definition, Statement } from './statement.ts'
import { addSignature, after, draft, encodeStatement, isSignedBy, parse, signStatement } from './statement.ts'
import type { UserKey } from './user-key.ts'
import { userKey, verifyUserKey } from './user-key.ts'
import { IDENTITY_DELAY, IDENTITY_LASTS, verifyIdentity } from './verify-identity.ts'

let clinic: Clinic
let ana: Member, ben: Member, cat: Member
beforeAll(async () => {
  clinic = await openClinic(3)
  ;[ana, ben, cat] = clinic.people as [Member, Member, Member]
})
const code = (wanted: string) => ({ code: wanted })
const chain = (prev: Statement<Chained> | null = null) => after(prev, clinic.organisation, T0)

/** Every kind once, signed by whoever may. */
const everyKind = async (): Promise<readonly Statement<Chained>[]> => {
  const made = await begin(clinic, [ana, ben])
  const by = { person: ana.person, device: ana.device.device }
  const power: Authority = { ...chain(), power: 'hr', role: NIL_UUID, people: [ana.person] }
  const cut: Revocation = { ...chain(), person: ben.person, device: ben.device.device, last: [], author: by }
  const ask = { ...chain(), request: newUuid(), recipientKeyId: random(32), scope: [], reasonHash: random(32), author: by }
  return [
    await signStatement(directoryKey, { ...chain(), publicKey: clinic.directory.publicKey }, clinic.root),
    ana.known.identity,
    ana.stored.deviceList,
    ana.known.userKey,
    ana.stored.vault,
    await signStatement(authority, power, clinic.root),
    clinic.facts.roles.get(clinic.role)!,
    clinic.facts.archivePolicy,
    clinic.facts.recipientPolicy,
    await remove(clinic, ana, ben, made.epoch),
    await signStatement(revocation, cut, ana.device.signing),
    await signStatement(opening, ask, ana.device.signing),
    made.epoch,
  ]
}

describe('every kind of statement', () => {
  it('goes through its stored form and back, under its own kind, subject and label', async () => {
    const all = await everyKind()
    expect(new Set(all.map((s) => s.kind)).size).toBe(13)
    expect(new Set(all.map((s) => s.subject)).size).toBe(13)
    for (const statement of all) {
      const encoded = encodeStatement(statement)
      expect(parseStatement(encoded)).toEqual(statement)
      expect(await isSignedBy(parseStatement(encoded), statement.signatures[0]!.publicKey)).toBe(true)
    }
  })

  it('loses its signature, or is refused, when any byte changes', async () => {
    for (const statement of await everyKind()) {
      const encoded = encodeStatement(statement)
      const signer = statement.signatures[0]!.publicKey
      for (let at = 0; at < encoded.length; at += 17) {
        const bent = encoded.with(at, (encoded[at] as number) ^ 2)
        const good = await (async () => isSignedBy(parseStatement(bent), signer))().catch((e: { name: string }) => e.name)
        expect(good === false || good === 'CryptoError', `${statement.kind} byte ${at}`).toBe(true)
      }
      expect(() => parseStatement(encoded.slice(0, -1))).toThrow(expect.objectContaining(code('malformed')))
      expect(() => parseStatement(concat(encoded, Uint8Array.of(0)))).toThrow(expect.objectContaining(code('malformed')))
    }
  })

  it('is not read as another kind', async () => {
    const encoded = encodeStatement(ana.known.identity)
    expect(() => parse(deviceList as Definition<DeviceList>, encoded)).toThrow(expect.objectContaining(code('malformed')))
    const unknown = draft({ ...identity, kind: 'epoch' }, ana.known.identity.body)
    expect(await isSignedBy({ ...unknown, signatures: ana.known.identity.signatures }, clinic.directory.publicKey)).toBe(false)
  })

  it('of a suite that this code does not know is refused', () => {
    const body = { ...ana.known.userKey.body, suite: 2 } as unknown as UserKey
    expect(() => draft(userKey, body)).toThrow(expect.objectContaining(code('malformed')))
  })
})

describe('the directory', () => {
  it('is certified by the root, in order', async () => {
    const first = await signStatement(directoryKey, { ...chain(), publicKey: clinic.directory.publicKey }, clinic.root)
    await verifyDirectoryKey(first, { root: clinic.root.publicKey, prev: null })
    const other = await newSigningKey()
    await expect(verifyDirectoryKey(first, { root: other.publicKey, prev: null })).rejects.toMatchObject(code('bad-signature'))
    await expect(verifyDirectoryKey(first, { root: clinic.root.publicKey, prev: first })).rejects.toMatchObject(code('bad-chain'))
    const weak = await signStatement(directoryKey, { ...chain(), publicKey: fromHex(`01${'00'.repeat(31)}`) }, clinic.root)
    await expect(verifyDirectoryKey(weak, { root: clinic.root.publicKey, prev: null })).rejects.toMatchObject(code('bad-key'))
  })

  const trust = () => ({
    directoryKey: clinic.directory.publicKey,
    prev: ana.known.identity as Statement<Identity> | null,
    deviceList: ana.stored.deviceList as Statement<DeviceList> | null,
    administrators: [ben.known, cat.known],
    loggedAt: T0,
    now: T0,
  })
  const change = async (effective: number, ...keys: readonly SigningKey[]) => {
    const { publicKey } = await newSigningKey()
    return signStatement(identity, { ...ana.known.identity.body, ...chain(ana.known.identity), publicKey, effective }, ...keys)
  }

  it('introduces new people and nothing else: a server that changes an identity is refused', async () => {
    await verifyIdentity(ana.known.identity, { ...trust(), prev: null })
    const byOther = await addSignature(draft(identity, ana.known.identity.body), ben.device.signing)
    await expect(verifyIdentity(byOther, { ...trust(), prev: null })).rejects.toMatchObject(code('bad-signature'))
    await expect(verifyIdentity(await change(T0, clinic.directory), trust())).rejects.toMatchObject(code('not-entitled'))
    const weak = { ...ben.known.identity.body, publicKey: fromHex(`01${'00'.repeat(31)}`) }
    const introduced = await signStatement(identity, weak, clinic.directory)
    await expect(verifyIdentity(introduced, { ...trust(), prev: null })).rejects.toMatchObject(code('bad-key'))
    const restart = await change(T0, clinic.directory)
    const asFirst = await signStatement(identity, { ...restart.body, version: 1, prev: ZERO_HASH }, clinic.directory)
    await expect(verifyIdentity(asFirst, trust())).rejects.toMatchObject(code('bad-chain'))
  })

  it('accepts a changed key from the old key and a second factor, or the old key and two administrators', async () => {
    const old = ana.keys.identity
    await verifyIdentity(await change(T0, old, ana.recovery.signing), trust())
    await verifyIdentity(await change(T0, old, ben.device.signing, cat.device.signing), trust())
    await expect(verifyIdentity(await change(T0, old), trust())).rejects.toMatchObject(code('not-entitled'))
    await expect(verifyIdentity(await change(T0, old, ben.device.signing), trust())).rejects.toMatchObject(code('not-entitled'))
    await expect(verifyIdentity(await change(T0, ana.recovery.signing), trust())).rejects.toMatchObject(code('not-entitled'))
    const thiefs = await passkeyFactor(newUuid(), random(32))
    const yesterday = trust()
    await expect(verifyIdentity(await change(T0, old, thiefs.signing), yesterday)).rejects.toMatchObject(code('not-entitled'))
    const unlisted = { ...trust(), deviceList: null }
    await expect(verifyIdentity(await change(T0, old, ana.recovery.signing), unlisted)).rejects.toMatchObject(code('not-entitled'))
    const same = await signStatement(identity, { ...ana.known.identity.body, ...chain(ana.known.identity) }, old, ana.recovery.signing)
    await expect(verifyIdentity(same, trust())).rejects.toMatchObject(code('bad-chain'))
  })

  it('takes no signature that does not hold, nobody else’s, and none of a device that is cut off', async () => {
    const day = T0 + IDENTITY_DELAY
    const at = { ...trust(), now: day }
    const both = await change(day, ben.device.signing, cat.device.signing)
    const { by } = await verifyIdentity(both, at)
    expect(new Set(by)).toEqual(new Set([ben.known.person, cat.known.person]))
    const empty = (publicKey: Uint8Array<ArrayBuffer>) => ({
      ...both,
      signatures: [...both.signatures, { publicKey, signature: new Uint8Array(64) }],
    })
    await expect(verifyIdentity(empty(ana.keys.identity.publicKey), at)).rejects.toMatchObject(code('bad-signature'))
    await expect(verifyIdentity(empty(ben.device.signing.publicKey), at)).rejects.toMatchObject(code('bad-signature'))
    const foreign = await addSignature(both, await newSigningKey())
    await expect(verifyIdentity(foreign, at)).rejects.toMatchObject(code('bad-signature'))
    const own = await addSignature(await change(T0, ana.keys.identity, ana.recovery.signing), await newSigningKey())
    await expect(verifyIdentity(own, trust())).rejects.toMatchObject(code('bad-signature'))
    const first = await addSignature(ana.known.identity, ben.device.signing)
    await expect(verifyIdentity(first, { ...trust(), prev: null })).rejects.toMatchObject(code('bad-signature'))
    const cutOff = { ...cat.known, cutOff: new Set([cat.device.device]) }
    await expect(verifyIdentity(both, { ...at, administrators: [ben.known, cutOff] })).rejects.toMatchObject(code('not-entitled'))
  })

  it('accepts two other administrators alone only after a day in the log', async () => {
    const both = [ben.device.signing, cat.device.signing]
    const day = T0 + IDENTITY_DELAY
    await verifyIdentity(await change(day, ...both), { ...trust(), now: day })
    await expect(verifyIdentity(await change(day, ...both), { ...trust(), now: day - 1 })).rejects.toMatchObject(code('too-early'))
    await expect(verifyIdentity(await change(day - 1, ...both), { ...trust(), now: day })).rejects.toMatchObject(code('too-early'))
    await expect(verifyIdentity(await change(day, ben.device.signing), { ...trust(), now: day })).rejects.toMatchObject(
      code('not-entitled'),
    )
    // Made in the future, or lain about for a week: the day that the signers meant is another one.
    const late = { ...trust(), now: day + IDENTITY_LASTS }
    expect(await verifyIdentity(await change(day, ...both), late)).toEqual({ renewed: true, by: expect.any(Array) })
    await expect(verifyIdentity(await change(day, ...both), { ...late, now: late.now + 1 })).rejects.toMatchObject(code('stale'))
    const backdated = { ...trust(), loggedAt: T0 - IDENTITY_DELAY, now: T0 }
    await expect(verifyIdentity(await change(T0, ...both), backdated)).rejects.toMatchObject(code('too-early'))
    const self = { ...trust(), administrators: [ana.known, ben.known], now: day }
    const withOwn = await change(day, ana.device.signing, ben.device.signing)
    await expect(verifyIdentity(withOwn, self)).rejects.toMatchObject(code('not-entitled'))
  })
})

describe('a device list', () => {
  const trust = () => ({ identity: ana.known.identity, prev: ana.stored.deviceList })
  const next = async (change: Partial<DeviceList>, key = ana.keys.identity) =>
    signStatement(deviceList, { ...ana.stored.deviceList.body, ...chain(ana.stored.deviceList), ...change }, key)
  const ghost = async (change: Partial<Device> = {}): Promise<readonly Device[]> => [
    ...ana.stored.deviceList.body.devices,
    { ...publicDevice(await createDevice(newUuid()), T0), ...change },
  ]

  it('is signed by the person: a ghost device or factor that the server adds is refused', async () => {
    await verifyDeviceList(await next({ devices: await ghost() }), trust())
    await expect(verifyDeviceList(await next({ devices: await ghost() }, clinic.directory), trust())).rejects.toMatchObject(
      code('bad-signature'),
    )
    const factors = [publicFactor(await passkeyFactor(newUuid(), random(32)))]
    await expect(verifyDeviceList(await next({ factors }, ben.keys.identity), trust())).rejects.toMatchObject(code('bad-signature'))
  })

  it('is refused when replayed, of another person, or with weak, doubled or shared keys', async () => {
    await expect(verifyDeviceList(ana.stored.deviceList, trust())).rejects.toMatchObject(code('bad-chain'))
    await expect(verifyDeviceList(await next({ version: 3 }), trust())).rejects.toMatchObject(code('bad-chain'))
    await expect(verifyDeviceList(await next({ person: ben.person }), trust())).rejects.toMatchObject(code('wrong-subject'))
    const weak = await ghost({ signKey: fromHex(`01${'00'.repeat(31)}`) })
    await expect(verifyDeviceList(await next({ devices: weak }), trust())).rejects.toMatchObject(code('bad-key'))
    const weakBox = await ghost({ publicKey: new Uint8Array(32) })
    await expect(verifyDeviceList(await next({ devices: weakBox }), trust())).rejects.toMatchObject(code('bad-key'))
    const [own] = ana.stored.deviceList.body.devices
    for (const shared of [
      { device: own!.device },
      { signKey: own!.signKey },
      { publicKey: own!.publicKey },
      { signKey: ana.keys.identity.publicKey },
    ]) {
      await expect(verifyDeviceList(await next({ devices: await ghost(shared) }), trust())).rejects.toMatchObject(code('malformed'))
    }
  })
})

describe('a user key', () => {
  const trust = () => ({ identity: ana.known.identity, prev: ana.known.userKey })
  const next = async (change: Partial<UserKey>, key = ana.keys.identity) =>
    signStatement(
      userKey,
      { ...ana.known.userKey.body, ...chain(ana.known.userKey), publicKey: ben.known.userKey.body.publicKey, link: random(80), ...change },
      key,
    )

  it('is signed by the person, of the next generation, new, and linked', async () => {
    await verifyUserKey(await next({}), trust())
    await expect(verifyUserKey(await next({}, ben.keys.identity), trust())).rejects.toMatchObject(code('bad-signature'))
    await expect(verifyUserKey(ana.known.userKey, trust())).rejects.toMatchObject(code('bad-chain'))
    await expect(verifyUserKey(await next({ publicKey: ana.known.userKey.body.publicKey }), trust())).rejects.toMatchObject(
      code('bad-chain'),
    )
    await expect(verifyUserKey(await next({ link: new Uint8Array(0) }), trust())).rejects.toMatchObject(code('malformed'))
    await expect(verifyUserKey(await next({ publicKey: new Uint8Array(32) }), trust())).rejects.toMatchObject(code('bad-key'))
    await expect(verifyUserKey(await next({ person: ben.person }), trust())).rejects.toMatchObject(code('wrong-subject'))
    await expect(verifyUserKey(await next({ identity: ben.keys.identity.publicKey }), trust())).rejects.toMatchObject(code('stale'))
  })
})

describe('powers and policies', () => {
  const root = () => clinic.root.publicKey
  const power = (change: Partial<Authority>): Authority => ({
    ...chain(),
    power: 'administrator',
    role: NIL_UUID,
    people: [ana.person],
    ...change,
  })

  it('come from the root, or, for administrators and HR, from two present administrators', async () => {
    const trust = { root: root(), prev: null, administrators: [ana.known, ben.known] }
    const two = [ana.device.signing, ben.device.signing] as const
    await verifyAuthority(await signStatement(authority, power({}), clinic.root), trust)
    await verifyAuthority(await signStatement(authority, power({}), ...two), trust)
    await verifyAuthority(await signStatement(authority, power({ power: 'hr' }), ...two), trust)
    for (const change of [{ power: 'role-manager', role: clinic.role }, { power: 'archive-officer' }] as const) {
      await verifyAuthority(await signStatement(authority, power(change), clinic.root), trust)
      await expect(verifyAuthority(await signStatement(authority, power(change), ...two), trust)).rejects.toMatchObject(
        code('not-entitled'),
      )
    }
    const one = await signStatement(authority, power({}), ana.device.signing)
    await expect(verifyAuthority(one, trust)).rejects.toMatchObject(code('not-entitled'))
    const outsiders = await signStatement(authority, power({}), ben.device.signing, cat.device.signing)
    await expect(verifyAuthority(outsiders, trust)).rejects.toMatchObject(code('not-entitled'))
    for (const role of [{ role: clinic.role }, { power: 'role-manager' as const }]) {
      await expect(verifyAuthority(await signStatement(authority, power(role), clinic.root), trust)).rejects.toMatchObject(
        code('malformed'),
      )
    }
    await expect(verifyAuthority(one, { ...trust, prev: one })).rejects.toMatchObject(code('bad-chain'))
  })

  it('of the archive come from the root, rise strictly, and name each share', async () => {
    const { facts } = clinic
    await verifyArchivePolicy(facts.archivePolicy, { root: root(), prev: null })
    const make = (change: Partial<ArchivePolicy>, key = clinic.root) =>
      signStatement(archivePolicy, { ...facts.archivePolicy.body, ...change }, key)
    const fresh = { root: root(), prev: null }
    await expect(verifyArchivePolicy(await make({}, ana.device.signing), fresh)).rejects.toMatchObject(code('bad-signature'))
    await expect(verifyArchivePolicy(facts.archivePolicy, { root: root(), prev: facts.archivePolicy })).rejects.toMatchObject(
      code('bad-chain'),
    )
    await expect(verifyArchivePolicy(await make({ threshold: 0 }), fresh)).rejects.toMatchObject(code('malformed'))
    await expect(verifyArchivePolicy(await make({ threshold: 4 }), fresh)).rejects.toMatchObject(code('malformed'))
    await expect(verifyArchivePolicy(await make({ until: T0 }), fresh)).rejects.toMatchObject(code('malformed'))
    await expect(verifyArchivePolicy(await make({ publicKey: new Uint8Array(32) }), fresh)).rejects.toMatchObject(code('bad-key'))
    const custodians = facts.archivePolicy.body.custodians.map((c) => ({ ...c, index: c.index + 1 }))
    await expect(verifyArchivePolicy(await make({ custodians }), fresh)).rejects.toMatchObject(code('malformed'))
  })

  it('of recipients come from the root or two administrators, one demand a subject', async () => {
    const trust = { root: root(), prev: null, administrators: [ana.known, ben.known] }
    const body: RecipientPolicy = { ...chain(), demands: [{ kind: 'role', subject: clinic.role, when: 'always' }] }
    await verifyRecipientPolicy(await signStatement(recipientPolicy, body, clinic.root), trust)
    await verifyRecipientPolicy(await signStatement(recipientPolicy, body, ana.device.signing, ben.device.signing), trust)
    const one = await signStatement(recipientPolicy, body, ana.device.signing)
    await expect(verifyRecipientPolicy(one, trust)).rejects.toMatchObject(code('not-entitled'))
    const demands = [...body.demands, { kind: 'role', subject: clinic.role, when: 'addressed' } as const]
    const doubled = await signStatement(recipientPolicy, { ...body, demands }, clinic.root)
    await expect(verifyRecipientPolicy(doubled, trust)).rejects.toMatchObject(code('malformed'))
    await expect(verifyRecipientPolicy(one, { ...trust, prev: one })).rejects.toMatchObject(code('bad-chain'))
  })
})

describe('removals and revocations', () => {
  it('are signed by a listed device of their author', async () => {
    const made = await begin(clinic, [ana, ben])
    const trust = { people: clinic.facts.people, prev: null }
    const right = await remove(clinic, ana, ben, made.epoch)
    await verifyRemoval(right, trust)
    await expect(verifyRemoval({ ...right, signatures: [] }, trust)).rejects.toMatchObject(code('bad-signature'))
    const ghost = { ...ana, device: await createDevice(newUuid()) }
    await expect(verifyRemoval(await remove(clinic, ghost, ben, made.epoch), trust)).rejects.toMatchObject(code('not-entitled'))
    await expect(verifyRemoval(right, { ...trust, prev: right })).rejects.toMatchObject(code('bad-chain'))
  })

  it('of a device come from another device of the person or from an administrator', async () => {
    const trust = { people: clinic.facts.people, administrators: new Set([ana.person]), prev: null }
    const make = (by: Member, change: Partial<Revocation> = {}) =>
      signStatement(
        revocation,
        {
          ...chain(),
          person: ben.person,
          device: newUuid(),
          last: [{ conversation: newUuid(), envelope: random(32) }],
          author: { person: by.person, device: by.device.device },
          ...change,
        },
        by.device.signing,
      )
    await verifyRevocation(await make(ana), trust)
    await verifyRevocation(await make(ben), trust)
    await expect(verifyRevocation(await make(cat), trust)).rejects.toMatchObject(code('not-entitled'))
    await expect(verifyRevocation(await make(ben, { device: ben.device.device }), trust)).rejects.toMatchObject(code('not-entitled'))
    const conversation = newUuid()
    const last = [random(32), random(32)].map((envelope) => ({ conversation, envelope }))
    await expect(verifyRevocation(await make(ana, { last }), trust)).rejects.toMatchObject(code('malformed'))
    const right = await make(ana)
    await expect(verifyRevocation({ ...right, signatures: [] }, trust)).rejects.toMatchObject(code('bad-signature'))
  })
})
