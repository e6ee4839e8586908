import { foundOrganisation, settle, signIn, sit, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { fromBase64url, newUuid, parseEnvelope, parseEpoch, toBase64url, toHex } from '@wardline/crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { memoryLock } from './memory.ts'

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
/** The same device in another process: what lies on the disk, in a new session. */
const reopen = async (desk: Desk, store = desk.kill()) => {
  desks.splice(desks.indexOf(desk), 1)
  return keep(await sit(world, await signIn(world, organisation.org, desk.session.person), { store }))
}

async function pair(): Promise<[Desk, Desk, string]> {
  const [ana, ben] = [await person(), await person()]
  const conversation = newUuid()
  await ana.engine.createConversation({ conversation, kind: 'direct', people: [ben.session.person] })
  await ben.conversation(conversation)
  return [ana, ben, conversation]
}

interface Upload {
  readonly statement: string
}
const sends = (desk: Desk) => desk.sent.filter((it) => it.t === 'send')
const envelopes = (desk: Desk) => sends(desk).map((it) => String(it['envelope']))
/** The conversation's epoch is a day old, for the server. */
const age = (conversation: string) =>
  world.owner.query("update conversation set epoch_used_at = epoch_used_at - interval '25 hours' where id = $1", [conversation])
const inLog = async (conversation: string) =>
  (await world.owner.query<{ n: number }>('select count(*)::int as n from message where conversation = $1', [conversation])).rows[0]!.n
const isSent = (n: number) => (messages: readonly { sequence: number | null }[]) =>
  messages.filter((it) => it.sequence !== null).length >= n

describe('an outbox survives', () => {
  test('a lost acknowledgement: the same bytes go again and are known', async () => {
    const [ana, ben, conversation] = await pair()
    ana.wires.in = (frame) => (frame.t === 'ack' ? null : frame)
    await ana.say(conversation, 'once')
    await ben.thread(conversation, isSent(1))
    ana.wires.in = (frame) => frame
    await ana.setUp(false)
    await ana.setUp(true)
    await ana.thread(conversation, isSent(1))
    expect(envelopes(ana).length).toBeGreaterThanOrEqual(1)
    expect(new Set(envelopes(ana)).size).toBe(1)
    expect(await inLog(conversation)).toBe(1)
    expect(await ben.texts(conversation)).toEqual(['once'])
  })

  test('a tab killed between sending and the answer: the same bytes go again after the reload', async () => {
    const [ana, ben, conversation] = await pair()
    ana.wires.in = (frame) => (frame.t === 'ack' ? null : frame)
    await ana.say(conversation, 'killed in mid-send')
    await ben.thread(conversation, isSent(1))
    const before = envelopes(ana)
    // The answer to the sync would bring the message back by itself; here only the acknowledgement does.
    const again = await reopen(ana)
    await again.thread(conversation, isSent(1))
    expect(envelopes(again).every((it) => before.includes(it))).toBe(true)
    expect(await inLog(conversation)).toBe(1)
    expect(await again.texts(conversation)).toEqual(['killed in mid-send'])
    expect((await again.engine.state()).waiting).toBe(0)
  })

  test('a tab killed before anything left: nothing is lost and nothing doubled', async () => {
    const [ana, ben, conversation] = await pair()
    ana.wires.out = (frame) => (frame.t === 'send' ? null : frame)
    await ana.say(conversation, 'first')
    await ana.say(conversation, 'second')
    type Sealed = { sealed: { bytes: Uint8Array } | null }
    const sealed = await ana.until(async () => {
      const [first] = await ana.store.list(['outbox'])
      return (first?.value as Sealed | undefined)?.sealed
    })
    const again = await reopen(ana)
    await ben.thread(conversation, isSent(2))
    expect(envelopes(again)[0]).toBe(toBase64url(sealed.bytes))
    expect(await ben.texts(conversation)).toEqual(['first', 'second'])
    await again.thread(conversation, isSent(2))
    expect(await inLog(conversation)).toBe(2)
  })

  test('a night offline: everything goes out in the order in which it was written', async () => {
    const [ana, ben, conversation] = await pair()
    await ana.setUp(false)
    for (let i = 1; i <= 6; i++) await ana.say(conversation, `line ${i}`)
    expect((await ana.engine.state()).waiting).toBe(6)
    const again = await reopen(ana)
    await ben.thread(conversation, isSent(6))
    expect(await ben.texts(conversation)).toEqual([1, 2, 3, 4, 5, 6].map((i) => `line ${i}`))
    await again.state((it) => it.waiting === 0)
  })

  test('the same message asked for twice is one message', async () => {
    const [ana, ben, conversation] = await pair()
    const message = {
      id: newUuid(),
      body: { kind: 'text', text: 'twice' },
      flags: { priority: 'routine', ask: 'fyi', due: 0, expiry: 0, mentions: [] },
    } as const
    await Promise.all([ana.engine.send(conversation, message), ana.engine.send(conversation, message)])
    await ana.thread(conversation, isSent(1))
    await ana.engine.send(conversation, message)
    await ana.say(conversation, 'after')
    await ben.thread(conversation, isSent(2))
    expect(await ben.texts(conversation)).toEqual(['twice', 'after'])
  })
})

test('what is kept on the device holds no text in the clear', async () => {
  const [ana, ben, conversation] = await pair()
  const canary = `canary-${newUuid()}`
  await ana.say(conversation, canary)
  await ben.thread(conversation, isSent(1))
  await ana.setUp(false)
  await ana.say(conversation, `${canary} waiting`)
  const drafts = async () => (await ana.engine.conversations()).map((it) => it.draft)
  expect(await drafts()).toEqual([false])
  const heard: boolean[] = []
  const stop = ana.engine.subscribe((it) => it.t === 'conversation' && heard.push(it.conversation.draft))
  await ana.engine.saveDraft(conversation, `${canary} draf`)
  await ana.engine.saveDraft(conversation, `${canary} draft`)
  expect(await drafts()).toEqual([true])
  // The message that waits may be told of meanwhile, still without a draft.
  await vi.waitFor(() => expect(heard.at(-1)).toBe(true))
  stop()
  for (const desk of [ana, ben]) {
    const all = Buffer.concat((await desk.store.list([])).map((it) => bytesIn(it.value)))
    expect(all.includes(canary)).toBe(false)
    expect(all.includes(Buffer.from(canary).toString('base64url').slice(4, 40))).toBe(false)
  }
  expect(await ana.engine.draft(conversation)).toBe(`${canary} draft`)
  await ana.engine.saveDraft(conversation, '')
  expect(await drafts()).toEqual([false])
})

/** Every byte and text in a value. */
function bytesIn(value: unknown): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (typeof value === 'string') return Buffer.from(value)
  if (typeof value !== 'object' || value === null) return Buffer.alloc(0)
  return Buffer.concat(Object.values(value).map(bytesIn))
}

