/** A number is a patient's when the patient reads the code out; five tries, ten minutes, and no code to be read anywhere but on the phone. */
import { newId } from '@wardline/platform/server'
import {
  confirmVerification,
  getPatient,
  judgeNumber,
  restrictPatient,
  startVerification,
} from '@wardline/product/patients/roster/contract'
import { getThread, listThreads } from '@wardline/product/patients/texting/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openClinic } from './clinic.ts'
import type { Clinic, Patient } from './clinic.ts'

const minute = 60_000
let clinic: Clinic
let ana: Patient
let made = 0
beforeAll(async () => {
  clinic = await openClinic()
})
afterAll(() => clinic.close())
beforeEach(async () => {
  made += 1
  ana = await clinic.patient({ given: 'Ana', e164: `+1312555${String(1000 + made)}` })
})

const start = async () => {
  const started = await clinic.desk.ask(startVerification, { params: ana, body: { verification: newId() } })
  await clinic.settle()
  return started
}
const shown = () => /\b\d{6}\b/.exec(clinic.shows(ana.e164).at(-1) ?? '')![0]
const confirm = (code: string) => clinic.desk.ask(confirmVerification, { params: ana, body: { code } })
const wrong = (code: string) => clinic.desk.refused(confirmVerification, { params: ana, body: { code } })
const state = async () => (await clinic.desk.ask(getPatient, { params: { patient: ana.patient } })).numbers[0]!
const other = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

describe('a code', () => {
  test('reaches the phone without any consent, and makes the number verified; spaces do not matter', async () => {
    expect(await start()).toMatchObject({ sent: true, refused: [] })
    expect(clinic.shows(ana.e164)).toHaveLength(1)
    expect((await state()).state).toBe('unverified')
    const code = shown()
    await confirm(` ${code.slice(0, 2)} ${code.slice(2, 4)}-${code.slice(4)} `)
    expect(await state()).toMatchObject({ state: 'verified', verifiedHow: 'code' })
    expect(await wrong(code)).toBe('no-open-code')
  })

  test('dies with the fifth wrong try, and tries count although each is refused', async () => {
    await start()
    const code = shown()
    for (let i = 0; i < 5; i += 1) expect(await wrong(i === 2 ? 'abc' : other(code))).toBe('wrong-code')
    expect(await wrong(code)).toBe('no-open-code')
    expect((await state()).state).toBe('unverified')
    expect(
      await clinic.count("select count(*) from fact where kind = 'patients.number.code-missed' and key = $1", [`patient|${ana.patient}`]),
    ).toBe(5)
  })

  test('five tries at once are five tries', async () => {
    await start()
    const code = shown()
    await Promise.all(Array.from({ length: 12 }, () => wrong(other(code))))
    expect(await clinic.count('select tries as count from number_verification where patient = $1', [ana.patient])).toBe(5)
    expect(await wrong(code)).toBe('no-open-code')
  })

  test('lives ten minutes', async () => {
    await start()
    const code = shown()
    await clinic.advance(10 * minute + 1_000)
    expect(await wrong(code)).toBe('no-open-code')
  })

  test('ends when another one is sent; three an hour', async () => {
    await start()
    const first = shown()
    await start()
    const second = shown()
    if (first !== second) expect(await wrong(first)).toBe('wrong-code')
    await start()
    expect(await clinic.desk.refused(startVerification, { params: ana, body: { verification: newId() } })).toBe('too-many-codes')
    await clinic.advance(61 * minute)
    expect(await start()).toMatchObject({ sent: true })
  })

  test('is for this patient and number only', async () => {
    await start()
    const ben = await clinic.patient({ given: 'Ben', e164: ana.e164 })
    expect(await clinic.desk.refused(confirmVerification, { params: ben, body: { code: shown() } })).toBe('no-open-code')
    // Nor does it do anything in the hands of somebody who does not reach the patient.
    const clinician = await clinic.signIn(['clinician'])
    const restrict = (restricted: 'well-known' | null) =>
      clinician.ask(restrictPatient, { params: { patient: ana.patient }, body: { restricted } })
    await restrict('well-known')
    expect(await wrong(shown())).toBe('no-open-code')
    await restrict(null)
    expect((await state()).state).toBe('unverified')
    const stranger = { patient: ana.patient, number: newId() }
    expect(await clinic.desk.refused(startVerification, { params: stranger, body: { verification: newId() } })).toBe('not-found')
  })

  test('stands nowhere in the clear: not in the database, not in the log', async () => {
    await start()
    const code = shown()
    const { rows } = await clinic.world.owner.query<{ name: string }>(
      "select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
    )
    // Who could read it at the desk could verify a number without the phone.
    const line = (await clinic.desk.ask(listThreads)).threads.find((it) => it.patient?.patient === ana.patient)!
    const page = await clinic.desk.ask(getThread, { params: { thread: line.thread }, body: {} })
    expect([line.line, page.texts.at(-1)!.body].map((it) => [it.includes('••••••'), it.includes(code)])).toEqual([
      [true, false],
      [true, false],
    ])
    const plain = Buffer.from(code).toString('hex')
    for (const { name } of rows)
      expect(await clinic.count(`select count(*) from ${name} t where t::text ~ $1`, [`(\\m${code}\\M)|${plain}`]), name).toBe(0)
    expect(clinic.world.logged.join('\n')).not.toContain(code)
  })
})

test('a wrong person is nobody to write to, until the desk knows better', async () => {
  await start()
  await confirm(shown())
  await clinic.desk.ask(judgeNumber, { params: ana, body: { standing: 'not-theirs' } })
  expect((await state()).state).toBe('wrong-person')
  expect(await start()).toMatchObject({ sent: false, refused: ['wrong-person'] })
  await clinic.desk.ask(judgeNumber, { params: ana, body: { standing: 'theirs' } })
  expect(await state()).toMatchObject({ state: 'unverified', verifiedHow: null })
})
