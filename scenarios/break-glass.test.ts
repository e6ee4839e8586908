/** A record opened in an emergency: for an hour, told to the officers at once, seen by everybody whom it concerns, reviewed by another. */
import { signIn } from '@wardline/dev/staff'
import type { Session } from '@wardline/dev/staff'
import { bySystem, newId } from '@wardline/platform/server'
import { joinCareTeam } from '@wardline/product/access/care/server'
import { createPerson } from '@wardline/product/access/provisioning/server'
import type { Role } from '@wardline/product/access/roles/server'
import {
  closeRecord,
  listOpenings,
  myNotices,
  myOpenings,
  openRecord,
  patientsView,
  putAwayNotices,
  reviewOpening,
} from '@wardline/product/access/break-glass/contract'
import { consentState } from '@wardline/product/patients/consent/contract'
import { getPatient, listPatients } from '@wardline/product/patients/roster/contract'
import { getThread, listThreads, sendText } from '@wardline/product/patients/texting/contract'
import { factsOf } from '@wardline/platform/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openNeighbours } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'

const minute = 60_000
const hour = 60 * minute
const explanation = 'unconscious in bay 4, allergies needed'

let street: Neighbours
beforeAll(async () => {
  street = await openNeighbours()
}, 120_000)
afterAll(() => street.close())

const add = (roles: readonly Role[]): Promise<string> =>
  street.world.server.db.write(street.ours.org, bySystem, (tx) =>
    createPerson(tx, { signInName: `glass.${newId().slice(0, 13)}`, name: 'A person', title: 'Ward 4', roles }),
  )
/** Signs in anew: a session is over after a quarter of an hour without work, and a proof is stale after five minutes. */
const come = (person: string): Promise<Session> => signIn(street.world, street.ours.org, person)
const ok = async <T>(answer: Promise<{ ok: true; value: T } | { ok: false; code: string }>): Promise<T> => {
  const it = await answer
  if (!it.ok) throw new Error(it.code)
  return it.value
}
const codeOf = async (answer: Promise<{ ok: true } | { ok: false; code: string }>) => {
  const it = await answer
  return it.ok ? 'done' : it.code
}
const open = (by: Session, it: { patient?: string; opening?: string; explanation?: string } = {}) =>
  by.call(openRecord, {
    body: {
      opening: it.opening ?? newId(),
      patient: it.patient ?? street.ours.ids['patient']!,
      reason: 'emergency',
      explanation: it.explanation ?? explanation,
    },
  })
/** The facts of a kind with their payloads, oldest first. */
const facts = async (kind: string) =>
  (await factsOf(street.world, street.ours.org, kind)).map(({ actor, payload }) => ({ actor: actor!, payload: payload! }))
const thread = () => ({ params: { thread: street.ours.ids['thread']! }, body: {} })
const patient = () => ({ params: { patient: street.ours.ids['patient']! } })

let officer: string
let second: string
beforeEach(async () => {
  officer = await add(['privacy-officer'])
  second = await add(['security-officer'])
})

