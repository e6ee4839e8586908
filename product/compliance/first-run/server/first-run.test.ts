import { randomUUID } from 'node:crypto'
import { after, authority, encodeStatement, NIL_UUID, signingKeyOfSeed, signStatement, toBase64url } from '@wardline/crypto'
import { wardlineFeatures } from '@wardline/app-server'
import { must, signIn, sit } from '@wardline/dev/staff'
import type { Session } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem } from '@wardline/platform/server'
import { notices } from '@wardline/product/access/mfa/contract'
import { notify } from '@wardline/product/access/mfa/server'
import { people as peopleEndpoint } from '@wardline/product/access/provisioning/contract'
import { createOrganisation, createPerson } from '@wardline/product/access/provisioning/server'
import type { Role } from '@wardline/product/access/roles/server'
import { beginEnrolment } from '@wardline/product/access/sign-in/contract'
import { holdCeremony } from '@wardline/product/compliance/archive/client'
import { readHand } from '@wardline/product/team/conversations/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as contract from '../contract.ts'
import { beginFirstRun } from './index.ts'

let world: World
beforeAll(async () => {
  world = await openWorld({ features: wardlineFeatures({ carrier: null, publicOrigin: () => 'http://127.0.0.1:8420' }) })
}, 120_000)
afterAll(() => world.close())

interface House {
  readonly org: string
  readonly administrator: string
  readonly session: Session
}
const add = (org: string, roles: readonly Role[]): Promise<string> =>
  world.server.db.write(org, bySystem, (tx) =>
    createPerson(tx, { signInName: `p${randomUUID().slice(0, 12)}`, name: 'A person', title: '', roles }),
  )

/** An organisation as `wardline init` leaves it: one administrator and no key. */
async function founded(preset: 'practice' | 'hospital' = 'practice'): Promise<House> {
  const org = randomUUID()
  await world.server.db.write(org, bySystem, async (tx) => {
    await createOrganisation(tx, { name: 'Oak Clinic', zone: 'America/Chicago', preset })
    await beginFirstRun(tx)
  })
  const administrator = await add(org, ['administrator'])
  return { org, administrator, session: await signIn(world, org, administrator) }
}
const standing = async (of: Session) => must(await of.call(contract.firstRun, {}))
const stateOf = async (of: Session, item: string) => (await standing(of)).items.find((it) => it.item === item)?.state
const code = async (answer: Promise<{ ok: true } | { ok: false; code: string }>) => {
  const it = await answer
  return it.ok ? 'done' : it.code
}
const papers = async (
  of: House,
  over: { administrators?: string[]; archiveOfficers?: string[]; organisation?: string; hand?: string[] } = {},
) => {
  const time = world.server.clock.ms()
  const held = await holdCeremony({
    organisation: over.organisation ?? of.org,
    time,
    until: time + 700 * 86_400_000,
    custodians: [of.administrator, randomUUID(), randomUUID()],
    threshold: 2,
    administrators: over.administrators ?? [of.administrator],
    archiveOfficers: over.archiveOfficers ?? [],
  })
  const trust = [...held.trustStatements]
  if (over.hand) {
    const body = { ...after(null, of.org, time), power: 'directory-hand', role: NIL_UUID, people: over.hand } as const
    trust[2] = encodeStatement(await signStatement(authority, body, await signingKeyOfSeed(held.rootSeed)))
  }
  return {
    root: toBase64url(held.rootPublicKey),
    directorySeed: toBase64url(held.directorySeed),
    directory: toBase64url(held.directoryStatement),
    archive: toBase64url(held.archiveStatement),
    trust: trust.map(toBase64url),
  }
}
const row = (name: string, more: object = {}) => ({
  name,
  signInName: `${name.toLowerCase()}.${randomUUID().slice(0, 8)}`,
  title: '',
  roles: ['nurse'],
  ...more,
})

