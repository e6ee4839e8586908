/** The database itself refuses a text that rests on nothing: whoever writes the row, and whenever it is handed over. */
import { newId, openConnection } from '@wardline/platform/server'
import { recordOptOut, revokeConsent } from '@wardline/product/patients/consent/contract'
import { startVerification } from '@wardline/product/patients/roster/contract'
import { isLive } from '@wardline/product/patients/consent/rules'
import type { Receipt } from '@wardline/product/patients/consent/rules'
import { purposes, sendText } from '@wardline/product/patients/texting/contract'
import { scopeOf } from '@wardline/product/patients/texting/rules'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openClinic } from './clinic.ts'
import type { Clinic, Patient } from './clinic.ts'

let clinic: Clinic
let made = 0
let ana: Patient
let receipt: string
let thread: string
beforeAll(async () => {
  clinic = await openClinic({ optOut: 'none' })
})
afterAll(() => clinic.close())
beforeEach(async () => {
  made += 1
  ana = await clinic.patient({ given: 'Ana', e164: `+1312555${String(1000 + made)}` })
  receipt = await clinic.consented(ana, { basis: 'written', scopes: ['care-logistics'] })
  await clinic.verified(ana)
  const { rows } = await clinic.world.owner.query<{ thread: string }>('select thread from patient_thread where patient = $1', [ana.patient])
  thread = rows[0]!.thread
})

/** Writes a row as nobody's code would: straight into the table, as its owner. */
const insert = async (
  it: Partial<Record<'receipt' | 'verification' | 'stop' | 'purpose' | 'state' | 'patient' | 'number', string | null>>,
) => {
  const text = newId()
  await clinic.world.owner.query(
    `insert into outbound_text (org, text, channel, thread, number, patient, purpose, template, receipt, verification, stop, created_at, data_key, sealed, state, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, false, $8, $9, $10, wl_now(), $11, '\\x00', $12, wl_now() + interval '1 day')`,
    [
      clinic.org,
      text,
      clinic.channel,
      thread,
      it.number ?? ana.number,
      it.patient === undefined ? ana.patient : it.patient,
      it.purpose ?? 'reminder',
      it.receipt === undefined ? receipt : it.receipt,
      it.verification ?? null,
      it.stop ?? null,
      newId(),
      it.state ?? 'queued',
    ],
  )
  return text
}
const refused = (constraint: string) => expect.objectContaining({ constraint }) as Error
const claim = (text: string) =>
  clinic.world.owner.query("update outbound_text set state = 'sending', attempt = 1, sent_at = wl_now() where text = $1", [text])
const stopReceipt = async () =>
  (
    await clinic.world.owner.query<{ receipt: string }>(
      "select receipt from consent_receipt where number = $1 and kind = 'opt-out' order by position desc",
      [ana.number],
    )
  ).rows[0]!.receipt

describe('a row cannot be stored', () => {
  test('with a live consent it can, so that the refusals below mean something', async () => {
    await expect(insert({})).resolves.toBeTypeOf('string')
  })
  test('without a consent', async () => {
    await expect(insert({ receipt: null })).rejects.toThrow(refused('outbound_text_live'))
  })
  test('on a consent that is nobody’s, another patient’s, or for another number', async () => {
    await expect(insert({ receipt: newId() })).rejects.toThrow(refused('outbound_text_live'))
    const ben = await clinic.patient({ given: 'Ben', e164: `+1312555${String(3000 + made)}` })
    await expect(insert({ receipt: await clinic.consented(ben) })).rejects.toThrow(refused('outbound_text_live'))
    await expect(insert({ number: ben.number })).rejects.toThrow(refused('outbound_text_live'))
    await expect(insert({ patient: null })).rejects.toThrow(refused('outbound_text_live'))
  })
  test('for a purpose that the consent does not cover', async () => {
    await expect(insert({ purpose: 'marketing' })).rejects.toThrow(refused('outbound_text_live'))
    await expect(insert({ purpose: 'clinical' })).rejects.toThrow(refused('outbound_text_live'))
  })
  test('on a consent that was revoked, or has expired', async () => {
    const short = await clinic.consented(ana, { basis: 'written', expiresOn: '2026-03-10' })
    await clinic.desk.ask(revokeConsent, { params: { patient: ana.patient, consent: receipt }, body: { receipt: newId(), told: 'spoken' } })
    await expect(insert({})).rejects.toThrow(refused('outbound_text_live'))
    await expect(insert({ receipt: short })).resolves.toBeTypeOf('string')
    const { rows } = await clinic.world.owner.query<{ left: number }>(
      'select extract(epoch from expires_at - wl_now())::float8 * 1000 as left from consent_receipt where receipt = $1',
      [short],
    )
    await clinic.world.owner.query("update demo_clock set shift = shift + $1 * interval '1 millisecond'", [Math.ceil(rows[0]!.left)])
    await expect(insert({ receipt: short })).rejects.toThrow(refused('outbound_text_live'))
    await clinic.world.owner.query("update demo_clock set shift = shift - $1 * interval '1 millisecond'", [Math.ceil(rows[0]!.left)])
  })
  test('after the number was stopped', async () => {
    await clinic.desk.ask(recordOptOut, { params: ana, body: { receipt: newId(), told: 'spoken' } })
    await expect(insert({})).rejects.toThrow(refused('outbound_text_live'))
  })
  test('anywhere but in the outbox', async () => {
    for (const state of ['sending', 'accepted', 'unknown']) await expect(insert({ state })).rejects.toThrow(refused('outbound_text_begins'))
  })
})

