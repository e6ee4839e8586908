/** The desk's inbox: households, who waits, who may look, what stands on the disk. */
import { newId } from '@wardline/platform/server'
import { consentState, exportReceipt, recordConsent } from '@wardline/product/patients/consent/contract'
import { verifyReceipt } from '@wardline/product/patients/consent/server'
import {
  addNumber,
  assignCare,
  changePatient,
  coverPatient,
  createPatient,
  endCare,
  getPatient,
  listPatients,
  lookUpPatient,
  restrictPatient,
  searchPatients,
} from '@wardline/product/patients/roster/contract'
import {
  askWho,
  getSmsChannel,
  getThread,
  listThreads,
  markLooked,
  previewText,
  sendText,
  setSmsChannel,
} from '@wardline/product/patients/texting/contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { openClinic } from './clinic.ts'
import type { Clinic, Patient } from './clinic.ts'

const phone = '+13125550117'
const minute = 60_000
let clinic: Clinic
beforeEach(async () => {
  clinic = await openClinic({ optOut: 'none' })
})
afterEach(() => clinic.close())

const one = async (given: string, e164: string) => {
  const patient = await clinic.patient({ given, e164 })
  await clinic.consented(patient, { basis: 'intake' })
  return patient
}
const send = (to: Patient, body: string, thread?: string) =>
  clinic.desk.ask(sendText, {
    body: { text: newId(), patient: to.patient, number: to.number, body, ...(thread === undefined ? {} : { thread }) },
  })

describe('threads', () => {
  test('who waits longest stands first; an answer or "done" ends the wait', async () => {
    const [ana, ben, cy] = [await one('Ana', phone), await one('Ben', '+13125550118'), await one('Cy', '+13125550119')]
    for (const it of [ben, ana, cy]) {
      await clinic.says(it.e164, 'Is the parking free?')
      await clinic.advance(minute)
    }
    const names = async () =>
      (await clinic.desk.ask(listThreads)).threads.filter((it) => it.waitingSince !== null).map((it) => it.patient?.given)
    expect(await names()).toEqual(['Ben', 'Ana', 'Cy'])
    expect((await clinic.desk.ask(listPatients)).patients.map((it) => [it.given, it.waiting])).toEqual([
      ['Ana', 1],
      ['Ben', 1],
      ['Cy', 1],
    ])
    await send(ben, 'It is.')
    expect(await names()).toEqual(['Ana', 'Cy'])
    const { threads } = await clinic.desk.ask(listThreads)
    await clinic.desk.ask(markLooked, { params: { thread: threads[0]!.thread }, body: {} })
    expect(await names()).toEqual(['Ana', 'Cy'])
    await clinic.desk.ask(markLooked, { params: { thread: threads[0]!.thread }, body: { done: true } })
    expect(await names()).toEqual(['Cy'])
  })

  test('a number of several patients: the candidates are named, and one may ask who', async () => {
    const ana = await one('Ana', phone)
    await one('Mateo', phone)
    await clinic.says(phone, 'Can we come at four?')
    const { threads } = await clinic.desk.ask(listThreads)
    expect(threads).toMatchObject([{ patient: null, candidates: [{ given: 'Ana' }, { given: 'Mateo' }], ending: '0117' }])
    const thread = threads[0]!.thread
    expect((await clinic.desk.ask(askWho, { params: { thread }, body: { text: newId() } })).decision.kind).toBe('send')
    await clinic.settle()
    expect(clinic.shows(phone)).toEqual([expect.stringContaining('Who is this about')])
    await send(ana, 'Yes, at four.', thread)
    await clinic.settle()
    const page = await clinic.desk.ask(getThread, { params: { thread }, body: {} })
    expect(page.texts.map((it) => it.direction)).toEqual(['in', 'out', 'out'])
    expect(page.waitingSince).toBeNull()
    const ben = await one('Ben', '+13125550118')
    expect(
      await clinic.desk.refused(sendText, { body: { text: newId(), patient: ben.patient, number: ben.number, body: 'x', thread } }),
    ).toBe('not-found')
    await clinic.says(ben.e164, 'Hello')
    const bens = (await clinic.desk.ask(listThreads)).threads.find((it) => it.patient?.given === 'Ben')!
    expect(await clinic.desk.refused(askWho, { params: { thread: bens.thread }, body: { text: newId() } })).toBe('one-patient')
  })

  test('a number that nobody has lands in the inbox too, and nothing can be sent to it', async () => {
    clinic.twilio.control.addPhone({ number: '+13125550188' })
    await clinic.says('+13125550188', 'Do you take new patients?')
    const { threads } = await clinic.desk.ask(listThreads)
    expect(threads).toMatchObject([{ patient: null, candidates: [], ending: '0188', line: 'Do you take new patients?' }])
    expect(await clinic.desk.refused(askWho, { params: { thread: threads[0]!.thread }, body: { text: newId() } })).toBe('one-patient')
  })

  test('doubtful words pause automation until a person looked; a page of older texts can be read', async () => {
    const ana = await one('Ana', phone)
    for (let i = 0; i < 60; i += 1) await clinic.calls('inbound', clinic.inbound(phone, `line ${i}`))
    await clinic.calls('inbound', clinic.inbound(phone, 'too many texts'))
    const [thread] = (await clinic.desk.ask(listThreads)).threads
    expect(thread).toMatchObject({ paused: true, patient: { patient: ana.patient } })
    const newest = await clinic.desk.ask(getThread, { params: thread!, body: {} })
    expect([newest.texts.length, newest.more, newest.texts.at(-1)!.body]).toEqual([50, true, 'too many texts'])
    const older = await clinic.desk.ask(getThread, { params: thread!, body: { before: String(newest.texts[0]!.at) } })
    const seen = new Set([...newest.texts, ...older.texts].map((it) => it.text))
    expect([seen.size, older.more]).toEqual([61, false])
    await clinic.desk.ask(markLooked, { params: thread!, body: {} })
    expect((await clinic.desk.ask(listThreads)).threads[0]).toMatchObject({ paused: false })
  })
})

