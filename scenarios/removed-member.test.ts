/** Who is removed, and a device that is revoked, gets nothing newer and can open nothing newer, even with the whole server on their side. */
import { wardlineFeatures } from '@wardline/app-server'
import { foundOrganisation, gist, settle, signIn, sit } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { oneConversation, epochsAfter } from '@wardline/product/team/conversations/contract'
import { newUuid, routine } from '@wardline/product/team/messages/client'
import { messagePage, receipts } from '@wardline/product/team/messages/contract'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hoard, holdingsOf, readableWith } from './lib/hoard.ts'
import type { Holdings } from './lib/hoard.ts'

let world: World
let organisation: Organisation
const desks: Desk[] = []

beforeAll(async () => {
  world = await openWorld({ features: wardlineFeatures(), server: { beatMs: 100 } })
  organisation = await foundOrganisation(world)
})
afterEach(async () => {
  await Promise.all(desks.splice(0).map((it) => it.engine.stop()))
})
afterAll(() => world.close())

type Person = Awaited<ReturnType<typeof settle>>
const person = async (): Promise<Person> => {
  const made = await settle(world, organisation)
  desks.push(made)
  return made
}
const id = (desk: Desk) => desk.session.person

/** Ana's group with Ben and Cleo, in which each has written once. */
async function ward(history: 'from-join' | 'all' = 'from-join'): Promise<[ana: Person, ben: Person, cleo: Person, conversation: string]> {
  const [ana, ben, cleo] = await Promise.all([person(), person(), person()])
  const conversation = newUuid()
  await ana.engine.createConversation({ conversation, kind: 'group', people: [id(ben), id(cleo)], history })
  for (const it of [ben, cleo]) await it.conversation(conversation)
  for (const [it, text] of [
    [ana, 'bed 4: K+ 6.8'],
    [ben, 'repeated, 6.7'],
    [cleo, 'calcium is in'],
  ] as const)
    await writes(it, conversation, text, [ana, ben, cleo])
  return [ana, ben, cleo, conversation]
}
const before = ['bed 4: K+ 6.8', 'repeated, 6.7', 'calcium is in']

/** Writes, and waits until these have read it. */
async function writes(by: Desk, conversation: string, text: string, read: readonly Desk[]): Promise<void> {
  await by.say(conversation, text)
  for (const it of read) await it.thread(conversation, (messages) => messages.some((one) => gist(one) === text))
}
const reads = async (desk: Desk, conversation: string, texts: readonly string[]) => {
  await desk.until(async () => (await desk.texts(conversation)).join('|') === texts.join('|'), `exactly: ${texts.join(' | ')}`)
}

/** Everything that comes to a device from now on. */
function listen(desk: Desk): string[] {
  const heard: string[] = []
  desk.wires.in = (frame) => {
    heard.push(JSON.stringify(frame))
    return frame
  }
  return heard
}

/** What these keys open of everything that the server has. */
async function opens(held: Holdings, conversation: string, member: Desk): Promise<number[]> {
  const known = await holdingsOf(member, conversation)
  const authors = new Map(known.epochs.map((it) => [it.n, it.authorKey]))
  return readableWith(await hoard(world, organisation.org, conversation), held, authors)
}

/** What a session is told about a conversation that is not its own. */
async function asks({ session }: Desk, conversation: string): Promise<(string | true)[]> {
  const params = { conversation }
  const answers = [
    await session.call(oneConversation, { params }),
    await session.call(epochsAfter, { params, body: {} }),
    await session.call(messagePage, { params, body: {} }),
    await session.call(receipts, { params, body: {} }),
  ]
  return answers.map((it) => it.ok || it.code)
}
const nothing = ['not-found', 'not-found', 'not-found', 'not-found']

