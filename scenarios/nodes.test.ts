/** Two servers on one database: whatever of access changes at one reaches the windows and requests of the other when it next looks, within a second. */
import { after, newUuid, removal, signStatement } from '@wardline/crypto'
import { begin, connect, hire, must, signIn, signInAgain, wire } from '@wardline/dev/staff'
import type { Colleague, Session, Wire } from '@wardline/dev/staff'
import { client } from '@wardline/platform/contract'
import { bySystem, openDatabase, openLog, startServer } from '@wardline/platform/server'
import type { RunningServer } from '@wardline/platform/server'
import { approvePending } from '@wardline/product/access/dual-control/contract'
import { keepRecords, recordNetworks } from '@wardline/product/access/networks/contract'
import { removePasskey } from '@wardline/product/access/passkeys/contract'
import { approveChange, proposeChange } from '@wardline/product/access/policies/contract'
import { deactivate, setRoles } from '@wardline/product/access/provisioning/contract'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { endSessions, proveSession, refreshCallers } from '@wardline/product/access/sessions/server'
import { endMySession, mySessions, signOut } from '@wardline/product/access/sessions/contract'
import type { Role } from '@wardline/product/access/roles/server'
import { listThreads } from '@wardline/product/patients/texting/contract'
import { removePerson } from '@wardline/product/team/conversations/contract'
import { topicOf } from '@wardline/product/team/conversations/server'
import { reportLost, setStorage } from '@wardline/product/team/devices/contract'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openNeighbours } from './neighbours.ts'
import type { House, Neighbours } from './neighbours.ts'

let there: Neighbours
let house: House
let other: RunningServer
const log = openLog({ level: 'silent' })

beforeAll(async () => {
  there = await openNeighbours()
  house = there.ours
  const { world } = there
  // Behind a proxy: from where its requests come is theirs to say.
  const options = { features: there.features, databaseUrl: world.databaseUrl, keys: world.keys, log, port: 0, version: 'test' }
  other = await startServer({ ...options, sweepMs: 3_600_000, beatMs: 3_600_000, behindProxy: true })
  await opened(there.theirs.second)
}, 60_000)
afterAll(async () => {
  await other?.stop()
  await there?.close()
})

/** A session's calls at the other server, from an address of its own. */
const at = (session: Session, from = '127.0.0.1') =>
  client(
    (to, init) => fetch(to, init as RequestInit),
    other.url,
    () => ({ cookie: session.cookie, origin: other.url, 'x-forwarded-for': from }),
  )
const opened = (session: Session): Promise<Wire> =>
  connect({ server: other, keys: there.world.keys }, session, { 'x-forwarded-for': '127.0.0.1' })
const colleague = () => hire(there.world, house.organisation)
/** Signed in with their device, which both servers know. */
async function again(it: Colleague): Promise<Colleague> {
  const signedIn = await signInAgain(there.world, it)
  await other.settle()
  return signedIn
}
const codeOf = async (answer: Promise<{ readonly ok: boolean; readonly code?: string }>) => {
  const it = await answer
  return it.ok ? 'ok' : it.code
}
const first = (it: Colleague) => signIn(there.world, it.org, it.person)

const removalOf = (author: Colleague, whom: Colleague, conversation: string, epoch: number) =>
  signStatement(
    removal,
    {
      ...after(null, author.org, there.world.server.clock.ms()),
      person: whom.person,
      conversation,
      epoch,
      removed: true,
      exclude: false,
      author: { person: author.person, device: author.device.device },
    },
    author.device.signing,
  )

interface Asked {
  query(...args: readonly unknown[]): Promise<unknown>
  tells?: boolean
}
/** The next transaction that tells the nodes something commits, and the answer to that is lost: its own server does not know of it. */
async function withoutAnswer(act: () => Promise<unknown>): Promise<void> {
  const driver = pg.Client.prototype as unknown as Asked
  const { query } = driver
  const lost = new Promise<void>((resolve) => {
    driver.query = async function (this: Asked, ...args) {
      const [what] = args as [string | { readonly text: string }]
      if (typeof what !== 'string' && what.text.includes('insert into node_signal')) this.tells = true
      const answer = await query.apply(this, [...args])
      if (what !== 'commit' || this.tells !== true) return answer
      driver.query = query
      resolve()
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' })
    }
  })
  try {
    await act()
    await lost
  } finally {
    driver.query = query
  }
}
/** What was told lately, in words that a server does not know which did not hear them before. */
const inOtherWords = () => there.world.owner.query("update node_signal set kind = 'newer'")