describe('a privacy officer, who has no care relationship', () => {
  test('reads a patient’s thread after breaking the glass, for an hour to the millisecond, and each read carries the opening', async () => {
    const by = await come(officer)
    expect(await codeOf(by.call(getThread, thread()))).toBe('not-found')
    expect((await ok(by.call(listThreads, {}))).threads).toEqual([])
    const opened = await ok(open(by))
    expect(opened.until - opened.at).toBe(hour)
    expect((await ok(by.call(getThread, thread()))).texts.length).toBeGreaterThan(0)
    expect((await ok(by.call(listThreads, {}))).threads.map((it) => it.thread)).toEqual([street.ours.ids['thread']])
    expect((await ok(by.call(myOpenings, {}))).openings).toEqual([opened])
    // It opens reading: nothing can be sent.
    expect(
      await codeOf(
        by.call(sendText, {
          body: { text: newId(), patient: patient().params.patient, number: street.ours.ids['number']!, body: 'hello' },
        }),
      ),
    ).toBe('not-found')
    const mine = async () => (await facts('record.read')).filter((it) => it.actor === officer)
    expect((await mine()).map((it) => [it.payload['screen'], it.payload['grant']])).toEqual([
      ['patient thread', opened.opening],
      ['patient threads', opened.opening],
    ])
    await street.world.owner.query("update demo_clock set shift = shift + $1 * interval '1 millisecond'", [
      opened.until - street.world.server.clock.ms() - 5_000,
    ])
    const late = await come(officer)
    expect(await codeOf(late.call(getThread, thread()))).toBe('done')
    await street.world.advance(5_000)
    expect(await codeOf(late.call(getThread, thread()))).toBe('not-found')
    expect((await ok(late.call(myOpenings, {}))).openings).toEqual([])
    expect((await facts('access.break-glass.closed')).at(-1)!.payload).toMatchObject({ opening: opened.opening, why: 'time' })
  })

  test('a read carries the reader’s own opening, as long as it lasts, and nobody else’s', async () => {
    const [clinician, nurse] = [await add(['clinician']), await add(['nurse'])]
    await street.world.server.db.write(street.ours.org, bySystem, async (tx) => {
      for (const person of [clinician, nurse]) await joinCareTeam(tx, { patient: patient().params.patient, person, why: 'assigned' })
    })
    const grants = async (person: string) =>
      (await facts('record.read')).filter((it) => it.actor === person).map((it) => it.payload['grant'])
    const [by, colleague] = [await come(clinician), await come(nurse)]
    const { opening } = await ok(open(by))
    expect((await ok(colleague.call(myOpenings, {}))).openings).toEqual([])
    for (const reader of [by, colleague]) await ok(reader.call(getPatient, patient()))
    expect([await grants(clinician), await grants(nurse)]).toEqual([[opening], [undefined]])
    await ok(by.call(closeRecord, { params: { opening }, body: {} }))
    await street.world.advance(31_000)
    await ok(by.call(getPatient, patient()))
    expect(await grants(clinician)).toEqual([opening, undefined])
  })

  test('closes it early, and repeating the request opens nothing new', async () => {
    const by = await come(officer)
    const opening = newId()
    const opened = await ok(open(by, { opening }))
    expect(await ok(open(by, { opening }))).toEqual(opened)
    const other = await come(await add(['clinician']))
    expect(await codeOf(open(other, { opening }))).toBe('id-taken')
    expect(await codeOf(other.call(closeRecord, { params: { opening }, body: {} }))).toBe('not-found')
    expect(await codeOf(by.call(closeRecord, { params: { opening }, body: {} }))).toBe('done')
    expect(await codeOf(by.call(getThread, thread()))).toBe('not-found')
  })
})

test('a clinician of a hospital without a care relationship opens one patient, and no other', async () => {
  await street.world.owner.query("update org set preset = 'hospital' where org = $1", [street.ours.org])
  try {
    const clinician = await add(['clinician'])
    const by = await come(clinician)
    expect(await codeOf(by.call(getPatient, patient()))).toBe('not-found')
    await ok(open(by))
    expect((await ok(by.call(getPatient, patient()))).family).toBe('Rivera')
    expect(await codeOf(by.call(consentState, patient()))).toBe('done')
    expect((await ok(by.call(listPatients, {}))).patients.map((it) => it.patient)).toEqual([patient().params.patient])
    const colleague = await come(await add(['clinician']))
    expect(await codeOf(colleague.call(getPatient, patient()))).toBe('not-found')
  } finally {
    await street.world.owner.query("update org set preset = 'practice' where org = $1", [street.ours.org])
  }
})

describe('it is not opened', () => {
  test('without a word that says why, without a fresh proof, for nobody’s patient, or by roles that may not', async () => {
    const by = await come(officer)
    for (const words of ['too short', '          ', 'aaaaaaaaaaaaaaa'])
      expect(await codeOf(open(by, { explanation: words }))).toBe('say-why')
    expect(await codeOf(open(by, { patient: newId() }))).toBe('not-found')
    expect(await codeOf(open(by, { patient: street.theirs.ids['patient']! }))).toBe('not-found')
    for (const role of ['front-desk', 'administrator', 'auditor', 'operator'] as const)
      expect({ role, code: await codeOf(open(await come(await add([role])))) }).toEqual({ role, code: 'not-found' })
    await street.world.advance(5 * minute + 1_000)
    expect(await codeOf(open(by))).toBe('step-up-needed')
    expect(await codeOf(by.call(getThread, thread()))).toBe('not-found')
  })
})