describe('a new epoch', () => {
  test('is made with the message when the old one is too old, in one frame, and again bytes for bytes when the answer is lost', async () => {
    const [ana, ben, conversation] = await pair()
    await ana.say(conversation, 'today')
    await ben.thread(conversation, isSent(1))
    await age(conversation)
    ana.wires.in = (frame) => (frame.t === 'ack' ? null : frame)
    await ana.say(conversation, 'tomorrow')
    await ben.thread(conversation, isSent(2))
    const again = await reopen(ana)
    await again.thread(conversation, isSent(2))
    expect(await again.texts(conversation)).toEqual(['today', 'tomorrow'])
    await ben.say(conversation, 'and on')
    await again.thread(conversation, isSent(3))
    const { rows } = await world.owner.query('select n from epoch where conversation = $1', [conversation])
    expect(rows).toHaveLength(2)
  })

  test('two devices race: the loser draws a new secret and both messages arrive once', async () => {
    const [ana, ben, conversation] = await pair()
    await ana.say(conversation, 'before')
    await ben.thread(conversation, isSent(1))
    await age(conversation)
    // Both make epoch 2 before either has heard of the other's.
    const held: { desk: Desk; frame: Parameters<Desk['wires']['out']>[0] }[] = []
    for (const desk of [ana, ben]) {
      desk.wires.in = (frame) => (frame.t === 'epoch' ? null : frame)
      desk.wires.out = (frame) => {
        if (!frame['epoch'] || held.some((it) => it.desk === desk)) return frame
        held.push({ desk, frame })
        return null
      }
    }
    await Promise.all([ana.say(conversation, 'from ana'), ben.say(conversation, 'from ben')])
    await ana.until(async () => held.length === 2)
    for (const desk of [ana, ben]) {
      desk.wires.in = (frame) => frame
      await desk.setUp(false)
    }
    await ana.setUp(true)
    await ana.thread(conversation, isSent(2))
    await age(conversation)
    await ben.setUp(true)
    await ben.thread(conversation, isSent(3))
    await ana.thread(conversation, isSent(3))
    expect((await ana.texts(conversation)).toSorted()).toEqual(['before', 'from ana', 'from ben'])
    expect(await inLog(conversation)).toBe(3)
    const lost = held.find((it) => it.desk === ben)!.frame
    const made = sends(ben).flatMap((it) => (it['epoch'] as Upload | undefined)?.statement ?? [])
    // The bytes that were made go again as they are; what the server then refuses is made anew, with nothing of the old.
    expect(made[0]).toBe((lost['epoch'] as Upload).statement)
    const read = made.map((it) => parseEpoch(fromBase64url(it)).body)
    expect(read.map((it) => it.version)).toEqual([2, 3])
    expect(toHex(read[0]!.commitment)).not.toBe(toHex(read[1]!.commitment))
    const headers = [...new Set(envelopes(ben))].map((it) => parseEnvelope(fromBase64url(it)).header)
    expect(new Set(headers.map((it) => it.msgId)).size).toBe(1)
    expect(new Set(headers.map((it) => toHex(it.sealSalt))).size).toBe(headers.length)
    expect(headers.length).toBeGreaterThan(1)
  })
})

