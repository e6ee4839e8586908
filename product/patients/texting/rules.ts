import { Temporal } from 'temporal-polyfill'
import type { LookUpOutcome, Problem } from '@wardline/product/integrations/sms/contract'
import { clinicalWords } from './preview.ts'
import type { GateCode, Language, Meaning, Purpose } from './words.ts'
import {
  carrierWords,
  doubtfulTraces,
  helpWords,
  resumeWords,
  stopPhrases,
  stopWords,
  templates,
  wrongNumberPhrases,
  yesWords,
} from './words.ts'

/** Hours as minutes of the day, from inclusive, until exclusive. */
type Hours = readonly [from: number, until: number]

/** What the gate is set to. A change is a new version: decisions say which one they were made by. */
export interface GateConfig {
  readonly version: string
  readonly care: Hours
  readonly change: Hours
  readonly marketing: Hours
  readonly sundayReminders: Hours
  /** Recall, survey and marketing share these. */
  readonly sharedPerDay: number
  readonly sharedPerWeek: number
  readonly remindersPerVisit: number
}

/** The hours, by the patient's clock, and the budgets that hold unless somebody decides otherwise. */
export const gateConfig: GateConfig = {
  version: 'texting-1',
  care: [8 * 60, 20 * 60 + 30],
  change: [6 * 60, 22 * 60],
  marketing: [9 * 60, 20 * 60],
  sundayReminders: [12 * 60, 18 * 60],
  sharedPerDay: 1,
  sharedPerWeek: 3,
  remindersPerVisit: 3,
}

/** Everything that the gate judges a text by; times in ms since 1970. */
export interface TextFacts {
  readonly purpose: Purpose
  readonly draft: string
  /** One of our own templates: its words are known to be neutral. */
  readonly template: boolean
  /** As it would go out. */
  readonly body: string
  readonly connected: boolean
  readonly switchedOff: boolean
  readonly agreement: boolean
  /** An invented patient; for a whole number: only invented patients. */
  readonly test: boolean
  readonly optedOut: boolean
  readonly consent:
    | { readonly live: true; readonly basis: 'spoken' | 'written' | 'intake' | 'import' }
    | { readonly live: false; readonly why: 'none' | 'expired' | 'revoked' | 'narrower' }
  readonly number: {
    readonly state: 'unverified' | 'verified' | 'wrong-person' | 'frozen'
    readonly how: 'code' | 'reply' | 'visit' | null
    readonly lineType: 'mobile' | 'landline' | 'voip' | 'unknown'
  }
  readonly pausedSince: number | null
  /** The patient's stated zone, else the practice's. */
  readonly zone: string
  /** Every zone that the phone may be in: marketing obeys all of them. */
  readonly zones: readonly string[]
  readonly visitAt: number | null
  /** From when on the text is of no use. */
  readonly useBy: number | null
  /** When recall, survey and marketing texts went to this number in the last seven days. */
  readonly sharedSent: readonly number[]
  readonly remindersSent: number
}

/** What the gate says, and why. */
export interface Verdict {
  readonly kind: 'send' | 'hold' | 'refuse' | 'secure-page-needed'
  readonly until: number | null
  readonly codes: readonly GateCode[]
  readonly rules: string
}

/** The scope of consent that a purpose needs; null for the two that rest on something else. */
export const scopeOf = (purpose: Purpose): 'care-logistics' | 'clinical' | 'marketing' | null =>
  purpose === 'code' || purpose === 'stop-confirmation'
    ? null
    : purpose === 'clinical' || purpose === 'marketing'
      ? purpose
      : 'care-logistics'

const shared: ReadonlySet<Purpose> = new Set<Purpose>(['recall', 'survey', 'marketing'])
const passesPause: ReadonlySet<Purpose> = new Set<Purpose>(['code', 'stop-confirmation', 'answer', 'reminder', 'change'])
const anyHour: ReadonlySet<Purpose> = new Set<Purpose>(['code', 'stop-confirmation', 'answer', 'booking'])
const dayMs = 86_400_000