describe('whom it concerns', () => {
  test('officers are told in the same transaction, the care team next morning; neither is told twice', async () => {
    const clinician = await add(['clinician'])
    const by = await come(clinician)
    const nurse = await add(['nurse'])
    await street.world.server.db.write(street.ours.org, bySystem, (tx) =>
      joinCareTeam(tx, { patient: patient().params.patient, person: nurse, why: 'assigned' }),
    )
    const { opening } = await ok(open(by))
    const told = async (person: string) =>
      (await ok((await come(person)).call(myNotices, {}))).notices.filter((it) => it.opening === opening)
    expect(await told(officer)).toMatchObject([
      { kind: 'opened', patient: patient().params.patient, person: clinician, reason: 'emergency', unit: 'Ward 4' },
    ])
    expect(await told(second)).toHaveLength(1)
    expect(await told(clinician)).toEqual([])
    expect(await told(nurse)).toEqual([])
    const fact = (await facts('access.break-glass.opened')).find((it) => it.payload['opening'] === opening)!
    expect(fact.payload['told']).toEqual(expect.arrayContaining([officer, second]))
    // Seven in the morning in Chicago is less than a day away.
    await street.world.advance(24 * hour)
    expect(await told(nurse)).toMatchObject([{ kind: 'digest' }])
    const [notice] = await told(officer)
    await ok((await come(second)).call(putAwayNotices, { body: { notices: [notice!.notice] } }))
    expect(await told(officer)).toHaveLength(1)
    await ok((await come(officer)).call(putAwayNotices, { body: { notices: [notice!.notice] } }))
    expect(await told(officer)).toEqual([])
    expect(await told(second)).toHaveLength(1)
  })

  test('open windows of officers hear of it', async () => {
    const by = await come(await add(['clinician']))
    const watching = await come(officer)
    const { WebSocket } = await import('ws')
    const socket = new WebSocket(`${street.world.url.replace('http', 'ws')}/api/v1/live`, {
      headers: { cookie: watching.cookie, origin: street.world.url },
    })
    const heard: string[] = []
    socket.on('message', (data) => void heard.push((JSON.parse(String(data)) as { t: string }).t))
    await new Promise((resolve) => socket.once('open', resolve))
    await ok(open(by))
    await expect.poll(() => heard).toContain('break-glass')
    socket.terminate()
  })

  test('the patient sees role, unit, reason and time, and no name', async () => {
    const person = await add(['nurse'])
    const opened = await ok(open(await come(person)))
    const view = await ok((await come(officer)).call(patientsView, patient()))
    expect(view.openings[0]).toEqual({ roles: ['nurse'], unit: 'Ward 4', reason: 'Emergency care', at: opened.at, until: opened.until })
    expect(JSON.stringify(view)).not.toContain(person)
    expect(JSON.stringify(view)).not.toContain(explanation)
  })
})

describe('the review', () => {
  test('is due after three business days, shows what was looked at, and is never by who opened', async () => {
    const by = await come(officer)
    const { opening } = await ok(open(by))
    await ok(by.call(getThread, thread()))
    await street.settle()
    const queue = async (session: Session) => (await ok(session.call(listOpenings, {}))).openings.find((it) => it.opening === opening)!
    const waiting = await queue(by)
    expect(waiting).toMatchObject({ explanation, overdue: false, review: null, screens: [{ screen: 'patient thread', times: 1 }] })
    expect(new Date(waiting.dueAt).toISOString().slice(11)).toBe('05:00:00.000Z')
    const judge = (session: Session, note = '') =>
      session.call(reviewOpening, { params: { opening }, body: { outcome: note === '' ? 'appropriate' : 'inappropriate', note } })
    expect(await codeOf(judge(by))).toBe('own-opening')
    await expect(
      street.world.owner.query(
        "update break_glass set reviewed_by = person, reviewed_at = wl_now(), outcome = 'appropriate' where opening = $1",
        [opening],
      ),
    ).rejects.toThrow(/check/)
    const reviewer = await come(second)
    expect(await codeOf(judge(reviewer, 'bad'))).toBe('say-why')
    expect(await codeOf(judge(reviewer, 'curiosity, no treatment at all'))).toBe('done')
    expect(await codeOf(judge(reviewer))).toBe('already-reviewed')
    expect(await queue(reviewer)).toMatchObject({
      review: { by: second, outcome: 'inappropriate', note: 'curiosity, no treatment at all' },
    })
  })

  test('that is late raises an alarm once, to the other officers', async () => {
    const { opening } = await ok(open(await come(officer)))
    await street.world.advance(6 * 24 * hour)
    const late = async (person: string) =>
      (await ok((await come(person)).call(myNotices, {}))).notices.filter((it) => it.opening === opening && it.kind === 'overdue')
    expect(await late(second)).toHaveLength(1)
    expect(await late(officer)).toEqual([])
    await street.world.advance(24 * hour)
    expect(await late(second)).toHaveLength(1)
    expect((await facts('access.break-glass.review-overdue')).filter((it) => it.payload['opening'] === opening)).toHaveLength(1)
    expect((await ok((await come(second)).call(listOpenings, {}))).openings.find((it) => it.opening === opening)!.overdue).toBe(true)
  })
})
