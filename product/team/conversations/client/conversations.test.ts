import { employ, foundOrganisation, settle, signIn, sit, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import {
  after,
  combineShares,
  decodeMemberSeals,
  decodeRecipientSeals,
  encodeMemberSeals,
  encodeRecipientSeals,
  encodeStatement,
  fromBase64url,
  newUuid,
  openEpoch,
  openEpochAsRecipient,
  openMessage,
  parseEnvelope,
  removal,
  signStatement,
  toBase64url,
} from '@wardline/crypto'
import type { Own } from '@wardline/product/team/devices/client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { epochsAfter } from '../contract.ts'
import type { KnownEpoch } from './epochs.ts'

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
const two = () => Promise.all([person(), person()])
const three = () => Promise.all([person(), person(), person()])
const id = (desk: Desk) => desk.session.person

async function group(desks: readonly Desk[], history: 'from-join' | 'all' = 'from-join'): Promise<string> {
  const [founder, ...others] = desks
  const conversation = newUuid()
  const made = await founder!.engine.createConversation({ conversation, kind: 'group', people: others.map(id), history })
  expect(made).toEqual({ ok: true, value: { conversation } })
  for (const it of others) await it.conversation(conversation)
  return conversation
}
const age = (conversation: string) =>
  world.owner.query("update conversation set epoch_used_at = epoch_used_at - interval '25 hours' where id = $1", [conversation])
const all =
  (...texts: readonly string[]) =>
  (messages: readonly unknown[]) =>
    messages.length === texts.length
async function reads(desk: Desk, conversation: string, ...texts: readonly string[]): Promise<void> {
  await desk.thread(conversation, all(...texts))
  expect(await desk.texts(conversation)).toEqual(texts)
}
const alarms = async (desk: Desk) =>
  (await desk.engine.state()).alarms.map(({ kind, person, by, epoch, code }) => ({ kind, person, by, epoch, code }))
const epochs = async (desk: Desk, conversation: string) =>
  (await desk.store.list(['epoch', conversation])).map((it) => it.value as KnownEpoch)

type Upload = { statement: string; members: string; recipients: string }
/** Changes the epochs that a device makes on their way to the server. */
const cheat = (desk: Desk, change: (upload: Upload) => Upload) => {
  desk.wires.ask = (path, body) => {
    if (path === '/api/v1/conversations') return { ...(body as object), epoch: change((body as { epoch: Upload }).epoch) }
    return (body as Partial<Upload>).statement === undefined ? body : change(body as Upload)
  }
  desk.wires.out = (frame) => (frame['epoch'] ? { ...frame, epoch: change(frame['epoch'] as Upload) } : frame)
}
const wrongArchiveSeal = (upload: Upload): Upload => {
  const [seal, ...rest] = decodeRecipientSeals(fromBase64url(upload.recipients))
  const wrong = crypto.getRandomValues(new Uint8Array(seal!.seal.length))
  return { ...upload, recipients: toBase64url(encodeRecipientSeals([{ ...seal!, seal: wrong }, ...rest])) }
}
const wrongSealFor =
  (whom: string) =>
  (upload: Upload): Upload => {
    const seals = decodeMemberSeals(fromBase64url(upload.members))
    const spoilt = seals.map((it) => (it.person === whom ? { ...it, seal: crypto.getRandomValues(new Uint8Array(it.seal.length)) } : it))
    return { ...upload, members: toBase64url(encodeMemberSeals(spoilt)) }
  }

describe('members', () => {
  test('a removed member is cut off at once, and their keys open nothing newer', async () => {
    const [ana, ben, cleo] = await three()
    const conversation = await group([ana, ben, cleo])
    await ana.say(conversation, 'all three')
    await reads(cleo, conversation, 'all three')
    expect(await ben.engine.removePerson(conversation, id(cleo))).toEqual({ ok: false, code: 'may-not' })
    expect(await ana.engine.removePerson(conversation, id(cleo))).toEqual({ ok: true, value: null })
    await cleo.conversation(conversation, (it) => !it.member)
    await ben.conversation(conversation, (it) => it.epoch.n === 2)
    await ben.say(conversation, 'only two')
    await reads(ana, conversation, 'all three', 'only two')
    expect(await cleo.texts(conversation)).toEqual(['all three'])
    expect(
      await cleo.engine.send(conversation, {
        id: newUuid(),
        body: { kind: 'text', text: 'x' },
        flags: (await ana.say(conversation, 'y')).flags,
      }),
    ).toEqual({
      ok: false,
      code: 'not-found',
    })

    // Whatever the server gave her of the new epoch, her keys would not open it.
    const { keys } = (await cleo.store.get(['device'])) as Own
    const kept = (desk: Desk) => desk.until(async () => (await epochs(desk, conversation))[1], 'the second epoch')
    const second = await kept(ana)
    expect(second.statement.body.roster.map((it) => it.person).toSorted()).toEqual([id(ana), id(ben)].toSorted())
    const { authorKey, statement } = second
    const { rows } = await world.owner.query('select person from member_seal where conversation = $1 and n = 2', [conversation])
    expect(rows.map((it) => it.person as string).toSorted()).toEqual([id(ana), id(ben)].toSorted())
    for (const desk of [ana, ben]) {
      const seal = (await kept(desk)).seal!
      for (const box of keys.boxes) await expect(openEpoch({ epoch: statement, authorKey, box, seal })).rejects.toThrow('bad-seal')
    }
    for (const it of [ana, ben, cleo]) expect(await alarms(it)).toEqual([])
  })

  test('who is added later reads from then on, and what was before only if the rule says so', async () => {
    const [ana, ben, cleo] = await three()
    for (const history of ['from-join', 'all'] as const) {
      const conversation = await group([ana, ben], history)
      await ana.say(conversation, 'before')
      await reads(ben, conversation, 'before')
      expect(await ben.engine.addPeople(conversation, [id(cleo)], true)).toEqual({ ok: true, value: null })
      await cleo.conversation(conversation)
      await ben.say(conversation, 'after')
      await reads(ana, conversation, 'before', 'after')
      await reads(cleo, conversation, ...(history === 'all' ? ['before', 'after'] : ['after']))
      await cleo.say(conversation, 'thank you')
      await reads(ana, conversation, 'before', 'after', 'thank you')
    }
    for (const it of [ana, ben, cleo]) expect(await alarms(it)).toEqual([])
  })

  test('who left may be added again; what was said meanwhile stays closed to them', async () => {
    const [ana, ben, cleo] = await three()
    const conversation = await group([ana, ben, cleo])
    await cleo.say(conversation, 'one')
    await reads(ana, conversation, 'one')
    expect(await cleo.engine.removePerson(conversation, id(cleo))).toEqual({ ok: true, value: null })
    await cleo.conversation(conversation, (it) => !it.member)
    await ben.say(conversation, 'two, without her')
    await reads(ana, conversation, 'one', 'two, without her')
    expect(await ana.engine.addPeople(conversation, [id(cleo)], false)).toEqual({ ok: true, value: null })
    await cleo.conversation(conversation, (it) => it.member)
    await ben.say(conversation, 'three')
    await reads(cleo, conversation, 'one', 'three')
    await cleo.say(conversation, 'four')
    await reads(ana, conversation, 'one', 'two, without her', 'three', 'four')
    for (const it of [ana, ben, cleo]) expect(await alarms(it)).toEqual([])
  })

  test('somebody without a device cannot be written to yet, and nothing is left behind', async () => {
    const ana = await person()
    const nobody = await employ(world, organisation)
    const conversation = newUuid()
    expect(await ana.engine.createConversation({ conversation, kind: 'direct', people: [nobody.person] })).toEqual({
      ok: false,
      code: 'no-keys',
    })
    expect(await ana.engine.conversations()).toEqual([])
  })

  test('a second direct conversation of two is the first one, messages and all', async () => {
    const [ana, ben] = await two()
    const first = newUuid()
    await ana.engine.createConversation({ conversation: first, kind: 'direct', people: [id(ben)] })
    await ben.conversation(first)
    const message = {
      id: newUuid(),
      body: { kind: 'text', text: 'me too' },
      flags: { priority: 'routine', ask: 'fyi', due: 0, expiry: 0, mentions: [] },
    } as const
    const made = await ben.engine.createConversation({ conversation: newUuid(), kind: 'direct', people: [id(ana)], first: message })
    expect(made).toEqual({ ok: true, value: { conversation: first } })
    await reads(ana, first, 'me too')
  })

  test('a conversation whose answer got lost is the same conversation afterwards', async () => {
    const [ana, ben] = await two()
    const conversation = newUuid()
    ana.wires.answer = (path, value) => {
      if (path !== '/api/v1/conversations' || !(value as { created?: boolean }).created) return value
      throw new Error('lost')
    }
    await ana.engine.createConversation({ conversation, kind: 'direct', people: [id(ben)] }).catch(() => undefined)
    const again = await sit(world, await signIn(world, organisation.org, id(ana)), { store: ana.kill() })
    desks.push(again)
    await again.conversation(conversation)
    expect(await again.engine.createConversation({ conversation, kind: 'direct', people: [id(ben)] })).toMatchObject({ ok: true })
    await again.say(conversation, 'hello')
    await reads(ben, conversation, 'hello')
  })
})

describe('seals', () => {
  test('an author who cheats on the archive’s seal is named to everybody, and the archive can read all the same', async () => {
    const [ana, ben, cleo] = await three()
    cheat(ana, wrongArchiveSeal)
    const conversation = await group([ana, ben, cleo])
    // A STAT waits for no dispute.
    await ben.say(conversation, 'who reads this?', { priority: 'stat' })
    await cleo.thread(conversation, all('1'))
    for (const it of [ana, ben, cleo]) {
      await it.conversation(conversation, (c) => c.disputes.some((d) => d.author === id(ana) && d.epoch === 1 && d.reporter === id(ben)))
      await it.state((state) => state.alarms.some((a) => a.kind === 'seals' && a.person === id(ana) && a.by === id(ben)))
    }
    await ben.until(async () => {
      const { rows } = await world.owner.query("select actor from fact where kind = 'team.epoch.disputed' and key like '%' || $1", [
        conversation,
      ])
      return (
        rows.length === 2 &&
        rows
          .map((it) => it.actor as string)
          .toSorted()
          .join() === [id(ben), id(cleo)].toSorted().join()
      )
    }, 'both honest members in the log')

    // What the officers open offline: the candidate sets, tried until one meets the commitment.
    const [epoch] = await epochs(cleo, conversation)
    const { archive, archivePolicy } = organisation
    const box = await combineShares(
      archive.shares.slice(0, 2).map((it) => it.text),
      archivePolicy.body,
    )
    const candidates = (await candidatesOf(cleo, conversation)).flatMap((it) => decodeRecipientSeals(it))
    const root = await openEpochAsRecipient({ epoch: epoch!.statement, authorKey: epoch!.authorKey, box, candidates })
    const [message] = (await cleo.store.list(['message', conversation])).map((it) => it.value as { envelope: Uint8Array; device: string })
    const opened = await openMessage(root, parseEnvelope(message!.envelope), new Uint8Array(32))
    expect(new TextDecoder().decode(opened.body)).toContain('who reads this?')
  })

  test('an honest author accused by the server or a member stays honest for all who look', async () => {
    const [ana, ben, cleo] = await three()
    const conversation = await group([ana, ben, cleo])
    await cleo.say(conversation, 'one')
    await reads(ben, conversation, 'one')
    // Who has looked before, and who looks now.
    cleo.hear({ t: 'dispute', conversation, n: 1, author: id(ana), reporter: id(ben) })
    await cleo.state((state) => state.alarms.some((a) => a.code === 'false-report' && a.person === id(ben)))
    const second = await group([ana, ben, cleo])
    ben.hear({ t: 'dispute', conversation: second, n: 1, author: id(ana), reporter: id(cleo) })
    await ben.state((state) => state.alarms.some((a) => a.code === 'false-report' && a.person === id(cleo)))
  })

  test('a member whose seal is wrong asks, another one repairs it, and nothing stays unread', async () => {
    const [ana, ben, cleo] = await three()
    cheat(ana, wrongSealFor(id(cleo)))
    const conversation = newUuid()
    await ana.setUp(false)
    await ana.setUp(true)
    await ana.state((it) => it.connection === 'open')
    await ana.engine.createConversation({ conversation, kind: 'group', people: [id(ben), id(cleo)] })
    await ana.say(conversation, 'can you read this?')
    await ben.thread(conversation, all('1'))
    await cleo.thread(conversation, (it) => it[0]?.content.is === 'text')
    expect(await cleo.conversation(conversation)).toMatchObject({ epoch: { n: 1, is: 'open' } })
    const { rows } = await world.owner.query('select repaired_by from member_seal where conversation = $1 and person = $2', [
      conversation,
      id(cleo),
    ])
    expect([id(ana), id(ben)]).toContain(rows[0]!.repaired_by)
  })
})

describe('epochs', () => {
  test('thirty of them while offline are read on return', async () => {
    const [ana, ben] = await two()
    const conversation = await group([ana, ben])
    await ana.say(conversation, 'line 0')
    await ben.thread(conversation, all('0'))
    await ben.setUp(false)
    const lines = ['line 0']
    for (let i = 1; i <= 30; i++) {
      await age(conversation)
      await ana.say(conversation, `line ${i}`)
      lines.push(`line ${i}`)
      await ana.thread(conversation, (it) => it.at(-1)?.sequence === i + 1)
    }
    await ben.setUp(true)
    await reads(ben, conversation, ...lines)
    expect((await epochs(ben, conversation)).map((it) => it.n)).toEqual(Array.from({ length: 31 }, (_, i) => i + 1))
    await ben.say(conversation, 'back again')
    await reads(ana, conversation, ...lines, 'back again')
    expect(await alarms(ben)).toEqual([])
  })

  test('one that does not follow by the conversation’s own rule is an alarm, and nothing is sealed under it', async () => {
    const [ana, ben, cleo] = await three()
    const conversation = await group([ana, ben, cleo])
    await ana.say(conversation, 'one')
    await reads(ben, conversation, 'one')
    // The server hides why somebody is gone: then nobody with the right has removed them.
    ben.wires.answer = (path, value) => (path.endsWith('/epochs') ? { ...(value as object), removals: [] } : value)
    await ana.engine.removePerson(conversation, id(cleo))
    const seen = await ben.conversation(conversation, (it) => it.epoch.is === 'alarm')
    expect(seen.epoch.n).toBe(2)
    expect(await alarms(ben)).toEqual([{ kind: 'epoch', person: id(ana), by: null, epoch: 2, code: 'removal-missing' }])
    const mine = await ben.say(conversation, 'to whom?')
    await ben.thread(conversation, (it) => it.some((m) => m.id === mine.id && m.sending?.is === 'not-sent' && m.sending.code === 'alarm'))
    // Shown the reason, it goes on.
    ben.wires.answer = (_path, value) => value
    await ben.engine.retry(mine.id)
    await reads(ana, conversation, 'one', 'to whom?')
  })

  test('a removal by somebody who may not is an alarm, and removes nobody', async () => {
    const [ana, ben, cleo] = await three()
    const conversation = await group([ana, ben, cleo])
    await ana.say(conversation, 'one')
    await reads(cleo, conversation, 'one')
    const by = (await ben.store.get(['device'])) as Own
    const forged = await signStatement(
      removal,
      {
        ...after(null, organisation.org, world.server.clock.ms()),
        person: id(ana),
        conversation,
        epoch: 1,
        removed: true,
        exclude: false,
        author: { person: id(ben), device: by.device.device },
      },
      by.device.signing,
    )
    cleo.wires.answer = (path, value) =>
      path.endsWith('/epochs')
        ? { ...(value as object), removals: [{ statement: toBase64url(encodeStatement(forged)), at: world.server.clock.ms() }] }
        : value
    await age(conversation)
    await ana.say(conversation, 'two')
    await reads(cleo, conversation, 'one', 'two')
    expect(await alarms(cleo)).toEqual([{ kind: 'epoch', person: id(ben), by: null, epoch: 1, code: 'removal' }])
    await age(conversation)
    await cleo.say(conversation, 'three')
    await reads(ana, conversation, 'one', 'two', 'three')
  })

  test('an epoch of another conversation is not taken for one of this', async () => {
    const [ana, ben] = await two()
    const [here, there] = [await group([ana, ben]), await group([ana, ben])]
    for (const conversation of [here, there]) {
      await ana.say(conversation, 'one')
      await reads(ben, conversation, 'one')
    }
    await age(there)
    await ana.say(there, 'two')
    await reads(ben, there, 'one', 'two')
    // Others may have it before its author has kept it.
    const second = await ana.until(async () => (await epochs(ana, there))[1], 'her own epoch')
    ben.wires.answer = (path, value) => {
      const answer = value as { epochs: { n: number; statement: string; hash: string }[] }
      if (!path.endsWith('/epochs')) return value
      const other = { statement: toBase64url(encodeStatement(second.statement)), hash: toBase64url(second.statement.hash) }
      return { ...answer, epochs: answer.epochs.map((it) => (it.n === 2 ? { ...it, ...other } : it)) }
    }
    await age(here)
    await ana.say(here, 'two')
    await ben.state((it) => it.alarms.some((a) => a.kind === 'epoch' && a.code === 'another-conversation' && a.conversation === here))
    expect((await ben.conversation(here)).epoch.is).toBe('alarm')
  })

  test('one whose signature is not its author’s is an alarm', async () => {
    const [ana, ben] = await two()
    const conversation = await group([ana, ben])
    await ana.say(conversation, 'one')
    await reads(ben, conversation, 'one')
    ben.wires.answer = (path, value) => {
      if (!path.endsWith('/epochs')) return value
      const answer = structuredClone(value) as { epochs: { statement: string; hash: string }[] }
      for (const it of answer.epochs) {
        const bytes = Buffer.from(it.statement, 'base64url')
        bytes[bytes.length - 1]! ^= 1
        it.statement = bytes.toString('base64url')
      }
      return answer
    }
    await age(conversation)
    await ana.say(conversation, 'two')
    await ben.state((it) => it.alarms.some((a) => a.kind === 'epoch' && a.code === 'bad-signature' && a.person === id(ana)))
    expect((await ben.conversation(conversation)).epoch.is).toBe('alarm')
  })
})

/** Every candidate set of epoch 1 as the server gives it. */
async function candidatesOf(desk: Desk, conversation: string): Promise<Uint8Array[]> {
  const answer = await desk.session.call(epochsAfter, { params: { conversation }, body: { after: '0' } })
  if (!answer.ok) throw new Error(answer.code)
  return answer.value.epochs[0]!.candidates.map((it) => fromBase64url(it.recipients))
}
