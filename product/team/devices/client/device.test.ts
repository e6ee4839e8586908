import { employ, foundOrganisation, settle, signIn, sit, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import {
  NIL_UUID,
  addSignature,
  after,
  authority,
  createDevice,
  createPerson,
  deviceList,
  encodeStatement,
  introducePerson,
  newSigningKey,
  newUuid,
  publicDevice,
  signStatement,
  toBase64url,
} from '@wardline/crypto'
import type { Statement } from '@wardline/crypto'
import { directorySigner } from '@wardline/product/access/policies/server'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { myVault } from '../contract.ts'
import type { Own } from './device.ts'
import type { KnownPerson } from './people.ts'

let world: World
let organisation: Organisation
const desks: Desk[] = []

beforeAll(async () => {
  world = await openWorld({ features: staffFeatures, server: { beatMs: 100 } })
  organisation = await foundOrganisation(world)
})
afterEach(async () => {
  await Promise.all(desks.splice(0).map((it) => it.engine.stop()))
})
afterAll(() => world.close())

const keep = <D extends Desk>(desk: D): D => {
  desks.push(desk)
  return desk
}
const person = async () => keep(await settle(world, organisation))
const stranger = async () => keep(await sit(world, await employ(world, organisation)))
const session = (desk: Desk) => signIn(world, organisation.org, desk.session.person)
const elsewhere = async (desk: Desk) => keep(await sit(world, await session(desk)))

/** The same bytes with a signature that is none. */
function spoilt(statement: string): string {
  const bytes = Buffer.from(statement, 'base64url')
  bytes[bytes.length - 1] = bytes.at(-1)! ^ 1
  return bytes.toString('base64url')
}

async function talk(ana: Desk, ben: Desk, ...texts: readonly string[]): Promise<string> {
  const conversation = newUuid()
  await ana.engine.createConversation({ conversation, kind: 'direct', people: [ben.session.person] })
  await ben.conversation(conversation)
  for (const text of texts) await ana.say(conversation, text)
  await ben.thread(conversation, (it) => it.length === texts.length)
  return conversation
}

describe('a new person', () => {
  test('gets keys, a device and a recovery key once, and may have it replaced until it is kept', async () => {
    const desk = await stranger()
    await desk.state((it) => it.status === 'needs-new-person')
    const made = await desk.engine.createIdentity()
    expect(made.ok && made.value.recoveryKey).toMatch(/^([0-9A-Z]{4}-?){8}$/)
    expect(await desk.state((it) => it.status === 'ready')).toMatchObject({ recoveryKeyKept: false, organisation: organisation.org })
    expect(await desk.engine.createIdentity()).toEqual({ ok: false, code: 'already-introduced' })
    const other = await desk.engine.newRecoveryKey()
    expect(other.ok && made.ok && other.value.recoveryKey !== made.value.recoveryKey).toBe(true)
    await desk.engine.confirmRecoveryKey()
    expect((await desk.engine.state()).recoveryKeyKept).toBe(true)

    const second = await elsewhere(desk)
    await second.state((it) => it.status === 'needs-recovery-key')
    expect(made.ok && (await second.engine.enrol(made.value.recoveryKey))).toEqual({ ok: false, code: 'wrong-recovery-key' })
    expect(other.ok && (await second.engine.enrol(other.value.recoveryKey))).toEqual({ ok: true, value: null })
  })

  test.each([250, -250])('adds a machine whose clock is wrong by %i days, as any other', async (days) => {
    const desk = await person()
    const second = keep(await sit(world, await session(desk), { ahead: days * 24 * 60 * 60 * 1000 }))
    await second.state((it) => it.status === 'needs-recovery-key')
    expect(await second.engine.enrol(desk.recoveryKey)).toEqual({ ok: true, value: null })
    expect(await second.state((it) => it.status === 'ready' && it.connection === 'open')).toMatchObject({ alarms: [] })
  })

  test('whose enrolment was stored but never answered goes on with the very same device', async () => {
    const desk = await stranger()
    await desk.state((it) => it.status === 'needs-new-person')
    desk.wires.answer = (path, value) => {
      if (path !== '/api/v1/devices') return value
      desk.wires.up = false
      throw new Error('the answer is lost')
    }
    await desk.engine.createIdentity().catch(() => undefined)
    const again = keep(await sit(world, await session(desk), { store: desk.kill() }))
    const state = await again.state((it) => it.status === 'ready')
    expect(state.recoveryKeyKept).toBe(false)
    expect((await again.engine.newRecoveryKey()).ok).toBe(true)
  })

  test('notices when the directory introduces a key that is not theirs', async () => {
    const desk = await stranger()
    await desk.state((it) => it.status === 'needs-new-person')
    const theirs = await introduced(desk.session.person)
    desk.wires.answer = (path, value) =>
      path === '/api/v1/people/statements' ? { people: [{ person: desk.session.person, statements: theirs }], more: false } : value
    expect(await desk.engine.createIdentity()).toEqual({ ok: false, code: 'alarm' })
    expect((await desk.engine.state()).status).not.toBe('ready')
  })
})

type StatementsAnswer = { people: { person: string; statements: Held[] }[]; more: boolean }
type Held = { position: number; kind: string; statement: string; at: number }
const text = (statement: Statement<unknown>): string => toBase64url(encodeStatement(statement))
const held = (...statements: readonly Statement<unknown>[]): Held[] =>
  statements.map((it, i) => ({ position: i + 1, kind: it.kind, statement: text(it), at: world.server.clock.ms() }))

/** A whole person as a server could make one up that holds the real directory key. */
async function introduced(person: string): Promise<Held[]> {
  const directory = await world.server.db.read(organisation.org, (db) => directorySigner(db, world.keys))
  const device = await createDevice(newUuid())
  const time = world.server.clock.ms()
  const { org } = organisation
  const made = await createPerson({ organisation: org, person, devices: [publicDevice(device, time)], factors: [], time })
  const publicKey = made.keys.identity.publicKey
  const identity = await introducePerson({ directory: directory!, organisation: org, person, employee: 'E-1', publicKey, time })
  return held(identity, await addSignature(made.deviceList, device.signing), made.userKey)
}
const own = async (desk: Desk) => (await desk.store.get(['device'])) as Own
/** Changes what a device hears about a person's statements. */
const about = (desk: Desk, person: string, change: (statements: Held[]) => Held[]) => {
  desk.wires.answer = (path, value) => {
    if (path !== '/api/v1/people/statements') return value
    const answer = value as StatementsAnswer
    return { ...answer, people: answer.people.map((it) => (it.person === person ? { ...it, statements: change(it.statements) } : it)) }
  }
}

describe('cleared storage', () => {
  test('is re-enrolment by the recovery key, and all that was said before can be read', async () => {
    const [ana, ben] = [await person(), await person()]
    const conversation = await talk(ana, ben, 'K+ 6.8', 'bed 4')
    await ben.engine.stop()
    const fresh = await elsewhere(ben)
    await fresh.state((it) => it.status === 'needs-recovery-key')
    expect(await fresh.engine.enrol(ben.recoveryKey.toLowerCase().replaceAll('-', ' '))).toEqual({ ok: true, value: null })
    await fresh.thread(conversation, (it) => it.length === 2)
    expect(await fresh.texts(conversation)).toEqual(['K+ 6.8', 'bed 4'])
    await fresh.say(conversation, 'Seen, on my way')
    await ana.thread(conversation, (it) => it.length === 3)
    expect(await ana.texts(conversation)).toEqual(['K+ 6.8', 'bed 4', 'Seen, on my way'])
    expect((await ana.engine.state()).alarms).toEqual([])
  })

  test('a mistyped key and a wrong one are told apart', async () => {
    const [ana, ben] = [await person(), await person()]
    const fresh = await elsewhere(ana)
    await fresh.state((it) => it.status === 'needs-recovery-key')
    expect(await fresh.engine.enrol('not a key')).toEqual({ ok: false, code: 'bad-recovery-key' })
    expect(await fresh.engine.enrol(ben.recoveryKey)).toEqual({ ok: false, code: 'wrong-recovery-key' })
  })
})

describe('two devices of one person', () => {
  test('both read and write; one that is removed reads nothing new', async () => {
    const [ana, ben] = [await person(), await person()]
    const conversation = await talk(ana, ben, 'before')
    const second = await elsewhere(ben)
    await second.state((it) => it.status === 'needs-recovery-key')
    await second.engine.enrol(ben.recoveryKey)
    await second.thread(conversation, (it) => it.length === 1)
    await second.say(conversation, 'from my second device')
    await ben.thread(conversation, (it) => it.length === 2)
    await ana.thread(conversation, (it) => it.length === 2)

    const lost = (await ben.engine.state()).device!
    expect(await second.engine.removeDevice(lost)).toEqual({ ok: true, value: null })
    await ana.say(conversation, 'after the loss')
    await second.thread(conversation, (it) => it.length === 3)
    expect(await second.texts(conversation)).toEqual(['before', 'from my second device', 'after the loss'])
    expect(await ana.texts(conversation)).toEqual(['before', 'from my second device', 'after the loss'])

    const thief = keep(await sit(world, await session(ben), { store: ben.kill() }))
    await thief.state((it) => it.status === 'revoked')
    expect(await thief.texts(conversation)).not.toContain('after the loss')
    expect((await ana.engine.state()).alarms).toEqual([])
    await second.say(conversation, 'still here')
    await ana.thread(conversation, (it) => it.length === 4)
  })
})

test('a vault of before another device of mine was enrolled is asked for anew, and is no alarm', async () => {
  const ben = await person()
  const [older, given] = [[] as unknown[], [] as unknown[]]
  ben.wires.answer = (path, value) => {
    if (path === '/api/v1/devices/vault') older.push(value)
    return value
  }
  ben.hear({ t: 'statements', person: ben.session.person, position: 1 })
  await ben.until(async () => older.length > 0, 'an answer of before')
  ben.wires.answer = (path, value) => (path === '/api/v1/devices/vault' ? (given.push(value) === 1 ? older[0] : value) : value)
  const second = await elsewhere(ben)
  await second.state((it) => it.status === 'needs-recovery-key')
  await second.engine.enrol(ben.recoveryKey)
  const version = async (desk: Desk) => ((await desk.store.get(['device'])) as Own).vaultVersion
  await ben.until(async () => given.length > 1 && (await version(ben)) === (await version(second)), 'the newer keys')
  expect((await ben.engine.state()).alarms).toEqual([])
})

describe('what everything hangs on', () => {
  test('the root is pinned at first sight: another one is an alarm, and nothing is sent', async () => {
    const ana = await person()
    const root = (await ana.engine.state()).root
    expect(root).toMatch(/^[0-9a-f]{64}$/)
    const other = await newSigningKey()
    const store = ana.kill()
    desks.splice(desks.indexOf(ana), 1)
    const again = keep(await sit(world, await session(ana), { store, start: false }))
    again.wires.answer = (path, value) => (path === '/api/v1/trust' ? { ...(value as object), root: toBase64url(other.publicKey) } : value)
    await again.engine.start()
    await again.state((it) => it.status === 'alarm')
    expect((await again.engine.state()).alarms).toMatchObject([{ kind: 'root', code: 'changed' }])
    const ben = await person()
    const made = await again.engine.createConversation({ conversation: newUuid(), kind: 'direct', people: [ben.session.person] })
    expect(made).toEqual({ ok: false, code: 'alarm' })
  })

  test('a statement of the organisation that vanished is an alarm, so an old policy does not come back', async () => {
    const ana = await person()
    const store = ana.kill()
    desks.splice(desks.indexOf(ana), 1)
    const again = keep(await sit(world, await session(ana), { store, start: false }))
    again.wires.answer = (path, value) => (path === '/api/v1/trust' ? { ...(value as object), recipientPolicies: [] } : value)
    await again.engine.start()
    await again.state((it) => it.status === 'alarm')
    expect((await again.engine.state()).alarms).toMatchObject([{ kind: 'trust', code: 'stale' }])
  })

  test.each([
    ['directoryKeys', 'bad-signature'],
    ['archivePolicies', 'bad-signature'],
    ['recipientPolicies', 'not-entitled'],
  ] as const)('a forged statement in %s is an alarm', async (list, code) => {
    const desk = keep(await sit(world, await employ(world, organisation), { start: false }))
    desk.wires.answer = (path, value) => {
      if (path !== '/api/v1/trust') return value
      const answer = value as Record<typeof list, { statement: string; at: number }[]>
      return { ...answer, [list]: answer[list].map((it) => ({ ...it, statement: spoilt(it.statement) })) }
    }
    await desk.engine.start()
    await desk.state((it) => it.status === 'needs-new-person')
    expect(await desk.engine.createIdentity()).toEqual({ ok: false, code: 'alarm' })
    expect((await desk.engine.state()).alarms).toMatchObject([{ kind: 'trust', code }])
  })

  test('nobody becomes an administrator by the word of the server', async () => {
    const ana = await person()
    const forged = await signStatement(
      authority,
      { ...after(null, organisation.org, world.server.clock.ms()), power: 'administrator', role: NIL_UUID, people: [ana.session.person] },
      await newSigningKey(),
    )
    const store = ana.kill()
    desks.splice(desks.indexOf(ana), 1)
    const again = keep(await sit(world, await session(ana), { store, start: false }))
    again.wires.answer = (path, value) =>
      path === '/api/v1/trust' ? { ...(value as object), authorities: [{ statement: text(forged), at: world.server.clock.ms() }] } : value
    await again.engine.start()
    await again.state((it) => it.status === 'alarm')
    expect((await again.engine.state()).alarms).toMatchObject([{ kind: 'trust', code: 'not-entitled' }])
  })

  test('a colleague whose identity the server has changed is refused and named', async () => {
    const [ana, ben] = [await person(), await person()]
    const key = await newSigningKey()
    const made = await introducePerson({
      directory: await newSigningKey(),
      organisation: organisation.org,
      person: ben.session.person,
      employee: 'E-1',
      publicKey: key.publicKey,
      time: world.server.clock.ms(),
    })
    about(ana, ben.session.person, (statements) => [held(made)[0]!, ...statements.slice(1)])
    const answer = await ana.engine.createConversation({ conversation: newUuid(), kind: 'direct', people: [ben.session.person] })
    expect(answer).toEqual({ ok: false, code: 'alarm' })
    expect((await ana.engine.state()).alarms).toMatchObject([{ kind: 'person', person: ben.session.person, code: 'bad-signature' }])
  })

  test('a second introduction of a colleague by the directory itself is refused', async () => {
    const [ana, ben] = [await person(), await person()]
    const conversation = await talk(ana, ben, 'before')
    const theirs = await introduced(ben.session.person)
    const forged = theirs.map((it, i) => ({ ...it, position: 4 + i }))
    about(ana, ben.session.person, (statements) => [...statements, ...forged])
    ana.hear({ t: 'statements', person: ben.session.person, position: 6 })
    await ben.say(conversation, 'after')
    await ana.thread(conversation, (it) => it.length === 2)
    await ana.state((it) => it.alarms.some((a) => a.kind === 'person' && a.person === ben.session.person && a.code === 'bad-chain'))
    expect(await ana.texts(conversation)).toEqual(['before', 'after'])
  })

  test('a device that the person has not listed themselves is on no list', async () => {
    const [ana, ben] = [await person(), await person()]
    const known = (await ben.store.get(['person', ben.session.person])) as KnownPerson
    const before = known.deviceLists.at(-1)!.statement
    const ghost = await createDevice(newUuid())
    const time = world.server.clock.ms()
    const body = { ...before.body, ...after(before, organisation.org, time), devices: [...before.body.devices, publicDevice(ghost, time)] }
    const list = await signStatement(deviceList, body, ghost.signing)
    about(ana, ben.session.person, (statements) => [...statements, { ...held(list)[0]!, position: 4 }])
    const answer = await ana.engine.createConversation({ conversation: newUuid(), kind: 'direct', people: [ben.session.person] })
    expect(answer).toEqual({ ok: false, code: 'alarm' })
    expect((await ana.engine.state()).alarms).toMatchObject([{ kind: 'person', person: ben.session.person, code: 'bad-signature' }])
  })

  test('nobody can put a colleague’s device on a list of their own', async () => {
    const [ana, ben, eve] = [await person(), await person(), await person()]
    const [hers, his] = [await own(eve), await own(ben)]
    const known = (await eve.store.get(['person', eve.session.person])) as KnownPerson
    const before = known.deviceLists.at(-1)!.statement
    const list = await signStatement(
      deviceList,
      {
        ...before.body,
        ...after(before, organisation.org, world.server.clock.ms()),
        devices: [...before.body.devices, { ...publicDevice(his.device, 1), device: newUuid() }],
      },
      hers.keys.identity,
    )
    about(ana, eve.session.person, (statements) => [...statements, { ...held(list)[0]!, position: 4 }])
    const answer = await ana.engine.createConversation({ conversation: newUuid(), kind: 'direct', people: [eve.session.person] })
    expect(answer).toEqual({ ok: false, code: 'alarm' })
    expect((await ana.engine.state()).alarms).toMatchObject([{ kind: 'person', person: eve.session.person, code: 'bad-signature' }])
  })

  test('statements of one person are not taken for another’s', async () => {
    const [ana, ben, eve] = [await person(), await person(), await person()]
    const known = (await eve.store.get(['person', eve.session.person])) as KnownPerson
    const hers = held(known.identities[0]!.statement, known.deviceLists[0]!.statement, known.userKeys[0]!.statement)
    about(ana, ben.session.person, () => hers)
    const answer = await ana.engine.createConversation({ conversation: newUuid(), kind: 'direct', people: [ben.session.person] })
    expect(answer).toEqual({ ok: false, code: 'alarm' })
    expect((await ana.engine.state()).alarms).toMatchObject([{ kind: 'person', person: ben.session.person, code: 'wrong-subject' }])
  })

  test('an old vault is refused, and one that the server made itself', async () => {
    const ana = await person()
    const vaultOf = async () => {
      const answer = await ana.session.call(myVault, {})
      return answer.ok ? answer.value.vault : null
    }
    const old = await vaultOf()
    expect((await ana.engine.newRecoveryKey()).ok).toBe(true)
    expect(await vaultOf()).not.toBe(old)
    let store = ana.kill()
    desks.splice(desks.indexOf(ana), 1)
    for (const vault of [old, spoilt((await vaultOf())!)]) {
      const { vaultVersion } = (await store.get(['device'])) as Own
      await store.write({
        put: [[['device'], { ...((await store.get(['device'])) as Own), vaultVersion: vault === old ? vaultVersion : 1 }]],
      })
      const again = await sit(world, await session(ana), { store, start: false })
      again.wires.answer = (path, value) => (path === '/api/v1/devices/vault' ? { ...(value as object), vault } : value)
      await again.engine.start()
      await again.state((it) => it.status === 'alarm')
      store = again.kill()
    }
  })

  test('two people see the same safety number', async () => {
    const [ana, ben] = [await person(), await person()]
    const [a, b] = [await ana.engine.safetyNumber(ben.session.person), await ben.engine.safetyNumber(ana.session.person)]
    expect(a.ok && a.value.digits).toMatch(/^\d{60}$/)
    expect(a).toEqual(b)
  })
})

test('signing out leaves nothing of the person on the device', async () => {
  const [ana, ben] = [await person(), await person()]
  await talk(ana, ben, 'gone soon')
  await ben.engine.signOut()
  expect(await ben.store.list([])).toEqual([])
  desks.splice(desks.indexOf(ben), 1)
})
