import { employ, foundOrganisation, settle, signIn, sit, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { encodeStatement, fromBase64url, identity, introducePerson, newSigningKey, newUuid, parse, toBase64url } from '@wardline/crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

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

  test('is refused a directory that introduces another key than theirs', async () => {
    const desk = await stranger()
    await desk.state((it) => it.status === 'needs-new-person')
    const directory = await newSigningKey()
    const other = await newSigningKey()
    desk.wires.answer = (path, value) => (path === '/api/v1/people/statements' ? swapIdentity(value, directory, other) : value)
    expect((await desk.engine.createIdentity()).ok).toBe(false)
    expect((await desk.engine.state()).alarms).toMatchObject([{ kind: 'person', person: desk.session.person, code: 'bad-signature' }])
  })
})

type Key = Awaited<ReturnType<typeof newSigningKey>>
type Statements = { people: { person: string; statements: { kind: string; statement: string }[] }[] }
let forged: string | null = null

/** Somebody with a directory key of their own says that a person has another identity key. */
function swapIdentity(value: unknown, directory: Key, key: Key): unknown {
  const answer = structuredClone(value) as Statements
  void directory
  for (const { statements } of answer.people)
    for (const it of statements) if (it.kind === 'identity') it.statement = forged ?? tampered(it.statement, key)
  return answer
}
function tampered(statement: string, key: Key): string {
  const read = parse(identity, fromBase64url(statement))
  const bytes = Buffer.from(encodeStatement(read))
  const at = bytes.indexOf(Buffer.from(read.body.publicKey))
  Buffer.from(key.publicKey).copy(bytes, at)
  return toBase64url(bytes)
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

  test('a colleague whose identity the server has changed is refused and named', async () => {
    const [ana, ben] = [await person(), await person()]
    const directory = await newSigningKey()
    const key = await newSigningKey()
    const employee = `E-${ben.session.person}`
    const made = await introducePerson({
      directory,
      organisation: organisation.org,
      person: ben.session.person,
      employee,
      publicKey: key.publicKey,
      time: world.server.clock.ms(),
    })
    forged = toBase64url(encodeStatement(made))
    ana.wires.answer = (path, value) => (path === '/api/v1/people/statements' ? swapIdentity(value, directory, key) : value)
    const answer = await ana.engine.createConversation({ conversation: newUuid(), kind: 'direct', people: [ben.session.person] })
    forged = null
    expect(answer).toEqual({ ok: false, code: 'alarm' })
    expect((await ana.engine.state()).alarms).toMatchObject([{ kind: 'person', person: ben.session.person, code: 'bad-signature' }])
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