describe('the preview', () => {
  test('says what the server would do, with the words that must not go and the cost', async () => {
    const ana = await one('Ana', phone)
    const look = (body: string) => clinic.desk.ask(previewText, { body: { patient: ana.patient, number: ana.number, body } })
    expect(await look('See you at three.')).toMatchObject({
      decision: { kind: 'send' },
      purpose: 'care',
      encoding: 'GSM-7',
      segments: 1,
      marks: [],
    })
    const medical = await look('Your biopsy was positive')
    expect(medical).toMatchObject({
      decision: { kind: 'secure-page-needed' },
      marks: [
        { from: 5, to: 11 },
        { from: 12, to: 24 },
      ],
    })
    expect((await send(ana, 'Your biopsy was positive')).decision.kind).toBe('secure-page-needed')
    await clinic.settle()
    expect(clinic.shows(phone)).toEqual([])
    await clinic.says(phone, 'And when?')
    expect((await look('At three.')).purpose).toBe('answer')
  })
})

describe('who may', () => {
  test('the administrator connects the number and reads no text; the auditor and another practice see nothing', async () => {
    const ana = await one('Ana', phone)
    await clinic.says(phone, 'Hello')
    const [thread] = (await clinic.desk.ask(listThreads)).threads
    const auditor = await clinic.signIn(['auditor'])
    for (const hand of [clinic.admin, auditor]) {
      expect(await hand.refused(listThreads)).toBe('not-found')
      expect(await hand.refused(getThread, { params: thread!, body: {} })).toBe('not-found')
      expect(await hand.refused(getPatient, { params: ana })).toBe('not-found')
      expect(await hand.refused(sendText, { body: { text: newId(), patient: ana.patient, number: ana.number, body: 'x' } })).toBe(
        'not-found',
      )
    }
    const set = { number: '+13125550100', practiceName: 'Maple St. Dental', phone: '(312) 555-0100' }
    expect((await clinic.admin.ask(setSmsChannel, { body: set })).channel).toBe(clinic.channel)
    expect(await clinic.desk.refused(setSmsChannel, { body: set })).toBe('not-found')
    expect(await clinic.desk.ask(getSmsChannel)).toMatchObject({
      carrier: 'twilio',
      agreement: true,
      channel: { practiceName: 'Maple St. Dental' },
    })
    const other = await openClinic()
    expect(await other.desk.refused(getThread, { params: thread!, body: {} })).toBe('not-found')
    expect(await other.desk.refused(getPatient, { params: ana })).toBe('not-found')
    expect(await other.desk.refused(addNumber, { params: ana, body: { number: phone } })).toBe('not-found')
    await other.close()
  })

  test('in a hospital a clinician reaches whom they care for, whoever covers for them for minutes, and nobody else', async () => {
    const hospital = await openClinic({ preset: 'hospital' })
    const [ines, otto] = [await hospital.signIn(['clinician']), await hospital.signIn(['clinician'])]
    expect((await ines.ask(listPatients)).patients).toEqual([])
    const ana = { patient: newId(), given: 'Ana', family: 'Rivera', language: 'en' as const, birthDate: '1981-07-14' }
    expect(await ines.ask(createPatient, { body: ana })).toMatchObject({ created: true })
    const { patient } = ana
    expect((await ines.ask(listPatients)).patients).toHaveLength(1)
    // Who works at the location sees it; another clinician does not, until they say that they are covering.
    expect((await hospital.desk.ask(listPatients)).patients).toHaveLength(1)
    expect((await otto.ask(listPatients)).patients).toEqual([])
    expect(await otto.refused(getPatient, { params: { patient } })).toBe('not-found')
    const wanted = { given: 'Ana', family: 'Rivera', birthDate: '1981-07-14' }
    expect((await otto.ask(lookUpPatient, { body: { ...wanted, birthDate: '1981-07-15' } })).patients).toEqual([])
    expect((await otto.ask(lookUpPatient, { body: wanted })).patients).toEqual([{ patient, ...wanted, reached: false, coverable: true }])
    await otto.ask(coverPatient, { params: { patient }, body: { reason: 'covering for Ines tonight' } })
    expect((await otto.ask(getPatient, { params: { patient } })).given).toBe('Ana')
    await hospital.advance(15 * 60_000)
    expect(await otto.refused(getPatient, { params: { patient } })).toBe('not-found')
    expect((await hospital.officer.ask(listPatients)).patients).toHaveLength(1)
    // A text from a number that nobody has is for those who work there.
    hospital.twilio.control.addPhone({ number: '+13125550188' })
    await hospital.says('+13125550188', 'Do you take new patients?')
    const { thread } = (await hospital.desk.ask(listThreads)).threads[0]!
    expect((await ines.ask(listThreads)).threads).toEqual([])
    expect(await ines.refused(getThread, { params: { thread }, body: {} })).toBe('not-found')
    await hospital.close()
  })

  test('a restricted record is behind a care relationship, in lists, searches, threads and by id', async () => {
    const ana = await one('Ana', phone)
    await clinic.says(phone, 'Hello')
    const { thread } = (await clinic.desk.ask(listThreads)).threads[0]!
    const clinician = await clinic.signIn(['clinician'])
    expect(await clinician.ask(restrictPatient, { params: { patient: ana.patient }, body: { restricted: 'well-known' } })).toEqual({})
    const others = [clinic.desk, await clinic.signIn(['clinician'])]
    for (const hand of others) {
      expect((await hand.ask(listPatients)).patients).toEqual([])
      expect((await hand.ask(searchPatients, { body: { words: 'Ana' } })).patients).toEqual([])
      expect(await hand.ask(listThreads)).toMatchObject({ threads: [], waiting: 0 })
      expect(await hand.refused(getPatient, { params: ana })).toBe('not-found')
      expect(await hand.refused(getThread, { params: { thread }, body: {} })).toBe('not-found')
      expect(await hand.refused(sendText, { body: { text: newId(), patient: ana.patient, number: ana.number, body: 'x' } })).toBe(
        'not-found',
      )
    }
    expect(await others[1]!.refused(coverPatient, { params: ana, body: { reason: 'I would like to see it' } })).toBe('not-found')
    expect((await clinician.ask(getPatient, { params: ana })).given).toBe('Ana')
    await clinician.ask(assignCare, { params: { patient: ana.patient, person: clinic.desk.person }, body: {} })
    expect((await clinic.desk.ask(listThreads)).threads).toHaveLength(1)
    await clinician.ask(endCare, { params: { patient: ana.patient, person: clinic.desk.person } })
    expect((await clinic.desk.ask(listThreads)).threads).toEqual([])
    await clinician.ask(restrictPatient, { params: { patient: ana.patient }, body: { restricted: null } })
    expect((await clinic.desk.ask(listThreads)).threads).toHaveLength(1)
  })

  test('of a number that several share who is restricted is not named; where all are, its thread is not there', async () => {
    const [ana, ben] = [await one('Ana', phone), await one('Ben', phone)]
    await clinic.says(phone, 'Can we come at four?')
    const { thread } = (await clinic.desk.ask(listThreads)).threads[0]!
    const clinician = await clinic.signIn(['clinician'])
    const restrict = (patient: string) => clinician.ask(restrictPatient, { params: { patient }, body: { restricted: 'well-known' } })
    await restrict(ben.patient)
    expect((await clinic.desk.ask(listThreads)).threads).toMatchObject([{ thread, candidates: [{ given: 'Ana' }] }])
    await restrict(ana.patient)
    expect((await clinic.desk.ask(listThreads)).threads).toEqual([])
    expect(await clinic.desk.refused(getThread, { params: { thread }, body: {} })).toBe('not-found')
  })

  test('every look at a patient is on the record', async () => {
    const ana = await one('Ana', phone)
    const reads = () => clinic.count("select count(*) from fact where kind = 'record.read'")
    await clinic.desk.ask(getPatient, { params: ana })
    await clinic.desk.ask(consentState, { params: ana })
    expect(await reads()).toBe(2)
  })
})

