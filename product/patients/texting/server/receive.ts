import type { Tx } from '@wardline/platform/db'
import { newId } from '@wardline/platform/server'
import type { InboundText } from '@wardline/product/integrations/sms/contract'
import { consentFor, resumeNumber, stopNumber } from '@wardline/product/patients/consent/server'
import {
  ensureNumber,
  freezeNumber,
  householdsOf,
  lockNumber,
  peopleOf,
  sealJson,
  verifyByReply,
} from '@wardline/product/patients/roster/server'
import { automationPaused, textReceived } from '../contract.ts'
import { answerLanguage, carrierAnswers, hear } from '../rules.ts'
import type { Heard } from '../rules.ts'
import { templates } from '../words.ts'
import type { Language } from '../words.ts'
import { announceThread, ensureThread, queueText } from './outbox.ts'
import type { Desk } from './port.ts'
import { insertInbound, insertPause, isReceived, setLastInbound, setWaiting } from './queries.ts'
import type { ChannelRow } from './tables.ts'

/** The context under which an inbound text is sealed. */
export const inboundContext = (text: string) => `inbound_text|${text}`

/** As much of a text as is kept, cut between characters. */
const longest = (body: string): string => (body.length <= 1_600 ? body : [...body].slice(0, 1_600).join(''))

/**
 * Takes a text from a phone: stored, heard and acted upon in this one transaction, so that a stop holds before the carrier gets its answer.
 * A text that came before changes nothing.
 */
export async function receive(tx: Tx, desk: Desk, channel: ChannelRow, it: InboundText): Promise<void> {
  if (await isReceived(tx, it.providerId)) return
  const number = await ensureNumber(tx, desk.keys, it.from)
  // Everything about a number has one order: two of its texts at once, a stop and a text of ours that is being claimed.
  await lockNumber(tx, number, 'alone')
  const household = (await householdsOf(tx, [number])).get(number)!
  const { thread } = await ensureThread(tx, number, household.length === 1 ? household[0]! : null)
  const heard = hear(it.body, it.optOutType)
  const text = newId()
  const stored = await insertInbound(tx, {
    text,
    channel: channel.channel,
    thread,
    number,
    providerId: it.providerId,
    meaning: heard.meaning,
    media: it.mediaCount,
    ...(await sealJson(desk.keys, tx.org, tx.at, inboundContext(text), { body: longest(it.body) })),
  })
  if (!stored) return
  await setLastInbound(tx, thread)
  tx.announce(textReceived, { key: `number|${number}`, payload: { text, thread, number, meaning: heard.meaning } })
  await act(tx, desk, { number, thread, text, household, heard, inbound: it })
  const waits = heard.meaning === 'ordinary' || heard.meaning === 'maybe-stop' || heard.meaning === 'wrong-number' || heard.alsoVisit
  if (waits) await setWaiting(tx, thread, 'now')
  await announceThread(tx, desk, thread)
}

interface Came {
  readonly number: string
  readonly thread: string
  readonly text: string
  readonly household: readonly string[]
  readonly heard: Heard
  readonly inbound: InboundText
}

async function act(tx: Tx, desk: Desk, it: Came): Promise<void> {
  switch (it.heard.meaning) {
    case 'stop': {
      const stop = await stopNumber(tx, desk.keys, { number: it.number, source: 'text' })
      // One confirmation, counted over the carrier and us; a number that was stopped already got its own.
      if (stop === undefined || answered(desk, it.inbound, 'STOP')) return
      await queueText(tx, desk, {
        text: newId(),
        purpose: 'stop-confirmation',
        patient: null,
        number: it.number,
        thread: it.thread,
        draft: (practice, phone, language) => templates.stopped[language](practice, phone),
        language: await languageOf(tx, desk, it),
        evidence: { stop },
      })
      return
    }
    case 'resume':
      if ((await resumeNumber(tx, desk.keys, it.number)) && !answered(desk, it.inbound, 'START')) await say(tx, desk, it, 'resumed')
      return
    case 'help':
      if (!answered(desk, it.inbound, 'HELP')) await say(tx, desk, it, 'help')
      return
    case 'wrong-number':
      await freezeNumber(tx, it.number, 'said-wrong-number')
      return
    case 'maybe-stop':
      if ((await insertPause(tx, it.number)) > 0)
        tx.announce(automationPaused, { key: `number|${it.number}`, payload: { number: it.number, text: it.text } })
      return
    case 'ordinary':
      if (it.heard.yes && it.household.length === 1) await verifyByReply(tx, it.household[0]!, it.number)
  }
}

const answered = (desk: Desk, text: InboundText, as: 'STOP' | 'START' | 'HELP') =>
  carrierAnswers(desk.carrier?.answersStop ?? false, text, as)

async function languageOf(tx: Tx, desk: Desk, it: Came): Promise<Language> {
  const people = await peopleOf(tx, desk.keys, it.household)
  return answerLanguage(
    it.heard.language,
    [...people.values()].map((person) => person.language),
  )
}

/** Answers a number with one of our templates, under the consent of whoever there has one; nobody has: a person sees the thread. */
async function say(tx: Tx, desk: Desk, it: Came, which: 'resumed' | 'help'): Promise<void> {
  for (const patient of it.household) {
    const consent = await consentFor(
      tx,
      desk.keys,
      { patient, number: it.number, scope: 'care-logistics', channel: 'sms' },
      tx.at.getTime(),
    )
    if (!consent.live) continue
    await queueText(tx, desk, {
      text: newId(),
      purpose: 'answer',
      patient,
      number: it.number,
      thread: it.thread,
      draft: (practice, phone, language) => templates[which][language](practice, phone),
      language: await languageOf(tx, desk, it),
    })
    return
  }
  await setWaiting(tx, it.thread, 'now')
}