describe('what ends or changes at one server, at a window of the other', () => {
  const ends: readonly [string, number, (it: Colleague) => Promise<unknown>][] = [
    ['a session that its person ends', 4401, async (it) => must(await it.call(endMySession, { params: { session: it.session } }))],
    ['a sign-out', 4401, async (it) => must(await it.call(signOut, {}))],
    [
      'a device reported lost',
      4401,
      async (it) => must(await (await first(it)).call(reportLost, { params: { device: it.device.device } })),
    ],
    [
      'a person whose access ends',
      4401,
      async (it) => must(await house.staff.administrator.call(deactivate, { params: { person: it.person }, body: {} })),
    ],
    [
      'other roles',
      1001,
      async (it) => must(await house.staff.administrator.call(setRoles, { params: { person: it.person }, body: { roles: [] } })),
    ],
    [
      'a device that is to keep nothing',
      1001,
      async (it) =>
        must(await house.staff['security-officer'].call(setStorage, { params: { device: it.device.device }, body: { storage: 'memory' } })),
    ],
    [
      'a program beside the servers',
      4401,
      async (it) => {
        const db = openDatabase({ url: there.world.databaseUrl, keys: there.world.keys, log, connections: 1 })
        await db.write(it.org, bySystem, (tx) => endSessions(tx, { sessions: [it.session] }, 'deactivated'))
        await db.close()
      },
    ],
  ]
  test.each(ends)('%s', async (_what, code, act) => {
    const it = await again(await colleague())
    const window = await opened(it)
    expect(await codeOf(at(it)(mySessions, {}))).toBe('ok')
    await act(it)
    await other.settle()
    expect(await window.closed).toBe(code)
    expect(await codeOf(at(it)(mySessions, {}))).toBe(code === 4401 ? 'signed-out' : 'ok')
    // Nobody else's window is touched.
    expect(other.services.live.sockets({ org: there.theirs.org })).toHaveLength(1)
  })

  test('what commits late is heard all the same, and only once', async () => {
    const [late, early] = [await again(await colleague()), await again(await colleague())]
    const windows = [await opened(late), await opened(early)] as const
    const { promise, resolve } = Promise.withResolvers<void>()
    onTestFinished(() => resolve())
    const told = Promise.withResolvers<void>()
    const { db } = there.world.server
    const slow = db.write(late.org, bySystem, async (tx) => {
      await endSessions(tx, { sessions: [late.session] }, 'deactivated')
      told.resolve()
      await promise
    })
    await told.promise
    await db.write(early.org, bySystem, async (tx) => {
      await lockPerson(tx, early.person)
      refreshCallers(tx, early.person)
    })
    await other.settle()
    expect(await windows[1].closed).toBe(1001)
    // What is still under way holds the beginning back: what came since is looked at again, and not heard again.
    const came = await opened(early)
    await other.settle()
    expect(other.services.live.sockets({ session: early.session })).toHaveLength(1)
    expect(other.services.live.sockets({ session: late.session })).toHaveLength(1)
    resolve()
    await slow
    await other.settle()
    expect(await windows[0].closed).toBe(4401)
    came.close()
  })

  test('who came into a conversation, or left it, and a colleague’s new statements', async () => {
    const [author, ana] = [await again(await colleague()), await again(await colleague())]
    const window = await opened(ana)
    const { conversation, epoch } = await begin(author, [ana])
    const hears = () => other.services.live.sockets({ person: ana.person }).map((it) => it.hears(topicOf(ana.org, conversation)))
    expect(hears()).toEqual([false])
    await other.settle()
    expect(hears()).toEqual([true])
    await window.until((it) => it.t === 'conversation' && it['conversation'] === conversation)

    const statement = await removalOf(author, ana, conversation, epoch.body.version)
    must(await author.call(removePerson, { body: { removal: wire(statement) } }))
    await other.settle()
    expect(hears()).toEqual([false])
    await window.until((it) => it.t === 'removed' && it['conversation'] === conversation)

    const fresh = await colleague()
    await other.settle()
    await window.until((it) => it.t === 'statements' && it['person'] === fresh.person)
    window.close()
  })

  test('a figure of the security policy: every window asks what counts for it', async () => {
    const { administrator, 'privacy-officer': officer } = house.staff
    const it = await again(await colleague())
    const window = await opened(it)
    const body = { setting: 'thread.watermark', value: 1, reason: 'as the risk analysis asks' } as const
    const { change } = must(await administrator.call(proposeChange, { body }))
    must(await officer.call(approveChange, { params: { change }, body: {} }))
    await other.settle()
    await window.until((frame) => frame.t === 'policies')
    window.close()
  })

  test('a fresh proof counts, and the networks for records: judged anew at once, every window comes again', async () => {
    const { 'security-officer': asks, 'privacy-officer': agrees } = house.staff
    const desk = await signIn(there.world, house.org, house.staff['front-desk'].person)
    const outside = at(desk, '203.0.113.9')
    expect(await codeOf(outside(listThreads, {}))).toBe('ok')
    await other.settle()
    const window = await opened(desk)
    must(
      await asks.call(keepRecords, { body: { networks: [{ cidr: '127.0.0.0/8', name: 'Here' }], roles: ['front-desk'], locations: [] } }),
    )
    const { waiting } = must(await agrees.call(recordNetworks, {}))
    must(await agrees.call(approvePending, { params: { act: waiting!.act }, body: {} }))
    await other.settle()
    expect(await window.closed).toBe(1001)
    expect(await codeOf(outside(listThreads, {}))).toBe('other-network')

    await there.world.advance(10 * 60_000)
    await other.clock.read(other.db)
    const remove = () => codeOf(at(desk)(removePasskey, { params: { passkey: newUuid() } }))
    // The first one moves the session's idle end, so only what the second one read is believed.
    expect([await remove(), await remove()]).toEqual(['step-up-needed', 'step-up-needed'])
    await there.world.server.db.write(desk.org, bySystem, (tx) => proveSession(tx, desk.session, 'code'))
    await other.settle()
    expect(await remove()).toBe('not-found')
  })

  test('a word that a server does not understand ends that organisation’s windows, and nothing it knew of the organisation counts any more', async () => {
    const it = await again(await colleague())
    const window = await opened(it)
    expect(await codeOf(at(it)(mySessions, {}))).toBe('ok')
    must(await it.call(endMySession, { params: { session: it.session } }))
    await inOtherWords()
    await other.settle()
    expect(await window.closed).toBe(1001)
    await expect(opened(it)).rejects.toThrow()
    expect(await codeOf(at(it)(mySessions, {}))).toBe('signed-out')
    expect(other.services.live.sockets({ org: there.theirs.org })).toHaveLength(1)
  })

  test('nor the networks and the figures by which it judged', async () => {
    const desk = await signIn(there.world, house.org, house.staff['front-desk'].person)
    const outside = at(desk, '203.0.113.9')
    await there.world.advance(7 * 60_000)
    await other.clock.read(other.db)
    const remove = () => codeOf(at(desk)(removePasskey, { params: { passkey: newUuid() } }))
    expect([await remove(), await remove()]).toEqual(['step-up-needed', 'step-up-needed'])
    expect(await codeOf(outside(listThreads, {}))).toBe('other-network')

    const body = { setting: 'step-up.minutes', value: 10, reason: 'as the risk analysis asks' } as const
    const anew = (role: Role) => signInAgain(there.world, house.staff[role])
    const [asks, agrees, administrator] = [await anew('security-officer'), await anew('privacy-officer'), await anew('administrator')]
    const { change } = must(await administrator.call(proposeChange, { body }))
    must(await agrees.call(approveChange, { params: { change }, body: {} }))
    // Another role is bound from now on.
    must(await asks.call(keepRecords, { body: { networks: [{ cidr: '127.0.0.0/8', name: 'Here' }], roles: ['nurse'], locations: [] } }))
    const { waiting } = must(await agrees.call(recordNetworks, {}))
    must(await agrees.call(approvePending, { params: { act: waiting!.act }, body: {} }))
    await inOtherWords()
    await other.settle()
    expect(await codeOf(outside(listThreads, {}))).toBe('ok')
    expect(await remove()).toBe('not-found')
  })
})

