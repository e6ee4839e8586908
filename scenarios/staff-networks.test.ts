/** Patients' records and archives kept to the organisation's own networks: closed from elsewhere to whom it binds, and nothing urgent waits for that. */
import { connect, must, seal, signInAgain } from '@wardline/dev/staff'
import type { Colleague, Session } from '@wardline/dev/staff'
import { pathOf } from '@wardline/platform/contract'
import type { Endpoint } from '@wardline/platform/contract'
import { newId } from '@wardline/platform/server'
import { factsOf } from '@wardline/platform/testing'
import { openRecord } from '@wardline/product/access/break-glass/contract'
import { approvePending, declinePending, listPending } from '@wardline/product/access/dual-control/contract'
import { addLocation, closeLocation, setWorkplaces } from '@wardline/product/access/locations/contract'
import { keepRecords, recordNetworks } from '@wardline/product/access/networks/contract'
import { me } from '@wardline/product/access/provisioning/contract'
import { mayHere } from '@wardline/product/access/roles/preview'
import type { Role } from '@wardline/product/access/roles/server'
import { auditEntries } from '@wardline/product/compliance/audit/contract'
import { findConversations, releaseExport } from '@wardline/product/compliance/archive/contract'
import { recordOptOut } from '@wardline/product/patients/consent/contract'
import { addVisit } from '@wardline/product/patients/appointments/contract'
import {
  addNumber,
  assignCare,
  changePatient,
  createPatient,
  getPatient,
  listPatients,
  lookUpPatient,
  restrictPatient,
} from '@wardline/product/patients/roster/contract'
import { getThread, listThreads, sendText } from '@wardline/product/patients/texting/contract'
import { messagePage, sendMessage } from '@wardline/product/team/messages/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { knock, openNeighbours } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'

let street: Neighbours
beforeAll(async () => {
  street = await openNeighbours({ behindProxy: true })
}, 120_000)
afterAll(() => street.close())

/** The house's own network is this machine's and one of IPv6; elsewhere is where the proxy says that somebody comes from. */
const ward = { '127.0.0.0/8': 'This house', '2001:db8:5::/48': 'Staff Wi-Fi' }
const home = '198.51.100.7'
const list = (over: object = {}) => ({
  networks: Object.entries(ward).map(([cidr, name]) => ({ cidr, name })),
  roles: ['clinician', 'privacy-officer', 'front-desk'] as Role[],
  locations: [] as string[],
  ...over,
})

/** The code of an answer to somebody who comes from an address, as the trusted proxy saw it. */
async function from(address: string, of: Session, to: Endpoint, it: { params?: Record<string, string>; body?: object } = {}) {
  const answer = await knock(street.world.url, to.method, pathOf(to.path, it.params ?? {}), {
    cookie: of.cookie,
    headers: { 'x-forwarded-for': address },
    ...(it.body === undefined ? {} : { body: JSON.stringify(it.body) }),
  })
  const { error } = answer.json as { error?: { code: string; what: string; next: string } }
  return { code: error?.code ?? 'done', error, json: answer.json }
}
const codeOf = async (answer: Promise<{ ok: true } | { ok: false; code: string }>) => {
  const it = await answer
  return it.ok ? 'done' : it.code
}
const patient = () => ({ params: { patient: street.ours.ids['patient']! } })
const thread = () => ({ params: { thread: street.ours.ids['thread']! } })
const records = async (of: Session, address: string) => {
  const asked = [[getPatient, patient()], [listPatients], [listThreads], [getThread, thread()]] as [Endpoint, object?][]
  return [...new Set(await Promise.all(asked.map(async ([to, it]) => (await from(address, of, to, it)).code)))].join()
}
const kinds = async (kind: string) =>
  (await street.world.owner.query('select 1 from fact where org = $1 and kind = $2', [street.ours.org, kind])).rowCount
/** Asks for a rule and has an officer agree to it. */
async function keep(over: object = {}): Promise<void> {
  const { administrator } = street.ours.staff
  expect(must(await administrator.call(keepRecords, { body: list(over) }))).toMatchObject({ waits: true })
  const { waiting } = must(await street.ours.staff['security-officer'].call(recordNetworks, {}))
  expect(waiting).toMatchObject({ decidable: true })
  must(await street.ours.staff['security-officer'].call(approvePending, { params: { act: waiting!.act }, body: {} }))
}