/** Decides about one text: a pure function of configuration, facts and time (ms). What stands against it comes before what delays it. */
export function gate(config: GateConfig, it: TextFacts, now: number): Verdict {
  const say = (kind: Verdict['kind'], codes: readonly GateCode[], until: number | null = null): Verdict => ({
    kind,
    until,
    codes,
    rules: config.version,
  })
  const against = objections(config, it, now)
  if (against.length > 0) return say('refuse', against)
  if (!it.template && clinicalWords(it.draft).length > 0) return say('secure-page-needed', ['clinical-words'])
  const waits: GateCode[] = []
  let at = now
  if (it.pausedSince !== null && !passesPause.has(it.purpose)) {
    waits.push('paused')
    at = afterPause(it.pausedSince, it.zone, now)
  }
  const open = nextHour(config, it, at)
  if (open > at) waits.push('quiet-hours')
  if (it.useBy !== null && open >= it.useBy) return say('refuse', ['too-late', ...waits])
  const allowed: GateCode[] = ['allowed']
  if (!it.agreement) allowed.push('test-patient')
  if (it.number.state === 'unverified' && scopeOf(it.purpose) !== null) allowed.push('on-intake')
  return waits.length > 0 ? say('hold', waits, open) : say('send', allowed)
}

/** Everything that stands against a text, whatever the hour. */
function objections(config: GateConfig, it: TextFacts, now: number): GateCode[] {
  const found: GateCode[] = []
  const confirmsStop = it.purpose === 'stop-confirmation'
  if (!it.connected) found.push('no-channel')
  if (it.switchedOff) found.push('texts-stopped')
  if (!it.agreement && !it.test) found.push('agreement-missing')
  if (!confirmsStop) {
    if (it.optedOut) found.push('opted-out')
    if (it.number.state === 'frozen') found.push('number-frozen')
    if (it.number.state === 'wrong-person') found.push('wrong-person')
    if (it.number.lineType === 'landline') found.push('not-textable')
  }
  const scope = scopeOf(it.purpose)
  if (scope !== null) {
    if (!it.consent.live) {
      const why = { none: 'no-consent', expired: 'consent-expired', revoked: 'consent-revoked', narrower: 'consent-narrower' } as const
      found.push(why[it.consent.why])
    }
    if (scope === 'clinical' && (it.number.state !== 'verified' || it.number.how !== 'code')) found.push('code-needed')
    else if (it.number.state === 'unverified') {
      const onIntake = it.consent.live && scope === 'care-logistics' && (it.consent.basis === 'intake' || it.consent.basis === 'import')
      if (!onIntake) found.push('number-unverified')
    }
  }
  if (it.body.trim() === '' || (!it.template && it.draft.trim() === '')) found.push('empty')
  if (it.body.length > 1_600) found.push('too-long')
  if (shared.has(it.purpose) && overBudget(config, it, now)) found.push('over-budget')
  if (it.purpose === 'reminder' && it.remindersSent >= config.remindersPerVisit) found.push('over-budget')
  if (it.useBy !== null && now >= it.useBy) found.push('too-late')
  return found
}

/** One a day (the patient's calendar day) and three in seven days, over recall, survey and marketing together. */
function overBudget(config: GateConfig, it: TextFacts, now: number): boolean {
  const today = dayOf(now, it.zone)
  const sameDay = it.sharedSent.filter((at) => dayOf(at, it.zone).equals(today)).length
  const week = it.sharedSent.filter((at) => at > now - 7 * dayMs).length
  return sameDay >= config.sharedPerDay || week >= config.sharedPerWeek
}

