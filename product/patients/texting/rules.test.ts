import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, test } from 'vitest'
import { clinicalWords, segmentsOf } from './preview.ts'
import {
  answerLanguage,
  carrierAnswers,
  dressed,
  gate,
  gateConfig,
  hear,
  isDressed,
  judgeLookUp,
  lookUpDue,
  nextHour,
  purposeOf,
  retryAfter,
  scopeOf,
} from './rules.ts'
import type { TextFacts } from './rules.ts'
import { gateCodes, gateWords, purposes, resumeWords, stopWords, templates } from './words.ts'
import type { Purpose } from './words.ts'

const data = path.resolve(import.meta.dirname, '../../..', process.env['WARDLINE_VECTORS'] ?? '../shared/data')
const vectors = <T>(file: string): readonly T[] => {
  const at = path.join(data, file)
  return existsSync(at) ? (JSON.parse(readFileSync(at, 'utf8')) as readonly T[]) : []
}

const zone = 'America/Chicago'
const at = (iso: string, where = zone) => Temporal.PlainDateTime.from(iso).toZonedDateTime(where).epochMilliseconds
const noon = at('2026-03-10T12:00')
const facts = (it: Partial<TextFacts> = {}): TextFacts => ({
  purpose: 'care',
  draft: 'See you.',
  template: false,
  body: 'See you.',
  connected: true,
  switchedOff: false,
  agreement: true,
  test: false,
  optedOut: false,
  consent: { live: true, basis: 'written' },
  number: { state: 'verified', how: 'code', lineType: 'mobile' },
  pausedSince: null,
  zone,
  zones: [zone],
  visitAt: null,
  useBy: null,
  sharedSent: [],
  remindersSent: 0,
  ...it,
})
const decide = (it: Partial<TextFacts>, now = noon) => gate(gateConfig, facts(it), now)

const anyFacts: fc.Arbitrary<TextFacts> = fc.record({
  purpose: fc.constantFrom(...purposes),
  draft: fc.constantFrom('See you.', 'Your biopsy was positive', '', 'x'.repeat(1_700)),
  template: fc.boolean(),
  body: fc.constantFrom('See you.', ''),
  connected: fc.boolean(),
  switchedOff: fc.boolean(),
  agreement: fc.boolean(),
  test: fc.boolean(),
  optedOut: fc.boolean(),
  consent: fc.oneof(
    fc.record({ live: fc.constant(true as const), basis: fc.constantFrom('spoken', 'written', 'intake', 'import') }),
    fc.record({ live: fc.constant(false as const), why: fc.constantFrom('none', 'expired', 'revoked', 'narrower') }),
  ) as fc.Arbitrary<TextFacts['consent']>,
  number: fc.record({
    state: fc.constantFrom('unverified', 'verified', 'wrong-person', 'frozen'),
    how: fc.constantFrom('code', 'reply', 'visit', null),
    lineType: fc.constantFrom('mobile', 'landline', 'voip', 'unknown'),
  }) as fc.Arbitrary<TextFacts['number']>,
  pausedSince: fc.option(fc.integer({ min: noon - 20 * 86_400_000, max: noon }), { nil: null }),
  zone: fc.constantFrom('America/Chicago', 'Pacific/Honolulu', 'America/New_York', 'America/Phoenix'),
  zones: fc.subarray(['America/Chicago', 'Pacific/Honolulu', 'America/New_York'], { minLength: 1 }),
  visitAt: fc.option(fc.integer({ min: noon, max: noon + 5 * 86_400_000 }), { nil: null }),
  useBy: fc.option(fc.integer({ min: noon - 86_400_000, max: noon + 5 * 86_400_000 }), { nil: null }),
  sharedSent: fc.array(fc.integer({ min: noon - 9 * 86_400_000, max: noon }), { maxLength: 4 }),
  remindersSent: fc.integer({ min: 0, max: 5 }),
})
/** Facts under which a text goes, but for one or two that are drawn. */
const mostlyGood: fc.Arbitrary<TextFacts> = fc
  .tuple(anyFacts, fc.constantFrom(...purposes), fc.subarray(Object.keys(facts()) as (keyof TextFacts)[], { maxLength: 2 }))
  .map(([drawn, purpose, keys]) => facts({ purpose, ...Object.fromEntries(keys.map((key) => [key, drawn[key]])) }))
