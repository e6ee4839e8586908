import { mkdtemp, rm } from 'node:fs/promises'
import { connect as dial, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  addDevice,
  begin,
  connect,
  foundOrganisation,
  hire,
  must,
  nextEpoch,
  openThread,
  rekey,
  seal,
  staffFeatures,
  storedOf,
  upload,
  wire,
} from '@wardline/dev/staff'
import type { Colleague, Organisation, Place, Thread } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { after, changePerson, newUuid, removal, revocation, signStatement, toBase64url, ZERO_HASH } from '@wardline/crypto'
import { openConnection, startServer } from '@wardline/platform/server'
import { openLog } from '@wardline/platform/server'
import type { Caller } from '@wardline/platform/server'
import { addEpoch, removePerson } from '@wardline/product/team/conversations/contract'
import { revokeDevice } from '@wardline/product/team/devices/contract'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { sendMessage } from '../contract.ts'
import { send } from './send.ts'
import type { Answer } from './send.ts'
import { writerSize } from './writer.ts'

// Each guard of the writer has a test here, or beside the rules, that fails without it: README.md lists them.

let world: World
let organisation: Organisation

beforeAll(async () => {
  world = await openWorld({ features: staffFeatures })
  organisation = await foundOrganisation(world)
})
afterAll(() => world.close())

const staff = (n: number) => Promise.all(Array.from({ length: n }, () => hire(world, organisation)))
const now = () => world.server.clock.ms()
const post = (thread: Thread, envelope: string) =>
  thread.me.call(sendMessage, { params: { conversation: thread.conversation }, body: { envelope } })
const ask = (thread: Thread, id: string, envelope: string) => ({ t: 'send', id, conversation: thread.conversation, envelope })
let looking: Promise<unknown> = Promise.resolve()
/** Looks at the tables one question at a time: the owner has one connection. */
const look = <T>(question: () => Promise<T>): Promise<T> => {
  const next = looking.then(question)
  looking = next.catch(() => undefined)
  return next
}
const stored = async (conversation: string) =>
  (
    await look(() =>
      world.owner.query<{ sequence: number; device: string; person: string; msg_id: string; hash: Buffer }>(
        'select sequence::int, device, person, msg_id, hash from message where conversation = $1 order by sequence',
        [conversation],
      ),
    )
  ).rows

/** Asks again and again, without sleeping, until it is so. */
async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const start = performance.now()
  while (performance.now() - start < 10_000) if (await condition()) return
  throw new Error(`never came: ${what}`)
}

const waiters = async () =>
  (
    await look(() =>
      world.owner.query<{ n: number }>(
        "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and application_name like 'wardline app%'",
      ),
    )
  ).rows[0]!.n

const removalBy = async (author: Colleague, person: string, thread: Thread) =>
  wire(
    await signStatement(
      removal,
      {
        ...after(null, author.org, now()),
        person,
        conversation: thread.conversation,
        epoch: thread.epoch.body.version,
        removed: true,
        exclude: false,
        author: { person: author.person, device: author.device.device },
      },
      author.device.signing,
    ),
  )

describe('statement 1', () => {
  test('locks conversations in the order of their ids: while the lowest is held, the highest is free', async () => {
    const own = await openConnection(world.databaseUrl, 'test')
    // Rows come in the order in which they were stored, and the higher id was stored first, so only the statement's own order helps.
    await own.query(`do $$ begin execute format('alter database %I set enable_indexscan = off', current_database());
      execute format('alter database %I set enable_bitmapscan = off', current_database()); end $$`)
    const place = await another(world.databaseUrl)
    try {
      const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
      const [low, high] = [newUuid(), newUuid()].toSorted() as [string, string]
      const second = await begin(ana, [ben, cleo], { conversation: high })
      const first = await begin(ana, [ben], { conversation: low, kind: 'group' })
      const live = await connect(place, ana)
      await own.query('begin')
      await own.query('select 1 from conversation where id = $1 for update', [low])
      // Both in one frame's worth of time, the higher id first: one batch.
      const frames = [ask(second, 'h', (await seal(second, 'high')).text), ask(first, 'l', (await seal(first, 'low')).text)]
      for (const frame of frames) live.send(frame)
      await until('the writer waits', async () => (await waiters()) > 0)
      const free = await world.owner.query('select id from conversation where id = $1 for update skip locked', [high])
      expect(free.rowCount).toBe(1)
      await own.query('rollback')
      await live.until((it) => it.id === 'l')
      expect((await live.until((it) => it.id === 'h')).t).toBe('ack')
      live.close()
    } finally {
      await place.server.stop()
      await own.query(`do $$ begin execute format('alter database %I reset all', current_database()); end $$`)
      await own.end()
    }
  })
})

