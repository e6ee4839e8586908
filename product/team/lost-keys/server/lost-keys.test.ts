/** A new identity for somebody who lost everything that opens their messages, through the front door with real devices. */
import { foundOrganisation, empower, gist, settle, signIn, sit, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import {
  addSignature,
  after,
  changePerson,
  createDevice,
  deviceList,
  draft,
  encodeStatement,
  fromBase64url,
  identity,
  newUuid,
  parse,
  parseRecoveryKey,
  recoveryFactor,
  revocation,
  signStatement,
  toBase64url,
  userKey,
  vault,
} from '@wardline/crypto'
import type { Chained, Definition, DeviceKeys, PersonKeys } from '@wardline/crypto'
import { bySystem } from '@wardline/platform/server'
import { ownNotices } from '@wardline/product/access/mfa/contract'
import { createPerson } from '@wardline/product/access/provisioning/server'
import type { Role } from '@wardline/product/access/roles/server'
import { signOut } from '@wardline/product/access/sessions/contract'
import {
  container,
  describeDevice,
  deviceHeads,
  myVault,
  nameDevice,
  reportLost,
  revokeDevice,
  setStorage,
} from '@wardline/product/team/devices/contract'
import { Stop } from '@wardline/product/team/devices/client'
import { holdsKeys, isInUse } from '@wardline/product/team/devices/rules'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { askNewIdentity, newIdentities, signNewIdentity, stopNewIdentity, useNewIdentity } from '../contract.ts'

const hour = 3_600_000
let world: World
let organisation: Organisation
let officers: readonly Desk[]
let named: Awaited<ReturnType<typeof empower>>
let absent: Desk
const desks: Desk[] = []
let made = 0
const recoveryKeys = new Map<string, string>()

const keep = <D extends Desk>(desk: D): D => {
  desks.push(desk)
  return desk
}
const id = (desk: Desk) => desk.session.person
const must = async <T>(answer: Promise<{ ok: true; value: T } | { ok: false; code: string; field?: string | undefined }>): Promise<T> => {
  const it = await answer
  if (!it.ok) throw new Error(`${it.code} ${it.field ?? ''}`)
  return it.value
}
const outcome = async (answer: Promise<{ ok: true } | { ok: false; code: string; field?: string | undefined }>) => {
  const it = await answer
  return it.ok ? 'done' : [it.code, it.field].filter(Boolean).join(' ')
}
async function officer(roles: readonly Role[] = ['administrator']): Promise<Desk> {
  const name = `officer.${(made += 1)}`
  const write = world.server.db.write
  const person = await write(organisation.org, bySystem, (tx) => createPerson(tx, { signInName: name, name, title: '', roles }))
  const desk = await sit(world, await signIn(world, organisation.org, person))
  await desk.state((it) => it.status === 'needs-new-person')
  recoveryKeys.set(person, (await must(desk.engine.createIdentity())).recoveryKey)
  await desk.state((it) => it.status === 'ready')
  return desk
}
/** The same device in a session of now. */
async function back(desk: Desk, ahead = 0): Promise<Desk> {
  const again = keep(await sit(world, await signIn(world, organisation.org, id(desk)), { store: desk.kill(), ahead }))
  await again.state((it) => it.connection === 'open' || it.status !== 'ready')
  return again
}
const person = async () => keep(await settle(world, organisation))

beforeAll(async () => {
  world = await openWorld({ features: staffFeatures, server: { beatMs: 100 } })
  organisation = await foundOrganisation(world)
  officers = await Promise.all([officer(), officer(), officer()])
  absent = await officer()
  named = await empower(world, organisation, 'administrator', officers.map(id))
})
afterEach(async () => {
  await Promise.all(desks.splice(0).map((it) => it.engine.stop()))
})
afterAll(async () => {
  await Promise.all([...officers, absent].map((it) => it.engine.stop()))
  await world.close()
})

/** An officer's device in a session of now, beside the engine that goes on with the store. */
const sessionOf = async (desk: Desk): Promise<Desk> => {
  // As if it had been used every day.
  const now = world.server.clock.ms()
  await desk.store.write({ put: [[['heard'], { server: now, here: now }]] })
  const again = keep(await sit(world, await signIn(world, organisation.org, id(desk)), { store: desk.store.copy() }))
  await again.state((it) => it.status === 'ready' && it.connection === 'open')
  return again
}
/** Both officers sign, the day passes, and the keys that were drawn are in use. */
async function renewed(lost: Desk, by: readonly [Desk, Desk]): Promise<Desk> {
  const { fresh, request, digits } = await asks(lost)
  for (const it of by) expect(await vouches(await sessionOf(it), request, digits)).toBe('done')
  await world.advance(25 * hour)
  const anew = await back(fresh)
  await must(uses(anew, request))
  await anew.state((it) => it.status === 'ready' && it.connection === 'open')
  return anew
}

/** Somebody without any factor, in a browser that has never seen them: draws keys and asks. */
async function asks(lost: Desk, how: { browser?: object; ahead?: number } = {}) {
  await lost.engine.stop()
  const fresh = keep(await sit(world, await signIn(world, organisation.org, id(lost)), how))
  await fresh.state((it) => it.status === 'needs-recovery-key')
  const drawn = await must(fresh.engine.drawNewKeys())
  await must(fresh.engine.confirmRecoveryKey())
  const { request } = await must(fresh.session.call(askNewIdentity, { body: { identityKey: drawn.identityKey } }))
  return { fresh, request, ...drawn }
}
const openOf = async (desk: Desk, request: string) =>
  (await must(desk.session.call(newIdentities, {}))).requests.find((it) => it.request === request)
/** What an officer's device signs, and what the server says to it. */
async function vouches(by: Desk, request: string, digits: string): Promise<string> {
  const it = (await openOf(by, request))!
  const signed = await by.engine.signNewIdentity({
    person: it.person,
    employee: await knownAs(by, it.person),
    identityKey: it.identityKey,
    digits,
    statement: it.statement,
  })
  return signed.ok
    ? outcome(by.session.call(signNewIdentity, { params: { request }, body: { statement: signed.value.statement } }))
    : signed.code
}
/** What waits in a browser, under the request that is for it. */
const uses = async (desk: Desk, request: string) => desk.engine.useNewKeys(request, (await openOf(desk, request))?.identityKey ?? '')
/** What a device has verified of who somebody is. */
const knownAs = async (by: Desk, who: string) => {
  const known = await by.engine.knownAs(who)
  return known.ok ? known.value.employee : ''
}
const told = async (desk: Desk) => (await must(desk.session.call(ownNotices, {}))).notices.map((it) => it.what)

async function talk(ana: Desk, ben: Desk, ...texts: readonly string[]): Promise<string> {
  const conversation = newUuid()
  await must(ana.engine.createConversation({ conversation, kind: 'group', people: [id(ben)], history: 'all' }))
  await ben.conversation(conversation)
  for (const text of texts) await ana.say(conversation, text)
  await ben.thread(conversation, (it) => it.length === texts.length)
  return conversation
}

describe('somebody who lost every factor', () => {
  test('gets a new identity from two administrators after a day: told in the conversation, nothing old opens, old devices are cut off', async () => {
    const [ana, ben] = [await person(), await person()]
    const conversation = await talk(ana, ben, 'K+ 6.8', 'bed 4')
    const { fresh, request, digits } = await asks(ben)
    const [a, b] = officers as [Desk, Desk]

    // Nobody hears of what no administrator has signed, but who may sign or stop it.
    expect(await openOf(ana, request)).toBeUndefined()
    expect(
      await vouches(
        a,
        request,
        digits.replace(/^./, (it) => String((Number(it) + 1) % 10)),
      ),
    ).toBe('wrong-digits')
    expect(await vouches(absent, request, digits)).toBe('not-an-administrator')
    expect(await vouches(a, request, digits)).toBe('done')
    expect(await openOf(ana, request)).toMatchObject({ state: 'signed', by: [id(a)], couldSign: 2, mine: false, mayStop: false })
    expect(await vouches(a, request, digits)).not.toBe('done')
    expect(await outcome(uses(fresh, request))).toBe('too-early')
    expect(await vouches(b, request, digits)).toBe('done')
    expect(await openOf(fresh, request)).toMatchObject({ state: 'waits', by: [id(a), id(b)], mine: true, mayStop: true })
    expect(await outcome(uses(fresh, request))).toBe('too-early')
    expect(await told(fresh)).toEqual(['identity-confirmed', 'identity-signed', 'identity-asked'])

    await world.advance(24 * hour + 11 * 60_000)
    const [anew, watching] = [await back(fresh), await back(ana)]
    expect(await outcome(uses(anew, request))).toBe('done')
    await anew.state((it) => it.status === 'ready' && it.connection === 'open' && it.recoveryKeyKept)
    // Before anybody writes.
    const shown = await watching.conversation(conversation, (it) => it.members.some((one) => one.renewed !== null))
    expect(shown.members.find((it) => it.person === id(ben))?.renewed).toMatchObject({ seen: false })
    expect(shown.members.find((it) => it.person === id(ben))?.renewed?.by.toSorted()).toEqual([id(a), id(b)].toSorted())

    await watching.say(conversation, 'after the change')
    await anew.thread(conversation, (it) => it.some((one) => gist(one) === 'after the change'))
    expect(await anew.texts(conversation)).toEqual(['[before]', '[before]', 'after the change'])
    expect((await anew.thread(conversation, () => true))[0]?.content).toEqual({ is: 'before', what: 'new-identity' })
    await anew.say(conversation, 'it is me')
    await watching.thread(conversation, (it) => it.some((one) => gist(one) === 'it is me'))
    await must(watching.engine.acceptIdentity(id(ben)))
    await watching.conversation(conversation, (it) => it.members.some((one) => one.renewed?.seen === true))
    for (const it of [anew, watching]) expect((await it.engine.state()).alarms).toEqual([])

    // The phone that turns up again: cut off for good, and it reads nothing newer.
    const found = await back(ben)
    await found.state((it) => it.status === 'revoked')
    expect(await outcome(found.engine.enrol((ben as Awaited<ReturnType<typeof person>>).recoveryKey))).toBe('wrong-recovery-key')
    const mine = await must(anew.session.call(myVault, {}))
    expect(mine.devices.filter((it) => it.revokedAt === null).map((it) => it.device)).toEqual([(await anew.engine.state()).device])
    // Nobody can be led back behind it: the members' repairs go to the lost key, never to the new one.
    expect((await anew.conversation(conversation)).members.filter((it) => it.unopened)).toEqual([])
  })

  test('is believed by nobody on fewer signatures, or before its day, whatever the server says', async () => {
    const [ana, ben] = [await person(), await person()]
    const conversation = await talk(ana, ben, 'hello')
    const { fresh, request, digits } = await asks(ben)
    const [a, , c] = officers as [Desk, Desk, Desk]
    for (const it of [a, c]) expect(await vouches(await sessionOf(it), request, digits)).toBe('done')
    await world.advance(25 * hour)
    // She was away all the time, and hears of it from the server alone.
    const [anew, disk] = [await back(fresh), ana.kill()]
    const spoil: ((it: Held) => Held)[] = [
      // One administrator and the server.
      (it) => ({ ...it, statement: without(it.statement, 1) }),
      // Both, and a log that took it in only now.
      (it) => ({ ...it, loggedAt: it.at }),
      ({ loggedAt: _, ...it }) => it,
    ]
    expect(await outcome(uses(anew, request))).toBe('done')
    for (const change of spoil) {
      const other = keep(await sit(world, await signIn(world, organisation.org, id(ana)), { store: disk.copy(), start: false }))
      other.wires.answer = (path, value) => {
        if (path !== '/api/v1/people/statements') return value
        const answer = value as { people: { person: string; statements: Held[] }[] }
        const changed = (it: Held) =>
          it.kind === 'identity' && parse(identity, fromBase64url(it.statement)).body.version > 1 ? change(it) : it
        return { ...answer, people: answer.people.map((it) => ({ ...it, statements: it.statements.map(changed) })) }
      }
      await other.engine.start()
      await other.say(conversation, 'to whom?').catch(() => undefined)
      const { alarms } = await other.state((it) => it.alarms.some((one) => one.kind === 'person' && one.person === id(ben)))
      expect(alarms.map((it) => it.code)).toContain(change === spoil[0] ? 'not-entitled' : 'too-early')
      await other.engine.stop()
    }
  })
})

describe('a colleague', () => {
  test('is told by a notice that no junk takes away, that names who signed, and that stands until it is accepted', async () => {
    const [ana, ben] = [await person(), await person()]
    const conversation = await talk(ana, ben, 'hello')
    const oldKey = (await ownOf(ben)).keys.identity.publicKey
    const { fresh, request, digits, recoveryKey } = await asks(ben)
    const [a, , c] = officers as [Desk, Desk, Desk]
    const signers = [await sessionOf(a), await sessionOf(c)] as const
    for (const it of signers) expect(await vouches(it, request, digits)).toBe('done')
    // She is off for three days.
    const disk = ana.kill()
    await world.advance(25 * hour)
    const anew = await back(fresh)
    expect(await outcome(uses(anew, request))).toBe('done')
    await anew.state((it) => it.status === 'ready' && it.connection === 'open')
    const signed = await renewedOf(id(ben))

    // Signatures that do not hold: one of the old key, as if the person had done it, and one in the name of somebody else.
    const bystander = (await ownOf(officers[1]!)).device.signing.publicKey
    for (const key of [oldKey, bystander]) {
      const spoilt = await returning(id(ana), disk.copy(), (it) => ({ ...it, statement: padded(it.statement, key) }))
      await spoilt.say(conversation, 'to whom?').catch(() => undefined)
      const { alarms } = await spoilt.state((it) => it.alarms.some((one) => one.kind === 'person' && one.person === id(ben)))
      expect(alarms.map((it) => it.code)).toContain('bad-signature')
      expect((await spoilt.conversation(conversation)).members.find((it) => it.person === id(ben))?.alarm).toBe(true)
      await spoilt.engine.stop()
    }
    // What would have been there when she last asked, or goes back in time.
    for (const back of [26 * hour, 5 * 24 * hour]) {
      const early = await returning(id(ana), disk.copy(), (it) => ({
        ...it,
        at: signed.effective + hour - back,
        loggedAt: it.loggedAt! - back,
      }))
      await early.say(conversation, 'to whom?').catch(() => undefined)
      await early.state((it) => it.alarms.some((one) => one.kind === 'person' && one.person === id(ben)))
      await early.engine.stop()
    }

    const here = await returning(id(ana), disk.copy())
    // Before anybody writes, and a screen that stands open hears of it.
    const tells = () =>
      here.changes.some((it) => it.t === 'conversation' && it.conversation.members.some((one) => one.renewed?.seen === false))
    await here.until(async () => tells(), 'the notice')
    const started = newUuid()
    await must(anew.engine.createConversation({ conversation: started, kind: 'group', people: [id(ana)] }))
    await anew.say(started, 'new phone, write to me here')
    await here.thread(started, (it) => it.length === 1)
    const told = async (where: string) => (await here.conversation(where)).members.find((it) => it.person === id(ben))?.renewed
    for (const where of [started, conversation]) {
      expect(await told(where)).toMatchObject({ seen: false })
      expect((await told(where))?.by.toSorted()).toEqual([id(a), id(c)].toSorted())
    }
    const at = (await told(conversation))?.at
    await must(here.engine.acceptIdentity(id(ben)))
    for (const where of [started, conversation]) expect(await told(where)).toMatchObject({ seen: true })
    expect((await here.engine.state()).alarms).toEqual([])
    await here.engine.stop()

    // The new identity changes its own key: the notice is of what administrators did, however long ago.
    await world.advance(25 * hour)
    const statements = await rotated(await back(anew), recoveryKey)
    const again = await returning(id(ana), disk, undefined, { person: id(ben), after: 6, statements })
    const shown = await again.conversation(conversation, (it) => it.members.some((one) => one.renewed !== null))
    expect(shown.members.find((it) => it.person === id(ben))?.renewed).toMatchObject({ seen: false, at })
    expect((await again.engine.state()).alarms).toEqual([])
  })

  test('believes no administrator whose device is cut off by then, and neither does the server', async () => {
    const [a, b] = (await Promise.all((officers as [Desk, Desk]).map(sessionOf))) as [Desk, Desk]
    const spare = keep(await officer())
    named = await empower(world, organisation, 'administrator', [...officers, spare].map(id), named)
    const [ana, ben] = [await person(), await person()]
    const conversation = await talk(ana, ben, 'hello')
    const { fresh, request, digits } = await asks(ben)
    for (const it of [await sessionOf(spare), a]) expect(await vouches(it, request, digits)).toBe('done')
    const { statement } = (await openOf(b, request))!
    const disk = ana.kill()
    await cutsOff(b, spare)
    await world.advance(25 * hour)
    const anew = await back(fresh)
    expect(await outcome(uses(anew, request))).toBe('refused')
    // A server that says so all the same.
    const now = world.server.clock.ms()
    const { keys } = ((await anew.store.list(['drawn'])).at(-1)?.value ?? {}) as { keys: { deviceList: string; userKey: string } }
    const other = await returning(id(ana), disk, undefined, {
      person: id(ben),
      after: 3,
      statements: [
        { kind: 'identity', statement: statement!, at: now, loggedAt: now - 25 * hour },
        { kind: 'device-list', statement: keys.deviceList, at: now },
        { kind: 'user-key', statement: keys.userKey, at: now },
      ],
    })
    await other.say(conversation, 'to whom?').catch(() => undefined)
    const { alarms } = await other.state((it) => it.alarms.some((one) => one.kind === 'person' && one.person === id(ben)))
    expect(alarms.map((it) => it.code)).toContain('not-entitled')
  })
})

describe('those who meet them later', () => {
  test('believe it in one answer with the administrators who signed, also where those were given new identities by each other', async () => {
    const [a, b, c] = officers as [Desk, Desk, Desk]
    const ben = await renewed(await person(), [a, b])
    const second = await renewed(b, [a, c])
    officers = [a, second, c]
    const [newcomer, here] = [await person(), await sessionOf(ben)]
    const conversation = newUuid()
    const people = [ben, second, a, c].map(id)
    await must(newcomer.engine.createConversation({ conversation, kind: 'group', people }))
    await newcomer.say(conversation, 'good morning')
    await here.thread(conversation, (it) => it.some((one) => gist(one) === 'good morning'))
    // Who comes later never knew another identity: there is nothing to compare anew.
    expect((await newcomer.conversation(conversation)).members.every((it) => it.renewed === null)).toBe(true)
    for (const it of [newcomer, here]) expect((await it.engine.state()).alarms).toEqual([])
    // What she signed before her own loss still counts, and what she signs from now on does too.
    await renewed(await person(), [await sessionOf(second), a])
  })
})

describe('somebody whose keys plainly work', () => {
  test.each(['isRevoked', 'isLost', 'isWiped'] as const)('not by a device of which it is known that it %s', (flag) => {
    const good = { isRevoked: false, isLost: false, isWiped: false, hasKept: true, isOpen: true }
    expect([isInUse(good), isInUse({ ...good, [flag]: true })]).toEqual([true, false])
    expect([holdsKeys(good), holdsKeys({ ...good, [flag]: true })]).toEqual([true, false])
  })
  const device = async (desk: Desk) => (await ownOf(desk)).device.device
  test('is given no new identity before a device that lives after they asked is reported as lost', async () => {
    const [a, b] = (await Promise.all((officers.slice(0, 2) as [Desk, Desk]).map(sessionOf))) as [Desk, Desk]
    const [phone, colleague] = [await person(), await person()]
    const another = async (browser?: { passing: { device: null } }) => {
      const desk = keep(await sit(world, await signIn(world, organisation.org, id(phone)), browser && { browser }))
      await desk.state((it) => it.status === 'needs-recovery-key')
      await must(desk.engine.enrol(phone.recoveryKey))
      await desk.state((it) => it.status === 'ready' && it.connection === 'open')
      return desk
    }
    const tablet = await another()
    // Keeps nothing: it holds keys as long as somebody has it open.
    const passing = await another({ passing: { device: null } })
    await passing.until(
      async () => (await world.owner.query('select 1 from device_care where not has_kept')).rows.length === 1,
      'what it says of itself',
    )
    const borrowed = { session: passing.session } as Desk
    const borrowedDevice = (await passing.engine.state()).device!
    for (const it of [tablet, passing]) await it.engine.stop()
    const { fresh, request, digits } = await asks(phone)
    const seen = async (by: Desk) => (await openOf(by, request))?.devices
    expect(await seen(a)).toMatchObject({ holding: 3, work: false, lost: 0, lostAt: null })
    // That somebody says what a device is to be is no sign of life of it.
    await must(a.session.call(setStorage, { params: { device: await device(tablet) }, body: { storage: 'memory' } }))
    await must(fresh.session.call(nameDevice, { params: { device: await device(phone) }, body: { name: 'Phone' } }))
    expect(await seen(a)).toMatchObject({ holding: 3, work: false })

    await world.advance(3 * 60_000)
    await must(borrowed.session.call(ownNotices, {}))
    expect(await seen(a)).toMatchObject({ holding: 3, work: true })
    expect(await vouches(a, request, digits)).toBe('keys-work')
    await must(borrowed.session.call(signOut, { body: {} }))
    // Its keys are gone from it, and whoever opened them can open them again.
    expect(await seen(a)).toMatchObject({ holding: 2, work: true })
    expect(await vouches(a, request, digits)).toBe('keys-work')
    await must(fresh.session.call(reportLost, { params: { device: borrowedDevice }, body: {} }))
    expect(await seen(a)).toMatchObject({ holding: 2, work: false, lost: 1 })
    expect(await vouches(a, request, digits)).toBe('done')
    expect(await seen(colleague)).toBeNull()

    // The phone wakes: whoever holds it reads on, and is told what was asked for.
    const awake = await sessionOf(phone)
    expect(await seen(b)).toMatchObject({ holding: 2, work: true, seen: { name: 'Phone' } })
    expect(await seen(awake)).toMatchObject({ work: true })
    expect(await vouches(b, request, digits)).toBe('keys-work')
    expect((await openOf(b, request))?.by).toEqual([id(a)])
    // It is a thief: the person says so where they ask.
    await must(fresh.session.call(reportLost, { params: { device: await device(phone) }, body: {} }))
    expect(await seen(b)).toMatchObject({ holding: 1, work: false, lost: 2 })
    expect(await vouches(b, request, digits)).toBe('done')

    await world.advance(25 * hour)
    const anew = await back(fresh)
    await (await sessionOf(tablet)).engine.stop()
    expect(await outcome(uses(anew, request))).toBe('keys-work')
    expect((await must(anew.engine.drawnKeys())).map((it) => it.digits)).toEqual([digits])
    await must((await sessionOf(a)).session.call(reportLost, { params: { device: await device(tablet) }, body: {} }))
    expect(await outcome(uses(anew, request))).toBe('done')
    await anew.state((it) => it.status === 'ready' && it.connection === 'open')
  })
})

describe('keys that wait in a browser for their day', () => {
  /** The server says that nothing may be kept in this browser. */
  const forbid = (desk: Desk) => {
    desk.wires.answer = (path, value) =>
      path === container.path || path === describeDevice.path ? { ...(value as object), storage: 'memory', because: 'organisation' } : value
  }
  /** The same browser at its next visit, where nothing may be kept. */
  const visit = async (desk: Desk) => {
    const next = keep(await sit(world, await signIn(world, organisation.org, id(desk)), { store: desk.kill(), browser: {}, start: false }))
    forbid(next)
    await next.engine.start()
    return next
  }
  const heldBack = (desk: Desk) => desk.state((it) => it.holdsBack === 'no-way-back' && it.status === 'needs-recovery-key')
  const forgotten = async (desk: Desk) => {
    await desk.state((it) => it.status === 'needs-recovery-key' && it.storage === 'memory')
    expect((await desk.store.list([])).filter((it) => it.key[0] !== 'term')).toEqual([])
  }
  const stopped = (desk: Desk, request: string) => must(desk.session.call(stopNewIdentity, { params: { request }, body: {} }))
  const waiting = async (desk: Desk) => (await must(desk.engine.drawnKeys())).map((it) => it.digits)
  const later = async (desk: Desk, days: number) => {
    await world.advance(days * 24 * hour)
    return keep(await sit(world, await signIn(world, organisation.org, id(desk)), { store: desk.kill() }))
  }

  test('outlive a policy that nothing may be kept, until they are in use; then the browser forgets, and the new recovery key opens', async () => {
    const signers = (await Promise.all((officers.slice(0, 2) as [Desk, Desk]).map(sessionOf))) as [Desk, Desk]
    const { fresh, request, digits, recoveryKey } = await asks(await person(), { browser: {} })
    for (const it of signers) expect(await vouches(it, request, digits)).toBe('done')
    const held = await visit(fresh)
    expect(await heldBack(held)).toMatchObject({ storage: 'cache', mayKeep: false })
    expect(await waiting(held)).toEqual([digits])
    expect(await held.engine.drawNewKeys()).toMatchObject({ ok: false, code: 'not-here' })
    expect(await held.engine.keepHere('memory')).toMatchObject({ ok: false, code: 'refused' })
    await world.advance(25 * hour)
    const anew = await visit(held)
    await heldBack(anew)
    await must(uses(anew, request))
    await anew.state((it) => it.storage === 'memory')
    expect((await anew.store.list([])).filter((it) => it.key[0] !== 'term')).toEqual([])
    const passing = { browser: { passing: { device: null } } }
    const next = keep(await sit(world, await signIn(world, organisation.org, id(fresh)), passing))
    await next.state((it) => it.status === 'needs-recovery-key')
    await must(next.engine.enrol(recoveryKey))
    await next.state((it) => it.status === 'ready' && it.storage === 'memory')
  })

  test('go with their request: the browser forgets as soon as they are dropped, or at the next visit after it has ended', async () => {
    const security = keep(await officer(['security-officer']))
    const own = await asks(await person(), { browser: {} })
    const here = await visit(own.fresh)
    await heldBack(here)
    await stopped(here, own.request)
    await must(here.engine.dropNewKeys([]))
    await forgotten(here)

    const other = await asks(await person(), { browser: {} })
    const there = await visit(other.fresh)
    await heldBack(there)
    await stopped(security, other.request)
    await forgotten(await visit(there))
  })

  test('are not forgotten where they were drawn at the very moment at which the browser was to forget', async () => {
    const { fresh, digits } = await asks(await person(), { browser: {} })
    const [drawn] = await fresh.store.list(['drawn'])
    const empty = await (async () => {
      await fresh.engine.dropNewKeys([])
      return visit(fresh)
    })()
    await forgotten(empty)
    const store = fresh.store.copy()
    await store.write({ remove: [drawn!.key] })
    const late = keep(await sit(world, await signIn(world, organisation.org, id(fresh)), { store, browser: {}, start: false }))
    forbid(late)
    late.engine.subscribe((it) => {
      if (it.t === 'state' && it.state.status === 'starting' && it.state.connection === 'offline')
        void store.write({ put: [[drawn!.key, drawn!.value]] })
    })
    await late.engine.start()
    await heldBack(late)
    expect(await waiting(late)).toEqual([digits])
  })

  test('stay when a browser that was cut off is wiped for its age, and go with one that was reported as lost', async () => {
    const [a] = officers as [Desk]
    for (const isLost of [false, true]) {
      const phone = await person()
      const { device } = (await ownOf(phone)).device
      await phone.until(async () => (await phone.store.get(['heard'])) !== undefined, 'the server')
      const by = await sessionOf(a)
      await cutsOff(by, phone)
      const cut = await later(phone, 6.5)
      await cut.state((it) => it.status === 'revoked')
      const { identityKey, digits } = await must(cut.engine.drawNewKeys())
      await must(cut.session.call(askNewIdentity, { body: { identityKey } }))
      if (isLost) await must((await sessionOf(a)).session.call(reportLost, { params: { device }, body: {} }))
      const wiped = await later(cut, 1)
      await wiped.state((it) => it.status === 'needs-recovery-key')
      expect(await wiped.store.get(['device'])).toBeUndefined()
      expect(await waiting(wiped)).toEqual(isLost ? [] : [digits])
    }
  })
})

describe('a request', () => {
  test('takes the signature of who hands it in, under the statement that is asked for, and of nobody for themselves', async () => {
    const [a, b, c] = (await Promise.all((officers as [Desk, Desk, Desk]).map(sessionOf))) as [Desk, Desk, Desk]
    const hands = (by: Desk, request: string, statement: string) =>
      outcome(by.session.call(signNewIdentity, { params: { request }, body: { statement } }))
    const { request, identityKey, digits } = await asks(await person())
    const whom = { session: { person: (await openOf(a, request))!.person } } as Desk
    const byA = (await statementFor(a, whom, identityKey, digits)).statement
    const read = (text: string) => parse(identity, fromBase64url(text))
    const stranger = (await createDevice(newUuid())).signing
    expect(await hands(b, request, byA)).toBe('bad-statement signers')
    expect(await hands(a, request, toBase64url(encodeStatement({ ...read(byA), signatures: [] })))).toBe('bad-statement signers')
    expect(await hands(a, request, wire(await addSignature(read(byA), stranger)))).toBe('bad-statement signers')
    const own = await ownOf(a)
    const { body } = read(byA)
    const variants = [
      { ...body, publicKey: stranger.publicKey },
      { ...body, employee: 'somebody else' },
      { ...body, version: 3 },
      { ...body, effective: world.server.clock.ms() + 23 * hour },
      { ...body, time: world.server.clock.ms() + hour },
    ]
    const signedAs = async (it: typeof body) => wire(await addSignature(draft(identity, it), own.device.signing))
    for (const it of variants) expect(await hands(a, request, await signedAs(it))).toMatch(/^bad-statement/)
    // Whoever could name any day would keep everybody from seeing what is under way, or from seeing it in time.
    for (const effective of [world.server.clock.ms() + 25 * hour + 60_000, 400 * 24 * hour + body.effective, 8.64e15]) {
      expect(await hands(a, request, await signedAs({ ...body, effective }))).toBe('bad-statement too-late')
      const second = b.engine.signNewIdentity({
        ...{ person: id(whom), employee: await knownAs(b, id(whom)), identityKey, digits },
        statement: await signedAs({ ...body, effective: effective + hour }),
      })
      expect(await second).toMatchObject({ ok: false, code: 'alarm' })
    }
    const by = `signed_by = $2, signed_at = wl_now(), statement = '', effective_at`
    for (const set of [`${by} = wl_now() + interval '27 hours'`, `until = wl_now(), ${by} = wl_now() + interval '24 hours'`])
      await expect(world.owner.query(`update new_identity set ${set} where request = $1`, [request, id(a)])).rejects.toThrow(/check/)
    // In the session of another device, of none, or of one that was reported as lost.
    const without = await signIn(world, organisation.org, id(a))
    const inSession = (it: typeof without) => outcome(it.call(signNewIdentity, { params: { request }, body: { statement: byA } }))
    expect(await inSession(without)).toBe('bad-statement not-a-device')
    const another = await sit(world, await signIn(world, organisation.org, id(a)))
    keep(another)
    await another.state((it) => it.status === 'needs-recovery-key')
    await must(another.engine.enrol(recoveryKeys.get(id(a))!))
    await another.state((it) => it.status === 'ready' && it.connection === 'open')
    expect(await inSession(another.session)).toBe('bad-statement another-device')
    const first = await sessionOf(officers[0]!)
    const { device } = own.device
    // As a device that was reported lost stands there, without the revocation that goes with it.
    await world.owner.query(
      `insert into device_care (org, device, name, system, browser, version, storage, lost_at, lost_by, wipe_for)
       values ($1, $2, 'Phone', '', '', 0, 'cache', wl_now(), $3, 'lost')
       on conflict (org, device) do update set lost_at = wl_now()`,
      [organisation.org, device, id(b)],
    )
    expect(await hands(first, request, byA)).toBe('bad-statement not-a-device')
    await world.owner.query(`delete from device_care where device = $1`, [device])
    expect(await hands(first, request, byA)).toBe('done')
    // One that nobody can read keeps nobody from the others.
    const [{ statement: stored }] = (
      await world.owner.query<{ statement: Buffer }>('select statement from new_identity where request = $1', [request])
    ).rows as [{ statement: Buffer }]
    const put = (it: Buffer) => world.owner.query('update new_identity set statement = $2 where request = $1', [request, it])
    await put(Buffer.from([1]))
    expect(await openOf(b, request)).toMatchObject({ state: 'signed', statement: null })
    await put(stored)
    // The same again with the first one's own signature only, and another statement than the first one's.
    expect(await hands(first, request, byA)).toBe('signed-before')
    const other = (await statementFor(b, whom, identityKey, digits)).statement
    expect(await hands(b, request, other)).toBe('bad-statement signers')
    const both = wire(await addSignature(read(other), own.device.signing))
    expect(await hands(b, request, both)).toBe('bad-statement another-statement')

    // An administrator's own: neither by themselves, nor with one other.
    const theirs = await asks(await sessionOf(c))
    // For an administrator one fewer could sign than for anybody else: never oneself.
    const { requests, signers } = await must(first.session.call(newIdentities, {}))
    expect(requests.find((it) => it.request === theirs.request)?.couldSign).toBe(signers - 1)
    const self = (await statementFor(first, c, theirs.identityKey, theirs.digits)).statement
    expect(await hands(await sessionOf(c), theirs.request, self)).toBe('own-request')

    // Who has a device needs no new identity, and nobody uses another's.
    expect(await outcome(first.session.call(askNewIdentity, { body: { identityKey } }))).toBe('has-device')
    const keys = { device: newUuid(), deviceList: byA, userKey: byA, vault: byA }
    expect(await outcome(first.session.call(useNewIdentity, { params: { request }, body: keys }))).toBe('not-found')
    const { org } = await foundOrganisation(world)
    const neighbour = await world.server.db.write(org, bySystem, (tx) =>
      createPerson(tx, { signInName: 'neighbour', name: 'Neighbour', title: '', roles: ['administrator'] }),
    )
    const elsewhere = await signIn(world, org, neighbour)
    expect(await outcome(elsewhere.call(stopNewIdentity, { params: { request }, body: {} }))).toBe('not-found')
  })

  test('is one at a time, is not put aside once it is signed, and has keys of its own that a lost answer does not lose', async () => {
    const signers = (await Promise.all((officers.slice(0, 2) as [Desk, Desk]).map(sessionOf))) as [Desk, Desk]
    const lost = await person()
    const old = (await ownOf(lost)).device.device
    await lost.engine.stop()
    const anywhere = await signIn(world, organisation.org, id(lost))
    const ask = () =>
      outcome(anywhere.call(askNewIdentity, { body: { identityKey: toBase64url(crypto.getRandomValues(new Uint8Array(32))) } }))
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(['done', 'done', 'done'])

    const { fresh, request, digits, identityKey } = await asks(lost)
    expect(await vouches(signers[0], request, digits)).toBe('done')
    expect(await ask()).toBe('signed')
    expect(await vouches(signers[1], request, digits)).toBe('done')
    expect(await ask()).toBe('signed')
    // Drawn once more, in a tab that died before it asked; and whoever uses it may not make this browser forget.
    await must(fresh.engine.drawNewKeys())
    expect(await fresh.engine.keepHere('memory')).toMatchObject({ ok: false, code: 'refused' })
    await world.owner.query(`insert into device_kept (org, device, version, sealed, seals) values ($1, $2, 1, '', '[]')`, [
      organisation.org,
      old,
    ])
    await world.advance(25 * hour)
    // A machine that lives in last month is as good as any.
    const anew = await back(fresh, -30 * 24 * hour)
    expect((await must(anew.engine.drawnKeys())).map((it) => it.identityKey)).toContain(identityKey)
    const answer = anew.wires.answer
    anew.wires.answer = (path, value) => {
      if (path === useNewIdentity.path) throw new Stop('unreachable')
      return answer(path, value)
    }
    expect(await outcome(uses(anew, request))).toBe('done')
    await anew.state((it) => it.status === 'ready' && it.recoveryKeyKept)
    expect(await must(anew.engine.drawnKeys())).toEqual([])
    expect((await world.owner.query('select 1 from device_kept where device = $1', [old])).rows).toEqual([])
  })

  test('is signed by the server’s clock or not at all, and is drawn and used on a machine that lives in next month as on any', async () => {
    const month = 30 * 24 * hour
    const { fresh, request, digits } = await asks(await person(), { ahead: month })
    /** An officer whose machine is three hours slow; deaf: it has not heard the server's time. */
    const slow = async (desk: Desk, isDeaf: boolean) => {
      const now = world.server.clock.ms()
      await desk.store.write({ put: [[['heard'], { server: now, here: now - 3 * hour }]] })
      const how = { store: desk.store.copy(), ahead: -3 * hour, start: false }
      const it = keep(await sit(world, await signIn(world, organisation.org, id(desk)), how))
      if (isDeaf) it.wires.in = () => null
      await it.engine.start()
      await it.state((now) => now.status === 'ready' && (isDeaf || now.asOf !== null))
      return it
    }
    const [a, b] = officers as [Desk, Desk]
    expect(await vouches(await slow(a, true), request, digits)).toBe('unreachable')
    for (const it of [a, b]) expect(await vouches(await slow(it, false), request, digits)).toBe('done')
    await world.advance(25 * hour)
    const anew = await back(fresh, month)
    expect((await openOf(anew, request))?.state).toBe('ready')
    expect(await outcome(uses(anew, request))).toBe('done')
    expect(await anew.state((it) => it.status === 'ready' && it.connection === 'open')).toMatchObject({ alarms: [] })
  })

  test('is stopped by its person or an officer, and by nobody else; what has ended can be signed and used no more', async () => {
    const [a, b] = officers as [Desk, Desk]
    const [lost, colleague, security] = [await person(), await person(), keep(await officer(['security-officer']))]
    const stop = (desk: Desk, request: string) => outcome(desk.session.call(stopNewIdentity, { params: { request }, body: {} }))
    const signers = [await sessionOf(a), await sessionOf(b)] as const
    const first = await asks(lost)
    expect(await vouches(signers[0], first.request, first.digits)).toBe('done')
    expect(await stop(colleague, first.request)).toBe('not-found')
    // The real person, on the phone that is not lost at all: somebody else has asked.
    const phone = await sessionOf(lost)
    expect((await openOf(phone, first.request))?.mine).toBe(true)
    expect(await stop(phone, first.request)).toBe('done')
    expect(await stop(phone, first.request)).toBe('over')
    expect(await openOf(signers[1], first.request)).toBeUndefined()
    const { statement } = await statementFor(signers[1], lost, first.identityKey, first.digits)
    const late = signers[1].session.call(signNewIdentity, { params: { request: first.request }, body: { statement } })
    expect(await outcome(late)).toBe('over')

    const again = await asks(phone)
    expect(await stop(security, again.request)).toBe('done')
    const third = await asks(await sessionOf(lost))
    for (const it of signers) expect(await vouches(it, third.request, third.digits)).toBe('done')
    expect(await told(security)).toEqual([])
    await world.advance(8 * 24 * hour)
    const later = await signIn(world, organisation.org, id(lost))
    const any = toBase64url(new Uint8Array(200))
    const keys = { device: newUuid(), deviceList: any, userKey: any, vault: any }
    expect(await outcome(later.call(useNewIdentity, { params: { request: third.request }, body: keys }))).toBe('over')
    const facts = await world.owner.query<{ kind: string }>(
      `select kind from fact where key = $1 and kind like 'team.new-identity.%' order by at, kind`,
      [`person|${id(lost)}`],
    )
    expect(facts.rows.map((it) => it.kind.replace('team.new-identity.', ''))).toEqual([
      ...['asked', 'signed', 'stopped', 'asked', 'stopped', 'asked', 'signed', 'confirmed'],
    ])
  })
})

const wire = (statement: Parameters<typeof encodeStatement>[0]) => toBase64url(encodeStatement(statement))
/** What a device signs when its person is told so, whoever asked. */
const statementFor = async (by: Desk, whom: Pick<Desk, 'session'>, identityKey: string, digits: string) => {
  const { person } = whom.session
  return must(by.engine.signNewIdentity({ person, employee: await knownAs(by, person), identityKey, digits, statement: null }))
}

type Held = { position: number; kind: string; statement: string; at: number; loggedAt?: number }
const without = (statement: string, place: number): string => {
  const it = parse(identity, fromBase64url(statement))
  return toBase64url(encodeStatement({ ...it, signatures: it.signatures.filter((_, i) => i !== place) }))
}

type Own = { device: DeviceKeys; keys: PersonKeys }
const ownOf = async (desk: Desk) => (await desk.store.get(['device'])) as Own

/** A statement with one signature more, which holds for nobody. */
const padded = (statement: string, publicKey: Uint8Array<ArrayBuffer>): string => {
  const it = parse(identity, fromBase64url(statement))
  const signatures = [...it.signatures, { publicKey, signature: new Uint8Array(64) }]
  return toBase64url(encodeStatement({ ...it, signatures }))
}

/** The identity that a person has now, as the server holds it. */
async function renewedOf(who: string) {
  const { rows } = await world.owner.query<{ statement: Buffer }>(
    `select statement from key_statement where person = $1 and kind = 'identity' order by position desc limit 1`,
    [who],
  )
  return parse(identity, rows[0]!.statement).body
}

/** Somebody's device comes back; `change` is what the server makes of later identities, `more` what it adds of somebody. */
async function returning(
  who: string,
  store: Desk['store'],
  change: (it: Held) => Held = (it) => it,
  more?: { readonly person: string; readonly after: number; readonly statements: readonly Omit<Held, 'position'>[] },
): Promise<Desk> {
  const desk = keep(await sit(world, await signIn(world, organisation.org, who), { store, start: false }))
  desk.wires.answer = (path, value) => {
    if (path !== '/api/v1/people/statements') return value
    const answer = value as { people: { person: string; statements: Held[] }[] }
    const changed = (it: Held) =>
      it.kind === 'identity' && parse(identity, fromBase64url(it.statement)).body.version > 1 ? change(it) : it
    const added = (it: { person: string; statements: Held[] }) =>
      it.person === more?.person ? more.statements.map((one, i) => ({ ...one, position: more.after + 1 + i })) : []
    return { ...answer, people: answer.people.map((it) => ({ ...it, statements: [...it.statements.map(changed), ...added(it)] })) }
  }
  await desk.engine.start()
  await desk.state((it) => it.connection === 'open')
  return desk
}

/** The person changes their identity key themselves, by their device and their recovery key. */
async function rotated(desk: Desk, recoveryKey: string): Promise<Omit<Held, 'position'>[]> {
  const mine = await must(desk.session.call(myVault, {}))
  const of = <T extends Chained>(kind: string, definition: Definition<T>) =>
    mine.statements.filter((it) => it.kind === kind).map((it) => parse(definition, fromBase64url(it.statement)))
  const list = of('device-list', deviceList).at(-1)!
  const stored = {
    ...{ vault: parse(vault, fromBase64url(mine.vault!)), deviceList: list },
    ...{ userKeys: of('user-key', userKey), identities: of('identity', identity) },
  }
  const { device, keys } = await ownOf(desk)
  const secondFactor = await recoveryFactor(list.body.factors[0]!.factor, parseRecoveryKey(recoveryKey))
  const now = world.server.clock.ms()
  const unlock = { by: 'device', device: device.device, box: device.box, identity: keys.identity.publicKey } as const
  const changed = await changePerson(stored, unlock, { time: now, newIdentity: { secondFactor, effective: now } })
  return [
    { kind: 'identity', statement: wire(changed.identity!), at: now },
    { kind: 'device-list', statement: wire(changed.deviceList), at: now },
    { kind: 'user-key', statement: wire(changed.userKey!), at: now },
  ]
}

/** An administrator cuts off the device of somebody else. */
async function cutsOff(by: Desk, whose: Desk): Promise<void> {
  const own = (await ownOf(by)).device
  const { device } = await ownOf(whose)
  const { heads } = await must(by.session.call(deviceHeads, { params: { device: device.device } }))
  const cut = await signStatement(
    revocation,
    {
      ...after(null, organisation.org, world.server.clock.ms()),
      ...{ person: id(whose), device: device.device, author: { person: id(by), device: own.device } },
      last: heads.map((it) => ({ conversation: it.conversation, envelope: fromBase64url(it.envelope) })),
    },
    own.signing,
  )
  await must(by.session.call(revokeDevice, { params: { device: device.device }, body: { revocation: wire(cut) } }))
}
