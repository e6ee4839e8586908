import {
  addDevice,
  begin,
  connect,
  empower,
  factsFor,
  follow,
  foundOrganisation,
  hire,
  must,
  nextEpoch,
  openThread,
  rekey,
  seal,
  signInAgain,
  staffFeatures,
  storedOf,
  upload,
  wire,
} from '@wardline/dev/staff'
import type { Colleague, Organisation, Thread } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import {
  after,
  archivePolicy,
  authorEpoch,
  changePerson,
  checkRecipientSeals,
  decodeRecipientSeals,
  encodeMemberSeals,
  encodeRecipientSeals,
  encodeStatement,
  fromBase64url,
  newUuid,
  NIL_UUID,
  parseEpoch,
  publicKeysOf,
  removal,
  repairMemberSeal,
  revocation,
  sealHistory,
  signStatement,
  splitArchiveKey,
  toBase64url,
} from '@wardline/crypto'
import type { AuthoredEpoch, Removal } from '@wardline/crypto'
import { openConnection } from '@wardline/platform/server'
import { audit } from '@wardline/product/compliance/audit/server'
import { storeArchivePolicy } from '@wardline/product/access/policies/server'
import { revokeDevice } from '@wardline/product/team/devices/contract'
import { sendMessage } from '@wardline/product/team/messages/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  addEpoch,
  createConversation,
  disputeSeals,
  epochsAfter,
  myConversations,
  oneConversation,
  removePerson,
  repairSeal,
  reportSeal,
} from '../contract.ts'

let world: World
let organisation: Organisation

beforeAll(async () => {
  world = await openWorld({ features: staffFeatures })
  organisation = await foundOrganisation(world)
})
afterAll(() => world.close())

const staff = (n: number) => Promise.all(Array.from({ length: n }, () => hire(world, organisation)))
const now = () => world.server.clock.ms()
const facts = async (kind: string, key: string) =>
  (await world.owner.query<{ n: number }>('select count(*)::int as n from fact where kind = $1 and key = $2', [kind, key])).rows[0]!.n
const add = (thread: Thread, made: AuthoredEpoch, me: Colleague = thread.me) =>
  me.call(addEpoch, { params: { conversation: thread.conversation }, body: upload(made) })

/** A signed removal by `author` of `person` from a conversation's newest epoch, or from everywhere. */
async function removalOf(author: Colleague, person: string, thread: Thread | null, more: Partial<Removal> = {}) {
  return signStatement(
    removal,
    {
      ...after(null, author.org, now()),
      person,
      conversation: thread?.conversation ?? NIL_UUID,
      epoch: thread?.epoch.body.version ?? 0,
      removed: true,
      exclude: false,
      author: { person: author.person, device: author.device.device },
      ...more,
    },
    author.device.signing,
  )
}
const remove = async (author: Colleague, person: string, thread: Thread | null, more: Partial<Removal> = {}) =>
  author.call(removePerson, { body: { removal: wire(await removalOf(author, person, thread, more)) } })

