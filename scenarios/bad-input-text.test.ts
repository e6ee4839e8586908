/** Names and texts that break programs (the Big List of Naughty Strings and our own): stored as they are and shown as they are, or refused clearly. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { must } from '@wardline/dev/staff'
import type { CallResult, Endpoint } from '@wardline/platform/contract'
import { newId } from '@wardline/platform/server'
import { addPerson, people } from '@wardline/product/access/provisioning/contract'
import { addVisit, listVisits } from '@wardline/product/patients/appointments/contract'
import { exportReceipt, recordConsent } from '@wardline/product/patients/consent/contract'
import { createPatient, getPatient, searchPatients } from '@wardline/product/patients/roster/contract'
import { getThread, previewText, sendText } from '@wardline/product/patients/texting/contract'
import { faults, knock, openNeighbours } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'

const vectors = path.resolve(import.meta.dirname, '..', process.env['WARDLINE_VECTORS'] ?? '../shared/data', 'naughty-strings/blns.json')
const own = [
  'Zoë',
  'Zoe\u0308',
  'Nguyễn Thị Ánh',
  '\u202Eevil',
  'a\u0000b',
  '\uD83D',
  '👩‍⚕️👨🏿‍⚕️',
  '𝒳'.repeat(80),
  'e\u0301'.repeat(40),
  '\u0301'.repeat(80),
  '\uFEFFBOM',
  '\u2028',
  'two\nlines\r\nand\ttabs',
  '{{7*7}} ${7*7} #{7*7} <%= 7*7 %>',
  "=cmd|'/c calc'!A1",
  '\u001b[31mred',
  '$1 $& $$',
  "Robert'); DROP TABLE patient;--",
  'null',
  'undefined',
  '__proto__',
  '{"error":{"code":"internal"}}',
]
const naughty: readonly string[] = existsSync(vectors) ? (JSON.parse(readFileSync(vectors, 'utf8')) as string[]) : []

let street: Neighbours
beforeAll(async () => {
  street = await openNeighbours()
}, 120_000)
afterAll(async () => {
  expect(street.world.logged.filter((line) => /"http\.failed"|"level":50/.test(line))).toEqual([])
  expect((await knock(street.world.url, 'GET', '/health/ready')).status).toBe(200)
  await street.close()
})

/** Limits count requests of a minute, and there are many of them here. */
async function minute(): Promise<void> {
  await street.world.owner.query("update demo_clock set shift = shift + interval '61 seconds'")
  await street.world.server.clock.read(street.world.server.db)
}

/** True where it was taken; false where it was refused clearly. */
function taken(answer: CallResult<Endpoint>, text: string): boolean {
  if (answer.ok) return true
  expect({ text, code: answer.code }).not.toEqual({ text, code: expect.toBeOneOf([...faults, 'unreachable', 'too-many']) as string })
  return false
}

/** What no program of ours may take: it has no form in UTF-8, or none in the database. */
const unsound = (text: string) => !text.isWellFormed() || text.includes('\u0000')

/** Tries each text, a few at a time; of many texts one in six everywhere, the others as a patient's name. */
async function tryAll(texts: readonly string[]): Promise<void> {
  for (let i = 0; i < texts.length; i += 6) {
    if (i % 240 === 234) await minute()
    await Promise.all(texts.slice(i, i + 6).map((text, n) => tryText(text, texts.length < 100 || n === 0)))
  }
}

