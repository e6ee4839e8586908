// npm run tour: the main job without a browser, told step by step. Ends with an error if any step is not true.
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readSettings } from '@wardline/app-server'
import { castMember, engineOf, mapleStreet, must, patients, practiceNumber, startDemo, stBrendan, until, visit } from '@wardline/dev'
import type { Demo } from '@wardline/dev'
import { openLog } from '@wardline/platform/server'
import { listVisits, sendReminders } from '@wardline/product/patients/appointments/contract'
import { listThreads, previewText, sendText } from '@wardline/product/patients/texting/contract'
import { newUuid, routine } from '@wardline/product/team/messages/client'
import { openArchiveInTour } from './lib/tour-archive.ts'
import { verifyInTour } from './lib/tour-audit.ts'
import { openInTour } from './lib/tour-emergency.ts'

if (process.argv.includes('--help')) {
  console.log(
    'npm run tour   a message, an answer, the archive opened by a quorum, an emergency, a reminder, a reply, STOP, the audit log verified',
  )
  process.exit(0)
}

const began = performance.now()
let step = 0
const tell = (text: string) => console.log(`${`${(step += 1)}.`.padStart(3)} ${text}`)
const note = (text: string) => console.log(`    ${text}`)
/** A step that is not true ends the tour. */
function sure(yes: boolean, what: string): void {
  if (!yes) throw new Error(`Not true: ${what}`)
  note(`✓ ${what}`)
}

async function tour(demo: Demo, folder: string): Promise<void> {
  const canary = `potassium 6.8 ${randomBytes(6).toString('hex')}`
  tell('A nurse and a cardiologist of St Brendan sign in; their devices are enrolled with their printed recovery keys.')
  const recovery = JSON.parse(await readFile(path.join(demo.folder, 'recovery-keys.json'), 'utf8')) as Record<string, string>
  const device = async (name: string) => {
    const { member } = castMember(name)
    const engine = await engineOf(demo.url, await visit(demo.server, stBrendan, member), member.person)
    const done = await engine.enrol(recovery[name]!)
    if (!done.ok) throw new Error(`${name} cannot enrol: ${done.code}`)
    return engine
  }
  const kim = await device('kim')
  const ada = await device('ada')
  const direct = (await kim.conversations()).find((it) => it.kind === 'direct')!
  sure(
    (await texts(kim, direct.conversation)).some((it) => it.includes('SVT')),
    'the nurse’s new device reads what was written before it was there',
  )

  tell('The nurse writes; the text is sealed on her device.')
  await send(kim, direct.conversation, canary)
  await until(ada, async () => (await texts(ada, direct.conversation)).includes(canary))
  sure(true, 'the cardiologist’s device opened it')
  const reply = 'On my way, 4 minutes. Give calcium now.'
  await send(ada, direct.conversation, reply)
  await until(kim, async () => (await texts(kim, direct.conversation)).includes(reply))
  sure(true, 'the nurse has the answer')

  tell('What the server keeps of it.')
  const found = await grep(folder, [
    Buffer.from(canary),
    Buffer.from(Buffer.from(canary).toString('base64').slice(0, -4)),
    Buffer.from(Buffer.from(canary).toString('hex')),
  ])
  sure(
    found.length === 0,
    `the text is in none of its files: database, write-ahead log, logs, key ledger (${await sizeOf(folder)} MB searched)`,
  )

  tell('Two of three officers open the archive, away from the server.')
  const opened = await openArchiveInTour(demo, direct.conversation, { officer: recovery['paul']!, second: recovery['hana']! }, async () => {
    await settle(demo)
    await fetch(`${demo.url}/demo/api/clock`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-wardline': '1' },
      body: '{"minutes":2}',
    })
    await settle(demo)
  })
  sure(opened.withOne === 'refused', 'one share alone opens nothing')
  sure(opened.texts.includes(canary), 'two shares, the officer’s own key and an approved request show the message')

  tell('In an emergency the nurse opens the record of somebody who is not her patient.')
  const seen = await openInTour(demo)
  sure(seen.ownPatients === 1 && seen.closedBefore, 'before that she reaches the ward’s patient alone; the other record is closed to her')
  sure(seen.openAfter, 'for an hour she reads it')
  sure(seen.inQueue, 'the privacy officer has it in the review queue')

  tell('The practice reminds tomorrow’s patients, by text.')
  const desk = await visit(demo.server, mapleStreet, castMember('tess').member)
  const { visits } = must('The day', await desk.call(listVisits, { body: { day: '2026-03-11' } }))
  must('The reminders', await desk.call(sendReminders, { body: { visits: visits.map((it) => it.visit) } }))
  await settle(demo)
  const ana = patients.find((it) => it.given === 'Ana')!
  const sam = patients.find((it) => it.given === 'Sam' && it.family === 'Holt')!
  const toAna = demo.twilio.control.messages.filter((it) => it.to === ana.phone).at(-1)!
  note(`Ana’s phone: “${toAna.body}”`)
  sure(/Mar(ch)? 11|3:00/.test(toAna.body) && !/cleaning/i.test(toAna.body), 'the reminder has day and time, and not what the visit is for')
  sure(
    !demo.twilio.control.messages.some((it) => it.to === sam.phone && /Mar(ch)? 11/.test(it.body)),
    'Sam Holt, whose consent has ended, got none',
  )

  tell('Ana answers from her phone.')
  demo.twilio.control.reply(ana.phone, 'Could we come ten minutes later?', practiceNumber)
  await settle(demo)
  const { threads } = must('The inbox', await desk.call(listThreads, {}))
  sure(
    threads.some((it) => it.waitingSince !== null && it.line.includes('ten minutes later')),
    'the answer waits in the inbox, with a household number that asks whom it is about',
  )

  tell('Rosa writes “ya no me manden nada”; Dev writes “STOP”.')
  const rosa = patients.find((it) => it.given === 'Rosa')!
  const dev = patients.find((it) => it.given === 'Dev')!
  const before = (phone: string) => demo.twilio.control.messages.filter((it) => it.to === phone).length
  for (const [who, word] of [
    [rosa, 'ya no me manden nada'],
    [dev, 'STOP'],
  ] as const) {
    const count = before(who.phone)
    demo.twilio.control.reply(who.phone, word, practiceNumber)
    await settle(demo)
    const after = demo.twilio.control.messages.filter((it) => it.to === who.phone)
    sure(after.length === count + 1, `${who.given} got exactly one confirmation: “${after.at(-1)!.body}”`)
    const contact = must('The inbox', await desk.call(listThreads, {})).threads.find((it) => it.patient?.patient === who.patient)!
    const preview = must(
      'The gate',
      await desk.call(previewText, { body: { patient: who.patient, number: contact.number, body: 'See you tomorrow.' } }),
    )
    sure(
      preview.decision.kind === 'refuse',
      `nothing goes to ${who.given} any more: ${preview.decision.reasons.map((it) => it.says).join(' ')}`,
    )
    await desk.call(sendText, { body: { text: newUuid(), patient: who.patient, number: contact.number, body: 'See you tomorrow.' } })
    await settle(demo)
    sure(before(who.phone) === count + 1, 'and trying sends nothing')
  }

  tell('Everything left its trace; the trace is verified.')
  await kim.stop()
  await ada.stop()
  const audit = await verifyInTour(demo)
  sure(audit.intact, `${audit.entries} entries of the audit log are whole, numbered and signed`)
}

