/** Guests at the front door: let in with an end, marked by name, out by themselves. */
import { must, signIn } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem, newId } from '@wardline/platform/server'
import { mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import { people, setRoles } from '@wardline/product/access/provisioning/contract'
import { createOrganisation, createPerson, provisioning } from '@wardline/product/access/provisioning/server'
import { roles } from '@wardline/product/access/roles/server'
import { sessions } from '@wardline/product/access/sessions/server'
import { signIn as signInFeature } from '@wardline/product/access/sign-in/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addGuest, listGuests, moveGuestEnd } from '../contract.ts'
import { guests } from './index.ts'
import { setOver } from './queries.ts'

const day = 86_400_000
let world: World
const org = newId()
beforeAll(async () => {
  world = await openWorld({ features: [provisioning, roles, mfa, sessions, signInFeature, policies, guests] })
  await world.server.db.write(org, bySystem, (tx) =>
    createOrganisation(tx, { name: 'St Brendan', zone: 'America/Chicago', preset: 'hospital' }),
  )
})
afterAll(() => world.close())

const administrator = async () =>
  signIn(
    world,
    org,
    await world.server.db.write(org, bySystem, (tx) =>
      createPerson(tx, { signInName: `a.${newId().slice(0, 13)}`, name: 'Admin', title: '', roles: ['administrator'] }),
    ),
  )
const guest = () => ({
  signInName: `g.${newId().slice(0, 13)}`,
  name: 'Dr. Kim',
  from: 'Elm Imaging',
  title: 'Radiologist',
  kind: 'clinician' as const,
  roles: ['clinician' as const],
  endsAt: world.server.clock.ms() + 2 * day,
  identity: 'seen-in-person' as const,
})

test('a guest is marked by name everywhere, and out by themselves when the time is over', async () => {
  const admin = await administrator()
  const { person } = must(await admin.call(addGuest, { body: guest() }))
  const names = async () => must(await (await administrator()).call(people, {})).people.map((it) => it.name)
  expect(await names()).toContain('Dr. Kim (guest, Elm Imaging)')
  expect(must(await admin.call(listGuests, {})).guests).toMatchObject([{ person, from: 'Elm Imaging', verifiedBy: admin.person }])
  await world.advance(day)
  const later = await administrator()
  for (const days of [0, 367])
    expect(await later.call(moveGuestEnd, { params: { person }, body: { endsAt: world.server.clock.ms() + days * day } })).toMatchObject({
      code: 'bad-end',
    })
  must(await later.call(moveGuestEnd, { params: { person }, body: { endsAt: world.server.clock.ms() + 2 * day } }))
  await world.advance(day + 1_000)
  // Also where the sweep had looked before the end was moved.
  expect(await world.server.db.write(org, bySystem, (tx) => setOver(tx, person))).toBe(0)
  expect(await names()).toContain('Dr. Kim (guest, Elm Imaging)')
  const session = await signIn(world, org, person)
  await world.advance(day)
  expect(await names()).not.toContain('Dr. Kim (guest, Elm Imaging)')
  expect(await session.call(people, {})).toMatchObject({ code: 'signed-out' })
  expect(must(await (await administrator()).call(listGuests, {})).guests).toEqual([])
  const end = { endsAt: world.server.clock.ms() + day }
  expect(await (await administrator()).call(moveGuestEnd, { params: { person }, body: end })).toMatchObject({ code: 'not-found' })
})

test('no guest without an end, for longer than a year, or with a role that administers', async () => {
  const admin = await administrator()
  const refused = async (more: object) => (await admin.call(addGuest, { body: { ...guest(), ...more } })) as { code?: string }
  expect(await refused({ endsAt: undefined })).toMatchObject({ code: 'bad-request' })
  expect(await refused({ endsAt: world.server.clock.ms() - 1 })).toMatchObject({ code: 'bad-end' })
  expect(await refused({ endsAt: world.server.clock.ms() + 400 * day })).toMatchObject({ code: 'bad-end' })
  expect(await refused({ roles: ['administrator'] })).toMatchObject({ code: 'guest-roles' })
  expect(await refused({ kind: 'vendor', roles: ['clinician'] })).toMatchObject({ code: 'guest-roles' })
  expect(await refused({ roles: [] })).toMatchObject({ code: 'guest-roles' })
  const { person } = must(await admin.call(addGuest, { body: guest() }))
  expect(await admin.call(setRoles, { params: { person }, body: { roles: ['clinician', 'administrator'] } })).toMatchObject({
    code: 'guest-roles',
  })
  must(await admin.call(setRoles, { params: { person }, body: { roles: ['nurse'] } }))
})