const moments = fc.integer({ min: at('2026-01-01T00:00'), max: at('2026-12-31T00:00') })

describe('the gate', () => {
  test('never lets a text go against a stop, without a consent, without an agreement, or switched off, whatever else is true', () => {
    fc.assert(
      fc.property(fc.oneof(anyFacts, mostlyGood), moments, (it, now) => {
        const { kind, codes, until } = gate(gateConfig, it, now)
        const goes = kind === 'send' || kind === 'hold'
        const rests = scopeOf(it.purpose) !== null
        if (goes && it.purpose !== 'stop-confirmation') expect(it.optedOut).toBe(false)
        if (goes && rests) expect(it.consent.live).toBe(true)
        if (goes) expect([it.connected, it.switchedOff, it.agreement || it.test]).toEqual([true, false, true])
        if (goes && it.purpose !== 'stop-confirmation') expect(['wrong-person', 'frozen']).not.toContain(it.number.state)
        if (goes && it.purpose === 'clinical') expect([it.number.state, it.number.how]).toEqual(['verified', 'code'])
        if (goes && !it.template) expect(clinicalWords(it.draft)).toEqual([])
        expect(until !== null).toBe(kind === 'hold')
        if (kind === 'hold') expect(until).toBeGreaterThan(now)
        if (it.useBy !== null && goes) expect(until ?? now).toBeLessThan(it.useBy)
        expect(codes.length).toBeGreaterThan(0)
        expect(new Set(codes).size).toBe(codes.length)
      }),
      { numRuns: 3_000 },
    )
  })

  test('decides the same again and changes nothing that it was given', () => {
    fc.assert(
      fc.property(anyFacts, moments, (it, now) => {
        const before = structuredClone(it)
        expect(gate(gateConfig, it, now)).toEqual(gate(gateConfig, it, now))
        expect(it).toEqual(before)
      }),
      { numRuns: 300 },
    )
  })

  test('what it holds goes when its time has come, if nothing changed', () => {
    fc.assert(
      fc.property(mostlyGood, moments, (it, now) => {
        const first = gate(gateConfig, it, now)
        if (first.kind !== 'hold' || first.codes.includes('paused')) return
        // Budgets move with time too, and are not what is asked here.
        expect(gate(gateConfig, { ...it, sharedSent: [] }, first.until!).kind).toBe('send')
      }),
      { numRuns: 2_000 },
    )
  })

  test('has words for every code', () => {
    for (const code of gateCodes) expect(gateWords[code].length).toBeGreaterThan(10)
  })

  test.each([
    ['frozen', { number: { state: 'frozen', how: null, lineType: 'mobile' } }, ['number-frozen']],
    ['wrong person', { number: { state: 'wrong-person', how: null, lineType: 'mobile' } }, ['wrong-person']],
    ['landline', { number: { state: 'verified', how: 'code', lineType: 'landline' } }, ['not-textable']],
    ['unverified', { number: { state: 'unverified', how: null, lineType: 'mobile' } }, ['number-unverified']],
    ['empty', { draft: '  ', body: 'Practice. Reply STOP to end.' }, ['empty']],
    ['too long', { body: 'x'.repeat(1_601) }, ['too-long']],
    ['switched off', { switchedOff: true }, ['texts-stopped']],
    ['no carrier', { connected: false, agreement: false, test: true }, ['no-channel']],
    ['no agreement', { agreement: false }, ['agreement-missing']],
  ] as [string, Partial<TextFacts>, string[]][])('%s is refused by its name', (_, it, codes) => {
    expect(decide(it)).toMatchObject({ kind: 'refuse', codes })
  })

  test('intake covers logistics to a number that is not verified, and nothing else', () => {
    const it: Partial<TextFacts> = {
      number: { state: 'unverified', how: null, lineType: 'mobile' },
      consent: { live: true, basis: 'intake' },
    }
    expect(decide({ ...it, purpose: 'reminder' })).toMatchObject({ kind: 'send', codes: ['allowed', 'on-intake'] })
    expect(decide({ ...it, purpose: 'clinical' })).toMatchObject({ kind: 'refuse', codes: ['code-needed'] })
    expect(decide({ ...it, purpose: 'marketing' })).toMatchObject({ kind: 'refuse', codes: ['number-unverified'] })
    const replied: Partial<TextFacts> = { number: { state: 'verified', how: 'reply', lineType: 'mobile' } }
    expect(decide({ ...replied, purpose: 'care' }).kind).toBe('send')
    expect(decide({ ...replied, purpose: 'clinical' }).codes).toEqual(['code-needed'])
  })
})