describe('a removed member', () => {
  test('keeps what they had, and gets nothing newer: no frame, no answer, no word in their thread', async () => {
    const [ana, ben, cleo, conversation] = await ward()
    expect(await ana.engine.removePerson(conversation, id(ben))).toEqual({ ok: true, value: null })
    await ben.conversation(conversation, (it) => !it.member)
    const heard = listen(ben)
    for (let i = 1; i <= 3; i += 1) await writes(cleo, conversation, `without ben ${i}`, [ana])
    await ben.engine.reconnect()
    expect(await asks(ben, conversation)).toEqual(nothing)
    expect(await asks(cleo, conversation)).toEqual([true, true, true, true])
    const message = { id: newUuid(), body: { kind: 'text', text: 'am I here?' }, flags: routine } as const
    expect(await ben.engine.send(conversation, message)).toEqual({ ok: false, code: 'not-found' })
    await reads(ben, conversation, before)

    // A new device of his, signed in anew, is told as little.
    const other = await sit(world, await signIn(world, organisation.org, id(ben)))
    desks.push(other)
    await other.state((it) => it.status === 'needs-recovery-key')
    expect(await other.engine.enrol(ben.recoveryKey)).toEqual({ ok: true, value: null })
    await other.state((it) => it.status === 'ready' && it.connection === 'open')
    expect(await other.engine.conversations()).toEqual([])
    expect(await asks(other, conversation)).toEqual(nothing)

    const { messages } = await hoard(world, organisation.org, conversation)
    expect(heard.length).toBeGreaterThan(0)
    for (const { envelope, hash } of messages.slice(3))
      expect(heard.filter((it) => it.includes(envelope!) || it.includes(hash))).toEqual([])
    await world.settle()
    const { rows } = await world.owner.query(
      "select f.actor from log_entry e join fact f on f.org = e.org and f.id = e.fact where f.kind = 'team.person.removed' and f.key = $1",
      [`conversation|${conversation}`],
    )
    expect(rows).toEqual([{ actor: id(ana) }])
  })

  test('opens nothing newer with all that the server stores and all keys that they ever had', async () => {
    const [ana, ben, cleo, conversation] = await ward()
    expect(await ana.engine.removePerson(conversation, id(ben))).toEqual({ ok: true, value: null })
    await writes(ana, conversation, 'now without ben', [cleo])
    await writes(cleo, conversation, 'and again', [ana])
    const everything = [1, 2, 3, 4, 5]
    for (const it of [ana, cleo]) expect(await opens(await holdingsOf(it, conversation), conversation, ana)).toEqual(everything)
    expect(await opens(await holdingsOf(ben, conversation), conversation, ana)).toEqual([1, 2, 3])

    // The server hands him the newer messages as if he were a member: his engine shows that it cannot open them, and no text.
    const { messages } = await hoard(world, organisation.org, conversation)
    for (const it of messages.slice(3)) ben.hear({ t: 'message', ...it })
    await ana.say(conversation, 'third')
    await reads(cleo, conversation, [...before, 'now without ben', 'and again', 'third'])
    expect((await ben.texts(conversation)).slice(0, 3)).toEqual(before)
    for (const text of (await ben.texts(conversation)).slice(3)) expect(text).toMatch(/^\[(waiting|before|damaged)\]$/)
  })

  test.each([
    ['with what was said meanwhile, where the rule gives it', 'all', true],
    ['without it, where the one who adds them does not give it', 'all', false],
    ['without it, where the rule keeps it', 'from-join', true],
  ] as const)('can be added again: %s', async (_how, rule, given) => {
    const [ana, ben, cleo, conversation] = await ward(rule)
    await ana.engine.removePerson(conversation, id(ben))
    await ben.conversation(conversation, (it) => !it.member)
    await writes(cleo, conversation, 'meanwhile', [ana])
    expect(await ana.engine.addPeople(conversation, [id(ben)], given)).toEqual({ ok: true, value: null })
    await ben.conversation(conversation, (it) => it.member && it.epoch.is === 'open')
    await writes(ana, conversation, 'welcome back', [ben, cleo])
    await writes(ben, conversation, 'thank you', [ana, cleo])
    const reading = rule === 'all' && given
    await reads(ana, conversation, [...before, 'meanwhile', 'welcome back', 'thank you'])
    await reads(ben, conversation, [...before, ...(reading ? ['meanwhile'] : []), 'welcome back', 'thank you'])
    expect(await opens(await holdingsOf(ben, conversation), conversation, ana)).toEqual(reading ? [1, 2, 3, 4, 5, 6] : [1, 2, 3, 5, 6])
    for (const it of [ana, ben, cleo]) expect((await it.engine.state()).alarms).toEqual([])
  })
})

