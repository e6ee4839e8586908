/** An overdue training closes patients' records and nothing that is urgent: team messages, sign-in and emergency openings go on. */
import { connect, must, seal, signInAgain } from '@wardline/dev/staff'
import type { Colleague } from '@wardline/dev/staff'
import { newId } from '@wardline/platform/server'
import { openRecord } from '@wardline/product/access/break-glass/contract'
import { setRoles } from '@wardline/product/access/provisioning/contract'
import { auditEntries } from '@wardline/product/compliance/audit/contract'
import * as training from '@wardline/product/compliance/training/contract'
import { recordOptOut } from '@wardline/product/patients/consent/contract'
import { getPatient, listPatients, lookUpPatient, searchPatients } from '@wardline/product/patients/roster/contract'
import { getThread, listThreads } from '@wardline/product/patients/texting/contract'
import { messagePage, receipts, sendMessage } from '@wardline/product/team/messages/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openNeighbours } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'

const day = 86_400_000
const basics = 'privacy-and-security'

let street: Neighbours
let clinician: Colleague
let officer: Colleague
let second: Colleague
beforeAll(async () => {
  street = await openNeighbours()
  await arrive()
}, 120_000)
afterAll(() => street.close())

/** Everybody signs in anew: sessions do not outlast days. */
async function arrive(): Promise<void> {
  clinician = await signInAgain(street.world, street.ours.staff.clinician)
  officer = await signInAgain(street.world, street.ours.staff['privacy-officer'])
  second = await signInAgain(street.world, street.ours.second)
}
async function pass(days: number): Promise<void> {
  await street.world.advance(days * day)
  await arrive()
}
const codeOf = async (answer: Promise<{ ok: true } | { ok: false; code: string }>) => {
  const it = await answer
  return it.ok ? 'done' : it.code
}
const own = async (of: Colleague) => must(await of.call(training.ownTraining, {}))
const states = async (of: Colleague) => (await own(of)).trainings.map((it) => `${it.training} ${it.state}`)
const ask = (version: string | null, by: Colleague = officer, which: training.Training = basics) =>
  codeOf(by.call(training.requireTraining, { body: { training: which, version } }))
const record = (of: Colleague, over: object = {}, by: Colleague = officer) =>
  codeOf(
    by.call(training.recordTraining, {
      body: { completion: newId(), person: of.person, training: basics, version: '2026', on: '2026-03-10', ...over },
    }),
  )
const patient = () => ({ params: { patient: street.ours.ids['patient']! } })
const kinds = async (kind: string) =>
  (await street.world.owner.query('select actor from fact where org = $1 and kind = $2', [street.ours.org, kind])).rowCount

/** How each way to a record answers. */
const records = (of: Colleague) =>
  Promise.all([
    codeOf(of.call(getPatient, patient())),
    codeOf(of.call(listPatients, {})),
    codeOf(of.call(searchPatients, { body: { words: 'Nobody' } })),
    codeOf(of.call(listThreads, {})),
    codeOf(of.call(getThread, { params: { thread: street.ours.ids['thread']! }, body: {} } as never)),
  ])
const closed = ['training-overdue', 'training-overdue', 'training-overdue', 'training-overdue', 'training-overdue']

