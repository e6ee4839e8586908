/** What a nurse and a doctor write to each other is on their devices and nowhere else; what patients write can be read nowhere on the disk. */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readSettings } from '@wardline/app-server'
import { castMember, mapleStreet, must, patients, practiceNumber, startDemo, visit } from '@wardline/dev'
import type { Demo } from '@wardline/dev'
import { client } from '@wardline/platform/contract'
import type { Fetch } from '@wardline/platform/contract'
import { openConnection, openLog } from '@wardline/platform/server'
import { addVisit } from '@wardline/product/patients/appointments/contract'
import { createPatient, searchPatients } from '@wardline/product/patients/roster/contract'
import { getThread, listThreads, sendText } from '@wardline/product/patients/texting/contract'
import { newUuid } from '@wardline/product/team/messages/client'
import type { TeamEngine } from '@wardline/product/team/messages/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canary, findIn, searchFolder } from './lib/canary.ts'
import type { Canary, Find } from './lib/canary.ts'
import { eventually, openDevice, say, textsOf } from './lib/device.ts'
import { openTap } from './lib/tap.ts'
import type { Tap } from './lib/tap.ts'

let folder: string
let demo: Demo | undefined
let tap: Tap
let owner: Awaited<ReturnType<typeof openConnection>>
const logged: string[] = []
const engines: TeamEngine[] = []

const running = (): Demo => demo!
const stop = async () => {
  await Promise.all(engines.splice(0).map((it) => it.stop()))
  await owner?.end()
  await demo?.stop()
  demo = undefined
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wardline-sealed-'))
  // Under root PostgreSQL runs as another user, who must get through.
  await chmod(folder, 0o711)
  const log = openLog({ level: 'debug', write: (line) => void logged.push(line) })
  demo = await startDemo({ settings: readSettings({ PORT: '0', WARDLINE_DATA: path.join(folder, 'data') }, folder), log })
  tap = await openTap(demo.url)
  owner = await openConnection(demo.databaseUrl, 'scenario')
}, 120_000)
afterAll(async () => {
  if (demo) await stop()
  await tap?.close()
  await rm(folder, { recursive: true, force: true })
})

/** A new device of an invented person, behind the wire-tap. */
async function device(name: string): Promise<TeamEngine> {
  const { organisation, member } = castMember(name)
  const { cookie } = await visit(running().server, organisation, member)
  const engine = await openDevice({ url: tap.url, origin: running().url, cookie, person: member.person })
  engines.push(engine)
  const keys = JSON.parse(await readFile(path.join(running().folder, 'recovery-keys.json'), 'utf8')) as Record<string, string>
  expect(await engine.enrol(keys[name]!)).toEqual({ ok: true, value: null })
  return engine
}

/** Everything that lies on the disk and everything that was logged: database, write-ahead log, PostgreSQL's log, key ledger, demo folder. */
async function search(canaries: readonly Canary[]): Promise<{ readonly found: readonly Find[]; readonly read: readonly string[] }> {
  const { found, read } = await searchFolder(folder, canaries)
  return { found: [...found, ...findIn(Buffer.from(logged.join('')), canaries, 'the server’s log')], read }
}

/** Everything that went over the wire between devices and the server. */
const searchWire = (canaries: readonly Canary[]): Find[] =>
  tap.recordings().flatMap((it, i) => findIn(Buffer.concat([it.toServer, it.toClient, it.frames]), canaries, `connection ${i}`))
const wireHas = (text: string): boolean =>
  tap.recordings().some((it) => [it.toServer, it.toClient, it.frames].some((bytes) => bytes.includes(text)))

/** What was written so far, seen again at the end, when the server has stopped. */
const written: Canary[] = []
const draw = (begins: string): Canary => {
  const made = canary(begins)
  written.push(made)
  return made
}