describe('open windows', () => {
  test('hear that a thread changed, by its id alone; who may not read hears nothing', async () => {
    await one('Ana', phone)
    const listen = async (token: string) => {
      const heard: Record<string, unknown>[] = []
      const socket = new WebSocket(`${clinic.world.url.replace('http', 'ws')}/api/v1/live`, { headers: { cookie: `wl=${token}` } })
      await new Promise((resolve) =>
        socket.on('message', (data: Buffer) => (heard.push(JSON.parse(data.toString()) as Record<string, unknown>), resolve(undefined))),
      )
      return { socket, heard, next: () => new Promise((resolve) => socket.once('message', resolve)) }
    }
    const [desk, admin] = [await listen(clinic.desk.token()), await listen(clinic.admin.token())]
    const next = desk.next()
    await clinic.calls('inbound', clinic.inbound(phone, 'Running late, sorry'))
    await next
    const [thread] = (await clinic.desk.ask(listThreads)).threads
    expect(desk.heard.at(-1)).toEqual({ t: 'patients.thread', thread: thread!.thread, at: expect.any(Number) as number })
    expect(admin.heard.map((it) => it['t'])).toEqual(['open'])
    desk.socket.close()
    admin.socket.close()
  })
})

describe('the roster', () => {
  test('finds by whole names, marks and case aside, by birth date and by number; every word must fit', async () => {
    const add = (given: string, family: string, birthDate: string) => {
      const patient = newId()
      return clinic.desk.ask(createPatient, { body: { patient, given, family, birthDate, language: 'en' } }).then(() => patient)
    }
    const ana = await add('Ana María', 'Rivera', '1981-07-14')
    await add('Anna', 'Riviera', '1981-02-03')
    await clinic.desk.ask(addNumber, { params: { patient: ana }, body: { number: phone } })
    const find = async (words: string) => (await clinic.desk.ask(searchPatients, { body: { words } })).patients.map((it) => it.given)
    expect(await find('RIVERA maria')).toEqual(['Ana María'])
    expect(await find('ana 1981-07-14')).toEqual(['Ana María'])
    expect(await find('7/14/1981')).toEqual(['Ana María'])
    expect(await find('(312) 555-0117')).toEqual(['Ana María'])
    expect(await find('ana 1981-02-03')).toEqual([])
    expect(await find('riv')).toEqual([])
    expect(await find('...')).toEqual([])
    const before = await clinic.desk.ask(getPatient, { params: { patient: ana } })
    await clinic.desk.ask(changePatient, {
      params: { patient: ana },
      body: { version: before.version, given: 'Ana', family: 'Ríos', language: 'es' },
    })
    expect([await find('rivera'), await find('rios')]).toEqual([[], ['Ana']])
    expect(
      await clinic.desk.refused(changePatient, {
        params: { patient: ana },
        body: { version: before.version, given: 'A', family: 'B', language: 'en' },
      }),
    ).toBe('changed-meanwhile')
  })

  test.each([
    ['12345', 'not-a-number'],
    ['+44 20 7183 8750', 'number-not-served'],
    ['900 555 0100', 'number-not-served'],
    ['+1 876 555 0100', 'number-not-served'],
  ])('does not take %s: %s', async (number, code) => {
    const ana = await clinic.patient({ given: 'Ana', e164: phone })
    expect(await clinic.desk.refused(addNumber, { params: ana, body: { number } })).toBe(code)
  })

  test('nothing of a patient stands in the clear: tables, log', async () => {
    const ana = await clinic.patient({ given: 'Canaryname', family: 'Canaryfamily', e164: phone })
    await clinic.consented(ana, { basis: 'intake' })
    await send(ana, 'canarytext out')
    await clinic.settle()
    await clinic.says(phone, 'canarytext in')
    await clinic.desk.ask(listThreads)
    const { rows } = await clinic.world.owner.query<{ name: string }>(
      "select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
    )
    const secrets = ['Canaryname', 'canaryname', 'Canaryfamily', 'canarytext', '3125550117']
    for (const { name } of rows) {
      const pattern = secrets.flatMap((it) => [it, Buffer.from(it).toString('hex')]).join('|')
      expect(await clinic.count(`select count(*) from ${name} t where t::text ~ $1`, [pattern]), name).toBe(0)
    }
    for (const it of secrets) expect(clinic.world.logged.join('\n')).not.toContain(it)
  })
})