describe('the two exceptions rest on something too', () => {
  test('a code on an open verification of this patient and number', async () => {
    for (const it of [{ receipt: null }, {}])
      await expect(insert({ purpose: 'code', ...it })).rejects.toThrow(refused('outbound_text_live'))
    await expect(insert({ purpose: 'code', receipt: null, verification: newId() })).rejects.toThrow(refused('outbound_text_live'))
    const used = await clinic.world.owner.query<{ verification: string }>(
      "select verification from number_verification where patient = $1 and state = 'used'",
      [ana.patient],
    )
    await expect(insert({ purpose: 'code', receipt: null, verification: used.rows[0]!.verification })).rejects.toThrow(
      refused('outbound_text_live'),
    )
  })
  test('a confirmation on a stop that the phone itself said, once', async () => {
    await expect(insert({ purpose: 'stop-confirmation', receipt: null, patient: null })).rejects.toThrow(refused('outbound_text_live'))
    await expect(insert({ purpose: 'stop-confirmation', receipt: null, stop: receipt })).rejects.toThrow(refused('outbound_text_live'))
    await clinic.says(ana.e164, 'STOP')
    await expect(insert({ purpose: 'stop-confirmation', receipt: null, patient: null, stop: await stopReceipt() })).rejects.toThrow(
      refused('outbound_text_one_confirmation'),
    )
    // A stop that the desk was told is confirmed by nobody.
    const ben = await clinic.patient({ given: 'Ben', e164: `+1312555${String(4000 + made)}` })
    await clinic.desk.ask(recordOptOut, { params: ben, body: { receipt: newId(), told: 'phone' } })
    const told = (
      await clinic.world.owner.query<{ receipt: string }>('select receipt from consent_receipt where number = $1', [ben.number])
    ).rows[0]!
    await expect(
      insert({ purpose: 'stop-confirmation', receipt: null, patient: null, number: ben.number, stop: told.receipt }),
    ).rejects.toThrow(refused('outbound_text_live'))
  })
  test('and no other purpose may use theirs', async () => {
    const verification = newId()
    await clinic.desk.ask(startVerification, { params: ana, body: { verification } })
    // Its text went out already; a second one is refused for that, or for standing on two things.
    await expect(insert({ purpose: 'code', receipt: null, verification })).rejects.toThrow(refused('outbound_text_one_code'))
    await expect(insert({ purpose: 'code', verification })).rejects.toThrow(refused('outbound_text_basis'))
    await expect(insert({ verification })).rejects.toThrow(refused('outbound_text_basis'))
    await clinic.says(ana.e164, 'Alto')
    await expect(insert({ receipt: null, stop: await stopReceipt() })).rejects.toThrow(refused('outbound_text_live'))
    await expect(insert({ purpose: 'stop-confirmation', stop: await stopReceipt() })).rejects.toThrow(refused('outbound_text_basis'))
  })
})

