import {
  addDevice,
  begin,
  connect,
  follow,
  foundOrganisation,
  hire,
  must,
  nextEpoch,
  openThread,
  rekey,
  seal,
  signIn,
  staffFeatures,
  upload,
} from '@wardline/dev/staff'
import type { Colleague, Frame, Organisation, Thread, Wire } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { fromBase64url, newUuid, openMessage, parseEnvelope, toBase64url, tombstoneHash, ZERO_HASH } from '@wardline/crypto'
import type { Tx } from '@wardline/platform/db'
import { bySystem } from '@wardline/platform/server'
import { factsOf } from '@wardline/platform/testing'
import { changeRoles, deactivatePerson } from '@wardline/product/access/provisioning/server'
import { endSessions } from '@wardline/product/access/sessions/server'
import { myConversations } from '@wardline/product/team/conversations/contract'
import { topicOf } from '@wardline/product/team/conversations/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { messagePage, receipts, sendMessage } from '../contract.ts'
import { eraseMessages } from './index.ts'
import { reportsOf } from './receipts.ts'
import { writerOf } from './writer.ts'

let world: World
let organisation: Organisation

beforeAll(async () => {
  world = await openWorld({ features: staffFeatures, server: { beatMs: 50 } })
  organisation = await foundOrganisation(world)
})
afterAll(() => world.close())

const staff = (n: number) => Promise.all(Array.from({ length: n }, () => hire(world, organisation)))
const post = (thread: Thread, envelope: string, more: object = {}) =>
  thread.me.call(sendMessage, { params: { conversation: thread.conversation }, body: { envelope, ...more } })
const ask = (thread: Thread, id: string, envelope: string, more: object = {}) => ({
  t: 'send',
  id,
  conversation: thread.conversation,
  envelope,
  ...more,
})
const page = async (me: Colleague, conversation: string, body: { before?: string; limit?: string } = {}) =>
  must(await me.call(messagePage, { params: { conversation }, body }))
const stored = async (conversation: string) =>
  (
    await world.owner.query<{ sequence: number; hash: Buffer }>(
      'select sequence::int, hash from message where conversation = $1 order by sequence',
      [conversation],
    )
  ).rows

describe('sending', () => {
  test('is acknowledged with number and hash, told to the other members once, and opens there', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const theirs = await openThread(ben, thread.conversation)
    const [from, to] = [await connect(world, ana), await connect(world, ben)]
    const sent = await seal(thread, 'K+ 6.8, bed 4')
    expect(await from.ask(ask(thread, 'x1', sent.text))).toMatchObject({ t: 'ack', id: 'x1', sequence: 1, hash: toBase64url(sent.hash) })
    const frame = await to.until((it) => it.t === 'message')
    expect(frame).toMatchObject({
      conversation: thread.conversation,
      sequence: 1,
      epoch: 1,
      person: ana.person,
      device: ana.device.device,
      envelope: sent.text,
    })
    const opened = await openMessage(
      theirs.roots.get(1)!,
      parseEnvelope(fromBase64url(frame['envelope'] as string)),
      ana.device.signing.publicKey,
    )
    expect([opened.standing, new TextDecoder().decode(opened.body)]).toEqual(['good', 'K+ 6.8, bed 4'])
    expect(from.frames.filter((it) => it.t === 'message')).toEqual([])
    const { rows } = await world.owner.query<{ n: number }>(
      "select count(*)::int as n from fact where kind = 'team.message.accepted' and key = $1 and device = $2",
      [`conversation|${thread.conversation}`, ana.device.device],
    )
    expect(rows[0]!.n).toBe(1)
    from.close()
    to.close()
  })

  test('over plain HTTP the same; the stored bytes are under the outer wrap and come back byte for byte', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const texts = await Promise.all(['one', 'two', 'three'].map((text, i) => (i === 0 ? seal(thread, text) : null)))
    const first = texts[0]!
    expect(must(await post(thread, first.text))).toMatchObject({ sequence: 1, known: false, hash: toBase64url(first.hash) })
    const second = await seal(thread, 'two')
    must(await post(thread, second.text))
    const { messages } = await page(ben, thread.conversation)
    expect(messages.map((it) => [it.sequence, it.envelope])).toEqual([
      [2, second.text],
      [1, first.text],
    ])
    const { rows } = await world.owner.query<{ sealed: Buffer }>('select sealed from message where conversation = $1', [
      thread.conversation,
    ])
    for (const row of rows) expect(row.sealed.includes(Buffer.from(first.bytes.subarray(4, 60)))).toBe(false)
  })

  test('the same bytes again, and other bytes under the same id, give the first ones back', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const msgId = newUuid()
    const sent = await seal(thread, 'one', { msgId })
    must(await post(thread, sent.text))
    const other = await seal(thread, 'two', { msgId, prev: ZERO_HASH })
    for (const envelope of [sent.text, other.text])
      expect(must(await post(thread, envelope))).toMatchObject({ sequence: 1, known: true, hash: toBase64url(sent.hash) })
    expect(await stored(thread.conversation)).toHaveLength(1)
  })

  test('a whole outbox at once, in order, in one connection', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const live = await connect(world, ana)
    const sent = []
    for (let i = 0; i < 60; i += 1) sent.push(await seal(thread, `message ${i}`))
    for (const [i, it] of sent.entries()) live.send(ask(thread, `m${i}`, it.text))
    await live.until((it) => it.id === 'm59')
    expect(live.frames.filter((it) => it.t === 'ack').map((it) => it['sequence'])).toEqual(sent.map((_, i) => i + 1))
    live.close()
  })

  test('an epoch and the first message under it go in one request, and again after a lost reply', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const live = await connect(world, ana)
    const made = await nextEpoch(thread)
    follow(thread, made)
    const sent = await seal(thread, 'under two')
    const epoch = upload(made)
    expect(await live.ask(ask(thread, 'a', sent.text, { epoch }))).toMatchObject({ t: 'ack', sequence: 1 })
    expect(await live.ask(ask(thread, 'b', sent.text, { epoch }))).toMatchObject({ t: 'ack', sequence: 1, known: true })
    live.close()
  })
})