async function tryText(text: string, everywhere: boolean): Promise<void> {
  const { administrator, 'front-desk': desk } = street.ours.staff
  const { patient, number } = street.ours.ids
  const born = { patient: newId(), given: text, family: text, notes: text, language: 'en' as const }
  const made = taken(await desk.call(createPatient, { body: born }), text)
  if (unsound(text)) expect({ text, made }).toEqual({ text, made: false })
  if (made) {
    const shown = must(await desk.call(getPatient, { params: { patient: born.patient } }))
    expect([shown.given, shown.family, shown.notes]).toEqual([text, text, text])
  }
  taken(await desk.call(searchPatients, { body: { words: text } }), text)
  if (!everywhere) return

  const visit = { visit: newId(), patient: patient!, startsAt: street.world.server.clock.ms() + 48 * 3_600_000, reason: text }
  if (taken(await desk.call(addVisit, { body: visit }), text)) {
    const { rows } = await street.world.owner.query<{ n: number }>('select count(*)::int as n from visit where visit = $1', [visit.visit])
    expect(rows[0]!.n).toBe(1)
  }

  const asked = { patient: patient!, number: number!, body: text }
  taken(await desk.call(previewText, { body: asked }), text)
  const sent = { text: newId(), ...asked }
  const answer = await desk.call(sendText, { body: sent })
  if (taken(answer, text) && answer.ok && answer.value.decision.kind === 'send') {
    const page = must(await desk.call(getThread, { params: { thread: answer.value.thread! } }))
    // Where the practice's name must stand it stands around the text, never in it.
    expect(page.texts.find((it) => it.text === sent.text)!.body).toContain(text)
  }

  const hired = { signInName: `n.${newId()}`, name: text, title: text, roles: ['auditor' as const] }
  const added = await administrator.call(addPerson, { body: hired })
  if (taken(added, text) && added.ok) {
    const { rows } = await street.world.owner.query<{ name: string; title: string }>('select name, title from person where person = $1', [
      added.value.person,
    ])
    expect(rows).toEqual([{ name: text, title: text }])
  }

  const receipt = {
    receipt: newId(),
    number: number!,
    scopes: ['care-logistics' as const],
    channels: ['sms' as const],
    basis: 'intake' as const,
    attestation: text,
  }
  if (taken(await desk.call(recordConsent, { params: { patient: patient! }, body: receipt }), text)) {
    const kept = must(await desk.call(exportReceipt, { params: { patient: patient!, consent: receipt.receipt } }))
    // What is signed is signed in NFC (RFC 8785 has one form for a text, Unicode has several).
    expect((JSON.parse(kept.document) as { attestation: string }).attestation).toBe(text.normalize('NFC'))
  }
}

describe('names and texts', () => {
  test('of our own', () => tryAll(own), 120_000)

  test.skipIf(naughty.length === 0)('of the Big List of Naughty Strings', () => tryAll(naughty), 240_000)

  test('are shown in lists as they are', async () => {
    const desk = street.ours.staff['front-desk']
    const day = new Date(street.world.server.clock.ms() + 48 * 3_600_000 - 6 * 3_600_000).toISOString().slice(0, 10)
    const { visits } = must(await desk.call(listVisits, { body: { day } }))
    expect(visits.some((it) => it.reason === '$1 $& $$')).toBe(true)
    const colleagues = must(await desk.call(people, {})).people
    expect(colleagues.some((it) => it.name === '{"error":{"code":"internal"}}')).toBe(true)
  })

  test('that a phone sends arrive as they are', async () => {
    const desk = street.ours.staff['front-desk']
    const { thread } = street.ours.ids
    for (const text of [...own, ...naughty.slice(0, 120)].filter((it) => !unsound(it) && it.trim() !== '')) {
      const answer = await street.webhook(street.ours, 'inbound', street.inbound(street.ours, text))
      expect({ text, status: answer.status }).toEqual({ text, status: 200 })
      const page = must(await desk.call(getThread, { params: { thread: thread! } }))
      expect(page.texts.map((it) => it.body)).toContain(text)
    }
    const long = `${'x'.repeat(1_599)}😀`
    expect((await street.webhook(street.ours, 'inbound', street.inbound(street.ours, long))).status).toBe(200)
    const page = must(await desk.call(getThread, { params: { thread: thread! } }))
    expect(page.texts.every((it) => it.body.isWellFormed())).toBe(true)
    expect(page.texts.at(-1)!.body.startsWith('x'.repeat(1_599))).toBe(true)
  }, 120_000)
})
