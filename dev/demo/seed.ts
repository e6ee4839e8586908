import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { newUuid } from '@wardline/crypto'
import type { KeyLedger, RunningServer } from '@wardline/platform/server'
import { enrolTotp } from '@wardline/product/access/mfa/server'
import { recordAgreement } from '@wardline/product/access/policies/server'
import { addShift, addUnit } from '@wardline/product/access/care/contract'
import { createOrganisation, createPerson } from '@wardline/product/access/provisioning/server'
import { setPassword } from '@wardline/product/access/sign-in/server'
import { ceremonyFiles, holdCeremony } from '@wardline/product/compliance/archive/client'
import { storeCeremony, writeCeremony } from '@wardline/product/compliance/archive/server'
import { addVisit } from '@wardline/product/patients/appointments/contract'
import { recordConsent } from '@wardline/product/patients/consent/contract'
import {
  addNumber,
  confirmVerification,
  createPatient,
  restrictPatient,
  setPlace,
  startVerification,
} from '@wardline/product/patients/roster/contract'
import { setSmsChannel } from '@wardline/product/patients/texting/contract'
import type { TeamEngine } from '@wardline/product/team/messages/client'
import { routine } from '@wardline/product/team/messages/client'
import type { PretendTwilio } from '../twilio/index.ts'
import { cast, castMember, mapleStreet, seededId, stBrendan } from './cast.ts'
import type { CastOrganisation } from './cast.ts'
import { engineOf } from './engine.ts'
import { patients, practiceNumber, wardPatients } from './patients.ts'
import type { CastPatient } from './patients.ts'
import { must, visit } from './visitor.ts'
import type { Visitor } from './visitor.ts'

const year = 366 * 86_400_000

/** What the seed needs of the running demonstration. */
export interface Stage {
  readonly server: RunningServer
  readonly keys: KeyLedger
  readonly twilio: PretendTwilio
  /** The demonstration's own folder: recovery keys and the ceremony's papers lie there, labelled. */
  readonly folder: string
  readonly report: (line: string) => void
}

/** Fills an empty demonstration: organisations, people with keys, conversations, patients with consent, visits. All through the real doors. */
export async function seed(stage: Stage): Promise<Readonly<Record<string, string>>> {
  for (const organisation of cast) await seedOrganisation(stage, organisation)
  stage.report('People and their archive keys are there.')
  const recovery = await seedConversations(stage)
  stage.report('Conversations are there, sealed by their people’s own devices.')
  await seedPatients(stage)
  await seedWard(stage)
  stage.report(`${patients.length + wardPatients.length} patients are there.`)
  return recovery
}

async function seedOrganisation(stage: Stage, organisation: CastOrganisation): Promise<void> {
  const { server, keys } = stage
  const idOf = (signInName: string) => castMember(signInName).member.person
  const time = server.clock.ms()
  const ceremony = await holdCeremony({
    organisation: organisation.org,
    time,
    until: time + year,
    custodians: organisation.custodians.map(idOf),
    threshold: organisation.threshold,
    administrators: organisation.people.filter((it) => it.roles.includes('administrator')).map((it) => it.person),
    archiveOfficers: organisation.people.filter((it) => it.roles.includes('privacy-officer')).map((it) => it.person),
  })
  await server.db.write(organisation.org, { actor: null, device: null }, async (tx) => {
    await createOrganisation(tx, organisation)
    for (const it of organisation.people) {
      await createPerson(tx, {
        person: it.person,
        signInName: it.signInName,
        name: it.name,
        title: it.title,
        roles: it.roles,
        ...(it.exception ? { exception: it.exception } : {}),
      })
      await setPassword(tx, keys, { person: it.person, password: it.password })
      await enrolTotp(tx, keys, { person: it.person, key: it.totpKey })
    }
    await storeCeremony(tx, keys, ceremony)
  })
  const nameOf = new Map(organisation.people.map((it) => [it.person, it.name]))
  const folder = path.join(stage.folder, `archive ceremony ${organisation.name}`)
  await mkdir(stage.folder, { recursive: true })
  await writeCeremony(folder, ceremonyFiles(ceremony, { organisation: organisation.name, person: (id) => nameOf.get(id) ?? id }))
}

