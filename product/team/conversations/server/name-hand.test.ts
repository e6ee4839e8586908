/** The directory's hand, named by two administrators of an organisation that was set up without it. */
import { addSignature, authority, draft, encodeStatement, fromBase64url, NIL_UUID, parse, toBase64url, newUuid } from '@wardline/crypto'
import { empower, foundOrganisation, settle, signIn, sit, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem } from '@wardline/platform/server'
import { createPerson, deactivatePerson } from '@wardline/product/access/provisioning/server'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { listLeavers, makeHand, readHand, signHand } from '../contract.ts'

let world: World
let organisation: Organisation
const desks: Desk[] = []
const keep = <D extends Desk>(desk: D): D => {
  desks.push(desk)
  return desk
}
const id = (desk: Desk) => desk.session.person
const must = async <T>(answer: Promise<{ ok: true; value: T } | { ok: false; code: string }>): Promise<T> => {
  const it = await answer
  if (!it.ok) throw new Error(it.code)
  return it.value
}
const outcome = async (answer: Promise<{ ok: true } | { ok: false; code: string }>) => {
  const it = await answer
  return it.ok ? 'done' : it.code
}

beforeAll(async () => {
  world = await openWorld({ features: staffFeatures, server: { beatMs: 100 } })
  organisation = await foundOrganisation(world)
})
afterEach(async () => {
  await Promise.all(desks.splice(0).map((it) => it.engine.stop()))
})
afterAll(() => world.close())

async function officer(name: string): Promise<Desk> {
  const person = await world.server.db.write(organisation.org, bySystem, (tx) =>
    createPerson(tx, { signInName: name, name, title: '', roles: ['administrator'] }),
  )
  const desk = keep(await sit(world, await signIn(world, organisation.org, person)))
  await desk.state((it) => it.status === 'needs-new-person')
  await must(desk.engine.createIdentity())
  await desk.state((it) => it.status === 'ready')
  return desk
}

test('is named by two administrators on their devices, takes out whoever left before, and newcomers believe it', async () => {
  const [a, b, absent] = [await officer('kim'), await officer('lou'), await officer('max')]
  await empower(world, organisation, 'administrator', [id(a), id(b)])
  const [ana, ben] = [keep(await settle(world, organisation)), keep(await settle(world, organisation))]
  const conversation = newUuid()
  await must(ana.engine.createConversation({ conversation, kind: 'group', people: [id(ben)] }))
  await ana.say(conversation, 'hello')
  await ben.thread(conversation, (it) => it.length === 1)
  await world.server.db.write(organisation.org, bySystem, (tx) => deactivatePerson(tx, id(ben)))
  await world.settle()
  const openOf = async () => (await must(a.session.call(listLeavers, {}))).leavers.find((it) => it.person === id(ben))?.open
  expect(await openOf()).toContain('unsigned')

  const hand = await must(a.session.call(makeHand, { body: {} }))
  expect(hand).toMatchObject({ named: false, pending: null, signers: 2 })
  const hands = (by: Desk, statement: string) => outcome(by.session.call(signHand, { body: { statement } }))
  const signs = async (by: Desk) => {
    const now = await must(by.session.call(readHand, {}))
    return (await must(by.engine.signHand({ person: now.person!, statement: now.pending?.statement ?? null }))).statement
  }
  expect(await hands(absent, await signs(absent))).toBe('not-an-administrator')
  const first = await signs(a)
  expect(await hands(b, first)).toBe('bad-statement')
  const device = ((await a.store.get(['device'])) as { device: { signing: Parameters<typeof addSignature>[1] } }).device.signing
  const { body } = parse(authority, fromBase64url(first))
  for (const change of [{ people: [id(a)] }, { people: [hand.person!, id(a)] }, { power: 'hr' as const, role: NIL_UUID }, { version: 2 }]) {
    const other = await addSignature(draft(authority, { ...body, ...change }), device)
    expect(await hands(a, toBase64url(encodeStatement(other)))).toMatch(/bad-statement|stale-version/)
  }
  expect(await hands(a, first)).toBe('done')
  expect(await hands(a, first)).toBe('signed-before')
  expect(await must(b.session.call(readHand, {}))).toMatchObject({ named: false, pending: { by: id(a) } })
  expect(await hands(b, await signs(b))).toBe('done')
  expect(await must(b.session.call(readHand, {}))).toMatchObject({ named: true, pending: null })
  expect(await outcome(a.session.call(signHand, { body: { statement: first } }))).toBe('already-named')

  expect(await openOf()).not.toContain('unsigned')
  await ana.say(conversation, 'without ben')
  await ana.thread(conversation, (it) => it.some((one) => one.sequence === 2))
  expect(await openOf()).not.toContain('roster')
  // A device that begins now verifies the administrators' statement before it has seen either of them.
  const newcomer = keep(await settle(world, organisation))
  await must(newcomer.engine.createConversation({ conversation: newUuid(), kind: 'group', people: [id(ana)] }))
  for (const it of [ana, newcomer]) expect((await it.engine.state()).alarms).toEqual([])
})