describe('hours', () => {
  const next = (purpose: Purpose, now: string, visit: string | null = null, zones = [zone]) => {
    const until = nextHour(gateConfig, { purpose, visitAt: visit === null ? null : at(visit), zone, zones }, at(now))
    return Temporal.Instant.fromEpochMilliseconds(until).toZonedDateTimeISO(zone).toPlainDateTime().toString()
  }
  test.each([
    // Care 08:00-20:30, every day.
    ['care', '2026-03-10T07:59:59', null, '2026-03-10T08:00:00'],
    ['care', '2026-03-10T08:00', null, '2026-03-10T08:00:00'],
    ['care', '2026-03-10T20:29:59', null, '2026-03-10T20:29:59'],
    ['care', '2026-03-10T20:30', null, '2026-03-11T08:00:00'],
    ['care', '2026-03-15T08:00', null, '2026-03-15T08:00:00'],
    // Changes of today's and tomorrow's visits 06-22, of later ones as care.
    ['change', '2026-03-10T06:00', '2026-03-10T15:00', '2026-03-10T06:00:00'],
    ['change', '2026-03-10T21:59', '2026-03-11T09:00', '2026-03-10T21:59:00'],
    ['change', '2026-03-10T22:00', '2026-03-11T09:00', '2026-03-11T06:00:00'],
    ['change', '2026-03-10T06:00', '2026-03-13T09:00', '2026-03-10T08:00:00'],
    // Monday's reminders on Sunday 12-18; others not on a Sunday.
    ['reminder', '2026-03-15T09:00', '2026-03-16T09:00', '2026-03-15T12:00:00'],
    ['reminder', '2026-03-15T17:59', '2026-03-16T09:00', '2026-03-15T17:59:00'],
    ['reminder', '2026-03-15T18:00', '2026-03-16T15:00', '2026-03-16T08:00:00'],
    ['reminder', '2026-03-15T13:00', '2026-03-17T15:00', '2026-03-16T08:00:00'],
    // Marketing 09-20, no Sunday.
    ['marketing', '2026-03-14T20:00', null, '2026-03-16T09:00:00'],
    ['marketing', '2026-03-14T08:59', null, '2026-03-14T09:00:00'],
    // Answers, codes and acknowledgements at any hour.
    ['answer', '2026-03-15T03:00', null, '2026-03-15T03:00:00'],
    ['code', '2026-03-15T03:00', null, '2026-03-15T03:00:00'],
    ['booking', '2026-03-15T03:00', null, '2026-03-15T03:00:00'],
    // The night in which 02:00 to 03:00 is missing, and the one in which 01:00 comes twice.
    ['care', '2026-03-07T21:00', null, '2026-03-08T08:00:00'],
    ['care', '2026-10-31T21:00', null, '2026-11-01T08:00:00'],
  ] as [Purpose, string, string | null, string][])('%s at %s goes at its hour', (purpose, now, visit, expected) => {
    expect(next(purpose, now, visit)).toBe(expected)
  })

  test('marketing obeys every zone that the phone may be in', () => {
    // 09-20 in New York and in Honolulu: only 14:00 to 20:00 of New York.
    const both = ['America/New_York', 'Pacific/Honolulu']
    expect(next('marketing', '2026-03-10T09:00', null, both)).toBe('2026-03-10T14:00:00')
    expect(next('marketing', '2026-03-10T19:00', null, both)).toBe('2026-03-11T14:00:00')
  })

  test('are always found within days, never before now, and stay inside what is allowed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...purposes),
        moments,
        fc.subarray(['America/Chicago', 'America/New_York', 'Pacific/Honolulu'], { minLength: 1 }),
        (purpose, now, zones) => {
          const it = { purpose, visitAt: null, zone, zones }
          const until = nextHour(gateConfig, it, now)
          expect(until).toBeGreaterThanOrEqual(now)
          expect(until - now).toBeLessThan(4 * 86_400_000)
          expect(nextHour(gateConfig, it, until)).toBe(until)
          const local = Temporal.Instant.fromEpochMilliseconds(until).toZonedDateTimeISO(zone)
          if (purpose === 'care') expect(local.hour * 60 + local.minute).toBeGreaterThanOrEqual(8 * 60)
          if (purpose === 'marketing' && zones.includes(zone)) expect(local.dayOfWeek).not.toBe(7)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('budgets', () => {
  const hour = 3_600_000
  test('recall, survey and marketing share one a day and three a week; care and answers have none', () => {
    for (const purpose of ['recall', 'survey', 'marketing'] as const) {
      expect(decide({ purpose, sharedSent: [noon - hour] }).codes).toEqual(['over-budget'])
      expect(decide({ purpose, sharedSent: [noon - 30 * hour] }).kind).toBe('send')
      expect(decide({ purpose, sharedSent: [noon - 30 * hour, noon - 60 * hour, noon - 90 * hour] }).codes).toEqual(['over-budget'])
      expect(decide({ purpose, sharedSent: [noon - 30 * hour, noon - 60 * hour, noon - 169 * hour] }).kind).toBe('send')
    }
    for (const purpose of ['care', 'answer', 'change', 'booking'] as const)
      expect(decide({ purpose, sharedSent: [noon - 1, noon - 2, noon - 3, noon - 4] }).kind).toBe('send')
  })
  test('the day is the patient’s', () => {
    const late = at('2026-03-10T19:30')
    const sent = [at('2026-03-09T23:30', 'America/New_York')]
    expect(gate(gateConfig, facts({ purpose: 'recall', sharedSent: sent }), late).kind).toBe('send')
  })
  test('a visit has three reminders of its own', () => {
    expect(decide({ purpose: 'reminder', remindersSent: 2 }).kind).toBe('send')
    expect(decide({ purpose: 'reminder', remindersSent: 3 }).codes).toEqual(['over-budget'])
  })
  test('what would come too late is not sent late', () => {
    const night = at('2026-03-10T21:00')
    expect(decide({ purpose: 'reminder', useBy: at('2026-03-11T07:30') }, night)).toMatchObject({
      kind: 'refuse',
      codes: ['too-late', 'quiet-hours'],
    })
    expect(decide({ purpose: 'reminder', useBy: at('2026-03-11T09:00') }, night).kind).toBe('hold')
    expect(decide({ purpose: 'answer', useBy: noon }).codes).toContain('too-late')
  })
})

describe('a pause', () => {
  test('holds what is automatic over the next business day, and lets answers, reminders and changes go', () => {
    const friday = at('2026-03-13T15:00')
    const held = decide({ purpose: 'recall', pausedSince: friday }, friday + 1)
    expect(held).toMatchObject({ kind: 'hold', codes: ['paused'], until: at('2026-03-16T15:00') })
    // Nobody looked: it goes on waiting.
    expect(decide({ purpose: 'recall', pausedSince: friday }, held.until!)).toMatchObject({ kind: 'hold', until: at('2026-03-17T15:00') })
    for (const purpose of ['answer', 'reminder', 'change', 'code'] as const)
      expect(decide({ purpose, pausedSince: friday }, friday + 1).kind).toBe('send')
  })
})

describe('hearing', () => {
  type Case = { readonly text: string; readonly expect: 'opt_out' | 'opt_in' | 'help' | 'not_opt_out' }
  const known = vectors<Case>('optout-basic/cases.json')
  const meaning = { opt_out: 'stop', opt_in: 'resume', help: 'help', not_opt_out: 'ordinary' } as const
  test.skipIf(known.length === 0)('the written rules and carriers’ words', () => {
    for (const it of known) expect(hear(it.text).meaning, it.text).toBe(meaning[it.expect])
  })

  test('every stop word stops, in any case, with any signs, marks and spaces around it', () => {
    const noise = fc
      .array(fc.constantFrom(' ', '!', '.', ',', '…', '\u200b', '\n', '"', '🛑', '-'), { maxLength: 4 })
      .map((it) => it.join(''))
    fc.assert(
      fc.property(
        fc.constantFrom(...stopWords.en, ...stopWords.es),
        noise,
        noise,
        fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
        (word, before, behind, upper) => {
          const cased = [...word].map((letter, i) => (upper[i] ? letter.toUpperCase() : letter)).join('')
          expect(hear(before + cased + behind).meaning).toBe('stop')
        },
      ),
      { numRuns: 500 },
    )
  })

  test('words that let texts come again do so only alone', () => {
    for (const word of [...resumeWords.en, ...resumeWords.es]) expect(hear(`${word}!`).meaning).toBe('resume')
    expect(hear('when do we start').meaning).toBe('ordinary')
  })

  test.each([
    'please stop texting me',
    'STOP texting',
    'Stop please',
    "please don't text me anymore",
    'Do not contact me again',
    'I do not want any more messages',
    'take me off your list',
    'leave me alone',
    'Stop sending me these',
    'stop it',
    'unsubscribe me please',
    'I want to unsubscribe',
    'quit texting me',
    'I revoke my consent',
    'No more reminders please',
    'stop all messages',
    'Opt-out',
    'Ｓｔｏｐ',
    's\u200btop',
    'end all texts',
    'please remove me from this list',
    'ya no me manden nada',
    'no quiero más mensajes',
    'dejen de escribirme',
    'por favor no me escriban',
    '¡ALTO!',
    'alto por favor',
    'denme de baja',
    'BAJA',
    'parar',
    'Deténganse ya, no me envíen más',
  ])('%s: stop', (text) => expect(hear(text).meaning).toBe('stop'))

  test.each([
    'ok 👍 see u',
    'Liked “Reply C to confirm or STOP to end”',
    'Disliked "Reply STOP to end"',
    'Le gustó «Responda ALTO para terminar»',
    'running late',
    "I'm driving with Do Not Disturb While Driving turned on. I'll see your message when I get where I'm going.",
    'can I stop by at 3?',
    'I need to cancel my appointment tomorrow',
    'Please cancel my 3pm',
    'para mi hija',
    'Gracias, ahí estaré',
    'Thanks!',
    'No',
    'Y',
    'can you text me the address',
    'Is parking at the end of the lot?',
    'should I stop taking the pills?',
    '',
    '👍',
    'C',
    'Confirmo',
    'Yes, see you then',
    'What time again?',
    'no puedo ir el martes',
  ])('%s: goes on', (text) => expect(hear(text).meaning).toBe('ordinary'))

  test.each([
    'too many texts',
    'why do you keep texting',
    'who is this',
    'I did not get your text',
    'the bleeding will not stop',
    'demasiados mensajes',
    'this is spam',
  ])('%s: a person looks first', (text) => expect(hear(text).meaning).toBe('maybe-stop'))

  test.each(['wrong number lol', 'Número equivocado', 'You have the wrong person'])('%s: not this patient', (text) =>
    expect(hear(text).meaning).toBe('wrong-number'),
  )

  test('what the carrier understood counts before the words', () => {
    expect(hear('gibberish', 'STOP').meaning).toBe('stop')
    expect(hear('gibberish', 'START').meaning).toBe('resume')
    expect(hear('gibberish', 'HELP').meaning).toBe('help')
    // A stop that the carrier took for anything else is a stop.
    expect(hear('STOP', 'START').meaning).toBe('stop')
  })

  test('a word that may mean the visit is seen by a person too; answers to reminders are known', () => {
    expect([hear('Cancel').alsoVisit, hear('cancelar').alsoVisit, hear('stop').alsoVisit]).toEqual([true, true, false])
    expect([hear('C').yes, hear('Sí').yes, hear('yes!').yes, hear('maybe').yes]).toEqual([true, true, true, false])
  })

  test('any text has a meaning', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(['stop', 'maybe-stop', 'resume', 'help', 'wrong-number', 'ordinary']).toContain(hear(text).meaning)
      }),
    )
  })
})