describe('beginning', () => {
  test('a group begins with its first epoch; every member opens it with their own seal and sees no other’s', async () => {
    const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
    const thread = await begin(ana, [ben, cleo])
    for (const it of [ben, cleo]) {
      const theirs = await openThread(it, thread.conversation)
      expect(theirs.roots.get(1)!.hash).toEqual(thread.epoch.hash)
    }
    const { epochs } = must(await ben.call(epochsAfter, { params: { conversation: thread.conversation } }))
    const { rows } = await world.owner.query<{ n: number }>('select count(*)::int as n from member_seal where conversation = $1', [
      thread.conversation,
    ])
    expect([epochs.length, rows[0]!.n]).toEqual([1, 3])
    expect(epochs[0]!.candidates).toHaveLength(1)
    expect(await facts('team.epoch.accepted', `conversation|${thread.conversation}`)).toBe(1)
    const listed = must(await cleo.call(myConversations, {})).conversations.find((it) => it.conversation === thread.conversation)
    expect(listed).toMatchObject({ kind: 'group', lastSequence: 0, unread: 0, epoch: { n: 1 }, rekey: null, disputed: false })
  })

  test('the seals and statements lie in the database only under the outer wrap', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const { rows } = await world.owner.query<{ sealed: Buffer }>('select sealed from epoch where conversation = $1', [thread.conversation])
    expect(rows[0]!.sealed.includes(Buffer.from(thread.epoch.bytes.subarray(0, 64)))).toBe(false)
  })

  test('a direct conversation of two people is one: repeated, from the other side, and at the same moment', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const [one, two] = await Promise.all([begin(ana, [ben]), begin(ben, [ana])])
    const three = await begin(ana, [ben])
    expect(new Set([one, two, three].map((it) => it.conversation)).size).toBe(1)
    const { rows } = await world.owner.query<{ n: number }>(
      "select count(*)::int as n from conversation where kind = 'direct' and pair_a = any($1)",
      [[ana.person, ben.person]],
    )
    expect(rows[0]!.n).toBe(1)
  })

  test('the same bytes again change nothing; other bytes under a used id are refused', async () => {
    const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
    const thread = await begin(ana, [ben, cleo])
    await expect(begin(ana, [ben], { kind: 'group', conversation: thread.conversation })).rejects.toThrow('id-taken')
    await expect(begin(cleo, [ben], { kind: 'group', conversation: thread.conversation })).rejects.toThrow('id-taken')
  })

  test('a direct conversation has two people; a forged author, roster or set of seals is named', async () => {
    const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
    await expect(begin(ana, [ben, cleo], { kind: 'direct' })).rejects.toThrow('bad-epoch (direct)')
    await expect(rekey(await begin(ana, [ben], { kind: 'direct' }), { add: [cleo.person] })).rejects.toThrow('bad-epoch (direct)')
    const thread = await begin(ana, [ben, cleo], { history: 'all' })
    const made = await nextEpoch(thread)
    const body = upload(made)
    const call = (me: Colleague, it: typeof body) => me.call(addEpoch, { params: { conversation: thread.conversation }, body: it })
    expect(await call(ben, body)).toMatchObject({ code: 'bad-epoch', field: 'not-the-author' })
    expect(await call(ana, { ...body, members: toBase64url(encodeMemberSeals(made.members.slice(1))) })).toMatchObject({
      code: 'bad-epoch',
      field: 'member-seals',
    })
    expect(await call(ana, { ...body, recipients: toBase64url(encodeRecipientSeals([])) })).toMatchObject({
      code: 'bad-epoch',
      field: 'recipient-seals',
    })
    const stranger = await hire(world, organisation)
    expect(await call(ana, { ...body, history: [{ n: 1, person: stranger.person, seal: toBase64url(new Uint8Array(80)) }] })).toMatchObject(
      { code: 'bad-epoch', field: 'history-seals' },
    )
    expect(await call(ana, { ...body, statement: body.statement.slice(0, -8) + 'AAAAAAAA' })).toMatchObject({ code: 'bad-epoch' })
    const turned = fromBase64url(body.statement)
    turned[turned.length - 1] = turned[turned.length - 1]! ^ 1
    expect(await call(ana, { ...body, statement: toBase64url(turned) })).toMatchObject({ code: 'bad-epoch', field: 'bad-signature' })
    must(await call(ana, body))
  })
})