describe('a canary', () => {
  test('that was written into the database in the clear is found in each form: the search works', async () => {
    const open = canary('in the clear')
    await owner.query('create table scenario_control (form text, bytes bytea)')
    // Twice: one of them may lie across the end of a page of the write-ahead log, with the next page's header in the middle.
    for (const it of [...open.forms, ...open.forms]) await owner.query('insert into scenario_control values ($1, $2)', [...it])
    const formsIn = async (place: string) =>
      (await search([open])).found.flatMap((it) => (it.where.includes(place) ? [it.form] : [])).toSorted()
    const all = [...open.forms.keys()].toSorted()
    expect([...new Set(await formsIn('pg_wal'))]).toEqual(all)
    await owner.query('checkpoint')
    expect(await formsIn('cluster/base/')).toEqual(all)
    await owner.query('drop table scenario_control')
  }, 60_000)

  test('of a nurse or a doctor is on their screens, and in no file, no log line and no byte between devices and server', async () => {
    const [kim, ada] = [await device('kim'), await device('ada')]
    const [asked, answered, toAll, draft] = [draw('K+ 6.8'), draw('calcium now'), draw('rounds at 10:15'), draw('not sent yet')]
    const all = [asked, answered, toAll, draft]
    const named = async (kind: 'direct' | 'group') => (await kim.conversations()).find((it) => it.kind === kind)!.conversation
    const [direct, group] = [await named('direct'), await named('group')]
    await kim.saveDraft(direct, draft.text)
    await say(kim, direct, asked.text)
    await eventually('the doctor has it', async () => (await textsOf(ada, direct)).includes(asked.text))
    await say(ada, direct, answered.text)
    await say(ada, group, toAll.text)
    await eventually('the nurse has the answer', async () => (await textsOf(kim, direct)).includes(answered.text))
    await eventually('and what goes to all', async () => (await textsOf(kim, group)).includes(toAll.text))
    const last = (await kim.conversations()).find((it) => it.conversation === direct)!.lastSequence
    await kim.markShown(direct, last)
    await eventually('the receipt', async () => (await ada.receipts(direct)).some((it) => it.shown === last))
    expect((await textsOf(ada, direct)).slice(-2)).toEqual([asked.text, answered.text])
    expect((await textsOf(kim, direct)).slice(-2)).toEqual([asked.text, answered.text])
    expect(await kim.draft(direct)).toBe(draft.text)

    for (const page of ['/demo/api/state', '/metrics', '/api/openapi.json']) await (await fetch(tap.url + page)).text()
    // The recorder sees what does go over the wire: the calls, and in masked frames the messages' own ids.
    const page = await kim.messages(direct)
    for (const it of page.ok ? page.value.messages.slice(-2) : []) expect(wireHas(it.id)).toBe(true)
    expect(wireHas('POST /api/v1/devices ')).toBe(true)
    expect(wireHas('RN Kim Tran')).toBe(true)
    expect(searchWire(all)).toEqual([])

    const { found, read } = await search(all)
    expect(found).toEqual([])
    for (const part of ['cluster/pg_wal/', 'cluster/base/']) expect(read.some((it) => it.includes(part))).toBe(true)
    await owner.query('checkpoint')
    expect((await search(all)).found).toEqual([])
  }, 60_000)

  test('of a practice or a patient is on the phone and in the thread, and in no file and no log line', async () => {
    const { server, twilio } = running()
    const { cookie } = await visit(server, mapleStreet, castMember('tess').member)
    const call = client(fetch as Fetch, tap.url, () => ({ cookie, origin: running().url }))
    const [sent, reply, notes, family, reason] = [draw('See you'), draw('Could we'), draw('Prefers'), draw('Canary'), draw('Visit for')]
    const settle = async () => {
      await server.settle()
      await twilio.settled()
    }
    const dev = patients.find((it) => it.given === 'Dev')!
    const inbox = must('The inbox', await call(listThreads, {})).threads
    const { thread, number } = inbox.find((it) => it.patient?.patient === dev.patient)!
    const body = { text: newUuid(), patient: dev.patient, number, body: sent.text }
    expect(must('The text', await call(sendText, { body })).decision.kind).toBe('send')
    await settle()
    // The recorder and the carrier see it: a text is not secret on its way, only sealed where it is kept.
    expect(searchWire([sent])).not.toEqual([])
    expect(twilio.control.requests.some((it) => it.form.get('Body')?.includes(sent.text))).toBe(true)
    twilio.control.reply(dev.phone, reply.text, practiceNumber)
    const bodies = await eventually('the reply', async () => {
      await settle()
      const { texts } = must('The thread', await call(getThread, { params: { thread }, body: {} }))
      const read = texts.map((it) => it.body)
      return read.includes(reply.text) && read
    })
    expect(bodies.some((it) => it.includes(sent.text))).toBe(true)

    const patient = newUuid()
    const person = { given: 'Nobody', family: family.text, birthDate: '1987-05-02', language: 'en', notes: notes.text } as const
    must('A patient', await call(createPatient, { body: { patient, ...person } }))
    const startsAt = Math.ceil(server.clock.ms() / 3_600_000 + 24) * 3_600_000
    must('A visit', await call(addVisit, { body: { visit: newUuid(), patient, startsAt, reason: reason.text } }))
    const { patients: hits } = must('A search', await call(searchPatients, { body: { words: family.text } }))
    expect(hits.map((it) => it.patient)).toEqual([patient])

    const all = [sent, reply, notes, family, reason]
    expect((await search(all)).found).toEqual([])
    await owner.query('checkpoint')
    expect((await search(all)).found).toEqual([])
  }, 60_000)

  test('is found nowhere when the server has stopped, and all that it held back is on the disk', async () => {
    await stop()
    const { found, read } = await search(written)
    expect(found).toEqual([])
    expect(written).toHaveLength(9)
    expect(read.length).toBeGreaterThan(50)
    expect(logged.length).toBeGreaterThan(3)
  }, 60_000)
})
