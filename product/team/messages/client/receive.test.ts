import { connect, foundOrganisation, settle, signIn, sit, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { ZERO_HASH, fromBase64url, newUuid, parseEnvelope, sealMessage, toBase64url } from '@wardline/crypto'
import type { Bytes } from '@wardline/crypto'
import type { KnownEpoch } from '@wardline/product/team/conversations/client'
import type { Own } from '@wardline/product/team/devices/client'
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

const person = async () => {
  const made = await settle(world, organisation)
  desks.push(made)
  return made
}
async function pair(): Promise<[Desk, Desk, string]> {
  const [ana, ben] = [await person(), await person()]
  const conversation = newUuid()
  await ana.engine.createConversation({ conversation, kind: 'direct', people: [ben.session.person] })
  await ben.conversation(conversation)
  return [ana, ben, conversation]
}

type Frame = { t?: string; [name: string]: unknown }
type Message = { conversation: string; sequence: number; person: string; device: string; envelope: string; hash: string; epoch: number }

/** Changes messages on their way to a device, however they come. */
const tamper = (desk: Desk, change: (message: Message) => Message | null) => {
  desk.wires.in = (frame: Frame) => {
    if (frame.t === 'message') {
      const { t, ...message } = frame as unknown as Message & { t: string }
      const made = change(message)
      return made && { t, ...made }
    }
    if (frame.t === 'rest') return { ...frame, messages: (frame['messages'] as Message[]).flatMap((it) => change(it) ?? []) }
    return frame
  }
}
const flip = (envelope: string, at: (bytes: Buffer) => number): string => {
  const bytes = Buffer.from(envelope, 'base64url')
  const i = at(bytes)
  bytes[i] = bytes[i]! ^ 1
  return bytes.toString('base64url')
}
const partsOf = (envelope: string) => parseEnvelope(fromBase64url(envelope))

describe('what an honest sender never sent is shown as what it is', () => {
  test('a flipped bit anywhere is damaged or disputed, never a message and never a blank', async () => {
    const [ana, ben, conversation] = await pair()
    const places: ((bytes: Buffer) => number)[] = [
      () => 10,
      (bytes) => bytes.indexOf(Buffer.from(partsOf(bytes.toString('base64url')).outerSig)) + 3,
      (bytes) => bytes.indexOf(Buffer.from(partsOf(bytes.toString('base64url')).headerBytes)) + 40,
      (bytes) => bytes.length - 20,
      (bytes) => bytes.length - 300,
    ]
    let sent = 0
    tamper(ben, (it) => ({ ...it, envelope: flip(it.envelope, places[(it.sequence - 1) % places.length]!) }))
    for (const _ of places) await ana.say(conversation, `line ${++sent}`)
    const seen = await ben.thread(conversation, (it) => it.length === sent)
    for (const { content } of seen) expect(['damaged', 'disputed']).toContain(content.is)
    expect(seen.some(({ content }) => content.is === 'disputed' && content.reason === 'signature' && content.text === 'line 2')).toBe(true)
  })

  test('a message under somebody else’s name is disputed', async () => {
    const [ana, ben, conversation] = await pair()
    const eve = await person()
    tamper(ben, (it) => ({ ...it, person: eve.session.person }))
    await ana.say(conversation, 'who am I')
    const [seen] = await ben.thread(conversation, (it) => it.length === 1)
    expect(seen!.content).toEqual({ is: 'disputed', text: 'who am I', reason: 'unknown-device' })
    expect((await ben.engine.state()).alarms).toMatchObject([{ kind: 'device', person: eve.session.person, conversation }])
  })

  test('a message whose place, device or hash the server told wrongly is disputed', async () => {
    const [ana, ben, conversation] = await pair()
    tamper(ben, (it) => ({ ...it, hash: toBase64url(new Uint8Array(32)) }))
    await ana.say(conversation, 'relabelled')
    const [seen] = await ben.thread(conversation, (it) => it.length === 1)
    expect(seen!.content).toEqual({ is: 'disputed', text: 'relabelled', reason: 'labels' })
  })

  test('a replayed message is disputed, and what comes after it is not', async () => {
    const [ana, ben, conversation] = await pair()
    const seen: Message[] = []
    tamper(ben, (it) => {
      seen.push(it)
      return it.sequence === 2 ? { ...seen[0]!, sequence: 2 } : it
    })
    await ana.say(conversation, 'give 10 mg')
    await ben.thread(conversation, (it) => it.length === 1)
    await ana.say(conversation, 'thank you')
    const [, again] = await ben.thread(conversation, (it) => it.length === 2)
    expect(again!.content).toEqual({ is: 'disputed', text: 'give 10 mg', reason: 'replayed' })
    await ana.say(conversation, 'a third')
    const [, , third] = await ben.thread(conversation, (it) => it.length === 3)
    // The second one is missing here: that is seen as well.
    expect(third!.content).toEqual({ is: 'disputed', text: 'a third', reason: 'chain' })
    expect((await ben.engine.state()).alarms).toMatchObject([{ kind: 'cut', code: 'chain' }])
  })

  test('flags moved to another ciphertext are no message', async () => {
    const [ana, ben, conversation] = await pair()
    const seen: Message[] = []
    tamper(ben, (it) => {
      seen.push(it)
      return it.sequence === 2 ? { ...it, envelope: spliced(seen[0]!.envelope, it.envelope) } : it
    })
    await ana.say(conversation, 'STAT', { priority: 'stat' })
    await ben.thread(conversation, (it) => it.length === 1)
    await ana.say(conversation, 'lunch?')
    const [, second] = await ben.thread(conversation, (it) => it.length === 2)
    expect([second!.content.is, second!.flags.priority]).toEqual(['damaged', 'routine'])
  })

  test('a message that the server leaves out is noticed with the next one of its device', async () => {
    const [ana, ben, conversation] = await pair()
    tamper(ben, (it) => (it.sequence === 2 ? null : it.sequence > 2 ? { ...it, sequence: it.sequence - 1 } : it))
    await ana.say(conversation, 'one')
    await ben.thread(conversation, (it) => it.length === 1)
    await ana.say(conversation, 'two')
    await ana.say(conversation, 'three')
    const [, seen] = await ben.thread(conversation, (it) => it.length === 2)
    expect(seen!.content).toEqual({ is: 'disputed', text: 'three', reason: 'chain' })
  })
})

/** The outer part of one envelope before the header and ciphertext of another. */
function spliced(outerOf: string, restOf: string): string {
  const [a, b] = [Buffer.from(outerOf, 'base64url'), Buffer.from(restOf, 'base64url')]
  const end = (bytes: Buffer) => {
    const outer = 4 + bytes.readUInt32BE(0)
    return outer + 4 + bytes.readUInt32BE(outer)
  }
  return Buffer.concat([a.subarray(0, end(a)), b.subarray(end(b))]).toString('base64url')
}

/** What a thief of a device's disk, or a member who gives keys away, could seal: with real keys and no engine. */
async function forge(
  from: Desk,
  it: { conversation: string; n: number; roots: Desk; text: string; prev?: Bytes },
): Promise<Omit<Message, 'sequence'> & { at: number }> {
  const { device } = (await from.store.get(['device'])) as Own
  const epoch = (await it.roots.store.get(['epoch', it.conversation, it.n])) as KnownEpoch
  const chain = (await from.store.get(['chain', it.conversation, device.device])) as { head: Bytes } | undefined
  const sealed = await sealMessage({
    root: epoch.root!,
    device,
    msgId: newUuid(),
    prev: it.prev ?? chain?.head ?? ZERO_HASH,
    flags: { priority: 'routine', ask: 'fyi', due: 0, expiry: 0, mentions: [] },
    kind: 'text',
    checkpoint: { size: 0, root: ZERO_HASH },
    body: new TextEncoder().encode(JSON.stringify({ v: 1, kind: 'text', text: it.text })),
  })
  return {
    conversation: it.conversation,
    person: from.session.person,
    device: device.device,
    epoch: it.n,
    at: world.server.clock.ms(),
    envelope: toBase64url(sealed.bytes),
    hash: toBase64url(sealed.hash),
  }
}

describe('a server that works together with somebody who has keys', () => {
  test('cannot bring in a message of a person who is no member of the epoch', async () => {
    const [ana, ben, conversation] = await pair()
    const eve = await person()
    await ana.say(conversation, 'between us')
    await ben.thread(conversation, (it) => it.length === 1)
    const forged = await forge(eve, { conversation, n: 1, roots: ana, text: 'me too' })
    ben.hear({ t: 'message', ...forged, sequence: 2 })
    const [, seen] = await ben.thread(conversation, (it) => it.length === 2)
    expect(seen!.content).toEqual({ is: 'disputed', text: 'me too', reason: 'not-member' })
  })

  test('and it is not the beginning of that person’s chain when they come in later', async () => {
    const [ana, ben, eve] = [await person(), await person(), await person()]
    const conversation = newUuid()
    await ana.engine.createConversation({ conversation, kind: 'group', people: [ben.session.person] })
    await ana.say(conversation, 'one')
    await ben.thread(conversation, (it) => it.length === 1)
    ben.hear({ t: 'message', ...(await forge(eve, { conversation, n: 1, roots: ana, text: 'too early' })), sequence: 2 })
    await ben.thread(conversation, (it) => it.length === 2)
    tamper(ben, (it) => ({ ...it, sequence: it.sequence + 1 }))
    expect((await ana.engine.addPeople(conversation, [eve.session.person], false)).ok).toBe(true)
    await eve.conversation(conversation)
    await eve.say(conversation, 'hello')
    await ben.thread(conversation, (it) => it.length === 3)
    expect(await ben.texts(conversation)).toEqual(['one', '[not-member] too early', 'hello'])
  })

  test('cannot bring in a message of a revoked device', async () => {
    const [ana, ben, conversation] = await pair()
    await ben.say(conversation, 'while I had it')
    await ana.thread(conversation, (it) => it.length === 1)
    const session = await signIn(world, organisation.org, ben.session.person)
    const second = await sit(world, session)
    desks.push(second)
    await second.state((it) => it.status === 'needs-recovery-key')
    await second.engine.enrol((ben as Awaited<ReturnType<typeof person>>).recoveryKey)
    await second.thread(conversation, (it) => it.length === 1)
    const lost = (await ben.engine.state()).device!
    expect(await second.engine.removeDevice(lost)).toMatchObject({ ok: true })
    const forged = await forge(ben, { conversation, n: 1, roots: ana, text: 'from a stolen phone' })
    ana.hear({ t: 'message', ...forged, sequence: 2 })
    const [, seen] = await ana.thread(conversation, (it) => it.length === 2)
    expect(seen!.content).toEqual({ is: 'disputed', text: 'from a stolen phone', reason: 'revoked' })
  })

  test('cannot bring in a message of an epoch that has ended', async () => {
    const [ana, ben, conversation] = await pair()
    await ana.say(conversation, 'in the first')
    await ben.thread(conversation, (it) => it.length === 1)
    const late = await forge(ana, { conversation, n: 1, roots: ana, text: 'late' })
    await world.owner.query("update conversation set epoch_used_at = epoch_used_at - interval '25 hours' where id = $1", [conversation])
    await ana.say(conversation, 'in the second')
    await ben.thread(conversation, (it) => it.length === 2)
    ben.hear({ t: 'message', ...late, sequence: 3 })
    const [, , seen] = await ben.thread(conversation, (it) => it.length === 3)
    expect(seen!.content).toEqual({ is: 'disputed', text: 'late', reason: 'order' })
  })
})

describe('a tail that the server cuts off', () => {
  test('is seen in the next epoch, which carries every device’s head', async () => {
    const [ana, ben, conversation] = await pair()
    await ana.say(conversation, 'one')
    await ben.thread(conversation, (it) => it.length === 1)
    // The server says that the thread stands at one, in every way in which it says so.
    ben.wires.in = (frame) => {
      if (frame.t === 'message') return null
      if (frame.t === 'beat') return { t: 'beat', at: frame['at'] }
      if (frame.t === 'rest') return { ...frame, messages: [] }
      return frame.t === 'synced' ? { ...frame, conversations: [{ conversation, sequence: 1, epoch: 2 }] } : frame
    }
    const { device } = (await ana.store.get(['device'])) as Own
    await ana.say(conversation, 'two')
    await ana.thread(conversation, (it) => it.length === 2 && it.every((m) => m.sequence !== null))
    await world.owner.query("update conversation set epoch_used_at = epoch_used_at - interval '25 hours' where id = $1", [conversation])
    await ana.say(conversation, 'three')
    await ana.thread(conversation, (it) => it.length === 3 && it.every((m) => m.sequence !== null))
    await ben.setUp(false)
    await ben.setUp(true)
    const state = await ben.state((it) => it.alarms.some((a) => a.code === 'head'))
    expect(state.alarms).toMatchObject([{ kind: 'cut', conversation, epoch: 2, device: device.device, by: ana.session.person }])
  })

  test('and one cut out of the middle at once', async () => {
    const [ana, ben, conversation] = await pair()
    await ana.say(conversation, 'one')
    await ben.thread(conversation, (it) => it.length === 1)
    await ben.setUp(false)
    for (const text of ['two', 'three']) await ana.say(conversation, text)
    await ana.state((it) => it.waiting === 0)
    tamper(ben, (it) => (it.sequence === 2 ? null : it))
    await ben.setUp(true)
    await ben.state((it) => it.alarms.some((a) => a.kind === 'cut' && a.code === 'hole'))
  })
})

test('what is told with a heartbeat is as fresh as that heartbeat', async () => {
  const [ben] = await pair()
  const beats: number[] = []
  const told: { asOf: number | null; beat: number | undefined }[] = []
  ben.wires.in = (frame) => {
    if (frame.t !== 'beat') return frame
    beats.push(Number(frame['at']))
    return frame
  }
  const stop = ben.engine.subscribe((it) => void (it.t === 'state' && told.push({ asOf: it.state.asOf, beat: beats.at(-1) })))
  await expect.poll(() => beats.length, { timeout: 10_000 }).toBeGreaterThan(1)
  await world.advance(60_000)
  const before = told.length
  await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThan(before + 2)
  stop()
  for (const it of told) if (it.beat !== undefined) expect(it.asOf).toBeGreaterThanOrEqual(it.beat)
})

describe('order and gaps', () => {
  test('a lost frame is fetched as soon as the next one comes', async () => {
    const [ana, ben, conversation] = await pair()
    ben.wires.in = (frame) => (frame.t === 'beat' || (frame.t === 'message' && frame['sequence'] === 2) ? null : frame)
    for (const text of ['one', 'two', 'three']) await ana.say(conversation, text)
    await ben.thread(conversation, (it) => it.length === 3)
    expect(await ben.texts(conversation)).toEqual(['one', 'two', 'three'])
  })

  test('with no next one the heartbeat tells', async () => {
    const [ana, ben, conversation] = await pair()
    ben.wires.in = (frame) => (frame.t === 'message' ? null : frame)
    await ana.say(conversation, 'only one')
    await ben.thread(conversation, (it) => it.length === 1)
    expect(ben.sent.filter((it) => it.t === 'sync').length).toBeGreaterThan(1)
  })

  test('frames in any order give one order, and none twice', async () => {
    const [ana, ben, conversation] = await pair()
    const held: Frame[] = []
    ben.wires.in = (frame) => {
      if (frame.t !== 'message') return frame
      held.push(frame)
      return null
    }
    for (const text of ['one', 'two', 'three', 'four']) await ana.say(conversation, text)
    await ana.thread(conversation, (it) => it.length === 4 && it.every((m) => m.sequence !== null))
    for (const i of [3, 1, 0, 2, 1, 3]) if (held[i]) ben.hear(held[i])
    await ben.thread(conversation, (it) => it.length === 4)
    expect(await ben.texts(conversation)).toEqual(['one', 'two', 'three', 'four'])
  })

  test('what is here can be read offline, whatever has not been asked again since the connection', async () => {
    const [ana, ben, conversation] = await pair()
    await ana.say(conversation, 'one')
    await ben.thread(conversation, (it) => it.length === 1)
    await ben.setUp(false)
    await ben.setUp(true)
    await ben.state((it) => it.connection === 'open')
    const left = ben.kill()
    const again = await sit(world, await signIn(world, organisation.org, ben.session.person), { store: left, start: false })
    desks.splice(desks.indexOf(ben), 1, again)
    again.wires.up = false
    await again.engine.start()
    await again.state((it) => it.status === 'ready' && it.connection === 'offline')
    expect(await again.texts(conversation)).toEqual(['one'])
    expect((await again.engine.conversations())[0]).toMatchObject({
      conversation,
      unread: 1,
      newest: { content: { is: 'text', text: 'one' } },
    })
  })

  test('what came while offline comes on return, and a long thread by pages', async () => {
    const [ana, ben, conversation] = await pair()
    await ben.setUp(false)
    for (let i = 1; i <= 70; i++) await ana.say(conversation, `line ${i}`)
    await ana.state((it) => it.waiting === 0)
    const fresh = await sit(world, await signIn(world, organisation.org, ben.session.person))
    desks.push(fresh)
    await fresh.state((it) => it.status === 'needs-recovery-key')
    await fresh.engine.enrol((ben as Awaited<ReturnType<typeof person>>).recoveryKey)
    const newest = await fresh.until(async () => {
      const page = await fresh.engine.messages(conversation)
      return page.ok && page.value.messages.length === 50 && page.value
    })
    expect(newest.messages.map((it) => it.sequence)).toEqual(Array.from({ length: 50 }, (_, i) => i + 21))
    const above = await fresh.engine.messages(conversation, newest.before!)
    expect(above.ok && above.value.messages.map((it) => (it.content.is === 'text' ? it.content.text : it.content.is))).toEqual(
      Array.from({ length: 20 }, (_, i) => `line ${i + 1}`),
    )
    expect(above.ok && above.value.before).toBe(null)
    await ben.setUp(true)
    const page = await ben.thread(conversation, (it) => it.at(-1)?.sequence === 70)
    expect(page.map((it) => it.sequence)).toEqual(Array.from({ length: 50 }, (_, i) => i + 21))
    expect((await fresh.engine.state()).alarms).toEqual([])
  })
})

describe('receipts', () => {
  test('do not count as delivered what a member cannot open', async () => {
    const [ana, ben, conversation] = await pair()
    await ana.say(conversation, 'one')
    await ben.thread(conversation, (it) => it.length === 1)
    await world.owner.query("update conversation set epoch_used_at = epoch_used_at - interval '25 hours' where id = $1", [conversation])
    // Nobody repairs the seal that is missing.
    ana.wires.in = (frame) => (frame.t === 'seal' ? null : frame)
    ben.wires.answer = (path, value) => {
      if (!path.endsWith('/epochs')) return value
      const answer = value as { epochs: { n: number; seal: string | null }[] }
      return { ...answer, epochs: answer.epochs.map((it) => (it.n === 2 ? { ...it, seal: null } : it)) }
    }
    await ana.say(conversation, 'two')
    const [, two] = await ben.thread(conversation, (it) => it.length === 2)
    expect(two!.content).toEqual({ is: 'waiting', epoch: 2 })
    expect((await ben.conversation(conversation)).epoch).toEqual({ n: 2, is: 'waiting' })
    // Whatever is told from here on tells of the first one only, also when both are on the screen.
    await ben.engine.markShown(conversation, 2)
    await ben.until(async () => ben.sent.some((it) => it.t === 'receipt' && it['shown'] === 1))
    expect(ben.sent.findLast((it) => it.t === 'receipt')).toMatchObject({ delivered: 1, shown: 1 })
    await ana.until(async () => {
      await world.settle()
      const page = await ana.engine.messages(conversation)
      return page.ok && page.value.messages[0]?.sending?.is === 'sent' && page.value.messages[0].sending.shown === 1
    }, 'the receipt')
    const page = await ana.engine.messages(conversation)
    expect(page.ok && page.value.messages[1]!.sending).toEqual({ is: 'sent', delivered: 0, shown: 0, of: 1 })

    // The seal comes: it is read, and counts.
    ben.wires.answer = (_path, value) => value
    ben.hear({ t: 'seal', conversation, n: 2, person: ben.session.person, missing: false })
    await ben.thread(conversation, (it) => it[1]?.content.is === 'text')
    await ana.until(async () => {
      await world.settle()
      const now = await ana.engine.messages(conversation)
      return now.ok && now.value.messages[1]?.sending?.is === 'sent' && now.value.messages[1].sending.delivered === 1
    }, 'the second receipt')
  })

  test('tell the sender how many have it and how many have seen it, and never more than once a second', async () => {
    const [ana, ben, conversation] = await pair()
    await ana.say(conversation, 'one')
    await ben.thread(conversation, (it) => it.length === 1)
    for (let i = 2; i <= 6; i++) await ana.say(conversation, `line ${i}`)
    await ben.thread(conversation, (it) => it.length === 6)
    await ben.engine.markShown(conversation, 3)
    expect(await ben.conversation(conversation, (it) => it.unread === 3)).toMatchObject({ shown: 3 })
    await ana.until(async () => {
      await world.settle()
      const page = await ana.engine.messages(conversation)
      const states = page.ok ? page.value.messages.map((it) => it.sending) : []
      return (
        states.length === 6 &&
        states.every((it, i) => it?.is === 'sent' && it.of === 1 && it.delivered === 1 && it.shown === (i < 3 ? 1 : 0))
      )
    }, 'the receipts')
    const told = ben.sent.filter((it) => it.t === 'receipt')
    expect(told.length).toBeLessThanOrEqual(4)
  })
})

test('a session that is no device of anybody hears and sees nothing', async () => {
  const [ana, ben, conversation] = await pair()
  const wire = await connect(world, await signIn(world, organisation.org, ben.session.person))
  await ana.say(conversation, 'for devices only')
  await ben.thread(conversation, (it) => it.length === 1)
  expect(wire.frames.filter((it) => it.t === 'message')).toEqual([])
  wire.close()
})