describe('the next epoch', () => {
  test('is compared and swapped on its number: of two at once one wins, the other is stale; the same bytes again are accepted', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const theirs = await openThread(ben, thread.conversation)
    const [a, b] = await Promise.all([nextEpoch(thread), nextEpoch(theirs)])
    const answers = await Promise.all([add(thread, a), add(theirs, b)])
    expect(answers.map((it) => (it.ok ? 'ok' : it.code)).toSorted()).toEqual(['ok', 'stale-epoch'])
    const winner = answers[0].ok ? ([thread, a] as const) : ([theirs, b] as const)
    must(await add(...winner))
    expect(must(await ana.call(oneConversation, { params: { conversation: thread.conversation } })).epoch.n).toBe(2)
  })

  test('adds a person with history where the rule gives it, and not where it does not', async () => {
    const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
    for (const history of ['all', 'from-join'] as const) {
      const thread = await begin(ana, [ben], { kind: 'group', history })
      const first = thread.epoch
      const made = await nextEpoch(thread, { add: [cleo.person] })
      const served = must(await ana.call(epochsAfter, { params: { conversation: thread.conversation } })).epochs[0]!
      const seals =
        history === 'all'
          ? await sealHistory({
              epoch: first,
              authorKey: ana.device.signing.publicKey,
              box: ana.keys.boxes[0]!,
              via: 'member',
              seal: fromBase64url(served.seal!),
              newcomer: (await factsFor(ana, [cleo.person])).people.get(cleo.person)!.userKey.body,
            })
          : new Uint8Array(80)
      const body = upload(made, [{ n: 1, person: cleo.person, seal: toBase64url(seals) }])
      const answer = await ana.call(addEpoch, { params: { conversation: thread.conversation }, body })
      if (history === 'from-join') {
        expect(answer).toMatchObject({ code: 'bad-epoch', field: 'history-seals' })
        must(await add(thread, made))
      } else must(answer)
      const theirs = await openThread(cleo, thread.conversation)
      expect([...theirs.roots.keys()]).toEqual(history === 'all' ? [1, 2] : [2])
    }
  })

  test('names only newest keys: after a member’s new user key an old plan is refused, and a fresh one passes', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const old = await nextEpoch(thread)
    const lost = await addDevice(world, ben)
    const statement = await signStatement(
      revocation,
      {
        ...after(null, ben.org, now()),
        person: ben.person,
        device: lost.device.device,
        last: [],
        author: { person: ben.person, device: ben.device.device },
      },
      ben.device.signing,
    )
    const changed = await changePerson(
      await storedOf(ben),
      { by: 'factor', factor: ben.recovery },
      { time: now(), removeDevices: [lost.device.device] },
    )
    must(
      await ben.call(revokeDevice, {
        params: { device: lost.device.device },
        body: {
          revocation: wire(statement),
          rekey: { deviceList: wire(changed.deviceList), userKey: wire(changed.userKey!), vault: wire(changed.vault) },
        },
      }),
    )
    expect(must(await ana.call(oneConversation, { params: { conversation: thread.conversation } })).rekey).toBe('user-key')
    expect(await add(thread, old)).toMatchObject({ code: 'bad-epoch', field: 'stale-user-key' })
    await rekey(thread)
    expect(must(await ana.call(oneConversation, { params: { conversation: thread.conversation } })).rekey).toBeNull()
  })

  test('a chain head that no device has sent here is refused', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const sent = await seal(thread, 'one')
    must(await ana.call(sendMessage, { params: { conversation: thread.conversation }, body: { envelope: sent.text } }))
    const invented = await nextEpoch(thread, { heads: [{ device: ana.device.device, envelope: new Uint8Array(32).fill(7) }] })
    expect(await add(thread, invented)).toMatchObject({ code: 'bad-epoch', field: 'unknown-head' })
    must(await add(thread, await nextEpoch(thread, { heads: [{ device: ana.device.device, envelope: sent.hash }] })))
  })

  test('the governance in the newest epoch decides: where nobody may add, a member cannot', async () => {
    const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
    const thread = await begin(ana, [ben], {
      kind: 'group',
      governance: { add: 'nobody', remove: 'members', change: 'nobody', moderators: [] },
    })
    const facts = await factsFor(ana, [ana.person, ben.person, cleo.person])
    // The planner refuses too; the epoch is bent by hand.
    const plan = await nextEpoch(thread)
    const entry = facts.people.get(cleo.person)!
    const { commitment: _, ...body } = plan.epoch.body
    const bent = await authorEpoch({
      body: {
        ...body,
        roster: [
          ...body.roster,
          { ...body.roster[0]!, person: cleo.person, keyId: body.roster[0]!.keyId, deviceList: entry.deviceList.hash },
        ],
      },
      publicKeys: publicKeysOf(facts),
      device: ana.device,
    })
    expect(await add(thread, bent)).toMatchObject({ code: 'bad-epoch' })
    const honest = await import('@wardline/crypto').then(({ keyIdOf }) =>
      authorEpoch({
        body: {
          ...body,
          roster: [
            ...body.roster,
            { person: cleo.person, keyId: keyIdOf(entry.userKey.body), deviceList: entry.deviceList.hash, mark: [] },
          ],
        },
        publicKeys: publicKeysOf(facts),
        device: ana.device,
      }),
    )
    expect(await add(thread, honest)).toMatchObject({ code: 'bad-epoch', field: 'may-not-add' })
  })

  test('is demanded when the archive’s policy changes, and refused under the old one', async () => {
    const own = await foundOrganisation(world)
    const [ana, ben] = [await hire(world, own), await hire(world, own)]
    const thread = await begin(ana, [ben])
    const old = await nextEpoch(thread)
    const archive = await splitArchiveKey(2, [newUuid(), newUuid()])
    const next = await signStatement(
      archivePolicy,
      {
        ...own.archivePolicy.body,
        ...after(own.archivePolicy, own.org, now()),
        ...archive.publicKey,
        period: newUuid(),
        threshold: 2,
        custodians: archive.custodians,
      },
      own.root,
    )
    await world.server.db.write(own.org, { actor: null, device: null }, (tx) => storeArchivePolicy(tx, encodeStatement(next)))
    expect(await add(thread, old)).toMatchObject({ code: 'bad-epoch', field: 'stale-policy' })
    must(await add(thread, await nextEpoch(thread)))
  })
})