describe('statement 2 sees what was committed while statement 1 waited', () => {
  const cases: [string, (own: Awaited<ReturnType<typeof openConnection>>, ana: Colleague, thread: Thread) => Promise<unknown>, string][] = [
    [
      'a removal',
      (own, ana, thread) =>
        own.query('update conversation_member set removed_at = wl_now() where conversation = $1 and person = $2', [
          thread.conversation,
          ana.person,
        ]),
      'not-found',
    ],
    [
      'the end of the person’s access',
      (own, ana) => own.query('update person set active = false, deactivated_at = wl_now() where person = $1', [ana.person]),
      'not-found',
    ],
    [
      'a revoked device',
      (own, ana) => own.query('update device set revoked_at = wl_now() where device = $1', [ana.device.device]),
      'revoked',
    ],
    [
      'a new epoch',
      (own, _ana, thread) =>
        own.query("update conversation set epoch = 2, epoch_hash = decode(repeat('ab', 32), 'hex') where id = $1", [thread.conversation]),
      'stale-epoch',
    ],
    [
      'a demand for one',
      (own, _ana, thread) => own.query("update conversation set rekey = 'removal' where id = $1", [thread.conversation]),
      'rekey-first',
    ],
    [
      'a message of the same device',
      (own, ana, thread) =>
        own.query("insert into sender_head (org, conversation, device, hash) values ($1, $2, $3, decode(repeat('cd', 32), 'hex'))", [
          ana.org,
          thread.conversation,
          ana.device.device,
        ]),
      'chain',
    ],
  ]
  test.each(cases)('%s', async (_, change, code) => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const own = await openConnection(world.databaseUrl, 'test')
    await own.query('begin')
    await own.query('select 1 from conversation where id = $1 for update', [thread.conversation])
    const answer = post(thread, (await seal(thread, 'one')).text)
    await until('the writer waits', async () => (await waiters()) > 0)
    await change(own, ana, thread)
    await own.query('commit')
    expect(await answer).toMatchObject({ ok: false, code })
    expect(await stored(thread.conversation)).toEqual([])
    await own.end()
  })
})

describe('sent, removed, revoked and re-keyed have one order', () => {
  // A send is held in the middle of its transaction; whatever takes the conversation's row lock has to wait for its commit.
  const gate = 918_273
  let own: Awaited<ReturnType<typeof openConnection>>
  beforeAll(async () => {
    own = await openConnection(world.databaseUrl, 'gate')
    await own.query(
      `create function test_gate() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(${gate}); return new; end $$`,
    )
  })
  afterEach(async () => {
    await own.query('select pg_advisory_unlock_all()')
    await own.query('drop trigger if exists test_gate on message')
  })
  afterAll(() => own.end())

  const acts: [string, (ana: Colleague, ben: Colleague, thread: Thread) => Promise<() => Promise<{ ok: boolean }>>][] = [
    [
      'a removal',
      async (ana, ben, thread) => {
        const body = { removal: await removalBy(ana, ben.person, thread) }
        return () => ana.call(removePerson, { body })
      },
    ],
    [
      'a new epoch',
      async (ana, _ben, thread) => {
        const body = upload(await nextEpoch(thread))
        return () => ana.call(addEpoch, { params: { conversation: thread.conversation }, body })
      },
    ],
    [
      'a revocation of the sending device',
      async (_ana, ben) => {
        const other = await addDevice(world, ben)
        const statement = await signStatement(
          revocation,
          {
            ...after(null, ben.org, now()),
            person: ben.person,
            device: ben.device.device,
            last: [],
            author: { person: ben.person, device: other.device.device },
          },
          other.device.signing,
        )
        const made = await changePerson(
          await storedOf(other),
          { by: 'factor', factor: ben.recovery },
          { time: now(), removeDevices: [ben.device.device] },
        )
        const body = {
          revocation: wire(statement),
          rekey: { deviceList: wire(made.deviceList), userKey: wire(made.userKey!), vault: wire(made.vault) },
        }
        return () => other.call(revokeDevice, { params: { device: ben.device.device }, body })
      },
    ],
  ]
  test.each(acts)('%s waits for the send that is under way', async (_, prepare) => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben], { kind: 'group' })
    const theirs = await openThread(ben, thread.conversation)
    const act = await prepare(ana, ben, thread)
    const sent = await seal(theirs, 'under way')
    await own.query(
      `create trigger test_gate before insert on message for each row when (new.conversation = '${thread.conversation}') execute function test_gate()`,
    )
    await own.query('select pg_advisory_lock($1)', [gate])
    const order: string[] = []
    const sending = post(theirs, sent.text).then((answer) => (order.push('sent'), answer))
    await until('the send is held', async () => (await waiters()) === 1)
    const acting = act().then((answer) => (order.push('acted'), answer))
    await until('the act waits', async () => order.length > 0 || (await waiters()) === 2)
    expect(order).toEqual([])
    await own.query('select pg_advisory_unlock($1)', [gate])
    expect(must((await sending) as never)).toMatchObject({ sequence: 1 })
    expect((await acting).ok).toBe(true)
    // And from here on nothing more of it is accepted.
    const late = await post(theirs, (await seal(theirs, 'late')).text)
    expect(late.ok).toBe(false)
    expect(await stored(thread.conversation)).toHaveLength(1)
  })
})