describe('what is refused, with nothing stored', () => {
  test.each([
    ['of another conversation', 'another-conversation'],
    ['of another device', 'another-device'],
    ['with a bit flipped anywhere', ''],
  ])('an envelope %s', async (what, field) => {
    const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const elsewhere = await begin(ana, [cleo])
    const sent = await seal(thread, 'one')
    if (what.includes('conversation')) expect(await post(elsewhere, sent.text)).toMatchObject({ code: 'bad-envelope', field })
    else if (what.includes('device')) {
      const theirs = await openThread(ben, thread.conversation)
      expect(await post(theirs, sent.text)).toMatchObject({ code: 'bad-envelope', field })
    } else
      for (let at = 0; at < sent.bytes.length; at += 37) {
        const bytes = Uint8Array.from(sent.bytes)
        bytes[at]! ^= 1 << (at % 8)
        const answer = await post(thread, toBase64url(bytes))
        // The outer signature is the receivers' to judge; every other byte is bound by a hash that the server checks.
        if (!answer.ok) expect(['bad-envelope', 'stale-epoch', 'chain']).toContain(answer.code)
        else expect(isInSignature(sent.bytes, at)).toBe(true)
      }
    if (!what.includes('bit')) expect(await stored(thread.conversation)).toEqual([])
  })

  test('an old epoch, a broken chain, a stranger, a session without a device, a revoked tenant’s id', async () => {
    const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const old = thread.roots.get(1)!
    await rekey(thread)
    expect(await post(thread, (await seal(thread, 'old', { root: old, prev: ZERO_HASH })).text)).toMatchObject({ code: 'stale-epoch' })
    expect(await post(thread, (await seal(thread, 'gap', { prev: new Uint8Array(32).fill(3) })).text)).toMatchObject({ code: 'chain' })
    const outsider: Thread = { ...thread, me: cleo, head: ZERO_HASH, roots: thread.roots }
    expect(await post(outsider, (await seal(outsider, 'hi')).text)).toMatchObject({ code: 'not-found' })
    const bare = { ...(await signIn(world, ana.org, ana.person)) }
    expect(
      await bare.call(sendMessage, { params: { conversation: thread.conversation }, body: { envelope: (await seal(thread, 'x')).text } }),
    ).toMatchObject({
      code: 'not-a-device',
    })
    const away = await foundOrganisation(world)
    const eve = await hire(world, away)
    const stolen: Thread = { ...thread, me: eve, head: ZERO_HASH }
    expect(await post(stolen, (await seal(stolen, 'hi')).text)).toMatchObject({ code: 'bad-envelope', field: 'another-conversation' })
    expect(await eve.call(messagePage, { params: { conversation: thread.conversation } })).toMatchObject({ code: 'not-found' })
    expect(await eve.call(receipts, { params: { conversation: thread.conversation } })).toMatchObject({ code: 'not-found' })
    expect(await stored(thread.conversation)).toEqual([])
  })

  test('a member whose roles do not let them send', async () => {
    const [ana, hana] = [await hire(world, organisation), await hire(world, organisation, { roles: ['administrator'] })]
    const thread = await begin(ana, [hana])
    const theirs = await openThread(hana, thread.conversation).catch(() => null)
    expect(theirs).toBeNull()
    const live = await connect(world, hana)
    const mine: Thread = { ...thread, me: hana, head: ZERO_HASH }
    expect(await live.ask(ask(mine, 'a', (await seal(mine, 'x')).text))).toMatchObject({ t: 'refused', code: 'not-found' })
    live.close()
    expect(await stored(thread.conversation)).toEqual([])
  })

  test('malformed frames: each is answered, none breaks the connection', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const live = await connect(world, ana)
    const sent = await seal(thread, 'fine')
    const bad: object[] = [
      {},
      { t: 'unheard-of' },
      { t: 'send', id: 'b1' },
      { ...ask(thread, 'b2', sent.text), extra: 1 },
      { ...ask(thread, 'b3', sent.text), conversation: 7 },
      { ...ask(thread, 'b4', sent.text), conversation: "'; drop table message; --" },
      ask(thread, 'b5', '!!!'),
      ask(thread, 'b6', sent.text.slice(0, 300)),
      ask(thread, 'b7', 'A'.repeat(200_000)),
      { ...ask(thread, 'b8\u0000', sent.text) },
      { ...ask(thread, 'b9', sent.text), epoch: { statement: 'AAAA' } },
      { t: 'sync', id: 'b10', have: [{ conversation: thread.conversation, sequence: -1 }] },
      { t: 'receipt', conversation: thread.conversation, delivered: 1.5, shown: 0 },
    ]
    for (const frame of bad) live.send(frame)
    live.send('not json at all' as unknown as object)
    const answer = await live.ask(ask(thread, 'good', sent.text))
    expect(answer).toMatchObject({ t: 'ack', sequence: 1 })
    const refusals = live.frames.filter((it) => it.t === 'refused')
    expect(refusals).toHaveLength(bad.length + 1)
    expect(new Set(refusals.map((it) => it.code))).toEqual(new Set(['bad-request', 'bad-envelope']))
    live.close()
  })
})