const dayOf = (at: number, zone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate()

const startOf = (day: Temporal.PlainDate, zone: string, minutes: number): number =>
  day.toZonedDateTime({ timeZone: zone, plainTime: Temporal.PlainTime.from({ hour: Math.floor(minutes / 60), minute: minutes % 60 }) })
    .epochMilliseconds

/** The hours of one day for a text, in one zone; null: none that day. */
function hoursOn(config: GateConfig, it: Pick<TextFacts, 'purpose' | 'visitAt' | 'zone'>, day: Temporal.PlainDate): Hours | null {
  const sunday = day.dayOfWeek === 7
  const visitDay = it.visitAt === null ? null : dayOf(it.visitAt, it.zone)
  const daysAhead = visitDay === null ? null : day.until(visitDay, { largestUnit: 'days' }).days
  if (it.purpose === 'marketing') return sunday ? null : config.marketing
  if (it.purpose === 'reminder' && sunday) return daysAhead === 1 ? config.sundayReminders : null
  if (it.purpose === 'change' && (daysAhead === 0 || daysAhead === 1)) return config.change
  return config.care
}

function nextHourIn(config: GateConfig, it: Pick<TextFacts, 'purpose' | 'visitAt' | 'zone'>, zone: string, now: number): number {
  const first = dayOf(now, zone)
  for (let ahead = 0; ahead < 9; ahead += 1) {
    const day = first.add({ days: ahead })
    const hours = hoursOn(config, it, day)
    if (hours === null) continue
    if (now < startOf(day, zone, hours[1])) return Math.max(now, startOf(day, zone, hours[0]))
  }
  throw new Error('No day of a week has hours for this text.')
}

/** The first moment from `now` on at which a text of this purpose may go. `now` itself when it is inside the hours. */
export function nextHour(config: GateConfig, it: Pick<TextFacts, 'purpose' | 'visitAt' | 'zone' | 'zones'>, now: number): number {
  if (anyHour.has(it.purpose)) return now
  if (it.purpose !== 'marketing') return nextHourIn(config, it, it.zone, now)
  const zones = it.zones.length > 0 ? it.zones : [it.zone]
  let at = now
  // Each step moves to where one zone opens; where all agree it stands still. Within 16 steps, because a day has one opening in each zone.
  for (let step = 0; step < 16; step += 1) {
    const next = Math.max(...zones.map((zone) => nextHourIn(config, it, zone, at)))
    if (next === at) return at
    at = next
  }
  return at
}

/** One business day after a pause began, and again while nobody has looked: always after `now`. */
function afterPause(since: number, zone: string, now: number): number {
  let end = Temporal.Instant.fromEpochMilliseconds(since).toZonedDateTimeISO(zone)
  // A pause of years would make this long; begin at most two weeks back.
  if (end.epochMilliseconds < now - 14 * dayMs) end = Temporal.Instant.fromEpochMilliseconds(now - 4 * dayMs).toZonedDateTimeISO(zone)
  do {
    do end = end.add({ days: 1 })
    while (end.dayOfWeek > 5)
  } while (end.epochMilliseconds <= now)
  return end.epochMilliseconds
}

/** What a free text is for: an answer for three days after the patient wrote, care after that. */
export const purposeOf = (lastInboundAt: number | null, now: number): 'answer' | 'care' =>
  lastInboundAt !== null && now - lastInboundAt < 3 * dayMs ? 'answer' : 'care'

/** A draft as it goes out: the first text in 30 days says who writes and how to stop. */
export function dressed(draft: string, it: { practice: string; language: Language; namedAt: number | null }, now: number): string {
  const named = it.namedAt !== null && now - it.namedAt < 30 * dayMs
  return named ? draft : `${draft.trimEnd()}\n${templates.footer[it.language](it.practice)}`
}

/** Whether a text carries the footer that `dressed` adds. */
export const isDressed = (it: { readonly draft: string; readonly body: string }): boolean =>
  it.body.length > it.draft.trimEnd().length && it.body !== it.draft

/** What an inbound text is taken for, and the language that it shows. */
export interface Heard {
  readonly meaning: Meaning
  readonly language: Language | null
  /** A word that is also a natural answer to a reminder: a person should see it. */
  readonly alsoVisit: boolean
  /** An answer that a reminder asks for. */
  readonly yes: boolean
}

/** A text as word lists are compared with it: no marks, case, invisible characters or signs; quotes of other texts by a tapback left out. */
export function plain(body: string): string {
  return body
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}#]+/gu, ' ')
    .trim()
}

