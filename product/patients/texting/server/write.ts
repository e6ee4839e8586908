import type { GivesOf, Static } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { newId } from '@wardline/platform/server'
import { agreementActive } from '@wardline/product/access/policies/server'
import { consentFor } from '@wardline/product/patients/consent/server'
import { householdsOf } from '@wardline/product/patients/roster/server'
import type { TextCode } from '@wardline/product/patients/roster/server'
import { channelSet } from '../contract.ts'
import type { getSmsChannel, previewText, Purpose, SmsChannel } from '../contract.ts'
import { clinicalWords, segmentsOf } from '../preview.ts'
import { gate, gateConfig, purposeOf } from '../rules.ts'
import { templates } from '../words.ts'
import { gather } from './facts.ts'
import { queueText, shown } from './outbox.ts'
import type { Queued } from './outbox.ts'
import { deskOf, webhookUrl } from './port.ts'
import type { Desk, TextingOptions } from './port.ts'
import { activeChannel, findThread, lastInbound, replaceChannel, threadOf } from './queries.ts'
import type { ChannelRow } from './tables.ts'

/** What the desk writes. */
export interface Draft {
  readonly patient: string
  readonly number: string
  readonly body: string
}

async function purposeNow(db: Db, number: string, now: number): Promise<Purpose> {
  const { at } = await lastInbound(db, number)
  return purposeOf(at?.getTime() ?? null, now)
}

/** What the gate would say to a draft at `now` (ms). */
export async function preview(db: Db, desk: Desk, it: Draft, now: number): Promise<GivesOf<typeof previewText>> {
  const purpose = await purposeNow(db, it.number, now)
  const thread = await threadOf(db, it.number, it.patient)
  const { facts } = await gather(
    db,
    desk,
    { purpose, patient: it.patient, number: it.number, draft: it.body, namedAt: thread?.named_at ?? null },
    now,
  )
  const { encoding, count } = segmentsOf(facts.body)
  return {
    decision: shown(gate(gateConfig, facts, now)),
    purpose,
    body: facts.body,
    marks: clinicalWords(it.body)
      .slice(0, 100)
      .map((mark) => ({ ...mark })),
    encoding,
    segments: count,
  }
}

/** Sends what the desk wrote, as an answer or as care, whichever it is now. */
export async function send(tx: Tx, desk: Desk, it: Draft & { text: string; thread?: string | undefined }): Promise<Queued> {
  // Awaited first: the transaction's time is known after it.
  const thread = it.thread === undefined ? undefined : await findThread(tx, it.thread)
  const { at } = await lastInbound(tx, it.number)
  const purpose = purposeOf(at?.getTime() ?? null, tx.at.getTime())
  if (thread !== undefined && thread.patient !== null && thread.patient !== it.patient) return { kind: 'no-such-thread' }
  const { text, patient, number, body } = it
  return queueText(tx, desk, { text, patient, number, purpose, draft: body, thread: it.thread, answers: true })
}

/** Asks a number of several patients whom a text was about. `one-patient`: there is nobody to ask. */
export async function ask(tx: Tx, desk: Desk, thread: string, text: string): Promise<Queued | { readonly kind: 'one-patient' }> {
  const row = await findThread(tx, thread)
  if (!row) return { kind: 'no-such-thread' }
  const household = (await householdsOf(tx, [row.number])).get(row.number)!
  if (row.patient !== null || household.length < 2) return { kind: 'one-patient' }
  const agreed: string[] = []
  for (const patient of household) {
    const asked = { patient, number: row.number, scope: 'care-logistics', channel: 'sms' } as const
    if ((await consentFor(tx, desk.keys, asked, tx.at.getTime())).live) agreed.push(patient)
  }
  return queueText(tx, desk, {
    text,
    purpose: await purposeNow(tx, row.number, tx.at.getTime()),
    // Nobody agreed: the gate says why for the first of them.
    patient: agreed[0] ?? household[0]!,
    number: row.number,
    thread,
    draft: (practice, phone, language) => templates.askWho[language](practice, phone),
  })
}

/** Carries a verification code to a phone, as the roster asks for it. */
export const textCodeOf =
  (options: TextingOptions): TextCode =>
  async (tx, services, it) => {
    const queued = await queueText(tx, deskOf(options, services), {
      text: newId(),
      purpose: 'code',
      patient: it.patient,
      number: it.number,
      draft: (practice, _phone, language) => templates.code[language](practice, it.code),
      evidence: { verification: it.verification },
      open: it.open,
    })
    if (queued.kind !== 'judged') return { sent: false, codes: ['no-channel'] }
    return queued.verdict.kind === 'send' ? { sent: true, codes: [] } : { sent: false, codes: queued.verdict.codes }
  }

const channelShown = (options: TextingOptions, row: ChannelRow): GivesOf<typeof getSmsChannel>['channel'] & object => ({
  channel: row.channel,
  number: row.number,
  practiceName: row.practice_name,
  phone: row.phone,
  inboundUrl: webhookUrl(options, row.channel, 'inbound'),
})

/** The number that the organisation texts from, the server's carrier, and whether an agreement with it is in force. */
export async function channelOf(db: Db, options: TextingOptions): Promise<GivesOf<typeof getSmsChannel>> {
  const row = await activeChannel(db)
  const carrier = options.carrier?.name ?? null
  return { channel: row ? channelShown(options, row) : null, carrier, agreement: carrier !== null && (await agreementActive(db, carrier)) }
}

/** Connects a number. The same number keeps its channel; another one gets a new channel. Undefined: this server has no carrier. */
export async function connectNumber(
  tx: Tx,
  options: TextingOptions,
  it: { number: string; practiceName: string; phone: string },
): Promise<Static<typeof SmsChannel> | undefined> {
  if (options.carrier === null) return undefined
  const before = await activeChannel(tx)
  const carrier = options.carrier.name
  const channel = before && before.number === it.number && before.carrier === carrier ? before.channel : newId()
  const row = { channel, carrier, number: it.number, practice_name: it.practiceName, phone: it.phone }
  await replaceChannel(tx, row)
  tx.announce(channelSet, { key: 'sms-channel', payload: { channel, carrier } })
  return channelShown(options, row)
}
