import { addDevice, empower, hire, foundOrganisation, must, signIn, signInAgain, staffFeatures, storedOf, wire } from '@wardline/dev/staff'
import type { Colleague, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import {
  addSignature,
  after,
  authority,
  changePerson,
  createDevice,
  createPerson,
  encodeStatement,
  fromBase64url,
  identity,
  newRecoveryKey,
  newSigningKey,
  newUuid,
  NIL_UUID,
  openVault,
  parse,
  publicDevice,
  recipientPolicy,
  recoveryFactor,
  revocation,
  signSession,
  signStatement,
  toBase64url,
  userKey,
  vault,
  verifyIdentity,
} from '@wardline/crypto'
import { bySystem, Refusal } from '@wardline/platform/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deviceHeads, enrolDevice, myVault, putVault, revokeDevice, signInDevice, statementsOf, trust } from '../contract.ts'
import { acceptTrust, trustFacts } from './trust.ts'

let world: World
let organisation: Organisation

beforeAll(async () => {
  world = await openWorld({ features: staffFeatures })
  organisation = await foundOrganisation(world)
})
afterAll(() => world.close())

const now = () => world.server.clock.ms()
const factCount = async (kind: string, key: string) =>
  (await world.owner.query<{ n: number }>('select count(*)::int as n from fact where kind = $1 and key = $2', [kind, key])).rows[0]!.n

/** A new person with everything that a first device would send, not sent yet. */
async function newcomer() {
  const person = await world.server.db.write(organisation.org, { actor: null, device: null }, async (tx) => {
    const { createPerson: add } = await import('@wardline/product/access/provisioning/server')
    return add(tx, { signInName: `new.${newUuid().slice(0, 8)}`, name: 'New', title: '', roles: ['clinician'] })
  })
  const session = await signIn(world, organisation.org, person)
  const device = await createDevice(newUuid())
  const recovery = await recoveryFactor(newUuid(), newRecoveryKey())
  const made = await createPerson({
    organisation: organisation.org,
    person,
    devices: [publicDevice(device, now())],
    factors: [recovery],
    time: now(),
  })
  const body = {
    device: device.device,
    identityKey: toBase64url(made.keys.identity.publicKey),
    deviceList: wire(await addSignature(made.deviceList, device.signing)),
    userKey: wire(made.userKey),
    vault: wire(made.vault),
  }
  return { session, device, recovery, made, body }
}

describe('enrolment', () => {
  test('a first device introduces the person: statements verify, the session is the device’s, each hash is a fact', async () => {
    const ana = await hire(world, organisation)
    const mine = must(await ana.call(myVault, {}))
    expect(mine.device).toBe(ana.device.device)
    expect(mine.statements.map((it) => it.kind)).toEqual(['identity', 'device-list', 'user-key'])
    const anchor = must(await ana.call(trust, {}))
    expect(anchor.root).toBe(toBase64url(organisation.root.publicKey))
    const first = parse(identity, fromBase64url(mine.statements[0]!.statement))
    const directory = first.signatures[0]!.publicKey
    await verifyIdentity(first, { directoryKey: directory, prev: null, deviceList: null, administrators: [], loggedAt: now(), now: now() })
    for (const kind of [
      'team.person.introduced',
      'team.device-list.changed',
      'team.device.enrolled',
      'team.user-key.changed',
      'team.vault.changed',
    ])
      expect(await factCount(kind, `person|${ana.person}`)).toBe(1)
  })

  test('a second device comes in by the recovery key, opens the same vault, and can come back by its own key', async () => {
    const ana = await hire(world, organisation)
    const second = await addDevice(world, ana)
    const opened = await openVault(await storedOf(second), {
      by: 'device',
      device: second.device.device,
      box: second.device.box,
      identity: ana.keys.identity.publicKey,
    })
    expect(opened.identity.publicKey).toEqual(ana.keys.identity.publicKey)
    const again = await signInAgain(world, second)
    expect(must(await again.call(myVault, {})).device).toBe(second.device.device)
  })

  test('a device list that its new device has not signed is refused', async () => {
    const { session, made, body } = await newcomer()
    const answer = await session.call(enrolDevice, { body: { ...body, deviceList: wire(made.deviceList) } })
    expect(answer).toMatchObject({ ok: false, code: 'bad-statement', field: 'device-not-proven' })
  })

  test('a device list that the identity key has not signed is refused', async () => {
    const { session, made, body, device } = await newcomer()
    const unsigned = await addSignature({ ...made.deviceList, signatures: [] }, device.signing)
    expect(await session.call(enrolDevice, { body: { ...body, deviceList: wire(unsigned) } })).toMatchObject({
      ok: false,
      code: 'bad-statement',
      field: 'bad-signature',
    })
  })

  test('an identity key that the person’s list does not hang on is refused', async () => {
    const { session, body } = await newcomer()
    const other = await newcomer()
    const answer = await session.call(enrolDevice, { body: { ...body, identityKey: other.body.identityKey } })
    expect(answer).toMatchObject({ ok: false, code: 'bad-statement' })
  })

  test('somebody else’s statements are refused', async () => {
    const { session } = await newcomer()
    const other = await newcomer()
    expect(await session.call(enrolDevice, { body: other.body })).toMatchObject({
      ok: false,
      code: 'bad-statement',
      field: 'wrong-subject',
    })
  })

  test('what another key has signed, and a vault of another list, person or holders, is refused', async () => {
    const { session, made, body } = await newcomer()
    const { made: theirs } = await newcomer()
    const own = made.keys.identity
    const entry = made.vault.body
    const bad = {
      'bad-signature': [
        { userKey: wire(await signStatement(userKey, made.userKey.body, theirs.keys.identity)) },
        { vault: wire(await signStatement(vault, entry, theirs.keys.identity)) },
      ],
      stale: [{ vault: wire(await signStatement(vault, { ...entry, deviceList: theirs.deviceList.hash }, own)) }],
      'wrong-subject': [{ vault: wire(await signStatement(vault, { ...entry, person: theirs.vault.body.person }, own)) }],
      'vault-holders': [{ vault: wire(await signStatement(vault, { ...entry, seals: entry.seals.slice(1) }, own)) }],
    }
    for (const [field, changes] of Object.entries(bad))
      for (const change of changes)
        expect(await session.call(enrolDevice, { body: { ...body, ...change } })).toMatchObject({ ok: false, code: 'bad-statement', field })
    must(await session.call(enrolDevice, { body }))
  })

  test('the directory introduces a person once', async () => {
    const ana = await hire(world, organisation)
    const session = await signIn(world, organisation.org, ana.person)
    const again = await createPerson({
      organisation: organisation.org,
      person: ana.person,
      devices: [publicDevice(await createDevice(newUuid()), now())],
      factors: [],
      time: now(),
    })
    const body = {
      device: newUuid(),
      identityKey: toBase64url(again.keys.identity.publicKey),
      deviceList: wire(again.deviceList),
      userKey: wire(again.userKey),
      vault: wire(again.vault),
    }
    expect(await session.call(enrolDevice, { body })).toMatchObject({ ok: false, code: 'already-introduced' })
  })

  test('of two first devices at the same moment one wins and the other is told so', async () => {
    const { session, made, body } = await newcomer()
    const other = await createDevice(newUuid())
    const second = await createPerson({
      organisation: organisation.org,
      person: made.deviceList.body.person,
      devices: [publicDevice(other, now())],
      factors: [],
      time: now(),
    })
    const rival = {
      device: other.device,
      identityKey: toBase64url(second.keys.identity.publicKey),
      deviceList: wire(await addSignature(second.deviceList, other.signing)),
      userKey: wire(second.userKey),
      vault: wire(second.vault),
    }
    const answers = await Promise.all([session.call(enrolDevice, { body }), session.call(enrolDevice, { body: rival })])
    const codes = answers.map((it) => (it.ok ? 'ok' : it.code))
    expect(codes.filter((code) => code === 'ok')).toHaveLength(1)
    expect(['stale-version', 'already-introduced']).toContain(codes.find((code) => code !== 'ok'))
  })

  test('a device that is revoked, or another person’s, never comes back into a list', async () => {
    const ana = await hire(world, organisation)
    const ben = await hire(world, organisation)
    const made = await changePerson(
      await storedOf(ben),
      { by: 'factor', factor: ben.recovery },
      { time: now(), addDevices: [publicDevice(ana.device, now())] },
    )
    const list = await addSignature(made.deviceList, ana.device.signing)
    const answer = await ben.call(enrolDevice, { body: { device: ana.device.device, deviceList: wire(list), vault: wire(made.vault) } })
    expect(answer).toMatchObject({ ok: false, code: 'bad-statement', field: 'device-known' })
  })

  test('a device joins a list only where it is enrolled itself: not by another one’s change of the vault, nor as a second one', async () => {
    const ana = await hire(world, organisation)
    const [one, two] = [await createDevice(newUuid()), await createDevice(newUuid())]
    const made = await changePerson(
      await storedOf(ana),
      { by: 'factor', factor: ana.recovery },
      { time: now(), addDevices: [publicDevice(one, now()), publicDevice(two, now())] },
    )
    const list = await addSignature(await addSignature(made.deviceList, one.signing), two.signing)
    const body = { deviceList: wire(list), vault: wire(made.vault) }
    const refused = { ok: false, code: 'bad-statement', field: 'device-not-let-in' }
    expect(await ana.call(putVault, { body })).toMatchObject(refused)
    expect(await ana.call(enrolDevice, { body: { device: one.device, ...body } })).toMatchObject(refused)
    // Nor does a session become a device by a change that lets none in, nor change anything without being one.
    const factor = await recoveryFactor(newUuid(), newRecoveryKey())
    const more = await changePerson(await storedOf(ana), { by: 'factor', factor: ana.recovery }, { time: now(), addFactors: [factor] })
    const change = { deviceList: wire(more.deviceList), vault: wire(more.vault) }
    const elsewhere = await signIn(world, ana.org, ana.person)
    const named = { device: ana.device.device, ...change }
    expect(await elsewhere.call(enrolDevice, { body: named })).toMatchObject({ code: 'bad-statement', field: 'device-not-enrolled' })
    expect(await elsewhere.call(putVault, { body: change })).toMatchObject({ ok: false, code: 'not-a-device' })
  })

  test('a device cannot leave a list without a revocation', async () => {
    const ana = await hire(world, organisation)
    const second = await addDevice(world, ana)
    const made = await changePerson(
      await storedOf(second),
      { by: 'factor', factor: ana.recovery },
      { time: now(), removeDevices: [ana.device.device] },
    )
    const body = { deviceList: wire(made.deviceList), userKey: wire(made.userKey!), vault: wire(made.vault) }
    expect(await second.call(putVault, { body })).toMatchObject({ ok: false, code: 'bad-statement', field: 'device-left' })
  })

  test('a listed device keeps its key', async () => {
    const ana = await hire(world, organisation)
    const { device } = ana.device
    const made = await changePerson(
      await storedOf(ana),
      { by: 'factor', factor: ana.recovery },
      { time: now(), removeDevices: [device], addDevices: [publicDevice(await createDevice(device), now())] },
    )
    const body = { deviceList: wire(made.deviceList), userKey: wire(made.userKey!), vault: wire(made.vault) }
    expect(await ana.call(putVault, { body })).toMatchObject({ ok: false, code: 'bad-statement', field: 'device-key-changed' })
  })

  test('a vault of an older version, or without its list’s holders, is refused', async () => {
    const ana = await hire(world, organisation)
    const stored = await storedOf(ana)
    const unlock = { by: 'factor', factor: ana.recovery } as const
    const factor = await recoveryFactor(newUuid(), newRecoveryKey())
    // The one that is there, sent again to the list that is there: nothing of it is wrong but its place in the order.
    expect(await ana.call(putVault, { body: { vault: wire(stored.vault) } })).toMatchObject({ ok: false, code: 'stale-version' })
    const made = await changePerson(stored, unlock, { time: now(), addFactors: [factor] })
    expect(await ana.call(putVault, { body: { vault: wire(made.vault) } })).toMatchObject({ ok: false, code: 'bad-statement' })
    must(await ana.call(putVault, { body: { deviceList: wire(made.deviceList), vault: wire(made.vault) } }))
    expect(await ana.call(putVault, { body: { deviceList: wire(made.deviceList), vault: wire(made.vault) } })).toMatchObject({
      ok: false,
      code: 'stale-version',
    })
    // Of several at the same moment one is kept, and the others are told so.
    const { body, hash: prev } = (await storedOf(ana)).vault
    const rivals = [1, 2, 3, 4].map(async (later) => {
      const entry = { ...body, version: body.version + 1, prev, time: now() + later }
      return ana.call(putVault, { body: { vault: wire(await signStatement(vault, entry, ana.keys.identity)) } })
    })
    const codes = (await Promise.all(rivals)).map((it) => (it.ok ? 'ok' : it.code))
    expect(codes.toSorted()).toEqual(['ok', 'stale-version', 'stale-version', 'stale-version'])
  })

  test('a changed identity key without the old one’s signature and a second factor is refused', async () => {
    const ana = await hire(world, organisation)
    const made = await changePerson(
      await storedOf(ana),
      { by: 'factor', factor: ana.recovery },
      { time: now(), newIdentity: { effective: now() } },
    )
    const gone = await addDevice(world, ana)
    const revoked = await signStatement(
      revocation,
      {
        ...after(null, ana.org, now()),
        person: ana.person,
        device: gone.device.device,
        last: [],
        author: { person: ana.person, device: ana.device.device },
      },
      ana.device.signing,
    )
    const rekey = {
      identity: wire(made.identity!),
      deviceList: wire(made.deviceList),
      userKey: wire(made.userKey!),
      vault: wire(made.vault),
    }
    const answer = await ana.call(revokeDevice, { params: { device: gone.device.device }, body: { revocation: wire(revoked), rekey } })
    expect(answer).toMatchObject({ ok: false, code: 'bad-statement', field: 'not-entitled' })
  })

  test('an identity key is changed by a second factor that was listed for a day', async () => {
    const ana = await hire(world, organisation)
    const gone = await addDevice(world, ana)
    const unlock = { by: 'factor', factor: ana.recovery } as const
    const second = await recoveryFactor(newUuid(), newRecoveryKey())
    const added = await changePerson(await storedOf(ana), unlock, { time: now(), addFactors: [second] })
    must(await ana.call(putVault, { body: { deviceList: wire(added.deviceList), vault: wire(added.vault) } }))
    const change = async (by: Colleague) => {
      const what = { removeDevices: [gone.device.device], newIdentity: { secondFactor: second, effective: now() } }
      const made = await changePerson(await storedOf(by), unlock, { time: now(), ...what })
      const rekey = {
        identity: wire(made.identity!),
        deviceList: wire(made.deviceList),
        userKey: wire(made.userKey!),
        vault: wire(made.vault),
      }
      const { revocation: said } = await revocationOf(by, gone)
      return by.call(revokeDevice, { params: { device: gone.device.device }, body: { revocation: said, rekey } })
    }
    expect(await change(ana)).toMatchObject({ ok: false, code: 'bad-statement', field: 'not-entitled' })
    await world.advance(25 * 3_600_000)
    must(await change(await signInAgain(world, ana)))
  })
})

describe('signing a device in', () => {
  test('only with the device’s own key, for this session, and only while it is not revoked', async () => {
    const ana = await hire(world, organisation)
    const ben = await hire(world, organisation)
    const session = await signIn(world, ana.org, ana.person)
    const claim = { organisation: ana.org, person: ana.person, device: ana.device.device, session: session.session }
    const attempts: [string, Uint8Array][] = [
      ['another key', await signSession(claim, ben.device.signing)],
      ['another session', await signSession({ ...claim, session: ana.session }, ana.device.signing)],
      ['zeros', new Uint8Array(64)],
    ]
    for (const [, signature] of attempts)
      expect(
        await session.call(signInDevice, { params: { device: claim.device }, body: { signature: toBase64url(signature) } }),
      ).toMatchObject({
        ok: false,
        code: 'not-proven',
      })
    // Ben's device proves itself, but is not Ana's.
    const foreign = await signSession({ ...claim, device: ben.device.device }, ben.device.signing)
    expect(
      await session.call(signInDevice, { params: { device: ben.device.device }, body: { signature: toBase64url(foreign) } }),
    ).toMatchObject({
      ok: false,
      code: 'not-proven',
    })
  })
})

/** The revocation of `gone` by `author`, with the person's new keys where it is their own. */
async function revocationOf(
  author: Colleague,
  gone: Colleague,
  last: readonly { conversation: string; envelope: Uint8Array<ArrayBuffer> }[] = [],
) {
  const statement = await signStatement(
    revocation,
    {
      ...after(null, author.org, now()),
      person: gone.person,
      device: gone.device.device,
      last,
      author: { person: author.person, device: author.device.device },
    },
    author.device.signing,
  )
  if (author.person !== gone.person) return { revocation: wire(statement) }
  const made = await changePerson(
    await storedOf(author),
    { by: 'factor', factor: author.recovery },
    { time: now(), removeDevices: [gone.device.device] },
  )
  return {
    revocation: wire(statement),
    rekey: { deviceList: wire(made.deviceList), userKey: wire(made.userKey!), vault: wire(made.vault) },
  }
}

describe('revocation', () => {
  test('ends the device’s sessions, brings a new user key, and the device cannot come back', async () => {
    const ana = await hire(world, organisation)
    const lost = await addDevice(world, ana)
    const body = await revocationOf(ana, lost)
    const given = must(await ana.call(revokeDevice, { params: { device: lost.device.device }, body }))
    expect(given.statements.map((it) => it.kind)).toEqual(['revocation', 'device-list', 'user-key'])
    expect(await lost.call(myVault, {})).toMatchObject({ ok: false, code: 'signed-out' })
    await expect(signInAgain(world, lost)).rejects.toThrow('not-proven')
    expect(await factCount('team.device.revoked', `person|${ana.person}`)).toBe(1)
    const [held] = must(await ana.call(statementsOf, { body: { people: [{ person: ana.person, after: 0 }] } })).people
    expect(held!.statements.map((it) => it.position)).toEqual([...held!.statements.keys()].map((i) => i + 1))
    expect(await ana.call(revokeDevice, { params: { device: lost.device.device }, body })).toMatchObject({
      ok: false,
      code: 'already-revoked',
    })
  })

  test('one’s own comes with new keys; a device cannot revoke itself; another person’s looks like absence', async () => {
    const ana = await hire(world, organisation)
    const lost = await addDevice(world, ana)
    const { revocation: alone } = await revocationOf(ana, lost)
    expect(await ana.call(revokeDevice, { params: { device: lost.device.device }, body: { revocation: alone } })).toMatchObject({
      ok: false,
      code: 'rekey-missing',
    })
    expect(await ana.call(revokeDevice, { params: { device: ana.device.device }, body: await revocationOf(ana, ana) })).toMatchObject({
      ok: false,
      code: 'bad-statement',
    })
    const ben = await hire(world, organisation)
    expect(await ben.call(revokeDevice, { params: { device: lost.device.device }, body: await revocationOf(ben, lost) })).toMatchObject({
      ok: false,
      code: 'not-found',
    })
    expect(await ben.call(deviceHeads, { params: { device: lost.device.device } })).toMatchObject({ ok: false, code: 'not-found' })
    must(await ana.call(deviceHeads, { params: { device: lost.device.device } }))
  })
})

test('a revocation is its author’s, from their device, about the device that it names, and brings nobody else’s keys', async () => {
  const own = await foundOrganisation(world)
  const ana = await hire(world, own)
  const [lost, second] = [await addDevice(world, ana), await addDevice(world, ana)]
  const ben = await hire(world, own)
  const said = await revocationOf(ana, lost)
  const send = (by: Pick<Colleague, 'call'>, device: string, body: typeof said) => by.call(revokeDevice, { params: { device }, body })
  const there = lost.device.device
  expect(await send(await signIn(world, ana.org, ana.person), there, said)).toMatchObject({ code: 'not-a-device' })
  expect(await send(second, there, said)).toMatchObject({ code: 'bad-statement', field: 'not-the-author' })
  expect(await send(ana, second.device.device, said)).toMatchObject({ code: 'bad-statement', field: 'wrong-subject' })
  const ofBens = await revocationOf(ana, { ...ana, device: ben.device })
  expect(await send(ana, ben.device.device, ofBens)).toMatchObject({ code: 'not-found' })

  const kim = await hire(world, own, { roles: ['administrator'] })
  await empower(world, own, 'administrator', [kim.person])
  const byKim = await revocationOf(kim, lost)
  expect(await send(kim, there, { ...byKim, rekey: said.rekey! })).toMatchObject({ code: 'bad-statement', field: 'not-your-keys' })
  must(await send(kim, there, byKim))
})

describe('another organisation', () => {
  test('its people and devices look like absence', async () => {
    const ana = await hire(world, organisation)
    const elsewhere = await foundOrganisation(world)
    const eve = await hire(world, elsewhere)
    expect(must(await eve.call(statementsOf, { body: { people: [{ person: ana.person, after: 0 }] } })).people[0]!.statements).toEqual([])
    expect(await eve.call(revokeDevice, { params: { device: ana.device.device }, body: await revocationOf(eve, ana) })).toMatchObject({
      ok: false,
    })
    const session = await signIn(world, elsewhere.org, eve.person)
    const claim = { organisation: ana.org, person: ana.person, device: ana.device.device, session: session.session }
    const signature = toBase64url(await signSession(claim, ana.device.signing))
    expect(await session.call(signInDevice, { params: { device: ana.device.device }, body: { signature } })).toMatchObject({
      ok: false,
      code: 'not-proven',
    })
  })
})

test('what says who has power over keys counts by the organisation’s own root, for this organisation, of its kinds and in order', async () => {
  const { org, root } = await foundOrganisation(world)
  const stranger = await newSigningKey()
  const first = { ...after(null, org, now()), power: 'hr' as const, role: NIL_UUID, people: [newUuid()] }
  const policy = (await world.server.db.read(org, trustFacts)).recipientPolicy
  const demands = { ...after(policy, org, now()), demands: [] }
  const gone = {
    ...after(null, org, now()),
    person: newUuid(),
    device: newUuid(),
    last: [],
    author: { person: newUuid(), device: newUuid() },
  }
  const why = async (statement: Parameters<typeof encodeStatement>[0]) =>
    world.server.db
      .write(org, bySystem, (tx) => acceptTrust(tx, encodeStatement(statement)))
      .then(
        () => 'ok',
        (thrown: unknown) => (thrown instanceof Refusal ? (thrown.field ?? thrown.code) : String(thrown)),
      )
  expect(await why(await signStatement(authority, first, stranger))).toBe('not-entitled')
  expect(await why(await signStatement(recipientPolicy, demands, stranger))).toBe('not-entitled')
  expect(await why(await signStatement(authority, { ...first, organisation: organisation.org }, root))).toBe('wrong-subject')
  expect(await why(await signStatement(revocation, gone, root))).toBe('kind')
  const made = await signStatement(authority, first, root)
  expect([await why(made), await why(made)]).toEqual(['ok', 'stale-version'])
})