describe('an epoch ends', () => {
  /** Sends; an ordinary message, or a STAT. */
  const send = async (thread: Thread, me: Colleague, flags: { priority?: 'stat' } = {}) => {
    const mine: Thread = { ...thread, me }
    const head = thread.head
    const answer = await me.call(sendMessage, {
      params: { conversation: thread.conversation },
      body: { envelope: (await seal(mine, 'x', { flags })).text },
    })
    thread.head = answer.ok ? mine.head : head
    return answer.ok ? 'stored' : answer.code
  }

  test('after a day of use: an ordinary message waits for the next, a STAT does not', async () => {
    const own = await openWorld({ features: staffFeatures })
    const place = await foundOrganisation(own)
    const [ana, ben] = [await hire(own, place), await hire(own, place)]
    const thread = await begin(ana, [ben])
    expect(await send(thread, ana)).toBe('stored')
    await own.advance(23 * 3_600_000)
    expect(await send(thread, await signInAgain(own, ana))).toBe('stored')
    await own.advance(3_600_000)
    const again = await signInAgain(own, ana)
    expect(await send(thread, again)).toBe('rekey-first')
    expect(await send(thread, again, { priority: 'stat' })).toBe('stored')
    await rekey({ ...thread, me: again })
    expect(must(await again.call(oneConversation, { params: { conversation: thread.conversation } }))).toMatchObject({
      rekey: null,
      epoch: { n: 2 },
    })
    await own.close()
  })

  test('with the month, whose data key seals it: a STAT waits too', async () => {
    const own = await openWorld({ features: staffFeatures })
    const place = await foundOrganisation(own)
    const [ana, ben] = [await hire(own, place), await hire(own, place)]
    const thread = await begin(ana, [ben])
    await own.advance(22 * 86_400_000)
    const again = await signInAgain(own, ana)
    expect(await send(thread, again, { priority: 'stat' })).toBe('rekey-first')
    expect(must(await again.call(oneConversation, { params: { conversation: thread.conversation } })).rekey).toBe('boundary')
    await own.close()
  })

  test('when a policy changes, everywhere, as soon as the log has it', async () => {
    const own = await openWorld({ features: [...staffFeatures, audit((kind) => kind)] })
    const place = await foundOrganisation(own)
    const [ana, ben, cleo] = [await hire(own, place), await hire(own, place), await hire(own, place)]
    const threads = [await begin(ana, [ben]), await begin(ana, [cleo])]
    await own.settle()
    const rekeys = async () => must(await ana.call(myConversations, {})).conversations.map((it) => it.rekey)
    // The organisation's first policies were before these conversations; what they demand is done with the next epoch.
    for (const thread of threads) if ((await rekeys()).includes('policy')) await rekey(thread)
    expect(await rekeys()).toEqual([null, null])
    // Who is an administrator changes no epoch; the archive's key does.
    await empower(own, place, 'administrator', [ana.person])
    await own.settle()
    expect(await rekeys()).toEqual([null, null])
    const archive = await splitArchiveKey(2, [newUuid(), newUuid()])
    const next = await signStatement(
      archivePolicy,
      {
        ...place.archivePolicy.body,
        ...after(place.archivePolicy, place.org, own.server.clock.ms()),
        ...archive.publicKey,
        period: newUuid(),
        threshold: 2,
        custodians: archive.custodians,
      },
      place.root,
    )
    await own.server.db.write(place.org, { actor: null, device: null }, (tx) => storeArchivePolicy(tx, encodeStatement(next)))
    await own.settle()
    expect(await rekeys()).toEqual(['policy', 'policy'])
    await own.close()
  })
})

