/** Looks that somebody should explain reach the officers, once each, and nobody closes their own. */
import { signIn } from '@wardline/dev/staff'
import { bySystem, newId } from '@wardline/platform/server'
import { openRecord } from '@wardline/product/access/break-glass/contract'
import { createPerson } from '@wardline/product/access/provisioning/server'
import type { Role } from '@wardline/product/access/roles/server'
import { closeAlert, listAlerts } from '@wardline/product/access/unusual-access/contract'
import { createPatient, getPatient, listPatients } from '@wardline/product/patients/roster/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openNeighbours } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'

const minute = 60_000
let street: Neighbours
let officer: string
beforeAll(async () => {
  street = await openNeighbours()
  officer = await add('Olive Officer', ['privacy-officer'])
}, 120_000)
afterAll(() => street.close())

const add = (name: string, roles: readonly Role[]): Promise<string> =>
  street.world.server.db.write(street.ours.org, bySystem, (tx) =>
    createPerson(tx, { signInName: `odd.${newId().slice(0, 13)}`, name, title: '', roles }),
  )
const come = (person: string) => signIn(street.world, street.ours.org, person)
const ok = async <T>(answer: Promise<{ ok: true; value: T } | { ok: false; code: string }>): Promise<T> => {
  const it = await answer
  if (!it.ok) throw new Error(it.code)
  return it.value
}
const patient = async (given: string, family: string) => {
  const id = newId()
  await ok(
    (await come(street.ours.staff['front-desk'].person)).call(createPatient, { body: { patient: id, given, family, language: 'en' } }),
  )
  return id
}
const look = async (person: string, id: string) => {
  await ok((await come(person)).call(getPatient, { params: { patient: id } }))
  await street.settle()
}
const alertsAbout = async (person: string) =>
  (await ok((await come(officer)).call(listAlerts, {}))).alerts.filter((it) => it.person === person)
const close = async (by: string, alert: string, reason: 'expected' | 'incident') => {
  const done = await (await come(by)).call(closeAlert, { params: { alert }, body: { reason, note: '' } })
  return done.ok ? 'done' : done.code
}

test('the record of a relative raises one alert, counted; explained, it is quiet for a month', async () => {
  const rivera = await add('Luz Rivera', ['clinician'])
  const ana = street.ours.ids['patient']!
  await look(rivera, ana)
  expect(await alertsAbout(rivera)).toMatchObject([{ rule: 'same-surname', patient: ana, times: 1, closed: null }])
  await street.world.advance(16 * minute)
  await look(rivera, ana)
  const [alert, ...more] = await alertsAbout(rivera)
  expect(more).toEqual([])
  expect(alert).toMatchObject({ times: 2 })
  expect(await close(officer, alert!.alert, 'expected')).toBe('done')
  expect(await close(officer, alert!.alert, 'incident')).toBe('already-closed')
  await street.world.advance(16 * minute)
  await look(rivera, ana)
  expect((await alertsAbout(rivera)).filter((it) => it.closed === null)).toEqual([])
  await street.world.advance(31 * 24 * 60 * minute)
  await look(rivera, ana)
  expect((await alertsAbout(rivera)).filter((it) => it.closed === null)).toHaveLength(1)
}, 60_000)

test('a colleague’s record raises an alert; a list of patients raises none', async () => {
  await add('Maya Chen', ['nurse'])
  // Who works here is read again every ten minutes.
  await street.world.advance(11 * minute)
  const curious = await add('Tom Baker', ['clinician'])
  const maya = await patient('Maya', 'Chen')
  await ok((await come(curious)).call(listPatients, {}))
  await street.settle()
  expect(await alertsAbout(curious)).toEqual([])
  await look(curious, maya)
  expect(await alertsAbout(curious)).toMatchObject([{ rule: 'co-worker', patient: maya }])
})

test('many patients in an hour raise one alert that names none', async () => {
  const hurried = await add('Harry Quick', ['clinician'])
  const desk = await come(street.ours.staff['front-desk'].person)
  const ids = Array.from({ length: 52 }, () => newId())
  for (const [i, id] of ids.entries())
    await ok(desk.call(createPatient, { body: { patient: id, given: `Given${i}`, family: `Family${i}`, language: 'en' } }))
  const by = await come(hurried)
  for (const id of ids) await ok(by.call(getPatient, { params: { patient: id } }))
  await street.settle()
  expect(await alertsAbout(hurried)).toMatchObject([{ rule: 'volume', patient: null, times: 2 }])
}, 60_000)

test('a third emergency within a week raises an alert; nobody closes their own', async () => {
  const often = await add('Otto Often', ['privacy-officer'])
  const open = async () =>
    ok(
      (await come(often)).call(openRecord, {
        body: { opening: newId(), patient: street.ours.ids['patient']!, reason: 'duty', explanation: 'complaint 12 of this week' },
      }),
    )
  await open()
  await open()
  await street.settle()
  expect(await alertsAbout(often)).toEqual([])
  await open()
  await street.settle()
  const [alert] = await alertsAbout(often)
  expect(alert).toMatchObject({ rule: 'break-glass', patient: null })
  expect(await close(often, alert!.alert, 'expected')).toBe('own-access')
  await expect(
    street.world.owner.query("update access_alert set closed_by = person, closed_at = wl_now(), reason = 'expected' where alert = $1", [
      alert!.alert,
    ]),
  ).rejects.toThrow(/check/)
  expect(await close(officer, alert!.alert, 'incident')).toBe('done')
  // What was no false alarm keeps nothing quiet.
  await open()
  await street.settle()
  expect((await alertsAbout(often)).filter((it) => it.closed === null)).toMatchObject([{ rule: 'break-glass', times: 1 }])
})