const tapback =
  /^\s*(liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|removed an? \w+ from|reacted \S+ to|le gust[oó]|le encant[oó]|no le gust[oó]|reaccion[oó] con \S+ a?|enfatiz[oó])\s+[“”"«'].*[“”"»']\s*$/isu
const autoReply =
  /\b(driving|do not disturb|with focus|conduciendo|manejando|no molestar|auto(matic)? ?(reply|response)|respuesta automatica|out of (the )?office|away from my phone)\b/

/** Decides what an inbound text means. What the carrier says of it (`optOutType`) counts before the words. */
export function hear(body: string, optOutType?: 'STOP' | 'START' | 'HELP'): Heard {
  const words = plain(body)
  const inList = (lists: Readonly<Record<Language, readonly string[]>>): Language | null =>
    lists.en.includes(words) ? 'en' : lists.es.includes(words) ? 'es' : null
  const as = (meaning: Meaning, language: Language | null = null): Heard => ({
    meaning,
    language,
    alsoVisit: meaning === 'stop' && /^cancela?r?$/.test(words),
    yes: meaning === 'ordinary' && yesWords.includes(words),
  })
  const stop = inList(stopWords)
  if (optOutType === 'STOP' || stop) return as('stop', stop)
  const resume = inList(resumeWords)
  if (optOutType === 'START' || resume) return as('resume', resume)
  const help = inList(helpWords)
  if (optOutType === 'HELP' || help) return as('help', help)
  if (tapback.test(body)) return as('ordinary')
  for (const language of ['en', 'es'] as const) if (stopPhrases[language].some((it) => it.test(words))) return as('stop', language)
  if (wrongNumberPhrases.some((it) => it.test(words))) return as('wrong-number')
  if (autoReply.test(words)) return as('ordinary')
  return as(doubtfulTraces.some((it) => it.test(words)) ? 'maybe-stop' : 'ordinary')
}

/** Whether the carrier answers this text itself, so that we must not. It knows single English words, unless it says that it knew this one. */
export function carrierAnswers(
  answersStop: boolean,
  text: { body: string; optOutType?: 'STOP' | 'START' | 'HELP' | undefined },
  as: keyof typeof carrierWords,
): boolean {
  if (text.optOutType === as) return true
  return answersStop && (carrierWords[as] as readonly string[]).includes(text.body.trim().toUpperCase())
}

/** The language of our answer to a number: what the word showed, else what its patients share, else English. */
export const answerLanguage = (heard: Language | null, patients: readonly Language[]): Language =>
  heard === 'es' ? 'es' : patients.length > 0 && patients.every((it) => it === 'es') ? 'es' : 'en'

/** How long after its claim a text without an answer counts as unknown: longer than any carrier call lives, ms. */
export const claimStaleMs = 60_000
const lookUpAfterMs = [30_000, 120_000, 600_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000] as const
/** Carriers' listings lag: `absent` is believed the third time, and not before ten minutes. */
const absencesNeeded = 3
const absenceMs = 600_000

/** What a look-up means: the text is there, was never taken, or look again at `at`; `give-up`: a person must look at the carrier's log. */
export type LookedUp =
  | { readonly kind: 'found' }
  | { readonly kind: 'not-taken' }
  | { readonly kind: 'again'; readonly at: number }
  | { readonly kind: 'give-up' }

/** When the n-th look-up (from 0) of an unknown text is due; null after about a day. */
export const lookUpDue = (sentAt: number, n: number): number | null => (n < lookUpAfterMs.length ? sentAt + lookUpAfterMs[n]! : null)

/** Judges a look-up. `done`: how many came before it, `absences`: how many of them said absent. */
export function judgeLookUp(it: { sentAt: number; done: number; absences: number }, outcome: LookUpOutcome['kind'], now: number): LookedUp {
  if (outcome === 'found') return { kind: 'found' }
  const absences = it.absences + (outcome === 'absent' ? 1 : 0)
  if (outcome === 'absent' && absences >= absencesNeeded && now - it.sentAt >= absenceMs) return { kind: 'not-taken' }
  const due = lookUpDue(it.sentAt, it.done + 1)
  return due === null ? { kind: 'give-up' } : { kind: 'again', at: Math.max(due, now + 1_000) }
}

/** Whether a text that the carrier certainly did not take is tried again, and when; attempts count from 1. */
export function retryAfter(problem: Problem & { retryAfterSeconds?: number }, attempt: number, now: number): number | null {
  if (problem.permanent || (problem.code !== 'rate-limited' && problem.code !== 'carrier-down') || attempt >= 6) return null
  return now + Math.max(problem.retryAfterSeconds ?? 0, 15 * 4 ** (attempt - 1)) * 1000
}