describe('the line', () => {
  test('has an end: beyond 20,000 that wait, a sender is told to come again, and nothing that was taken is lost', async () => {
    const gate = 918_274
    const own = await openConnection(world.databaseUrl, 'gate')
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    await own.query(
      `create function test_line() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(${gate}); return new; end $$`,
    )
    await own.query(
      `create trigger test_line before insert on message for each row when (new.conversation = '${thread.conversation}') execute function test_line()`,
    )
    await own.query('select pg_advisory_lock($1)', [gate])
    const caller: Caller = { ...ana, device: ana.device.device, roles: ['clinician'], provenAt: 0, proofMinutes: 5 }
    const { conversation } = thread
    const { text: envelope } = await seal(thread, 'one')
    const most = writerSize.mostWaiting / 2
    const total = most + writerSize.most + 1
    const answers: Answer[] = []
    const { promise: all, resolve: allAnswered } = Promise.withResolvers<void>()
    // Beside the windows, which are held back long before (platform/live).
    for (let i = 0; i < total; i += 1)
      send(world.server.services, caller, { conversation, envelope }, undefined, (answer) => {
        if (answers.push(answer) === total) allAnswered()
      })
    expect(answers.length).toBeGreaterThan(0)
    for (const answer of answers) expect(answer).toEqual({ ok: false, refused: { code: 'too-many' } })
    const refused = answers.length
    await own.query('select pg_advisory_unlock($1)', [gate])
    await all
    expect(answers.slice(refused).every((it) => it.ok && it.value.sequence === 1)).toBe(true)
    await own.query('drop trigger test_line on message; drop function test_line()')
    expect(await stored(thread.conversation)).toHaveLength(1)
    await own.end()
  }, 60_000)
})

describe('a batch that fails', () => {
  test('is retried command by command: only the one that fails alone gets its error', async () => {
    const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
    const threads = [await begin(ana, [ben]), await begin(ana, [cleo]), await begin(ana, [ben, cleo])]
    const poison = threads[1]!.conversation
    await world.owner.query(
      `create function test_poison() returns trigger language plpgsql as $$ begin raise exception 'poison' using errcode = '22021'; end $$`,
    )
    await world.owner.query(
      `create trigger test_poison before insert on message for each row when (new.conversation = '${poison}') execute function test_poison()`,
    )
    const live = await connect(world, ana)
    const sent = await Promise.all(threads.map((thread) => seal(thread, 'x')))
    for (const [i, thread] of threads.entries()) live.send(ask(thread, `${i}`, sent[i]!.text))
    const answers = await Promise.all(['0', '1', '2'].map((id) => live.until((it) => it.id === id)))
    expect(answers.map((it) => it.t)).toEqual(['ack', 'refused', 'ack'])
    expect(answers[1]).toMatchObject({ code: 'internal' })
    expect(await Promise.all(threads.map(async (it) => (await stored(it.conversation)).length))).toEqual([1, 0, 1])
    await world.owner.query('drop trigger test_poison on message; drop function test_poison()')
    // What was poison is not lost: the outbox sends it again.
    expect(await live.ask(ask(threads[1]!, 'again', (await seal(threads[1]!, 'y', { prev: ZERO_HASH })).text))).toMatchObject({
      t: 'ack',
      sequence: 1,
    })
    live.close()
  })
})

