import type { Db } from '@wardline/platform/db'
import { agreementActive, switchOn } from '@wardline/product/access/policies/server'
import { readOrganisation } from '@wardline/product/access/provisioning/server'
import { consentFor, stoppedOf } from '@wardline/product/patients/consent/server'
import { contactOf, householdsOf, linesOf, peopleOf } from '@wardline/product/patients/roster/server'
import type { Purpose } from '../contract.ts'
import { dressed, scopeOf } from '../rules.ts'
import type { TextFacts } from '../rules.ts'
import type { Language } from '../words.ts'
import { channelInUse } from './port.ts'
import type { Desk } from './port.ts'
import { countedTexts, pausedSince } from './queries.ts'
import type { ChannelRow } from './tables.ts'

/** A text to be judged. */
export interface Asked {
  readonly purpose: Purpose
  /** Null: to a number as such (the confirmation of a stop). */
  readonly patient: string | null
  readonly number: string
  /** What was written; a template is made by `template` once practice and language are known. */
  readonly draft: string | ((practice: string, phone: string, language: Language) => string)
  /** As it was dressed when it was queued; undefined: it is dressed now. */
  readonly body?: string | undefined
  /** When a text in this thread last named the practice. */
  readonly namedAt: Date | null
  readonly visit?: { readonly id: string; readonly at: Date } | undefined
  readonly useBy?: Date | null | undefined
  /** For a text that waits: its id, which must not count against itself, and what it rests on. */
  readonly waiting?:
    { readonly text: string; readonly channel: string; readonly receipt: string | null; readonly template: boolean } | undefined
  /** The language of a text to a number as such. */
  readonly language?: Language | undefined
}

/** What the gate is given, and what the text would rest on. */
export interface Gathered {
  readonly facts: TextFacts
  readonly channel: ChannelRow | undefined
  readonly receipt: string | null
  readonly draft: string
}

/** Collects everything that the gate judges a text by, at `now` (ms). */
export async function gather(db: Db, desk: Desk, it: Asked, now: number): Promise<Gathered> {
  const organisation = await readOrganisation(db)
  const inUse = await channelInUse(db, desk)
  const channel = it.waiting && inUse?.channel !== it.waiting.channel ? undefined : inUse
  const line = (await linesOf(db, desk.keys, [it.number])).get(it.number)
  const contact = it.patient === null ? undefined : await contactOf(db, it.patient, it.number)
  const household = it.patient === null ? ((await householdsOf(db, [it.number])).get(it.number) ?? []) : [it.patient]
  const people = [...(await peopleOf(db, desk.keys, household)).values()]
  const person = it.patient === null ? undefined : people[0]
  const language = it.language ?? person?.language ?? 'en'
  const zone = person?.zone ?? organisation.zone
  const scope = scopeOf(it.purpose)
  const consent =
    scope === null || it.patient === null
      ? ({ live: false, why: 'none' } as const)
      : await consentFor(
          db,
          desk.keys,
          { patient: it.patient, number: it.number, scope, channel: 'sms', receipt: it.waiting?.receipt ?? undefined },
          now,
        )
  const counted = await countedTexts(db, { number: it.number, visit: it.visit?.id ?? null, without: it.waiting?.text ?? null })
  const template = it.waiting?.template ?? typeof it.draft !== 'string'
  const practice = channel?.practice_name ?? organisation.name.slice(0, 40)
  const draft = typeof it.draft === 'string' ? it.draft : it.draft(practice, channel?.phone ?? '', language)
  const body = it.body ?? (template ? draft : dressed(draft, { practice, language, namedAt: it.namedAt?.getTime() ?? null }, now))
  return {
    channel,
    receipt: consent.live ? consent.receipt : null,
    draft,
    facts: {
      purpose: it.purpose,
      draft,
      template,
      body,
      connected: channel !== undefined,
      switchedOff: await switchOn(db, 'patient-texts-stopped'),
      agreement: desk.carrier !== null && (await agreementActive(db, desk.carrier.name)),
      test: people.length > 0 && people.every((one) => one.test),
      optedOut: (await stoppedOf(db, desk.keys, [it.number])).has(it.number),
      consent,
      number: {
        // A number that is not among the patient's is nobody's that we know.
        state: contact?.state ?? (line?.frozen ? 'frozen' : it.patient === null ? 'unverified' : 'wrong-person'),
        how: contact?.how ?? null,
        lineType: line?.lineType ?? 'unknown',
      },
      pausedSince: (await pausedSince(db, [it.number]))[0]?.since.getTime() ?? null,
      zone,
      zones: [...new Set([zone, organisation.zone])],
      visitAt: it.visit?.at.getTime() ?? null,
      useBy: it.useBy?.getTime() ?? null,
      sharedSent: counted.filter((row) => row.purpose !== 'reminder').map((row) => row.created_at.getTime()),
      remindersSent: counted.filter((row) => row.purpose === 'reminder').length,
    },
  }
}