describe('the sender chain', () => {
  test('goes on after an old backup of the device was put back, and nothing is doubled', async () => {
    const [ana, ben, conversation] = await pair()
    await ana.say(conversation, 'one')
    await ana.thread(conversation, isSent(1))
    await ana.setUp(false)
    await ana.say(conversation, 'two')
    const backup = ana.store.copy()
    await ana.setUp(true)
    await ana.thread(conversation, isSent(2))
    await ana.say(conversation, 'three')
    await ben.thread(conversation, isSent(3))

    const restored = await reopen(ana, (ana.kill(), backup))
    await restored.thread(conversation, isSent(3))
    expect(await restored.texts(conversation)).toEqual(['one', 'two', 'three'])
    await restored.say(conversation, 'four')
    await ben.thread(conversation, isSent(4))
    expect(await ben.texts(conversation)).toEqual(['one', 'two', 'three', 'four'])
    expect(await inLog(conversation)).toBe(4)
    expect((await ben.engine.state()).alarms).toEqual([])
  })

  test('asked to go on from an envelope that this device never signed, it stops and alarms', async () => {
    const [ana, , conversation] = await pair()
    await ana.say(conversation, 'one')
    await ana.thread(conversation, isSent(1))
    ana.wires.out = (frame) => {
      if (frame.t !== 'send') return frame
      setImmediate(() => ana.hear({ t: 'refused', id: frame['id'], code: 'chain', head: `${'B'.repeat(42)}A` }))
      return null
    }
    await ana.say(conversation, 'two')
    const [, two] = await ana.thread(conversation, (it) => it[1]?.sending?.is === 'not-sent')
    expect(two?.sending).toEqual({ is: 'not-sent', code: 'chain' })
    expect((await ana.engine.state()).alarms).toMatchObject([{ kind: 'cut', code: 'own-chain', conversation }])
    ana.wires.out = (frame) => frame
    expect(await ana.engine.retry(two!.id)).toEqual({ ok: true, value: null })
    await ana.thread(conversation, isSent(2))
    expect(await inLog(conversation)).toBe(2)
  })

  test('two engines on one disk: the second waits for the lock, and one that lost it writes nothing more', async () => {
    const [ana, ben, conversation] = await pair()
    await ana.say(conversation, 'one')
    await ben.thread(conversation, isSent(1))
    // A broken lock: both think that they have it.
    const other = keep(
      await sit(world, await signIn(world, organisation.org, ana.session.person), { store: ana.store, lock: memoryLock() }),
    )
    await other.state((it) => it.status === 'ready' && it.connection === 'open')
    await other.say(conversation, 'two')
    await ana.say(conversation, 'lost?').catch(() => undefined)
    await ana.state((it) => it.status === 'other-tab')
    await ben.thread(conversation, isSent(2))
    await other.say(conversation, 'three')
    await ben.thread(conversation, isSent(3))
    expect(await ben.texts(conversation)).toEqual(['one', 'two', 'three'])
    expect((await ben.engine.state()).alarms).toEqual([])
  })
})