describe('where the set-up stands', () => {
  test('is computed: nothing is done in a fresh organisation, and the way begins with one’s own sign-in', async () => {
    const { session } = await founded('hospital')
    const it = await standing(session)
    expect(it).toMatchObject({
      begun: true,
      finished: false,
      next: 'sign-in',
      hasRoot: false,
      archive: null,
      passkeys: { have: 0, required: 2 },
    })
    expect(it.items.filter(({ state }) => state !== 'open')).toEqual([{ item: 'own-keys', state: 'done' }])
  })

  test('lies on the server: what is put off or looked at in one browser is so in another, and can be taken up again', async () => {
    const { org, session } = await founded()
    for (const step of ['sign-in', 'organisation'] as const)
      must(await session.call(contract.markStep, { body: { step, mark: step === 'organisation' ? 'looked-at' : 'later' } }))
    const other = await signIn(world, org, await add(org, ['administrator']))
    expect(await standing(other)).toMatchObject({ next: 'officers' })
    expect([await stateOf(other, 'sign-in'), await stateOf(other, 'organisation')]).toEqual(['later', 'done'])
    must(await other.call(contract.markStep, { body: { step: 'sign-in', mark: 'open' } }))
    expect(await standing(session)).toMatchObject({ next: 'sign-in' })
  })

  test('is ended only when each step is done or put off, and what is unsafe stays on the list', async () => {
    const { session } = await founded()
    expect(await code(session.call(contract.finishFirstRun, {}))).toBe('step-open')
    for (const step of contract.steps) must(await session.call(contract.markStep, { body: { step, mark: 'later' } }))
    must(await session.call(contract.finishFirstRun, {}))
    const it = await standing(session)
    expect(it.finished).toBe(true)
    expect(it.items.filter(({ state }) => state === 'done').map((one) => one.item)).toEqual(['own-keys'])
  })

  test('is not told again to whoever did it: their own set-up is put away, what else happened to their sign-in and what others did is not', async () => {
    const { org, administrator, session } = await founded()
    const colleague = await add(org, ['nurse'])
    const other = await signIn(world, org, await add(org, ['administrator']))
    await world.server.db.write(org, bySystem, async (tx) => {
      for (const what of [
        'passkey-added',
        'recovery-codes-made',
        'signed-in-anew',
        'recovery-codes-made',
        'passkey-added',
        'passkey-removed',
      ] as const)
        await notify(tx, administrator, what)
      await notify(tx, colleague, 'roles-changed', administrator)
      await notify(tx, colleague, 'passkey-added')
    })
    const told = async (who: Session) =>
      must(await who.call(notices, {}))
        .notices.map((it) => `${it.person === administrator ? 'own' : 'a colleague’s'} ${it.what}`)
        .toSorted()
    const before = await told(other)
    expect(await told(session)).toHaveLength(8)
    for (const step of contract.steps) must(await session.call(contract.markStep, { body: { step, mark: 'later' } }))
    must(await session.call(contract.finishFirstRun, {}))
    expect(await told(session)).toEqual([
      'a colleague’s passkey-added',
      'own passkey-added',
      'own passkey-removed',
      'own recovery-codes-made',
      'own signed-in-anew',
    ])
    expect(await told(other)).toEqual(before)
    // Later it is news again, whoever did it.
    await world.server.db.write(org, bySystem, (tx) => notify(tx, administrator, 'passkey-added'))
    expect(await told(session)).toHaveLength(6)
  })

  test('is for administrators and officers only', async () => {
    const { org } = await founded()
    for (const role of ['clinician', 'front-desk'] as const) {
      const session = await signIn(world, org, await add(org, [role]))
      expect(await code(session.call(contract.firstRun, {}))).toBe('not-found')
      expect(await code(session.call(contract.importPeople, { body: { rows: [] } }))).toBe('not-found')
      expect(await code(session.call(contract.markStep, { body: { step: 'people', mark: 'later' } }))).toBe('not-found')
    }
  })

  test('name and zone are corrected; a zone that there is none of is refused', async () => {
    const { session } = await founded()
    must(await session.call(contract.changeOrganisation, { body: { name: 'Oak Street Clinic', zone: 'America/Denver' } }))
    expect(await code(session.call(contract.changeOrganisation, { body: { name: 'Oak', zone: 'Mars/Olympus' } }))).toBe('bad-zone')
    expect((await standing(session)).organisation).toMatchObject({ name: 'Oak Street Clinic', zone: 'America/Denver' })
  })
})

