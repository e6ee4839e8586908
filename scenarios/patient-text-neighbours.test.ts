/** What goes wrong with one practice's texts, a carrier that does not answer or a row that cannot be read, is nobody else's trouble. */
import { must } from '@wardline/dev/staff'
import { newId } from '@wardline/platform/server'
import { getThread, listThreads, sendText } from '@wardline/product/patients/texting/contract'
import { afterEach, expect, test } from 'vitest'
import { openNeighbours } from './neighbours.ts'
import type { House, Neighbours } from './neighbours.ts'

const minute = 60_000
const patience = { timeout: 20_000, interval: 100 }
let street: Neighbours
afterEach(() => street.close())

/** Queues a text without letting anything be handed over. */
async function write(house: House, body: string) {
  const { patient, number } = house.ids
  const text = newId()
  must(await house.staff['front-desk'].call(sendText, { body: { text, patient: patient!, number: number!, body } }))
  return text
}
const field = async (name: string, text: string) =>
  (await street.world.owner.query<Record<string, unknown>>(`select ${name} as it from outbound_text where text = $1`, [text])).rows[0]![
    'it'
  ]
const stateOf = (text: string) => field('state', text)
const count = async (sql: string, values: unknown[] = []) =>
  Number((await street.world.owner.query<{ count: string }>(`select count(*) from ${sql}`, values)).rows[0]!.count)
const sends = () => street.twilio.control.requests.filter((it) => it.method === 'POST').length
/** How often a text is on a practice's patient's phone. */
const shows = (house: House, body: string) =>
  street.twilio.control.phones.get(house.phone)!.bubbles.filter((it) => it.direction === 'received' && it.body.includes(body)).length

/** Time passes; what is due is looked for by the server itself, and nobody waits for the carrier. */
async function pass(ms: number) {
  await street.world.owner.query("update demo_clock set shift = shift + $1 * interval '1 millisecond'", [ms])
  street.world.server.services.hint()
}

test('a carrier that never answers one practice delays neither the other’s texts nor checkpoints nor the ends of sessions', async () => {
  street = await openNeighbours({}, 10 * minute)
  const { ours, theirs } = street
  const before = sends()
  for (let i = 0; i < 4; i += 1) street.twilio.control.failNextSend('times-out')
  const hanging = [await write(ours, 'One.'), await write(ours, 'Two.'), await write(ours, 'Three.'), await write(ours, 'Four.')]
  street.world.server.services.hint()
  await expect.poll(sends, patience).toBe(before + 4)
  const behind = await write(ours, 'Five.')
  const fine = await write(theirs, 'See you at nine.')
  street.world.server.services.hint()
  await expect.poll(() => stateOf(fine), patience).toBe('accepted')
  // Their calls are open still, and the practice has no more of them than its share.
  expect(await Promise.all(hanging.map(stateOf))).toEqual(Array(4).fill('sending'))
  expect(await stateOf(behind)).toBe('queued')

  const notes = await count('log_checkpoint')
  await pass(minute + 1)
  await expect.poll(() => count('log_checkpoint'), patience).toBeGreaterThan(notes)
  // Claimed and not answered: unknown, looked up, found, and never sent again.
  await expect.poll(() => Promise.all(hanging.map(stateOf)), patience).toEqual(Array(4).fill('accepted'))
  await pass(24 * 60 * minute)
  await expect.poll(() => count('session where ended_at is null'), patience).toBe(0)
  expect(await count('outbound_text where attempt > 1')).toBe(0)
  await street.twilio.settled()
  expect(['One.', 'Two.', 'Three.', 'Four.'].map((body) => shows(ours, body))).toEqual([1, 1, 1, 1])
  expect(shows(theirs, 'See you at nine.')).toBe(1)
}, 120_000)

test('a text that cannot be read is taken back and shown to a person; the others go, next door and beside it', async () => {
  street = await openNeighbours()
  const { ours, theirs } = street
  const desk = ours.staff['front-desk']
  // "Later", says the carrier, so that all three wait with us for a minute, the broken one first in line.
  const waiting: string[] = []
  for (const [house, body] of [
    [ours, 'Nobody will read this.'],
    [ours, 'The parking is free.'],
    [theirs, 'See you at nine.'],
  ] as const) {
    street.twilio.control.failNextSend('too-many-requests')
    waiting.push(await write(house, body))
    await street.settle()
  }
  const [broken, fine, next] = waiting as [string, string, string]
  expect(await Promise.all(waiting.map(stateOf))).toEqual(['queued', 'queued', 'queued'])
  await damage(broken)
  await street.world.advance(minute)
  await street.settle()
  expect(await Promise.all([fine, next].map(stateOf))).toEqual(['accepted', 'accepted'])
  expect(await stateOf(broken)).toBe('withdrawn')
  expect(await field('provider_id', broken)).toBeNull()
  // Found among the threads that wait, with its reason in words; the rest of the thread can be read.
  const line = must(await desk.call(listThreads, {})).threads.find((it) => it.thread === ours.ids['thread'])!
  expect(line.waitingSince).not.toBeNull()
  const { texts } = must(await desk.call(getThread, { params: { thread: line.thread } }))
  const shown = (text: string) => texts.find((it) => it.text === text)!
  expect(shown(broken).out!.reasons).toMatchObject([{ code: 'unreadable', says: expect.stringContaining('not sent') as string }])
  expect(shown(fine).body).toContain('parking')
  expect(await count("fact where kind = 'patients.text.withdrawn' and org = $1", [ours.org])).toBe(1)
  expect(street.world.logged.filter((it) => it.includes('texting.unreadable') && it.includes(broken))).toHaveLength(1)
}, 120_000)

test('a text of which nobody knows and that cannot be read is left to a person; the others are looked up', async () => {
  street = await openNeighbours()
  const { ours, theirs } = street
  const texts: string[] = []
  for (const house of [ours, ours, theirs]) {
    street.twilio.control.failNextSend('reset-after-storing')
    street.twilio.control.disturbNextCallbacks('lost')
    texts.push(await write(house, `Text ${texts.length}.`))
    await street.settle()
  }
  const [broken, fine, next] = texts as [string, string, string]
  expect(await Promise.all(texts.map(stateOf))).toEqual(['unknown', 'unknown', 'unknown'])
  await damage(broken)
  const sent = sends()
  await street.world.advance(minute)
  await street.settle()
  expect(await Promise.all([fine, next].map(stateOf))).toEqual(['accepted', 'accepted'])
  expect([await stateOf(broken), await field('problem', broken), await field('look_up_at', broken)]).toEqual([
    'unknown',
    'unreadable',
    null,
  ])
  expect(await count('patient_thread where waiting_since is not null and thread = $1', [ours.ids['thread']])).toBe(1)
  expect(sends()).toBe(sent)
}, 120_000)

/** One bit of what is kept of a text turns over. */
const damage = (text: string) =>
  street.world.owner.query('update outbound_text set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) where text = $1', [text])