describe('a revoked device', () => {
  /** Ben's new device revokes the one that he lost. */
  async function lose(ben: Person): Promise<Desk> {
    const fresh = await sit(world, await signIn(world, organisation.org, id(ben)))
    desks.push(fresh)
    await fresh.state((it) => it.status === 'needs-recovery-key')
    expect(await fresh.engine.enrol(ben.recoveryKey)).toEqual({ ok: true, value: null })
    await fresh.state((it) => it.status === 'ready' && it.connection === 'open')
    expect(await fresh.engine.removeDevice((await ben.engine.state()).device!)).toEqual({ ok: true, value: null })
    return fresh
  }

  test('is cut off at once: its session ends, it hears nothing, and what it sends is refused', async () => {
    const [ana, ben, cleo, conversation] = await ward()
    const fresh = await lose(ben)
    await ben.state((it) => it.status === 'revoked' || it.connection === 'signed-out')
    const heard = listen(ben)
    await writes(ana, conversation, 'to his new phone', [cleo, fresh])
    expect(await asks(ben, conversation)).toEqual(['signed-out', 'signed-out', 'signed-out', 'signed-out'])
    expect(heard).toEqual([])
    expect(await ben.texts(conversation)).toEqual(before)
    // His password does not help the thief: the device stays revoked in a new session too.
    const thief = await sit(world, await signIn(world, organisation.org, id(ben)), { store: ben.kill() })
    desks.push(thief)
    await thief.state((it) => it.status === 'revoked')
    expect(await thief.texts(conversation)).toEqual(before)
    const message = { id: newUuid(), body: { kind: 'text', text: 'from a stolen phone' }, flags: routine } as const
    expect(await thief.engine.send(conversation, message)).toEqual({ ok: false, code: 'revoked' })
    await writes(fresh, conversation, 'I have a new phone', [ana, cleo])
    await reads(ana, conversation, [...before, 'to his new phone', 'I have a new phone'])
  })

  test('opens nothing newer with all that the server stores and all keys that lie on it', async () => {
    const [ana, ben, , conversation] = await ward()
    const stolen = await holdingsOf({ store: ben.store }, conversation)
    const fresh = await lose(ben)
    await writes(ana, conversation, 'after the loss', [fresh])
    await writes(fresh, conversation, 'seen', [ana])
    expect(await opens(await holdingsOf(fresh, conversation), conversation, ana)).toEqual([1, 2, 3, 4, 5])
    expect(await opens(stolen, conversation, ana)).toEqual([1, 2, 3])
    expect(await opens(await holdingsOf({ store: ben.kill() }, conversation), conversation, ana)).toEqual([1, 2, 3])
  })

  test('can be enrolled anew by its person, as another device', async () => {
    const [ana, ben, cleo, conversation] = await ward()
    const fresh = await lose(ben)
    await writes(ana, conversation, 'while it was revoked', [fresh])
    const lost = (await ben.engine.state()).device
    const found = await sit(world, await signIn(world, organisation.org, id(ben)), { store: ben.kill() })
    desks.push(found)
    await found.state((it) => it.status === 'revoked')
    expect(await found.engine.enrol(ben.recoveryKey)).toEqual({ ok: true, value: null })
    const { device } = await found.state((it) => it.status === 'ready' && it.connection === 'open')
    expect(device).not.toBe(lost)
    await writes(found, conversation, 'found it again', [ana, cleo, fresh])
    await reads(found, conversation, [...before, 'while it was revoked', 'found it again'])
    for (const it of [ana, cleo, fresh, found]) expect((await it.engine.state()).alarms).toEqual([])
  })
})