/** Writes the people's keys and first conversations with real engines; returns the recovery keys by sign-in name. */
async function seedConversations(stage: Stage): Promise<Readonly<Record<string, string>>> {
  const recovery: Record<string, string> = {}
  const engines = new Map<string, { engine: TeamEngine; visitor: Visitor }>()
  for (const organisation of cast) {
    for (const member of organisation.people) {
      const visitor = await visit(stage.server, organisation, member)
      const engine = await engineOf(stage.server.url, visitor, member.person)
      const made = await engine.createIdentity()
      if (!made.ok) throw new Error(`The keys of ${member.signInName}: ${made.code}`)
      await engine.confirmRecoveryKey()
      recovery[member.signInName] = made.value.recoveryKey
      engines.set(member.signInName, { engine, visitor })
    }
  }
  const idOf = (name: string) => castMember(name).member.person
  const talk = async (kind: 'direct' | 'group', names: readonly string[], lines: readonly (readonly [who: string, text: string])[]) => {
    const [first, ...others] = names
    const conversation = newUuid()
    const begun = await engines
      .get(first!)!
      .engine.createConversation({ conversation, kind, people: others.map(idOf), ...(kind === 'group' ? { history: 'all' as const } : {}) })
    if (!begun.ok) throw new Error(`A conversation of ${names.join(', ')}: ${begun.code}`)
    for (const [who, text] of lines) {
      const { engine } = engines.get(who)!
      await until(engine, async () =>
        (await engine.conversations()).some((it) => it.conversation === begun.value.conversation && it.epoch.is === 'open'),
      )
      const sent = await engine.send(begun.value.conversation, { id: newUuid(), body: { kind: 'text', text }, flags: routine })
      if (!sent.ok) throw new Error(`A message of ${who}: ${sent.code}`)
      await until(engine, async () => (await engine.state()).waiting === 0)
    }
  }
  await talk(
    'direct',
    ['kim', 'ada'],
    [
      ['kim', 'Bed 12: patient R.A. has had two short runs of SVT since 08:30, no symptoms, BP 118/72. Strips are at the desk.'],
      ['ada', 'Thank you. I am with a patient until 10. Please repeat potassium and magnesium with the next draw.'],
      ['kim', 'Drawn at 09:20. I will write you as soon as they are back.'],
    ],
  )
  await talk(
    'group',
    ['kim', 'ada', 'raj'],
    [
      ['raj', 'Rounds on 4W start at 10:15 today, echo is delayed.'],
      ['kim', 'Fine for us. Bed 7 is at radiology until half past.'],
    ],
  )
  await talk(
    'group',
    ['marisol', 'tess', 'jamal', 'priya', 'nora'],
    [
      ['marisol', 'Good morning. Chair 3 is down until the technician comes at 11, please use 1 and 2.'],
      ['jamal', 'Then I take the 10:05 in chair 2.'],
      ['nora', 'OK. Crown for G.O. stays at 11.'],
    ],
  )
  await talk(
    'direct',
    ['tess', 'nora'],
    [
      ['tess', 'Mrs Cole asks whether she can come 15 minutes later tomorrow.'],
      ['nora', 'Yes, that works.'],
    ],
  )
  for (const { engine } of engines.values()) await engine.stop()
  // The seed's devices and sessions end here; the people enrol their browsers by their recovery keys.
  await mkdir(stage.folder, { recursive: true })
  await writeFile(path.join(stage.folder, 'recovery-keys.json'), JSON.stringify(recovery, null, 2) + '\n', { mode: 0o600 })
  return recovery
}

/** Waits for an engine to reach a state; it tells every change, so nothing is polled. */
export function until(engine: TeamEngine, reached: () => Promise<boolean>): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = engine.subscribe(() => look())
    const look = () => {
      reached().then(
        (yes) => {
          if (!yes) return
          stop()
          resolve()
        },
        (error: unknown) => {
          stop()
          reject(error instanceof Error ? error : new Error(String(error)))
        },
      )
    }
    look()
  })
}

async function seedPatients(stage: Stage): Promise<void> {
  const { server, twilio } = stage
  await server.db.write(mapleStreet.org, { actor: castMember('nora').member.person, device: null }, (tx) =>
    recordAgreement(tx, { counterparty: 'twilio', kind: 'baa', startsOn: '2025-11-01' }),
  )
  const manager = await visit(server, mapleStreet, castMember('marisol').member)
  const channel = must(
    'The number',
    await manager.call(setSmsChannel, { body: { number: practiceNumber, practiceName: 'Maple Street Dental', phone: '(312) 555-0100' } }),
  )
  connectPhones(twilio, channel.inboundUrl)
  const desk = await visit(server, mapleStreet, castMember('tess').member)
  for (const it of patients) await seedPatient(stage, desk, it)
}