/** Whether a byte lies in the outer signature, which the server stores unread. */
function isInSignature(bytes: Uint8Array, at: number): boolean {
  const outer = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  const start = 4 + outer + 4
  return at >= start && at < start + 64
}

describe('reading', () => {
  test('the newest page and the ones before it', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    for (let i = 0; i < 7; i += 1) must(await post(thread, (await seal(thread, `${i}`)).text))
    const first = await page(ben, thread.conversation, { limit: '3' })
    expect([first.messages.map((it) => it.sequence), first.more]).toEqual([[7, 6, 5], true])
    const rest = await page(ben, thread.conversation, { limit: '50', before: '5' })
    expect([rest.messages.map((it) => it.sequence), rest.more]).toEqual([[4, 3, 2, 1], false])
  })

  test('a newcomer is served nothing of epochs that keep their history, and a removed member nothing at all', async () => {
    const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
    const thread = await begin(ana, [ben], { kind: 'group' })
    must(await post(thread, (await seal(thread, 'before')).text))
    await rekey(thread, { add: [cleo.person] })
    must(await post(thread, (await seal(thread, 'after')).text))
    expect((await page(cleo, thread.conversation)).messages.map((it) => it.sequence)).toEqual([2])
    const live = await connect(world, cleo)
    live.send({ t: 'sync', id: 's', have: [{ conversation: thread.conversation, sequence: 0 }] })
    await live.until((it) => it.t === 'synced')
    expect(rest(live.frames)).toEqual([2])
    live.close()
  })

  test('a device that comes back gets exactly the rest; one that names nothing gets the newest', async () => {
    const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
    const [one, two] = [await begin(ana, [ben]), await begin(ana, [ben, cleo])]
    for (let i = 0; i < 55; i += 1) must(await post(one, (await seal(one, `${i}`)).text))
    for (let i = 0; i < 3; i += 1) must(await post(two, (await seal(two, `${i}`)).text))
    const live = await connect(world, ben)
    const sync = async (id: string, have: object[]): Promise<readonly Frame[]> => {
      live.send({ t: 'sync', id, have })
      await live.until((it) => it.t === 'synced' && it.id === id)
      return live.frames.filter((it) => it.id === id)
    }
    const some = await sync('a', [
      { conversation: one.conversation, sequence: 52 },
      { conversation: two.conversation, sequence: 3 },
    ])
    expect(rest(some)).toEqual([53, 54, 55])
    expect(some.at(-1)!['conversations']).toHaveLength(2)
    expect(rest(await sync('b', []))).toHaveLength(50 + 3)
    expect(rest(await sync('c', [{ conversation: one.conversation, sequence: 55 }]))).toHaveLength(3)
    live.close()
  })

  test('a window of a session without an enrolled device is served nothing, and hears neither what is there nor what begins', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    must(await post(thread, (await seal(thread, 'before')).text))
    const [bare, device] = [await connect(world, await signIn(world, organisation.org, ben.person)), await connect(world, ben)]
    expect(await bare.ask({ t: 'sync', id: 'a', have: [] })).toMatchObject({ t: 'refused', code: 'not-a-device' })
    must(await post(thread, (await seal(thread, 'now')).text))
    const begun = await begin(ana, [ben], { kind: 'group' })
    must(await post(begun, (await seal(begun, 'new')).text))
    await device.until((it) => it.t === 'message' && it['conversation'] === begun.conversation)
    expect(await bare.ask({ t: 'sync', id: 'b', have: [] })).toMatchObject({ code: 'not-a-device' })
    expect(bare.frames.filter((it) => it.t === 'message' || it.t === 'rest')).toEqual([])
    for (const live of [bare, device]) live.close()
  })

  test('what is erased leaves a tombstone that verifies in its chain, and an erased key less', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const sent = [await seal(thread, 'one'), await seal(thread, 'two')]
    for (const it of sent) must(await post(thread, it.text))
    const erased = await world.server.db.write(ana.org, { actor: null, device: null }, async (tx) => {
      await tx.count((await import('@wardline/platform/db')).sql`select 1`)
      return eraseMessages(tx, world.keys, thread.conversation, 1)
    })
    expect(erased).toBe(1)
    const said = await factsOf(world, ana.org, 'team.messages.erased')
    expect(said.map(({ payload }) => payload)).toEqual([{ conversation: thread.conversation, from: 1, through: 1, messages: 1 }])
    const { messages } = await page(ben, thread.conversation)
    const [second, first] = messages
    expect(second!.envelope).toBe(sent[1]!.text)
    expect(first!.envelope).toBeNull()
    const { prev, rest: parts } = first!.tombstone!
    expect(toBase64url(tombstoneHash({ prev: fromBase64url(prev), rest: fromBase64url(parts) }))).toBe(toBase64url(sent[0]!.hash))
    // Sent again, it is still the first one: its hash is known.
    expect(must(await post(thread, sent[0]!.text))).toMatchObject({ sequence: 1, known: true })
  })
})