describe('what moves between judgement and lock', () => {
  /** Holds rows, lets `act` come as far as them, changes something, lets go, and gives what `act` answered. */
  async function meanwhile<T>(
    hold: string,
    values: unknown[],
    act: () => Promise<T>,
    change: (own: Awaited<ReturnType<typeof openConnection>>) => Promise<unknown>,
  ): Promise<T> {
    const own = await openConnection(world.databaseUrl, 'test')
    await own.query('begin')
    await own.query(hold, values)
    const answer = act()
    answer.catch(() => undefined)
    const waits =
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and application_name like 'wardline app%'"
    for (let tries = 0; (await world.owner.query<{ n: number }>(waits)).rows[0]!.n === 0; tries += 1) expect(tries).toBeLessThan(20_000)
    await change(own)
    await own.query('commit')
    await own.end()
    return answer
  }
  const holdConversation = 'select 1 from conversation where id = $1 for update'

  test('a new policy: the epoch is judged again under the lock', async () => {
    const own = await foundOrganisation(world)
    const [ana, ben] = [await hire(world, own), await hire(world, own)]
    const thread = await begin(ana, [ben])
    const made = await nextEpoch(thread)
    const archive = await splitArchiveKey(2, [newUuid(), newUuid()])
    const next = await signStatement(
      archivePolicy,
      {
        ...own.archivePolicy.body,
        ...after(own.archivePolicy, own.org, now()),
        ...archive.publicKey,
        period: newUuid(),
        threshold: 2,
        custodians: archive.custodians,
      },
      own.root,
    )
    const answer = await meanwhile(
      holdConversation,
      [thread.conversation],
      () => add(thread, made),
      () => world.server.db.write(own.org, { actor: null, device: null }, (tx) => storeArchivePolicy(tx, encodeStatement(next))),
    )
    expect(answer).toMatchObject({ code: 'bad-epoch', field: 'stale-policy' })
  })

  test('a revoked author: neither a next epoch nor a new conversation of that device', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const made = await nextEpoch(thread)
    const revoke = (who: Colleague) => (own: Awaited<ReturnType<typeof openConnection>>) =>
      own.query('update device set revoked_at = wl_now() where device = $1', [who.device.device])
    expect(await meanwhile(holdConversation, [thread.conversation], () => add(thread, made), revoke(ana))).toMatchObject({
      code: 'bad-epoch',
      field: 'revoked',
    })
    const begun = begin.bind(null, ben, [ana], { kind: 'group' })
    const holdPerson = 'select 1 from key_person where person = $1 for update'
    await expect(meanwhile(holdPerson, [ben.person], () => begun(), revoke(ben))).rejects.toThrow('bad-epoch (revoked)')
  })
})