describe('a stored text is judged again when it is handed over', () => {
  test('by the database: revoked, stopped, or handed over before', async () => {
    const [one, three] = [await insert({}), await insert({})]
    await claim(three)
    await expect(claim(three)).rejects.toThrow(refused('outbound_text_once'))
    await clinic.world.owner.query("update outbound_text set state = 'unknown' where text = $1", [three])
    await expect(clinic.world.owner.query("update outbound_text set state = 'queued' where text = $1", [three])).rejects.toThrow(
      refused('outbound_text_once'),
    )
    await clinic.desk.ask(revokeConsent, { params: { patient: ana.patient, consent: receipt }, body: { receipt: newId(), told: 'spoken' } })
    await expect(claim(one)).rejects.toThrow(refused('outbound_text_live'))
    const ben = await clinic.patient({ given: 'Ben', e164: `+1312555${String(5000 + made)}` })
    const two = await insert({ patient: ben.patient, number: ben.number, receipt: await clinic.consented(ben) })
    // A stop of which the code above knows nothing.
    await clinic.world.owner.query(
      `insert into consent_receipt (org, receipt, kind, number, source, recorded_at, key_version, signature, hash, data_key, sealed)
       values ($1, $2, 'opt-out', $3, 'staff', wl_now(), 1, $4, $5, $1, '\\x00')`,
      [clinic.org, newId(), ben.number, Buffer.alloc(64), Buffer.alloc(32)],
    )
    await expect(claim(two)).rejects.toThrow(refused('outbound_text_live'))
  })

  test('by the gate: a consent that was written into the table without a signature counts for nothing', async () => {
    const send = () =>
      clinic.desk.ask(sendText, { body: { text: newId(), patient: ana.patient, number: ana.number, body: 'The form is ready.' } })
    expect((await send()).decision.kind).toBe('send')
    await clinic.settle()
    const before = clinic.shows(ana.e164).length
    expect((await send()).decision.kind).toBe('send')
    await clinic.world.owner.query("update consent_receipt set scopes = '{care-logistics,marketing}' where receipt = $1", [receipt])
    expect((await send()).decision.reasons.map((it) => it.code)).toEqual(['no-consent'])
    await clinic.settle()
    expect(clinic.shows(ana.e164)).toHaveLength(before)
  })

  test('nor does one whose signature is another’s', async () => {
    const strange = await clinic.consented(await clinic.patient({ given: 'Ben', e164: `+1312555${String(6000 + made)}` }))
    await clinic.world.owner.query(
      'update consent_receipt set signature = (select signature from consent_receipt where receipt = $2) where receipt = $1',
      [receipt, strange],
    )
    const sent = await clinic.desk.ask(sendText, { body: { text: newId(), patient: ana.patient, number: ana.number, body: 'Hello' } })
    expect(sent.decision.reasons.map((it) => it.code)).toEqual(['no-consent'])
  })

  test('a resumption without a signature lifts nothing', async () => {
    await clinic.says(ana.e164, 'STOP')
    await clinic.world.owner.query(
      `insert into consent_receipt (org, receipt, kind, number, source, recorded_at, key_version, signature, hash, data_key, sealed, channels)
       select org, $2, 'resume', number, source, recorded_at, key_version, signature, hash, data_key, sealed, channels from consent_receipt where receipt = $1`,
      [await stopReceipt(), newId()],
    )
    const sent = await clinic.desk.ask(sendText, { body: { text: newId(), patient: ana.patient, number: ana.number, body: 'Hello' } })
    expect(sent.decision.reasons.map((it) => it.code)).toContain('opted-out')
  })
})

test('a stop and a hand-over have one order: whichever comes second waits for the first', async () => {
  const text = await insert({})
  const stop = [
    `insert into consent_receipt (org, receipt, kind, number, source, recorded_at, key_version, signature, hash, data_key, sealed)
     values ($1, $2, 'opt-out', $3, 'staff', wl_now(), 1, $4, $5, $1, '\\x00')`,
    [clinic.org, newId(), ana.number, Buffer.alloc(64), Buffer.alloc(32)],
  ] as const
  const handOver = ["update outbound_text set state = 'sending', attempt = 1, sent_at = wl_now() where text = $1", [text]] as const
  const [one, two] = [await openConnection(clinic.world.databaseUrl, 'one'), await openConnection(clinic.world.databaseUrl, 'two')]
  try {
    await two.query("set lock_timeout = '200ms'")
    for (const [first, second] of [
      [handOver, stop],
      [stop, handOver],
    ] as const) {
      await one.query('begin')
      await one.query(first[0], [...first[1]])
      await expect(two.query(second[0], [...second[1]])).rejects.toMatchObject({ code: '55P03' })
      await one.query('rollback')
    }
  } finally {
    await one.end()
    await two.end()
  }
})