describe('people from a list', () => {
  test('each row’s problems are named; with one wrong row nobody is added; right, everybody is, with a code that works', async () => {
    const { session } = await founded()
    const good = row('Ben')
    const rows = [
      good,
      { ...row('Twice'), signInName: good.signInName },
      row('', { roles: [] }),
      row('Grave', { roles: ['administrator'] }),
    ]
    const { problems } = must(await session.call(contract.checkPeople, { body: { rows } }))
    expect(problems).toEqual([[], ['twice'], ['no-name', 'bad-sign-in-name', 'no-role'], ['needs-second']])
    expect(await code(session.call(contract.importPeople, { body: { rows } }))).toBe('rows-wrong')
    // Whom the database would take: only the judgement of the row stands in the way.
    for (const alone of [
      row('Grave', { roles: ['administrator'] }),
      row('Grave', { roles: ['security-officer'] }),
      row('Grave', { roles: ['privacy-officer'] }),
      row('None', { roles: [] }),
    ])
      expect(await code(session.call(contract.importPeople, { body: { rows: [good, alone] } }))).toBe('rows-wrong')
    expect(must(await session.call(peopleEndpoint, {})).people).toHaveLength(1)

    const added = must(
      await session.call(contract.importPeople, { body: { rows: [good, row('Cleo'), row('Dee', { roles: ['front-desk'] })] } }),
    )
    expect(added.people.map((it) => it.name)).toEqual(['Ben', 'Cleo', 'Dee'])
    const [ben] = added.people
    expect(must(await session.call(beginEnrolment, { body: { name: ben!.signInName, secret: ben!.secret } })).key).not.toBe('')
    const it = await standing(session)
    expect(it.waiting.map(({ name }) => name).toSorted()).toEqual(['Ben', 'Cleo', 'Dee'])
    expect([await stateOf(session, 'people'), await stateOf(session, 'everybody-in')]).toEqual(['done', 'open'])
    // Sent again after a lost answer: nobody twice.
    expect(await code(session.call(contract.importPeople, { body: { rows: [good] } }))).toBe('rows-wrong')
    expect(must(await session.call(contract.checkPeople, { body: { rows: [good] } })).problems).toEqual([['name-taken']])
  })
})

describe('the first keys', () => {
  test('are stored once, and then people can make their own', async () => {
    const house = await founded()
    const writer = await signIn(world, house.org, await add(house.org, ['administrator', 'clinician']))
    expect([await stateOf(house.session, 'own-keys'), await stateOf(writer, 'own-keys')]).toEqual(['done', 'open'])
    const first = await papers(house)
    must(await house.session.call(contract.storeKeys, { body: first }))
    expect(await code(house.session.call(contract.storeKeys, { body: first }))).toBe('already-held')
    expect(await code(house.session.call(contract.storeKeys, { body: await papers(house) }))).toBe('already-held')
    expect(await standing(house.session)).toMatchObject({ hasRoot: true, archive: { threshold: 2, custodians: 3 } })
    // The directory's hand is made and named with them, and stands in no list of people.
    const hand = must(await house.session.call(readHand, {}))
    expect(hand).toMatchObject({ named: true })
    expect(must(await house.session.call(peopleEndpoint, {})).people.map((it) => it.id)).not.toContain(hand.person)
    const desk = await sit(world, writer)
    await desk.state((it) => it.status === 'needs-new-person')
    expect((await desk.engine.createIdentity()).ok).toBe(true)
    desk.kill()
    expect(await stateOf(writer, 'own-keys')).toBe('done')
  })

  test('a paper that names whoever is not in that office, or is of another organisation, or was altered, stores nothing', async () => {
    const house = await founded()
    const nurse = await add(house.org, ['nurse'])
    const refused = async (body: Awaited<ReturnType<typeof papers>>) => code(house.session.call(contract.storeKeys, { body }))
    expect(await refused(await papers(house, { administrators: [nurse] }))).toBe('not-in-office')
    expect(await refused(await papers(house, { archiveOfficers: [house.administrator] }))).toBe('not-in-office')
    expect(await refused(await papers(house, { hand: [nurse] }))).toBe('not-in-office')
    expect(await refused(await papers(house, { hand: [randomUUID(), randomUUID()] }))).toBe('not-in-office')
    expect(await refused(await papers(house, { organisation: randomUUID() }))).toBe('not-sound')
    const [one, other] = [await papers(house), await papers(house)]
    expect(await refused({ ...one, archive: other.archive })).toBe('not-sound')
    expect(await refused({ ...one, trust: other.trust })).toBe('not-sound')
    expect(await refused({ ...one, directorySeed: other.directorySeed })).toBe('not-sound')
    expect(await refused({ ...one, directory: 'A'.repeat(200) })).toBe('not-sound')
    expect(await standing(house.session)).toMatchObject({ hasRoot: false, archive: null })
  })

  test('need a fresh proof', async () => {
    const house = await founded()
    await world.advance(6 * 60_000)
    expect(await code(house.session.call(contract.storeKeys, { body: await papers(house) }))).toBe('step-up-needed')
    expect(await code(house.session.call(contract.importPeople, { body: { rows: [row('Late')] } }))).toBe('step-up-needed')
  })
})