describe('removal', () => {
  test('cuts off before it is acknowledged: nothing is served, the next epoch must leave the person out', async () => {
    const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
    const thread = await begin(ana, [ben, cleo])
    const live = await connect(world, cleo)
    const plan = await nextEpoch(thread)
    const theirs = await openThread(cleo, thread.conversation)
    const own = await nextEpoch(theirs)
    expect(must(await remove(ana, cleo.person, thread)).conversations).toEqual([thread.conversation])
    expect(await add(theirs, own)).toMatchObject({ code: 'not-found' })
    await live.until((it) => it.t === 'removed')
    for (const answer of [
      await cleo.call(epochsAfter, { params: { conversation: thread.conversation } }),
      await cleo.call(oneConversation, { params: { conversation: thread.conversation } }),
    ])
      expect(answer).toMatchObject({ ok: false, code: 'not-found' })
    expect(must(await ana.call(oneConversation, { params: { conversation: thread.conversation } })).rekey).toBe('removal')
    expect(await add(thread, plan)).toMatchObject({ code: 'bad-epoch', field: 'removed-person' })
    const made = await rekey(thread)
    expect(made.epoch.body.roster.map((it) => it.person)).not.toContain(cleo.person)
    expect(made.epoch.body.removals).toHaveLength(1)
    must(await ben.call(epochsAfter, { params: { conversation: thread.conversation } }))
    await seal(thread, 'hello')
      .then((sent) => ana.call(sendMessage, { params: { conversation: thread.conversation }, body: { envelope: sent.text } }))
      .then(must)
    expect(live.frames.filter((it) => it.t === 'message' || it.t === 'epoch')).toEqual([])
    live.close()
    expect(await facts('team.person.removed', `conversation|${thread.conversation}`)).toBe(1)
  })

  test('a removed person may come back only after a signed re-admission', async () => {
    const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
    const thread = await begin(ana, [ben, cleo])
    const first = await removalOf(ana, cleo.person, thread)
    must(await ana.call(removePerson, { body: { removal: wire(first) } }))
    await rekey(thread)
    await expect(rekey(thread, { add: [cleo.person] })).rejects.toThrow('removed-person')
    const back = { ...after(first, ana.org, now()), epoch: thread.epoch.body.version, removed: false }
    must(await remove(ana, cleo.person, thread, back))
    await rekey(thread, { add: [cleo.person] })
    expect([...(await openThread(cleo, thread.conversation)).roots.keys()]).toEqual([1, 3])
  })

  test('needs a right: a stranger sees no conversation, a member without it is refused, an old epoch’s removal too', async () => {
    const [ana, ben, cleo, dan] = (await staff(4)) as [Colleague, Colleague, Colleague, Colleague]
    const thread = await begin(ana, [ben, cleo], { governance: { add: 'members', remove: 'nobody', change: 'nobody', moderators: [] } })
    expect(await remove(dan, cleo.person, thread)).toMatchObject({ code: 'not-found' })
    expect(await remove(ben, cleo.person, thread)).toMatchObject({ code: 'bad-statement', field: 'not-entitled' })
    expect(await remove(ben, cleo.person, null)).toMatchObject({ code: 'bad-statement', field: 'not-entitled' })
    const forged = await removalOf(ben, cleo.person, thread, { author: { person: ana.person, device: ana.device.device } })
    expect(await ana.call(removePerson, { body: { removal: wire(forged) } })).toMatchObject({
      code: 'bad-statement',
      field: 'bad-signature',
    })
    // Nobody hands in what another has signed.
    const signed = wire(await removalOf(cleo, cleo.person, thread))
    expect(await ben.call(removePerson, { body: { removal: signed } })).toMatchObject({ code: 'bad-statement', field: 'not-the-author' })
    // Whoever it is about may always leave.
    must(await remove(cleo, cleo.person, thread))
  })

  test('from everywhere: an administrator by signed statement ends every conversation of a person at once', async () => {
    const own = await foundOrganisation(world)
    const [ana, ben, hana] = [await hire(world, own), await hire(world, own), await hire(world, own, { roles: ['administrator'] })]
    const threads = [await begin(ana, [ben]), await begin(ana, [ben], { kind: 'group' })]
    expect(await remove(hana, ben.person, null)).toMatchObject({ code: 'bad-statement', field: 'not-entitled' })
    await empower(world, own, 'administrator', [hana.person])
    const gone = must(await remove(hana, ben.person, null)).conversations
    expect(gone.toSorted()).toEqual(threads.map((it) => it.conversation).toSorted())
    expect(must(await ben.call(myConversations, {})).conversations).toEqual([])
    for (const thread of threads) await rekey(thread)
  })
})