test('the application itself cannot rewrite receipts, stops or what was sent', async () => {
  const as = async (statement: string) => {
    await clinic.world.owner.query('begin')
    try {
      await clinic.world.owner.query("select set_config('role', 'wardline_app', true), set_config('app.org', $1, true)", [clinic.org])
      await clinic.world.owner.query(statement)
      return 'done'
    } catch (thrown) {
      return (thrown as { code: string }).code
    } finally {
      await clinic.world.owner.query('rollback')
    }
  }
  expect(await as('select count(*) from consent_receipt')).toBe('done')
  for (const statement of [
    "update consent_receipt set scopes = '{marketing}'",
    'delete from consent_receipt',
    'delete from outbound_text',
    'update outbound_text set receipt = null',
    "update outbound_text set sealed = '\\x00'",
    'delete from inbound_text',
    'update patient set test = true',
    'delete from phone_number',
  ])
    expect(await as(statement), statement).toBe('42501')
})

test('a code that is on its way is not opened by asking for it twice', async () => {
  const verification = newId()
  const [a, b] = await Promise.all([1, 2].map(() => clinic.desk.ask(startVerification, { params: ana, body: { verification } })))
  expect([a!.sent, b!.sent]).toEqual([true, true])
  await clinic.settle()
  expect(await clinic.count('select count(*) from outbound_text where verification = $1', [verification])).toBe(1)
})

describe('the database and the rules agree', () => {
  test('on the scope that each purpose needs', async () => {
    for (const purpose of purposes) {
      const { rows } = await clinic.world.owner.query<{ scope: string | null }>('select text_scope($1) as scope', [purpose])
      expect(rows[0]!.scope, purpose).toBe(scopeOf(purpose))
    }
  })

  test('on which consents count, whatever was granted, ended, stopped and resumed in whatever order', async () => {
    const ben = await clinic.patient({ given: 'Ben', e164: ana.e164 })
    const day = 86_400_000
    const { rows } = await clinic.world.owner.query<{ now: number }>('select extract(epoch from wl_now())::float8 * 1000 as now')
    const now = Math.round(rows[0]!.now)
    const step = fc.record({
      kind: fc.constantFrom('grant', 'grant', 'grant', 'revoke', 'opt-out', 'resume'),
      patient: fc.constantFrom(ana.patient, ben.patient),
      marketing: fc.boolean(),
      expires: fc.constantFrom(null, now - day, now + day),
      ends: fc.nat({ max: 6 }),
    })
    const store = async (steps: (typeof step extends fc.Arbitrary<infer S> ? S : never)[]): Promise<Receipt[]> => {
      await clinic.world.owner.query('delete from consent_receipt where number = $1', [ana.number])
      const stored: Receipt[] = []
      for (const it of steps) {
        const ended = stored.filter((row) => row.kind === 'grant' && !stored.some((other) => other.revokes === row.receipt))
        if (it.kind === 'revoke' && ended.length === 0) continue
        const revokes = it.kind === 'revoke' ? ended[it.ends % ended.length]! : null
        const granted = it.kind === 'grant'
        const whole = it.kind === 'opt-out' || it.kind === 'resume'
        const row: Receipt = {
          receipt: newId(),
          kind: it.kind as Receipt['kind'],
          patient: whole ? null : (revokes?.patient ?? it.patient),
          number: ana.number,
          scopes: granted ? (it.marketing ? ['marketing'] : ['care-logistics']) : [],
          channels: ['sms'],
          basis: granted ? 'written' : null,
          revokes: revokes?.receipt ?? null,
          expiresAt: granted ? it.expires : null,
          position: stored.length,
        }
        await clinic.world.owner.query(
          `insert into consent_receipt (org, receipt, kind, patient, number, scopes, channels, basis, source, revokes, recorded_at, expires_at, key_version, signature, hash, data_key, sealed)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, wl_now(), to_timestamp($11::float8 / 1000), 1, $12, $13, $1, '\\x00')`,
          [
            clinic.org,
            row.receipt,
            row.kind,
            row.patient,
            row.number,
            row.scopes,
            row.channels,
            row.basis,
            whole ? 'staff' : null,
            row.revokes,
            row.expiresAt,
            Buffer.alloc(64),
            Buffer.alloc(32),
          ],
        )
        stored.push(row)
      }
      return stored
    }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const stored = await store(steps)
        for (const row of stored.filter((it) => it.kind === 'grant'))
          for (const scope of ['care-logistics', 'marketing'] as const) {
            const { rows: asked } = await clinic.world.owner.query<{ live: boolean }>(
              "select consent_live($1, $2, $3, $4, $5, 'sms') as live",
              [clinic.org, row.receipt, row.patient, row.number, scope],
            )
            expect(asked[0]!.live).toBe(isLive(stored, row, now) && row.scopes.includes(scope))
          }
      }),
      { numRuns: 60 },
    )
  })
})
