/** Who leaves the hospital's directory is out of everything within a minute, and the next message of each conversation is sealed without them. */
import { wardlineFeatures } from '@wardline/app-server'
import { empower, foundOrganisation, settle, signIn } from '@wardline/dev/staff'
import type { Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem } from '@wardline/platform/server'
import { issueToken } from '@wardline/product/access/scim/contract'
import { createPerson } from '@wardline/product/access/provisioning/server'
import { makeHand, oneConversation, readHand } from '@wardline/product/team/conversations/contract'
import { newUuid } from '@wardline/product/team/messages/client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hoard, holdingsOf, readableWith } from './lib/hoard.ts'
import { must } from './lib/sso-world.ts'

type Person = Awaited<ReturnType<typeof settle>>

let world: World
let organisation: Organisation
let admin: string
let secret: string
const desks: Person[] = []

beforeAll(async () => {
  world = await openWorld({ features: wardlineFeatures({ carrier: null, publicOrigin: () => world.url }), server: { beatMs: 100 } })
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
  return { ana, ben, cleo, group, direct }
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
  return readableWith(all, await holdingsOf(held, conversation), authors)
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

describe('once the root has named the directory’s hand', () => {
  beforeAll(async () => {
    const office = await signIn(world, organisation.org, admin)
    const made = must(await office.call(makeHand, {}))
    expect(made.named).toBe(false)
    await empower(world, organisation, 'hr', [made.person!])
    expect(must(await office.call(readHand, {}))).toEqual({ person: made.person, named: true })
    expect(must(await office.call(makeHand, {})).person).toBe(made.person)
  })

  test('a leaver: nothing is left, and the next message of each conversation is sealed without them', async () => {
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

    const left = await world.owner.query(
      `select (select count(*) from session where person = $1 and ended_at is null)::int as sessions,
        (select count(*) from role_grant where person = $1)::int as roles,
        (select count(*) from enrolment where person = $1 and used_at is null and cancelled_at is null)::int as codes,
        (select count(*) from conversation_member where person = $1 and removed_at is null)::int as conversations`,
      [id(ben)],
    )
    expect(left.rows).toEqual([{ sessions: 0, roles: 0, codes: 0, conversations: 0 }])
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
})