describe('seals', () => {
  test('a member whose seal is spoilt reports it and another member repairs it; an unreported one cannot be replaced', async () => {
    const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
    const thread = await begin(ana, [ben, cleo])
    const made = await nextEpoch(thread)
    const spoilt = made.members.map((it) => (it.person === ben.person ? { ...it, seal: it.seal.map((byte) => byte ^ 1) } : it))
    const params = { conversation: thread.conversation }
    must(await ana.call(addEpoch, { params, body: { ...upload(made), members: toBase64url(encodeMemberSeals(spoilt)) } }))
    await expect(openThread(ben, thread.conversation)).rejects.toThrow('bad-seal')
    const repair = { n: 2, person: ben.person, seal: toBase64url(new Uint8Array(80)) }
    expect(must(await cleo.call(repairSeal, { params, body: repair })).stored).toBe(false)
    const live = await connect(world, cleo)
    expect(must(await ben.call(reportSeal, { params, body: { n: 2 } })).stored).toBe(true)
    expect(await live.until((it) => it.t === 'seal')).toMatchObject({ person: ben.person, missing: true, n: 2 })
    live.close()
    const served = must(await cleo.call(epochsAfter, { params, body: { after: '1' } })).epochs[0]!
    const good = await repairMemberSeal({
      epoch: made.epoch,
      authorKey: ana.device.signing.publicKey,
      box: cleo.keys.boxes[0]!,
      seal: fromBase64url(served.seal!),
      member: ben.person,
      memberKey: (await factsFor(cleo, [ben.person])).people.get(ben.person)!.userKey.body,
    })
    expect(must(await cleo.call(repairSeal, { params, body: { ...repair, seal: toBase64url(good.seal) } })).stored).toBe(true)
    expect((await openThread(ben, thread.conversation)).roots.get(2)!.hash).toEqual(made.epoch.hash)
  })

  test('an author who cheats on the archive’s seal is named to every member and in the log, and the right seal is kept', async () => {
    const [ana, ben, cleo] = (await staff(3)) as [Colleague, Colleague, Colleague]
    const thread = await begin(ana, [ben, cleo])
    const made = await nextEpoch(thread)
    const params = { conversation: thread.conversation }
    const wrong = made.recipients.map((it) => ({ ...it, seal: it.seal.map((byte) => byte ^ 1) }))
    must(await ana.call(addEpoch, { params, body: { ...upload(made), recipients: toBase64url(encodeRecipientSeals(wrong)) } }))

    const check = async (who: Colleague) => {
      const { epochs } = must(await who.call(epochsAfter, { params, body: { after: '1' } }))
      const row = epochs[0]!
      const result = await checkRecipientSeals({
        epoch: parseEpoch(fromBase64url(row.statement)),
        authorKey: ana.device.signing.publicKey,
        box: who.keys.boxes[0]!,
        seal: fromBase64url(row.seal!),
        candidate: decodeRecipientSeals(fromBase64url(row.candidates[0]!.recipients)),
        publicKeys: publicKeysOf(await factsFor(who, [ana.person])),
      })
      return { row, result, own: toBase64url(encodeRecipientSeals(result.own)) }
    }
    const ben1 = await check(ben)
    expect(ben1.row.candidates[0]!.person).toBe(ana.person)
    expect(ben1.result.differing).toHaveLength(1)
    const live = await connect(world, cleo)
    expect(must(await ben.call(disputeSeals, { params, body: { n: 2, recipients: ben1.own } })).differs).toBe(true)
    expect(await live.until((it) => it.t === 'dispute')).toMatchObject({ author: ana.person, reporter: ben.person, n: 2 })
    live.close()
    const listed = () => cleo.call(oneConversation, { params }).then(must)
    expect(await listed()).toMatchObject({ disputed: true, rekey: null })
    // The same report again says nothing new; a second member's makes the next message wait for a new epoch.
    must(await ben.call(disputeSeals, { params, body: { n: 2, recipients: ben1.own } }))
    expect(await facts('team.epoch.disputed', `conversation|${thread.conversation}`)).toBe(1)
    must(await cleo.call(disputeSeals, { params, body: { n: 2, recipients: (await check(cleo)).own } }))
    expect(await listed()).toMatchObject({ disputed: true, rekey: 'dispute' })
    const { candidates } = (await check(ben)).row
    expect(candidates.map((it) => it.person).toSorted()).toEqual([ana.person, ben.person, cleo.person].toSorted())
    expect(candidates.filter((it) => it.recipients === ben1.own)).toHaveLength(2)
    // An honest set is no dispute.
    follow(thread, made)
    const honest = await rekey(thread)
    expect(
      must(await ben.call(disputeSeals, { params, body: { n: 3, recipients: toBase64url(encodeRecipientSeals(honest.recipients)) } }))
        .differs,
    ).toBe(false)
    expect(await listed()).toMatchObject({ disputed: false, rekey: null })
  })
})