test('two people say to which networks; nobody closes records to themselves unawares, and until then nothing is closed', async () => {
  const { ours } = street
  const { administrator, nurse, clinician } = ours.staff
  const owner = await ours.employ(['administrator', 'clinician'])
  const ask = (of: Session, over: object, address = home) => from(address, of, keepRecords, { body: list(over) })
  expect((await ask(nurse, {})).code).toBe('not-found')
  expect(await ask(owner, {})).toMatchObject({ code: 'closes-to-you' })
  expect((await ask(owner, {}, '2001:db8:5:1::9')).code).toBe('done')
  const mine = must(await owner.call(listPending, {})).acts.find((it) => it.state === 'asked')!
  expect(mine).toMatchObject({ says: 'keep records to other networks, version 1', subject: ours.org })
  expect((await ask(administrator, {})).code).toBe('already-asked')
  expect(await codeOf(owner.call(approvePending, { params: { act: mine.act }, body: {} }))).toBe('not-found')
  expect(await records(clinician, home)).toBe('done')
  must(await ours.staff['privacy-officer'].call(declinePending, { params: { act: mine.act }, body: {} }))
  expect((await ask(owner, { anyway: true })).code).toBe('done')
  const [again] = must(await administrator.call(listPending, {})).acts.filter((it) => it.state === 'asked')
  must(await ours.staff['security-officer'].call(declinePending, { params: { act: again!.act }, body: {} }))
  for (const [over, code] of [
    [{ networks: [{ cidr: '203.0.113.9/24', name: 'a slip' }] }, 'not-a-network'],
    [{ roles: [] }, 'bad-request'],
    [{ locations: [newId()] }, 'not-found'],
  ] as const)
    expect((await ask(administrator, over)).code).toBe(code)
  // Whose own roles it does not bind can slip all the same; then nobody inside could agree.
  expect((await ask(administrator, {})).code).toBe('closes-to-you')
  const slip = { networks: [{ cidr: '192.0.2.9/32', name: 'a slip' }] }
  expect((await ask(administrator, slip, '127.0.0.1')).code).toBe('closes-to-you')
  expect((await ask(administrator, { ...slip, anyway: true }, '127.0.0.1')).code).toBe('done')
  const [wrong] = must(await administrator.call(listPending, {})).acts.filter((it) => it.state === 'asked')
  const decide = { params: { act: wrong!.act }, body: {} }
  for (const address of ['127.0.0.1', home])
    expect((await from(address, ours.staff['security-officer'], approvePending, decide)).code).toBe('not-from-here')
  must(await ours.staff['security-officer'].call(declinePending, decide))
  expect(await kinds('access.networks.records-kept')).toBe(0)
  expect(await records(clinician, home)).toBe('done')
})