test('held back, one signs in, receives, reads, acknowledges and sends, urgent or not; a stop of texts is taken', async () => {
  const { thread, ids, staff, org, second: other } = street.theirs
  expect(await ask('2026', staff['privacy-officer'])).toBe('done')
  // Two months go by for the training alone, so that the conversation is as fresh as in daily use.
  const { owner } = street.world
  await owner.query("update training_required set first_since = first_since - interval '60 days' where org = $1", [org])
  await owner.query("update person set created_at = created_at - interval '60 days' where org = $1", [org])
  const mine = await signInAgain(street.world, staff.clinician)
  expect(await own(mine)).toMatchObject({ heldBack: true })
  const at = { params: { conversation: thread.conversation } }
  const theirs = await connect(street.world, other)
  const live = await connect(street.world, mine)
  const send = async (priority: 'stat' | 'urgent' | 'routine') => {
    const { text } = await seal(thread, 'K+ 6.8, bed 4', { flags: { priority } })
    const { sequence } = must(await mine.call(sendMessage, { ...at, body: { envelope: text } }))
    await theirs.until((it) => JSON.stringify(it).includes(text))
    expect(must(await mine.call(messagePage, at)).messages.some((it) => it.sequence === sequence)).toBe(true)
    return sequence
  }
  const shown = await send('stat')
  live.send({ t: 'receipt', conversation: thread.conversation, delivered: shown, shown })
  live.send({ t: 'sync', id: 's', have: [] })
  await live.until((it) => it.t === 'synced')
  await street.world.settle()
  expect(must(await mine.call(receipts, at)).receipts).toMatchObject([{ person: mine.person, shown }])
  for (const priority of ['urgent', 'routine'] as const) await send(priority)
  const params = { patient: ids['patient']!, number: ids['number']! }
  expect(await codeOf(mine.call(getPatient, { params }))).toBe('training-overdue')
  expect(await codeOf(mine.call(recordOptOut, { params, body: { receipt: newId(), told: 'spoken' } }))).toBe('done')

  // Where it cannot be found out who is overdue, nobody sees a record, and messages go on.
  await owner.query('alter table training_required rename to training_elsewhere')
  try {
    expect(await codeOf(street.ours.staff.clinician.call(getPatient, patient()))).toBe('internal')
    await send('stat')
  } finally {
    await owner.query('alter table training_elsewhere rename to training_required')
  }
  expect(await codeOf(street.ours.staff.clinician.call(getPatient, patient()))).toBe('done')
  theirs.close()
  live.close()
})

test('nothing is asked until an officer asks; then everybody has 30 days, by role, and hears of it two weeks before', async () => {
  expect(await own(clinician)).toEqual({ heldBack: false, trainings: [] })
  expect(await ask('2026', clinician)).toBe('not-found')
  expect(await ask('2026', street.ours.staff.administrator)).toBe('not-found')
  expect(await ask(' ')).toBe('bad-request')
  expect(await ask('2026')).toBe('done')
  expect(await ask('1', officer, 'officers-duties')).toBe('done')
  expect(await ask('2026')).toBe('done')
  expect(await kinds('compliance.training.required')).toBe(2)
  expect(await states(clinician)).toEqual([`${basics} open`])
  expect(await states(officer)).toEqual(['officers-duties open', `${basics} open`])
  expect((await own(clinician)).trainings[0]).toMatchObject({ version: '2026', done: null })
  await pass(17)
  expect(await states(clinician)).toEqual([`${basics} soon`])
})

test('an officer records who, which version and when; nobody is their own witness where there is another', async () => {
  expect(await record(second, {}, clinician)).toBe('not-found')
  expect(await record(second, {}, await signInAgain(street.world, street.ours.staff.administrator))).toBe('not-found')
  expect(await record(officer)).toBe('own-training')
  expect(await record(second, { version: '2025' })).toBe('other-version')
  expect(await record(second, { training: 'texting-patients' })).toBe('other-version')
  expect(await record(second, { on: '2026-03-28' })).toBe('in-future')
  expect(await record(second, { on: '2026-02-30' })).toBe('bad-request')
  expect(await record(second, { person: newId() })).toBe('not-found')
  expect(await record(second, { person: street.theirs.second.person })).toBe('not-found')
  expect(await kinds('compliance.training.recorded')).toBe(0)
  const completion = newId()
  for (const again of [1, 2]) expect([again, await record(second, { completion })]).toEqual([again, 'done'])
  expect(await record(clinician, { completion })).toBe('id-taken')
  expect(await kinds('compliance.training.recorded')).toBe(1)
  expect(await states(second)).toEqual([`${basics} done`])
  const { required, people } = must(await officer.call(training.listTraining, {}))
  expect(required.map((it) => [it.training, it.version, it.by])).toEqual([
    ['officers-duties', '1', officer.person],
    [basics, '2026', officer.person],
  ])
  expect(people.find((it) => it.person === second.person)!.trainings[0]).toMatchObject({
    state: 'done',
    done: { version: '2026', on: '2026-03-10', by: officer.person },
  })
  expect(await codeOf(clinician.call(training.listTraining, {}))).toBe('not-found')
})