const rest = (frames: readonly Frame[]): number[] =>
  frames.filter((it) => it.t === 'rest').flatMap((it) => (it['messages'] as { sequence: number }[]).map((message) => message.sequence))

describe('receipts', () => {
  test('are watermarks: moved at most once a second, never back, one fact with its range, told to the members', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    for (let i = 0; i < 5; i += 1) must(await post(thread, (await seal(thread, `${i}`)).text))
    const [mine, theirs] = [await connect(world, ana), await connect(world, ben)]
    const say = (delivered: number, shown: number) => theirs.send({ t: 'receipt', conversation: thread.conversation, delivered, shown })
    const marks = async () => must(await ana.call(receipts, { params: { conversation: thread.conversation } })).receipts
    const pong = async (id: string) => (theirs.send({ t: 'sync', id, have: [] }), theirs.until((it) => it.t === 'synced' && it.id === id))
    say(3, 1)
    say(2, 2)
    say(99, 4)
    await pong('1')
    await world.settle()
    expect(await mine.until((it) => it.t === 'receipt')).toMatchObject({
      person: ben.person,
      device: ben.device.device,
      delivered: 5,
      shown: 4,
    })
    expect(await marks()).toMatchObject([{ person: ben.person, delivered: 5, shown: 4 }])
    say(5, 5)
    await pong('2')
    await world.settle()
    expect(await marks()).toMatchObject([{ shown: 4 }])
    await world.advance(1_100)
    expect(await marks()).toMatchObject([{ shown: 5 }])
    say(1, 1)
    await pong('3')
    await world.advance(1_100)
    expect(await marks()).toMatchObject([{ delivered: 5, shown: 5 }])
    const { rows } = await world.owner.query<{ n: number }>(
      "select count(*)::int as n from fact where kind = 'team.receipt.moved' and key = $1",
      [`conversation|${thread.conversation}`],
    )
    expect(rows[0]!.n).toBe(2)
    const listed = must(await ben.call(myConversations, {})).conversations.find((it) => it.conversation === thread.conversation)!
    expect([listed.shown, listed.unread]).toEqual([5, 0])
    mine.close()
    theirs.close()
  })

  test('of a stranger are worth nothing, and of a removed member no more', async () => {
    const [ana, ben, eve] = (await staff(3)) as [Colleague, Colleague, Colleague]
    const thread = await begin(ana, [ben])
    must(await post(thread, (await seal(thread, 'one')).text))
    const [live, bens] = [await connect(world, eve), await connect(world, ben)]
    const reports = reportsOf(world.server.services)
    const say = async (from: Wire, conversation: string) => {
      from.send({ t: 'receipt', conversation, delivered: 1, shown: 1 })
      await from.ask({ t: 'sync', id: newUuid(), have: [] })
    }
    // None of them even waits: made-up conversations would take the place of everybody's.
    await say(live, thread.conversation)
    await say(live, newUuid())
    for (const socket of world.server.services.live.sockets({ person: ben.person })) socket.leave(topicOf(ana.org, thread.conversation))
    await say(bens, thread.conversation)
    expect(reports.waiting).toBe(0)
    bens.close()
    await world.settle()
    expect((await world.owner.query('select 1 from receipt where conversation = $1', [thread.conversation])).rowCount).toBe(0)
    live.close()
  })
})