describe('who answers a stop', () => {
  test('the carrier for its own single words, or when it says so; else we', () => {
    expect(carrierAnswers(true, { body: ' stop ' }, 'STOP')).toBe(true)
    for (const body of ['Alto', 'stop.', 'please stop', 'opt out']) expect(carrierAnswers(true, { body }, 'STOP')).toBe(false)
    expect(carrierAnswers(false, { body: 'STOP' }, 'STOP')).toBe(false)
    expect(carrierAnswers(false, { body: 'Alto', optOutType: 'STOP' }, 'STOP')).toBe(true)
    expect(carrierAnswers(true, { body: 'STOP' }, 'HELP')).toBe(false)
  })
  test('in the language of the word, else of the household', () => {
    expect(answerLanguage('es', ['en'])).toBe('es')
    expect(answerLanguage('en', ['es', 'es'])).toBe('es')
    expect(answerLanguage(null, ['es', 'en'])).toBe('en')
    expect(answerLanguage(null, [])).toBe('en')
  })
})

describe('our own words', () => {
  test('are neutral, short, name the practice, and ask for no reserved word', () => {
    const practice = 'Maple Street Dental'
    for (const [name, it] of Object.entries(templates))
      for (const language of ['en', 'es'] as const) {
        const text = it[language](practice, name === 'code' ? '123456' : '(312) 555-0100')
        expect(clinicalWords(text), text).toEqual([])
        expect(text.startsWith(practice), text).toBe(true)
        expect(segmentsOf(text).count, text).toBeLessThanOrEqual(3)
        expect(text).not.toMatch(/reply (cancel|end|quit)|responda (cancelar|baja|fin)/i)
      }
  })
  test('the footer stands on the first text in thirty days', () => {
    const it = { practice: 'Maple', language: 'en' as const }
    const first = dressed('Hello ', { ...it, namedAt: null }, noon)
    expect(first).toBe('Hello\nMaple. Reply STOP to end.')
    expect(isDressed({ draft: 'Hello ', body: first })).toBe(true)
    expect(dressed('Hello', { ...it, namedAt: noon - 29 * 86_400_000 }, noon)).toBe('Hello')
    expect(isDressed({ draft: 'Hello', body: 'Hello' })).toBe(false)
    expect(dressed('Hello', { ...it, namedAt: noon - 30 * 86_400_000 }, noon)).not.toBe('Hello')
  })
  test('a free text is an answer for three days', () => {
    expect([purposeOf(null, noon), purposeOf(noon - 1, noon), purposeOf(noon - 3 * 86_400_000, noon)]).toEqual(['care', 'answer', 'care'])
  })
})