test('overdue is not yet closed; after the grace no record is shown, and who did the training sees them', async () => {
  await pass(14)
  expect(await states(clinician)).toEqual([`${basics} overdue`])
  expect(await codeOf(clinician.call(getPatient, patient()))).toBe('done')
  await pass(14)
  expect(await own(clinician)).toMatchObject({ heldBack: true })
  const reads = await kinds('record.read')
  expect(await records(clinician)).toEqual(closed)
  expect(await kinds('record.read')).toBe(reads)
  const answer = await clinician.call(getPatient, patient())
  expect(answer).toMatchObject({ ok: false, code: 'training-overdue' })
  expect(JSON.stringify(answer)).toContain('have your privacy or security officer record it')
  expect(await codeOf(officer.call(auditEntries, {}))).toBe('training-overdue')
  expect(new Set(await records(second))).toEqual(new Set(['done']))
})

test('held back, one finds a patient and opens the record in an emergency: that record, and no other', async () => {
  const find = { body: { given: 'Ana', family: 'Rivera', birthDate: '1981-07-14' } }
  expect(must(await clinician.call(lookUpPatient, find)).patients.map((it) => it.patient)).toEqual([street.ours.ids['patient']])
  const opened = await clinician.call(openRecord, {
    body: { opening: newId(), ...patient().params, reason: 'emergency', explanation: 'unconscious in bay 4, allergies needed' },
  })
  expect(opened.ok).toBe(true)
  expect(must(await clinician.call(getPatient, patient())).family).toBe('Rivera')
  expect(await codeOf(clinician.call(searchPatients, { body: { words: 'Nobody' } }))).toBe('training-overdue')
  await street.world.advance(61 * 60_000)
  await arrive()
  expect(await codeOf(clinician.call(getPatient, patient()))).toBe('training-overdue')
})

test('done at last, the records are open; a year later it is due again, and what is asked for no longer holds nobody back', async () => {
  expect(await record(clinician, { on: '2026-04-20' })).toBe('done')
  expect(new Set(await records(clinician))).toEqual(new Set(['done']))
  expect(await ask('2027')).toBe('done')
  expect(await states(clinician)).toEqual([`${basics} open`])
  await pass(45)
  expect(await records(clinician)).toEqual(closed)
  expect(await ask(null)).toBe('done')
  expect(await own(clinician)).toEqual({ heldBack: false, trainings: [] })
  expect(new Set(await records(clinician))).toEqual(new Set(['done']))
  // An organisation with one officer: there is nobody else who could.
  await street.world.owner.query("delete from role_grant where org = $1 and role = 'security-officer'", [street.ours.org])
  expect(await record(officer, { training: 'officers-duties', version: '1', on: '2026-05-01' })).toBe('done')
})

test('a role that is taken away and given again gives nobody more time', async () => {
  const desk = street.ours.staff['front-desk']
  const { administrator } = street.ours.staff
  expect(await ask('1', officer, 'texting-patients')).toBe('done')
  const since = async () => (await own(await signInAgain(street.world, desk))).trainings.map((it) => `${it.training} ${it.state} ${it.due}`)
  const before = await since()
  expect(before.some((it) => it.startsWith('texting-patients'))).toBe(true)
  await pass(5)
  const by = await signInAgain(street.world, administrator)
  for (const roles of [['operator'], ['front-desk']] as const)
    must(await by.call(setRoles, { params: { person: desk.person }, body: { roles: [...roles] } }))
  expect(await since()).toEqual(before)
  expect(await ask(null, officer, 'texting-patients')).toBe('done')
})