describe('a consent', () => {
  test('is a receipt that anybody can check without the server, and that no bit can be changed of', async () => {
    const ana = await clinic.patient({ given: 'Ana', e164: phone })
    const consent = await clinic.consented(ana, { basis: 'written', scopes: ['care-logistics', 'marketing'] })
    const receipt = await clinic.desk.ask(exportReceipt, { params: { patient: ana.patient, consent } })
    const trusted = [receipt.publicKey]
    const said = verifyReceipt(receipt, trusted)
    expect(said).toMatchObject({
      kind: 'grant',
      number: phone,
      patient: ana.patient,
      scopes: ['care-logistics', 'marketing'],
      basis: 'written',
      recordedBy: clinic.desk.person,
      warning: { version: 'sms-1-en' },
    })
    expect(verifyReceipt(receipt, [])).toBeUndefined()
    expect(verifyReceipt({ ...receipt, document: receipt.document.replace('care-logistics', 'clinical') }, trusted)).toBeUndefined()
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (let i = 0; i < 86; i += 1) {
      // The lowest bit of each letter: in the last one it carries nothing of the signature, and must be refused all the same.
      const other = letters[letters.indexOf(receipt.signature[i]!) ^ 1]!
      const flipped = receipt.signature.slice(0, i) + other + receipt.signature.slice(i + 1)
      expect(verifyReceipt({ ...receipt, signature: flipped }, trusted), String(i)).toBeUndefined()
    }
    // The key's making is in the log, so that a reader knows which key to trust.
    expect(await clinic.count("select count(*) from fact where kind = 'patients.consent.key-made'")).toBe(1)
  })

  test('needs what its purposes need, and ends on the day that the patient chose', async () => {
    const ana = await clinic.patient({ given: 'Ana', e164: phone })
    const record = (it: object) => ({
      params: { patient: ana.patient },
      body: {
        receipt: newId(),
        number: ana.number,
        scopes: ['care-logistics' as const],
        channels: ['sms' as const],
        basis: 'intake' as const,
        ...it,
      },
    })
    expect(await clinic.desk.refused(recordConsent, record({}))).toBe('attestation-missing')
    expect(await clinic.desk.refused(recordConsent, record({ basis: 'spoken' }))).toBe('warning-missing')
    expect(await clinic.desk.refused(recordConsent, record({ scopes: ['marketing'], basis: 'spoken', warning: 'sms-1-en' }))).toBe(
      'basis-too-weak',
    )
    expect(await clinic.desk.refused(recordConsent, record({ attestation: 'form', expiresOn: '2026-03-09' }))).toBe('expires-in-the-past')
    expect(await clinic.desk.refused(recordConsent, record({ attestation: 'form', number: newId() }))).toBe('not-found')
    await clinic.consented(ana, { basis: 'intake', expiresOn: '2026-03-11' })
    const codes = async () => (await send(ana, 'The form is ready')).decision.reasons.map((it) => it.code)
    expect(await codes()).toEqual(['allowed', 'on-intake'])
    await clinic.advance(2 * 24 * 60 * minute)
    expect(await codes()).toContain('consent-expired')
  })
})