test('from elsewhere records and archives are closed in plain words, to button and server alike, and to windows that were open', async () => {
  const { ours, world } = street
  const { clinician, nurse, 'privacy-officer': officer, 'front-desk': desk } = ours.staff
  const away = await connect(world, desk, { 'x-forwarded-for': home })
  const inside = await connect(world, desk)
  await keep()
  // Every window comes again, and is judged by where it comes from.
  expect([await away.closed, await inside.closed]).toEqual([1001, 1001])
  const [outer, inner] = [await connect(world, desk, { 'x-forwarded-for': home }), await connect(world, desk)]
  await street.webhook(ours, 'inbound', street.inbound(ours, 'Is there parking?'))
  await street.settle()
  const id = ours.ids['thread']!
  await inner.until((it) => JSON.stringify(it).includes(id))
  expect(JSON.stringify(outer.frames)).not.toContain(id)
  for (const wire of [outer, inner]) wire.close()

  const reads = await kinds('record.read')
  expect(await records(clinician, home)).toBe('other-network')
  const answer = await from(home, clinician, getPatient, patient())
  expect(answer.error!.next).toContain('Join the staff network or the VPN')
  expect(await records(clinician, `127.0.0.1, ${home}`)).toBe('other-network')
  for (const [to, it] of [
    [auditEntries, {}],
    [findConversations, { body: { people: [clinician.person], from: 0, to: 1 } }],
    [releaseExport, { params: { request: newId() }, body: {} }],
  ] as [Endpoint, object][])
    expect((await from(home, officer, to, it)).code).toBe('other-network')
  expect((await from(home, desk, sendText, { body: { text: newId(), patient: newId(), number: newId(), body: 'Hello' } })).code).toBe(
    'other-network',
  )
  expect(await kinds('record.read')).toBe(reads)
  // No answer tells which patients there are, and nothing of them is changed.
  const nobody = { params: { patient: newId() } }
  for (const to of [patient(), nobody]) {
    const { patient: id } = to.params
    for (const [endpoint, it] of [
      [getPatient, to],
      [changePatient, { ...to, body: { given: 'Ana', family: 'Rivera', language: 'en' } }],
      [addNumber, { ...to, body: { number: '+13125550199' } }],
      [assignCare, { params: { ...to.params, person: clinician.person }, body: {} }],
      [restrictPatient, { ...to, body: { restricted: 'study' } }],
      [addVisit, { body: { visit: newId(), patient: id, startsAt: world.server.clock.ms() + 86_400_000, reason: 'crown' } }],
    ] as [Endpoint, object][])
      expect([endpoint.name, (await from(home, clinician, endpoint, it)).code]).toEqual([endpoint.name, 'other-network'])
  }
  // The screen knows the same: of whom a role more is open, all that it opens.
  const both = await ours.employ(['clinician', 'nurse'])
  for (const [of, address, roles, closed] of [
    [clinician, home, ['clinician'], ['clinician']],
    [clinician, '2001:db8:5::1', ['clinician'], []],
    [both, home, ['clinician', 'nurse'], ['clinician']],
  ] as [Session, string, Role[], Role[]][]) {
    expect((await from(address, of, me)).json).toMatchObject({ roles, closed })
    const may = mayHere(roles, closed, 'patient.roster.read')
    expect((await from(address, of, getPatient, patient())).code).toBe(may.yes ? 'done' : 'other-network')
    if (!may.yes) expect(may.reason).toContain('Join the staff network or the VPN')
  }
  // And no more than it opens: an officer sees a restricted record by that role alone.
  const officerToo = await ours.employ(['privacy-officer', 'nurse'])
  const restrict = (as: string | null) =>
    world.owner.query('update patient set restricted = $2 where patient = $1', [patient().params.patient, as])
  await restrict('well-known')
  expect((await from('127.0.0.1', officerToo, getPatient, patient())).code).toBe('done')
  expect((await from(home, officerToo, getPatient, patient())).code).toBe('not-found')
  await restrict(null)
  expect((await from(home, officerToo, getPatient, patient())).code).toBe('done')
  expect(await records(nurse, home)).toBe('done')
  for (const address of ['127.0.0.1', '2001:db8:5::1', `${home}, 127.0.0.1`]) expect(await records(clinician, address)).toBe('done')
  expect((await from(home, street.theirs.staff.clinician, listPatients)).code).toBe('done')
})

