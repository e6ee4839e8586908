/** Who leaves the hospital's directory is out of everything within a minute, and the next message of each conversation is sealed without them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, NIL_UUID, removal, signSession, signStatement, toBase64url } from '@wardline/crypto'
import { wardlineFeatures } from '@wardline/app-server'
import { foundOrganisation, settle, signIn, wire } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem, openOutgoing } from '@wardline/platform/server'
import { setLdap } from '@wardline/product/access/ldap/contract'
import { issueToken } from '@wardline/product/access/scim/contract'
import { changeRoles, createPerson, deactivatePerson, reactivatePerson } from '@wardline/product/access/provisioning/server'
import { listLeavers, oneConversation, readHand, removePerson } from '@wardline/product/team/conversations/contract'
import { signInDevice } from '@wardline/product/team/devices/contract'
import { claim, openWipe } from '@wardline/product/team/devices/client'
import type { Own } from '@wardline/product/team/devices/client'
import type { KnownEpoch } from '@wardline/product/team/conversations/client'
import { directSession, newUuid } from '@wardline/product/team/messages/client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasSlapd, ldapSettingsOf, openSlapd } from '../testing/slapd-peer.ts'
import { foundByCeremony, takeSeat } from './lib/ceremony.ts'
import { hoard, holdingsOf, readableWith } from './lib/hoard.ts'
import type { Holdings } from './lib/hoard.ts'
import { must } from './lib/sso-world.ts'

type Person = Awaited<ReturnType<typeof settle>>

let world: World
let organisation: Organisation
let admin: string
let secret: string
let papers: string
let kim: Desk
const desks: Person[] = []
/** Everybody's keys as they were while all were members: a leaver's own device may have wiped them by the time that it is asked. */
const stolen = new WeakMap<Person, Holdings['keys']>()

beforeAll(async () => {
  const outgoing = openOutgoing({ allow: ['127.0.0.0/8'], timeoutMs: 5_000 })
  world = await openWorld({
    features: wardlineFeatures({ carrier: null, publicOrigin: () => world.url, outgoing }),
    server: { beatMs: 100 },
  })
  organisation = await foundOrganisation(world)
  admin = await world.server.db.write(organisation.org, bySystem, (tx) =>
    createPerson(tx, { signInName: 'leaver.admin', name: 'Kim Admin', title: '', roles: ['administrator'] }),
  )
  secret = must(await (await signIn(world, organisation.org, admin)).call(issueToken, { body: { label: 'Entra' } })).secret
})
afterEach(async () => {
  await Promise.all(desks.splice(0).map((it) => it.engine.stop()))
})
afterAll(() => world.close())