describe('another organisation', () => {
  test('its conversations look like absence, and an id that it knows brings it no frame', async () => {
    const [ana, ben] = (await staff(2)) as [Colleague, Colleague]
    const thread = await begin(ana, [ben])
    const elsewhere = await foundOrganisation(world)
    const [eve, mallory] = [await hire(world, elsewhere), await hire(world, elsewhere)]
    const params = { conversation: thread.conversation }
    expect(await eve.call(oneConversation, { params })).toMatchObject({ code: 'not-found' })
    expect(await eve.call(epochsAfter, { params })).toMatchObject({ code: 'not-found' })
    const twin = await begin(eve, [mallory], { conversation: thread.conversation, kind: 'group' })
    expect(twin.conversation).toBe(thread.conversation)
    const live = await connect(world, eve)
    const sent = await seal(thread, 'hello')
    must(await ana.call(sendMessage, { params, body: { envelope: sent.text } }))
    const echo = await seal(twin, 'own')
    must(
      await mallory
        .call(createConversation, { body: { conversation: newUuid(), kind: 'group', epoch: upload(await nextEpoch(twin)) } })
        .then((it) => ({ ...it, ok: true, value: {} }) as never),
    )
    must(await eve.call(sendMessage, { params, body: { envelope: echo.text } }))
    await live.until((it) => it.t === 'message' && it['hash'] === toBase64url(echo.hash))
    expect(live.frames.filter((it) => it.t === 'message')).toHaveLength(1)
    live.close()
  })
})