type Engine = Awaited<ReturnType<typeof engineOf>>

async function texts(engine: Engine, conversation: string): Promise<string[]> {
  const page = await engine.messages(conversation)
  return page.ok ? page.value.messages.flatMap((it) => (it.content.is === 'text' ? [it.content.text] : [])) : []
}

async function send(engine: Engine, conversation: string, text: string): Promise<void> {
  const sent = await engine.send(conversation, { id: newUuid(), body: { kind: 'text', text }, flags: routine })
  if (!sent.ok) throw new Error(`A message was not taken: ${sent.code}`)
  await until(engine, async () => (await engine.state()).waiting === 0)
}

/** Lets texts go out, the carrier call back, and whatever follows from that happen. */
async function settle(demo: Demo): Promise<void> {
  for (let i = 0; i < 3; i += 1) {
    await demo.server.settle()
    await demo.twilio.settled()
  }
}

/** Files below a folder that hold one of these byte strings. */
async function grep(folder: string, needles: readonly Buffer[]): Promise<string[]> {
  const found: string[] = []
  for (const file of await filesOf(folder)) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0))
    if (needles.some((needle) => bytes.includes(needle))) found.push(file)
  }
  return found
}

const filesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((it) => it.isFile() && it.name !== 'ballast')
    .map((it) => path.join(it.parentPath, it.name))

async function sizeOf(folder: string): Promise<number> {
  const sizes = await Promise.all((await filesOf(folder)).map(async (file) => (await stat(file).catch(() => ({ size: 0 }))).size))
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 2 ** 20)
}

const temporary = await mkdtemp(path.join(tmpdir(), 'wardline-tour-'))
await chmod(temporary, 0o711)
let demo: Demo | undefined
try {
  console.log('The tour opens an installation of its own; nothing of yours is touched.')
  const folder = path.join(temporary, 'data')
  demo = await startDemo({ settings: readSettings({ PORT: '0', WARDLINE_DATA: folder }, temporary), log: openLog({ level: 'error' }) })
  await tour(demo, folder)
  console.log(`\nAll of it is true. ${Math.round((performance.now() - began) / 1000)} seconds.`)
} catch (thrown) {
  console.error(`\n${thrown instanceof Error ? thrown.message : String(thrown)}`)
  process.exitCode = 1
} finally {
  await demo?.stop()
  await rm(temporary, { recursive: true, force: true })
}
// The engines' own timers would keep the process.
process.exit()