/** Tells the pretend carrier which number is ours, where texts to it go, and which patients' phones there are. */
export function connectPhones(twilio: PretendTwilio, inboundUrl: string): void {
  const [account] = twilio.accounts.values()
  if (!account) throw new Error('The pretend carrier has no account.')
  if (!twilio.numbers.has(practiceNumber)) twilio.control.addNumber({ number: practiceNumber, accountSid: account.sid, smsUrl: inboundUrl })
}

async function seedPatient(stage: Stage, desk: Visitor, it: CastPatient): Promise<void> {
  const params = { patient: it.patient }
  must(
    'A patient',
    await desk.call(createPatient, {
      body: {
        patient: it.patient,
        given: it.given,
        family: it.family,
        birthDate: it.birthDate,
        language: it.language,
        ...(it.notes ? { notes: it.notes } : {}),
      },
    }),
  )
  const { number } = must(
    'A number',
    await desk.call(addNumber, { params, body: { number: it.phone, lineType: it.given === 'Walter' ? 'landline' : 'mobile' } }),
  )
  if (it.consent !== 'none')
    must(
      'A consent',
      await desk.call(recordConsent, {
        params,
        body: {
          receipt: seededId(`consent ${it.patient}`),
          number,
          scopes: ['care-logistics'],
          channels: ['sms'],
          ...(it.consent === 'spoken'
            ? { basis: 'spoken' as const, warning: it.language === 'es' ? ('sms-1-es' as const) : ('sms-1-en' as const) }
            : { basis: 'intake' as const, attestation: 'Intake form, number given for visits' }),
        },
      }),
    )
  if (it.verified) await verify(stage, desk, it, number)
  if (it.visitInHours !== undefined)
    must(
      'A visit',
      await desk.call(addVisit, {
        body: {
          visit: seededId(`visit ${it.patient}`),
          patient: it.patient,
          startsAt: stage.server.clock.ms() - (stage.server.clock.ms() % 60_000) + Math.round(it.visitInHours * 3_600_000),
          ...(it.reason ? { reason: it.reason } : {}),
        },
      }),
    )
}

/** The ward with its roster; a patient on it, and one elsewhere in the hospital whose record is restricted. */
async function seedWard({ server }: Stage): Promise<void> {
  const as = (name: string) => visit(server, stBrendan, castMember(name).member)
  const unit = seededId('unit 4W')
  const administrator = await as('hana')
  must('The unit', await administrator.call(addUnit, { body: { unit, name: '4W' } }))
  for (const name of ['kim', 'ada']) {
    const body = { shift: seededId(`roster ${name}`), person: castMember(name).member.person, from: server.clock.ms() }
    must('The roster', await administrator.call(addShift, { params: { unit }, body }))
  }
  for (const { patient, given, family, birthDate, notes, by, onUnit, restricted } of wardPatients) {
    const doctor = await as(by)
    const params = { patient }
    must('A patient', await doctor.call(createPatient, { body: { patient, given, family, birthDate, language: 'en', notes } }))
    if (onUnit) must('The place', await doctor.call(setPlace, { params, body: { unit } }))
    if (restricted !== null) must('The restriction', await doctor.call(restrictPatient, { params, body: { restricted } }))
  }
}

/** A code goes to the pretend phone, and the patient reads it out. */
async function verify(stage: Stage, desk: Visitor, it: CastPatient, number: string): Promise<void> {
  const params = { patient: it.patient, number }
  const started = must('A code', await desk.call(startVerification, { params, body: { verification: newUuid() } }))
  if (!started.sent) throw new Error(`No code was sent to ${it.given}: ${started.refused.join(', ')}`)
  await stage.server.settle()
  const bubbles = stage.twilio.control.messages.filter((message) => message.to === it.phone)
  const code = /\b(\d{3}) ?(\d{3})\b/.exec(bubbles.at(-1)?.body ?? '')
  if (!code) throw new Error(`No code arrived at the phone of ${it.given}.`)
  must('The code', await desk.call(confirmVerification, { params, body: { code: `${code[1]}${code[2]}` } }))
}