describe('an unknown COMMIT', () => {
  test.each([
    ['that was stored', 'after'],
    ['that was not', 'before'],
  ] as const)('%s: the sender is told its number, the members hear it, it stands there once', async (_, when) => {
    const proxy = await openProxy(world.databaseUrl)
    const place = await another(proxy.url)
    try {
      const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
      const thread = await begin(ana, [ben])
      const [mine, theirs] = [await connect(place, ana), await connect(place, ben)]
      expect(await mine.ask(ask(thread, '1', (await seal(thread, 'one')).text))).toMatchObject({ t: 'ack', sequence: 1 })
      const sent = await seal(thread, 'two')
      proxy.cutNextCommit(when)
      expect(await mine.ask(ask(thread, '2', sent.text))).toMatchObject({ t: 'ack', sequence: 2, hash: toBase64url(sent.hash) })
      expect(proxy.cuts).toBe(1)
      expect(await theirs.until((it) => it.t === 'message' && it['sequence'] === 2)).toMatchObject({ envelope: sent.text })
      expect((await stored(thread.conversation)).map((it) => it.sequence)).toEqual([1, 2])
      mine.close()
      theirs.close()
    } finally {
      await place.server.stop()
      await proxy.close()
    }
  })

  test('while the database is away the sender is told so, and sends the same bytes again later', async () => {
    const proxy = await openProxy(world.databaseUrl)
    const place = await another(proxy.url)
    try {
      const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
      const thread = await begin(ana, [ben])
      const live = await connect(place, ana)
      const sent = await seal(thread, 'one')
      proxy.refuse(true)
      expect(await live.ask(ask(thread, '1', sent.text))).toMatchObject({ t: 'refused', code: 'unavailable' })
      proxy.refuse(false)
      expect(await live.ask(ask(thread, '2', sent.text))).toMatchObject({ t: 'ack', sequence: 1 })
      live.close()
    } finally {
      await place.server.stop()
      await proxy.close()
    }
  })
})

describe('many senders', () => {
  test('with retries, duplicates, two nodes and removals in flight: no gap, nothing twice, nothing of a removed member after the removal', async () => {
    const place = await another(world.databaseUrl)
    const deadlocks = async () =>
      (await world.owner.query<{ n: number }>('select deadlocks::int as n from pg_stat_database where datname = current_database()'))
        .rows[0]!.n
    const before = await deadlocks()
    const people = await staff(6)
    const [chair] = people as [Colleague]
    const rooms = await Promise.all([0, 1, 2].map(() => begin(chair, people.slice(1), { kind: 'group' })))
    const acknowledged = new Map<string, { sequence: number; hash: string }>()
    const removedAt = new Map<string, number>()
    const removed = new Set<string>()

    const talk = async (me: Colleague, room: Thread, node: Place, rounds: number): Promise<void> => {
      const mine = me === chair ? room : await openThread(me, room.conversation)
      const live = await connect(node, me)
      for (let i = 0; i < rounds; i += 1) {
        const head = mine.head
        const sent = await seal(mine, `${i}`)
        const id = `${i} ${newUuid().slice(0, 8)}`
        // A lost reply: the same bytes leave twice, sometimes on both nodes.
        live.send(ask(mine, `${id} first`, sent.text))
        if (i % 3 === 0) live.send(ask(mine, `${id} twin`, sent.text))
        if (i % 4 === 0) await post(mine, sent.text)
        const answer = await live.until((it) => it.id === `${id} first`)
        if (answer.t === 'ack') {
          acknowledged.set(`${me.device.device} ${answer['hash'] as string}`, {
            sequence: answer['sequence'] as number,
            hash: answer['hash'] as string,
          })
          continue
        }
        mine.head = head
        if (answer.code === 'not-found') break
        expect(['rekey-first', 'stale-epoch']).toContain(answer.code)
        if (removed.has(`${me.person} ${room.conversation}`)) break
        // Somebody makes the epoch that the removal demands; whoever loses the race reads the winner's.
        const next = await openThread(me, room.conversation)
        Object.assign(mine, { epoch: next.epoch, roots: next.roots })
        if (answer.code === 'rekey-first') await rekey(mine).catch(() => undefined)
        const fresh = await openThread(me, room.conversation).catch(() => null)
        if (!fresh) break
        Object.assign(mine, { epoch: fresh.epoch, roots: fresh.roots })
      }
      live.close()
    }

    const talking = rooms.flatMap((room) => people.map((me, i) => talk(me, room, i % 2 === 0 ? world : place, 12)))
    const removing = rooms.map(async (room, i) => {
      await until('some were stored', async () => (await stored(room.conversation)).length > 10 + i)
      const gone = people[i + 1]!
      removed.add(`${gone.person} ${room.conversation}`)
      // The newest epoch may move while this is signed; then it is signed again.
      for (let tries = 0; tries < 20; tries += 1) {
        const current = await openThread(chair, room.conversation)
        const answer = await chair.call(removePerson, { body: { removal: await removalBy(chair, gone.person, current) } })
        if (answer.ok) break
      }
      removedAt.set(
        `${gone.person} ${room.conversation}`,
        Math.max(0, ...(await stored(room.conversation)).filter((it) => it.person === gone.person).map((it) => it.sequence)),
      )
    })
    await Promise.all([...talking, ...removing])

    for (const room of rooms) {
      const rows = await stored(room.conversation)
      expect(rows.map((it) => it.sequence)).toEqual(rows.map((_, i) => i + 1))
      expect(new Set(rows.map((it) => `${it.device} ${it.msg_id}`)).size).toBe(rows.length)
      for (const [key, last] of removedAt) {
        const [person, conversation] = key.split(' ')
        if (conversation !== room.conversation) continue
        expect(Math.max(0, ...rows.filter((it) => it.person === person).map((it) => it.sequence))).toBe(last)
      }
    }
    const all = new Set(
      (await Promise.all(rooms.map((it) => stored(it.conversation))))
        .flat()
        .map((it) => `${it.device} ${it.hash.toString('base64url')} ${it.sequence}`),
    )
    for (const [key, it] of acknowledged) expect(all.has(`${key} ${it.sequence}`)).toBe(true)
    expect(acknowledged.size).toBeGreaterThan(100)
    expect(removedAt.size).toBe(3)
    expect(await deadlocks()).toBe(before)
    await place.server.stop()
  }, 60_000)
})