describe('segments', () => {
  type Case = { readonly name: string; readonly body: string; readonly encoding: string; readonly segments: number }
  const cases = vectors<Case>('gsm7-segments/cases.json')
  test.skipIf(cases.length === 0)('as the carrier counts them', () => {
    for (const it of cases) expect(segmentsOf(it.body), it.name).toEqual({ encoding: it.encoding, count: it.segments })
  })
})

describe('what becomes of a text', () => {
  test('absent is believed the third time, and not within ten minutes', () => {
    const it = { sentAt: noon, done: 5, absences: 2 }
    expect(judgeLookUp(it, 'absent', noon + 600_000)).toEqual({ kind: 'not-taken' })
    expect(judgeLookUp(it, 'absent', noon + 599_000).kind).toBe('again')
    expect(judgeLookUp({ ...it, absences: 1 }, 'absent', noon + 600_000).kind).toBe('again')
    expect(judgeLookUp(it, 'unknown', noon + 600_000).kind).toBe('again')
    expect(judgeLookUp({ ...it, done: 7 }, 'unknown', noon + 600_000)).toEqual({ kind: 'give-up' })
    expect(judgeLookUp(it, 'found', noon)).toEqual({ kind: 'found' })
  })
  test('look-ups come later and later, and end within a day', () => {
    const due = Array.from({ length: 9 }, (_, n) => lookUpDue(noon, n))
    expect(due.at(-1)).toBeNull()
    const times = due.filter((it) => it !== null)
    expect(times.toSorted((a, b) => a - b)).toEqual(times)
    expect(times.at(-1)! - noon).toBeLessThan(86_400_000)
  })
  test('only what was certainly not taken is tried again, and not for ever', () => {
    const problem = { permanent: false, optedOut: false, providerCode: null }
    expect(retryAfter({ ...problem, code: 'rate-limited', retryAfterSeconds: 40 }, 1, noon)).toBe(noon + 40_000)
    expect(retryAfter({ ...problem, code: 'carrier-down' }, 2, noon)).toBe(noon + 60_000)
    expect(retryAfter({ ...problem, code: 'carrier-down' }, 6, noon)).toBeNull()
    expect(retryAfter({ ...problem, code: 'not-authorised' }, 1, noon)).toBeNull()
    expect(retryAfter({ ...problem, code: 'opted-out', permanent: true, optedOut: true }, 1, noon)).toBeNull()
  })
})