describe('a commit whose answer was lost', () => {
  const hears = (it: Colleague, conversation: string) =>
    there.world.server.services.live.sockets({ session: it.session }).map((socket) => socket.hears(topicOf(it.org, conversation)))

  test('ends the windows that it ends at its own server too, when that looks', async () => {
    const it = await colleague()
    const window = await connect(there.world, it)
    await withoutAnswer(() => it.call(endMySession, { params: { session: it.session } }))
    expect(there.world.server.services.live.sockets({ session: it.session })).toHaveLength(1)
    await there.world.settle()
    expect(there.world.server.services.live.sockets({ session: it.session })).toEqual([])
    expect(await window.closed).toBe(4401)
    expect(await codeOf(it.call(mySessions, {}))).toBe('signed-out')
  })

  test('takes whom it removed out of the conversation, though otherwise its own server does that itself', async () => {
    const [author, ana] = [await colleague(), await colleague()]
    const window = await connect(there.world, ana)
    const { conversation, epoch } = await begin(author, [ana])
    expect(hears(ana, conversation)).toEqual([true])
    await withoutAnswer(async () =>
      author.call(removePerson, { body: { removal: wire(await removalOf(author, ana, conversation, epoch.body.version)) } }),
    )
    expect(hears(ana, conversation)).toEqual([true])
    await there.world.settle()
    expect(hears(ana, conversation)).toEqual([false])
    await window.until((it) => it.t === 'removed' && it['conversation'] === conversation)
    window.close()
  })
})