/** Another node on the same database. */
async function another(url: string): Promise<Place> {
  const server = await startServer({
    features: staffFeatures,
    databaseUrl: url,
    keys: world.keys,
    log: openLog({ write: () => undefined }),
    port: 0,
    version: 'test',
    sweepMs: 3_600_000,
    beatMs: 3_600_000,
  })
  return { server, keys: world.keys }
}

/** Stands between a node and its database, and cuts the line at a chosen COMMIT: before it arrives, or before its answer does. */
async function openProxy(databaseUrl: string) {
  const target = new URL(databaseUrl)
  const folder = await mkdtemp(path.join(tmpdir(), 'wl-proxy-'))
  const behind = path.join(
    target.searchParams.get('host') ?? decodeURIComponent(target.hostname),
    `.s.PGSQL.${target.port || target.searchParams.get('port') || '5432'}`,
  )
  let cut: 'before' | 'after' | null = null
  let refusing = false
  let cuts = 0
  const open = new Set<{ destroy(): void }>()
  const server = createServer((client) => {
    const database = dial(behind)
    let silent = false
    const end = () => (client.destroy(), database.destroy())
    for (const it of [client, database]) {
      open.add(it)
      it.on('error', end).on('close', end)
    }
    if (refusing) return void end()
    client.on('data', (chunk: Buffer) => {
      if (cut !== null && chunk.includes('commit\0')) {
        cuts += 1
        if (cut === 'before') {
          cut = null
          return void end()
        }
        cut = null
        silent = true
      }
      database.write(chunk)
    })
    database.on('data', (chunk: Buffer) => (silent ? chunk.includes('COMMIT\0') && end() : client.write(chunk)))
  })
  await new Promise<void>((resolve) => server.listen(path.join(folder, '.s.PGSQL.5432'), resolve))
  const url = new URL(databaseUrl)
  url.searchParams.set('host', folder)
  url.searchParams.set('port', '5432')
  return {
    url: url.href,
    get cuts() {
      return cuts
    },
    /** The next transaction that writes messages is cut; reads and others go on. */
    cutNextCommit(when: 'before' | 'after') {
      cut = when
    },
    refuse(yes: boolean) {
      refusing = yes
      if (yes) for (const it of open) it.destroy()
    },
    async close() {
      for (const it of open) it.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