const person = async (): Promise<Person> => {
  const made = await settle(world, organisation)
  desks.push(made)
  return made
}
const id = (desk: Person) => desk.session.person
const patch = async (who: string, active: boolean) => {
  const answer = await fetch(`${world.url}/scim/v2/Users/${who}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/scim+json' },
    body: JSON.stringify({ Operations: [{ op: 'replace', path: 'active', value: active ? 'True' : 'False' }] }),
  })
  expect(answer.status).toBe(200)
  await world.settle()
}
async function writes(by: Person, conversation: string, text: string, read: readonly Person[]): Promise<void> {
  await by.say(conversation, text)
  for (const it of read)
    await it.thread(conversation, (messages) => messages.some(({ content }) => content.is === 'text' && content.text === text))
}
/** Ana's group of three in which each has written, and a direct conversation of Ana and Ben. */
async function ward() {
  const [ana, ben, cleo] = await Promise.all([person(), person(), person()])
  const [group, direct] = [newUuid(), newUuid()]
  await ana.engine.createConversation({ conversation: group, kind: 'group', people: [id(ben), id(cleo)], history: 'from-join' })
  await ana.engine.createConversation({ conversation: direct, kind: 'direct', people: [id(ben)] })
  for (const it of [ben, cleo]) await it.conversation(group)
  await ben.conversation(direct)
  await writes(ana, group, 'K+ 6.8', [ben, cleo])
  await writes(ben, group, 'repeated', [ana, cleo])
  await writes(ben, direct, 'see you', [ana])
  for (const it of [ana, ben, cleo]) stolen.set(it, (await holdingsOf(it, group)).keys)
  return { ana, ben, cleo, group, direct }
}
const routine = { priority: 'routine', ask: 'fyi', due: 0, expiry: 0, mentions: [] } as const
/** What a person still has of sessions, roles, codes and conversations. */
async function leftOf(person: string): Promise<unknown> {
  const { rows } = await world.owner.query(
    `select (select count(*) from session where person = $1 and ended_at is null)::int as sessions,
      (select count(*) from role_grant where person = $1)::int as roles,
      (select count(*) from enrolment where person = $1 and used_at is null and cancelled_at is null)::int as codes,
      (select count(*) from conversation_member where person = $1 and removed_at is null)::int as conversations`,
    [person],
  )
  return rows[0]
}
/** Which messages these keys open of everything that the server has of a conversation. */
async function opens(held: Person, conversation: string, member: Person): Promise<number[]> {
  const all = await hoard(world, organisation.org, conversation)
  // A device keeps an epoch a moment after it has heard of it.
  const known = await member.until(async () => {
    const it = await holdingsOf(member, conversation)
    return it.epochs.length >= all.epochs.length ? it : null
  }, 'the newest epoch')
  const authors = new Map(known.epochs.map((it) => [it.n, it.authorKey]))
  const epochs = (await held.store.list(['epoch', conversation])).map((it) => it.value as KnownEpoch)
  return readableWith(all, { keys: stolen.get(held)!, epochs }, authors)
}

describe('before the organisation has named a signer for leavers', () => {
  test('the server delivers nothing more to a leaver; the roster stays, and everybody can see both', async () => {
    const { ana, ben, cleo, group } = await ward()
    await patch(id(ben), false)
    await ben.state((it) => it.connection === 'signed-out')
    const heard = ben.changes.length
    // Somebody who did not begin the conversation writes next: it goes through, and the leaver gets nothing.
    await writes(cleo, group, 'without ben', [ana])
    expect(ben.changes.slice(heard).filter((change) => JSON.stringify(change).includes(group))).toEqual([])
    const shown = must(await ana.session.call(oneConversation, { params: { conversation: group } }))
    expect(shown.members.find((it) => it.person === id(ben))?.removed).toBe(true)
    await world.settle()
    const { rows } = await world.owner.query("select count(*)::int as n from fact where kind = 'team.leaver.cut-off' and key = $1", [
      `person|${id(ben)}`,
    ])
    expect(rows).toEqual([{ n: 1 }])
  })
})

describe('as the first key ceremony leaves it: the directory’s hand is named', () => {
  beforeAll(async () => {
    const founded = await foundByCeremony(world, {
      name: 'Mercy Hospital',
      members: [{ name: 'Kim Admin', roles: ['administrator', 'clinician'] }],
      threshold: 1,
      papers: await mkdtemp(path.join(tmpdir(), 'wl-leaver-')),
    })
    papers = founded.papers
    organisation = { ...organisation, org: founded.org }
    admin = founded.people.get('Kim Admin')!
    kim = await takeSeat(world, founded, 'Kim Admin')
    const office = await signIn(world, organisation.org, admin)
    expect(must(await office.call(readHand, {}))).toMatchObject({ named: true })
    secret = must(await office.call(issueToken, { body: { label: 'Entra' } })).secret
  })

  test('no directory sees the hand, and nobody lets it in', async () => {
    const { rows } = await world.owner.query<{ person: string }>('select person from person where org = $1 and internal', [
      organisation.org,
    ])
    const { person: hand } = rows[0]!
    const scim = async (where: string, method = 'GET') => {
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/scim+json' }
      const Operations = [{ op: 'replace', path: 'active', value: 'True' }]
      const answer = await fetch(`${world.url}/scim/v2/Users${where}`, {
        method,
        headers,
        body: method === 'GET' ? null : JSON.stringify({ Operations }),
      })
      return { status: answer.status, text: await answer.text() }
    }
    const listed = await scim('')
    expect(listed.status).toBe(200)
    expect(listed.text).not.toContain('directory-hand')
    expect((await scim(`/${hand}`)).status).toBe(404)
    expect((await scim(`/${hand}`, 'PATCH')).status).toBe(404)
    await expect(world.server.db.write(organisation.org, bySystem, (tx) => reactivatePerson(tx, hand))).rejects.toThrow()
  })

  afterAll(async () => {
    await kim.engine.stop()
    await rm(papers, { recursive: true, force: true })
  })

  test('a leaver by SCIM: nothing is left, and the next message of each conversation is sealed without them', async () => {
    const { ana, ben, cleo, group, direct } = await ward()
    await patch(id(ben), false)
    await ben.state((it) => it.connection === 'signed-out')
    // Written by a member who could remove nobody herself.
    await writes(cleo, group, 'bed 4 is free', [ana])
    await ana.say(direct, 'are you there?')
    await ana.thread(direct, (messages) => messages.length === 2)

    expect(await opens(ana, group, ana)).toEqual([1, 2, 3])
    expect(await opens(cleo, group, ana)).toEqual([1, 2, 3])
    expect(await opens(ben, group, ana)).toEqual([1, 2])
    expect(await opens(ben, direct, ana)).toEqual([1])
    for (const it of [ana, cleo]) expect((await it.engine.state()).alarms).toEqual([])
    expect(await leftOf(id(ben))).toEqual({ sessions: 0, roles: 0, codes: 0, conversations: 0 })
  })

  test('a leaver’s device is told to wipe itself; until it has signed for it, the leaver’s record says what is open', async () => {
    const { ana, ben, group, direct } = await ward()
    await patch(id(ben), false)
    await ben.state((it) => it.connection === 'signed-out')
    const office = await signIn(world, organisation.org, admin)
    const record = async () => must(await office.call(listLeavers, {})).leavers.find((it) => it.person === id(ben))!
    expect(await record()).toMatchObject({ open: ['roster', 'wipe'], roster: 2, devices: [{ wipe: 'waiting', wipedAt: null }] })
    await writes(ana, group, 'without ben', [])
    await writes(ana, direct, 'anybody?', [])
    expect(await ana.until(async () => ((await record()).roster === 0 ? record() : null), 'both without ben')).toMatchObject({
      open: ['wipe'],
    })

    // The tab at the sign-in screen asks with the device's own key, drops everything, and signs for it.
    const left = ben.kill()
    expect((await left.list(['epoch'])).length).toBeGreaterThan(0)
    const { call } = directSession({ url: world.url, cookie: '' })
    const wipe = openWipe({ call, store: await claim(left), now: () => world.server.clock.ms() })
    expect(await wipe.isOrdered()).toBe(true)
    await wipe.obey()
    expect((await left.list([])).map((it) => it.key[0])).toEqual(['term'])
    expect(await record()).toMatchObject({ open: [], devices: [{ wipe: 'done', wipedAt: expect.any(Number) as number }] })
    expect(must(await office.call(listLeavers, {})).leavers.map((it) => it.name)).not.toContain('Directory')
  })

  test('who comes back does not come back with the device that was told to wipe itself', async () => {
    const { ben } = await ward()
    const { device } = (await ben.store.get(['device'])) as Own
    const comesBack = async () => {
      const again = await signIn(world, organisation.org, id(ben))
      const proof = { organisation: organisation.org, person: id(ben), device: device.device, session: again.session }
      const signature = toBase64url(await signSession(proof, device.signing))
      return again.call(signInDevice, { params: { device: device.device }, body: { signature } })
    }
    // Whoever is here again before anything followed keeps it: what follows comes late.
    await world.server.db.write(organisation.org, bySystem, async (tx) => {
      await deactivatePerson(tx, id(ben))
      await reactivatePerson(tx, id(ben))
      await changeRoles(tx, id(ben), ['clinician'])
    })
    await world.settle()
    must(await comesBack())
    await patch(id(ben), false)
    await patch(id(ben), true)
    await world.server.db.write(organisation.org, bySystem, (tx) => changeRoles(tx, id(ben), ['clinician']))
    expect(await comesBack()).toMatchObject({ code: 'not-proven' })
  })

  test('who wrote without a connection, on the old roster: it is sealed again by itself, a STAT too, and the leaver reads neither', async () => {
    const { ana, ben, cleo, group } = await ward()
    await cleo.setUp(false)
    await cleo.engine.send(group, { id: newUuid(), body: { kind: 'text', text: 'written STAT' }, flags: { ...routine, priority: 'stat' } })
    await cleo.engine.send(group, { id: newUuid(), body: { kind: 'text', text: 'written before' }, flags: routine })
    await patch(id(ben), false)
    await cleo.setUp(true)
    await ana.thread(group, (messages) => messages.length === 4)
    expect(await opens(ana, group, ana)).toEqual([1, 2, 3, 4])
    expect(await opens(ben, group, ana)).toEqual([1, 2])
    expect((await cleo.engine.state()).waiting).toBe(0)
  })

  test.skipIf(!hasSlapd())('a leaver by LDAP, by Debian’s slapd, within the minute', async () => {
    const peer = await openSlapd()
    try {
      const { ana, ben, cleo, group, direct } = await ward()
      const { rows } = await world.owner.query<{ person: string; name: string }>(
        'select person, sign_in_name as name from person where person = any($1::uuid[])',
        [[ana, ben, cleo].map(id)],
      )
      for (const { name } of rows) await peer.addPerson(name)
      const office = await signIn(world, organisation.org, admin)
      must(await office.call(setLdap, { body: { settings: ldapSettingsOf(peer), on: true, password: peer.password } }))
      await world.advance(60_000)
      const uid = rows.find((row) => row.person === id(ben))!.name
      await peer.replace(`uid=${uid},ou=people,${peer.base}`, 'userAccountControl', ['514'])
      await world.advance(60_000)
      await world.settle()
      await ben.state((it) => it.connection === 'signed-out')
      await writes(cleo, group, 'without ben', [ana])
      await ana.say(direct, 'are you there?')
      await ana.thread(direct, (messages) => messages.length === 2)
      expect(await opens(cleo, group, ana)).toEqual([1, 2, 3])
      expect(await opens(ben, group, ana)).toEqual([1, 2])
      expect(await opens(ben, direct, ana)).toEqual([1])
      expect(await leftOf(id(ben))).toEqual({ sessions: 0, roles: 0, codes: 0, conversations: 0 })
    } finally {
      await peer.close()
    }
  })

  test('who comes back can be added again, and reads what comes from then on', async () => {
    const { ana, ben, group } = await ward()
    await patch(id(ben), false)
    await writes(ana, group, 'meanwhile', [])
    await patch(id(ben), true)
    expect(await ana.engine.addPeople(group, [id(ben)], false)).toEqual({ ok: true, value: null })
    await writes(ana, group, 'welcome back', [])
    expect(await opens(ben, group, ana)).not.toContain(3)
    const shown = must(await ana.session.call(oneConversation, { params: { conversation: group } }))
    expect(shown.members.find((it) => it.person === id(ben))?.removed).toBe(false)
  })

  test('whom an administrator removed by signature, the directory does not let back', async () => {
    const { ana, ben, group } = await ward()
    const { device } = (await kim.store.get(['device'])) as Own
    const body = { person: id(ben), conversation: NIL_UUID, epoch: 0, removed: true, exclude: true }
    const author = { person: admin, device: device.device }
    const said = await signStatement(
      removal,
      { ...after(null, organisation.org, world.server.clock.ms()), ...body, author },
      device.signing,
    )
    must(await kim.session.call(removePerson, { body: { removal: wire(said) } }))
    await patch(id(ben), false)
    await patch(id(ben), true)
    const { rows } = await world.owner.query('select version::int, removed from removal where person = $1 and conversation = $2', [
      id(ben),
      NIL_UUID,
    ])
    expect(rows).toEqual([{ version: 1, removed: true }])
    expect((await ana.engine.addPeople(group, [id(ben)], false)).ok).toBe(false)
  })
})