describe('a window whose access has ended', () => {
  const ends: [string, (tx: Tx, me: Colleague) => Promise<unknown>][] = [
    ['the person was deactivated', (tx, me) => deactivatePerson(tx, me.person)],
    ['the session was ended', (tx, me) => endSessions(tx, { sessions: [me.session] }, 'signed-out')],
    ['the role was withdrawn', (tx, me) => changeRoles(tx, me.person, ['front-desk'])],
  ]
  test.each(ends)('writes nothing any more: %s', async (_, end) => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const live = await connect(world, ana)
    const [first, second] = [await seal(thread, 'before'), await seal(thread, 'after')]
    expect(await live.ask(ask(thread, '1', first.text))).toMatchObject({ t: 'ack', sequence: 1 })
    await world.server.db.write(ana.org, bySystem, async (tx) => {
      await end(tx, ana)
      // Written in the same turn, before the close frame can have arrived.
      tx.afterCommit(() => live.send(ask(thread, '2', second.text)))
    })
    await live.closed
    await writerOf(world.server.services).idle()
    expect(await stored(thread.conversation)).toHaveLength(1)
  })
})

describe('the heartbeat', () => {
  test('carries how many conversations there are and the sum of their sequences, so that a missed hint is noticed', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const live = await connect(world, ben)
    await live.until((it) => it.t === 'beat' && it['conversations'] === 0)
    const thread = await begin(ana, [ben])
    expect(await live.until((it) => it.t === 'conversation')).toMatchObject({ conversation: thread.conversation })
    must(await post(thread, (await seal(thread, 'one')).text))
    must(await post(thread, (await seal(thread, 'two')).text))
    await live.until((it) => it.t === 'beat' && it['conversations'] === 1 && it['sequences'] === 2)
    live.close()
  })

  test('a second device of the sender hears the message, the sending window does not', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const phone = await addDevice(world, ana)
    const thread = await begin(ana, [ben])
    const [desk, pocket] = [await connect(world, ana), await connect(world, phone)]
    const sent = await seal(thread, 'hi')
    await desk.ask(ask(thread, '1', sent.text))
    await pocket.until((it) => it.t === 'message' && it['hash'] === toBase64url(sent.hash))
    expect(desk.frames.some((it) => it.t === 'message')).toBe(false)
    desk.close()
    pocket.close()
  })
})