test('nothing urgent waits: messages, a stop of texts, and the one record that an emergency opens, which says from where', async () => {
  const { ours, world } = street
  const { clinician } = ours.staff
  const at = { params: { conversation: ours.thread.conversation } }
  const urgent = async () => {
    const { text } = await seal(ours.thread, 'K+ 6.8, bed 4', { flags: { priority: 'stat' } })
    expect((await from(home, clinician, sendMessage, { ...at, body: { envelope: text } })).code).toBe('done')
    const wire = await connect(world, ours.second, { 'x-forwarded-for': home })
    expect(JSON.stringify((await from(home, ours.second, messagePage, at)).json)).toContain(text)
    expect(await wire.ask({ id: 's', t: 'sync', have: [] })).toMatchObject({ t: 'synced' })
    wire.close()
  }
  await urgent()
  const told = { params: { ...patient().params, number: ours.ids['number']! }, body: { receipt: newId(), told: 'spoken' } }
  expect((await from(home, clinician, recordOptOut, told)).code).toBe('done')
  const find = { body: { given: 'Ana', family: 'Rivera', birthDate: '1981-07-14' } }
  expect((await from(home, clinician, lookUpPatient, find)).code).toBe('done')
  const opening = newId()
  const opened = { opening, ...patient().params, reason: 'emergency', explanation: 'unconscious in bay 4, allergies needed' }
  expect((await from(home, clinician, openRecord, { body: opened })).code).toBe('done')
  expect((await factsOf(world, ours.org, 'access.break-glass.opened')).at(-1)!.payload).toMatchObject({ opening, elsewhere: true })
  const other = { patient: newId() }
  must(await ours.staff['front-desk'].call(createPatient, { body: { ...other, given: 'Li', family: 'Chen', language: 'en' } }))
  expect((await from(home, clinician, getPatient, patient())).code).toBe('done')
  expect((await from(home, clinician, getPatient, { params: other })).code).toBe('other-network')
  expect((await from(home, clinician, listPatients)).code).toBe('other-network')

  // Where it cannot be found out from where, nobody sees a record, and messages go on.
  await world.owner.query('alter table record_networks rename to record_networks_elsewhere')
  await world.advance(3_000)
  try {
    expect((await from('127.0.0.1', ours.second, getPatient, patient())).code).toBe('other-network')
    await urgent()
  } finally {
    await world.owner.query('alter table record_networks_elsewhere rename to record_networks')
  }
  await world.advance(3_000)
  expect((await from('127.0.0.1', ours.second, getPatient, patient())).code).toBe('done')
})

test('by location it binds who works there, from the moment they do, and no one person takes anybody out of it', async () => {
  const { ours } = street
  const { administrator, 'security-officer': officer } = ours.staff
  const [north, south] = [newId(), newId()]
  for (const [location, name] of [
    [north, 'North'],
    [south, 'South'],
  ] as const)
    must(await administrator.call(addLocation, { body: { location, name, zone: 'America/Chicago' } }))
  await keep({ locations: [north] })
  const me = await signInAgain(street.world, ours.second as Colleague)
  const works = async (...locations: string[]) =>
    must(await administrator.call(setWorkplaces, { params: { person: me.person }, body: { locations } })).waits
  const decide = async (how: typeof approvePending | typeof declinePending) => {
    const [asked] = must(await officer.call(listPending, {})).acts.filter((it) => it.state === 'asked')
    return codeOf(officer.call(how, { params: { act: asked!.act }, body: {} }))
  }
  const close = (location: string) => codeOf(administrator.call(closeLocation, { params: { location }, body: {} }))
  const seen = async () => (await from(home, me, listPatients)).code
  const { rows } = await street.world.owner.query<{ location: string }>('select location from location where org = $1 and main', [ours.org])
  const main = rows[0]!.location
  expect(await works(main)).toBe(false)
  expect(await seen()).toBe('done')
  const window = await connect(street.world, me)
  expect(await works(north)).toBe(false)
  expect(await window.closed).toBe(1001)
  expect(await seen()).toBe('other-network')
  expect(await works(main, north)).toBe(false)
  expect(await seen()).toBe('other-network')

  // Out of it they come by two people alone, and the location stays while the rule names it.
  for (const out of [[], [main, south]]) {
    expect(await works(...out)).toBe(true)
    expect(await seen()).toBe('other-network')
    expect(await decide(declinePending)).toBe('done')
  }
  expect(await close(north)).toBe('in-a-rule')
  expect(await works(south)).toBe(true)
  expect(await decide(approvePending)).toBe('done')
  expect(await seen()).toBe('done')

  // Who works nowhere is bound: a location that is closed closes what was open by it.
  const open = await connect(street.world, me, { 'x-forwarded-for': home })
  const asked = list({ locations: [south] })
  must(await administrator.call(keepRecords, { body: asked }))
  expect(await close(south)).toBe('done')
  expect(await open.closed).toBe(1001)
  expect(await seen()).toBe('other-network')
  // What was asked for names a location that is no more.
  expect(await decide(approvePending)).toBe('no-longer-possible')
  expect(await decide(declinePending)).toBe('done')
  await keep({ networks: [] })
  expect(await seen()).toBe('done')
  expect(await close(north)).toBe('done')
})
