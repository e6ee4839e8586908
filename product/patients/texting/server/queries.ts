import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { CarrierStatus } from '@wardline/product/integrations/sms/contract'
import type { GateCode, Meaning, TextState } from '../contract.ts'
import type { ChannelRow, DueRow, InboundRow, NewOutbound, OutboundRow, ThreadRow } from './tables.ts'

// The practice's number.

export const activeChannel = (db: Db): Promise<ChannelRow | undefined> =>
  db.maybe(sql`select channel, carrier, number, practice_name, phone from sms_channel where org = ${db.org} and active`)

export const findChannel = (db: Db, channel: string): Promise<ChannelRow | undefined> =>
  db.maybe(sql`select channel, carrier, number, practice_name, phone from sms_channel where org = ${db.org} and channel = ${channel}`)

/** Whose channel an address names; asked before the organisation is known. */
export const orgOfChannel = (sweep: Db, channel: string): Promise<{ org: string } | undefined> =>
  sweep.maybe(sql`select org from sms_channel where channel = ${channel}`)

export async function replaceChannel(tx: Tx, it: ChannelRow): Promise<void> {
  await tx.count(sql`update sms_channel set active = false where org = ${tx.org} and active and channel <> ${it.channel}`)
  await tx.count(sql`
    insert into sms_channel (org, channel, carrier, number, practice_name, phone)
    values (${tx.org}, ${it.channel}, ${it.carrier}, ${it.number}, ${it.practice_name}, ${it.phone})
    on conflict (org, channel) do update set practice_name = excluded.practice_name, phone = excluded.phone, active = true`)
}

// Threads.

export const findThread = (db: Db, thread: string): Promise<ThreadRow | undefined> =>
  db.maybe(sql`
    select thread, number, patient, changed_at, waiting_since, last_inbound_at, named_at from patient_thread
    where org = ${db.org} and thread = ${thread}`)

export const threadOf = (db: Db, number: string, patient: string | null): Promise<ThreadRow | undefined> =>
  db.maybe(sql`
    select thread, number, patient, changed_at, waiting_since, last_inbound_at, named_at from patient_thread
    where org = ${db.org} and number = ${number} and patient is not distinct from ${patient}`)

export const insertThread = (tx: Tx, thread: string, number: string, patient: string | null): Promise<number> =>
  tx.count(sql`
    insert into patient_thread (org, thread, number, patient) values (${tx.org}, ${thread}, ${number}, ${patient}) on conflict do nothing`)

/** Something changed in a thread: it is newer than every change before it, so that a screen notices. */
export const touchThread = (tx: Tx, thread: string): Promise<{ changed_at: Date; patient: string | null }> =>
  tx.one(sql`
    update patient_thread set changed_at = greatest(wl_now(), changed_at + interval '1 millisecond')
    where org = ${tx.org} and thread = ${thread} returning changed_at, patient`)

export const setWaiting = (tx: Tx, thread: string, since: 'now' | 'none'): Promise<number> =>
  since === 'now'
    ? tx.count(
        sql`update patient_thread set waiting_since = coalesce(waiting_since, wl_now()) where org = ${tx.org} and thread = ${thread}`,
      )
    : tx.count(sql`update patient_thread set waiting_since = null where org = ${tx.org} and thread = ${thread}`)

export const setLastInbound = (tx: Tx, thread: string): Promise<number> =>
  tx.count(sql`update patient_thread set last_inbound_at = wl_now() where org = ${tx.org} and thread = ${thread}`)

export const setNamed = (tx: Tx, thread: string, at: Date): Promise<number> =>
  tx.count(
    sql`update patient_thread set named_at = ${at} where org = ${tx.org} and thread = ${thread} and (named_at is null or named_at < ${at})`,
  )

/** When anybody last wrote from a number. */
export const lastInbound = (db: Db, number: string): Promise<{ at: Date | null }> =>
  db.one(sql`select max(last_inbound_at) as at from patient_thread where org = ${db.org} and number = ${number}`)

/** Those that wait first, longest first, then the newest. */
/** The threads of these patients (null: of all but `but`), and those of nobody in particular. */
export const listedThreads = (db: Db, only: readonly string[] | null, but: readonly string[], most: number): Promise<ThreadRow[]> =>
  db.rows(sql`
    select thread, number, patient, changed_at, waiting_since, last_inbound_at, named_at from patient_thread
    where org = ${db.org}
      and (patient is null or ((${only}::uuid[] is null or patient = any(${only}::uuid[])) and patient <> all(${but}::uuid[])))
    order by waiting_since nulls last, changed_at desc, thread limit ${most}`)

export const waitingThreads = (db: Db): Promise<{ count: number; changed: Date | null }> =>
  db.one(sql`
    select (select count(*)::int from patient_thread where org = ${db.org} and waiting_since is not null) as count,
      (select changed_at from patient_thread where org = ${db.org} order by changed_at desc limit 1) as changed`)

export const waitingByPatient = (db: Db, patients: readonly string[]): Promise<{ patient: string; count: number }[]> =>
  db.rows(sql`
    select patient, count(*)::int as count from patient_thread
    where org = ${db.org} and patient = any(${patients}::uuid[]) and waiting_since is not null group by patient`)

export const pausedSince = (db: Db, numbers: readonly string[]): Promise<{ number: string; since: Date }[]> =>
  db.rows(sql`select number, since from number_pause where org = ${db.org} and number = any(${numbers}::uuid[])`)

export const insertPause = (tx: Tx, number: string): Promise<number> =>
  tx.count(sql`insert into number_pause (org, number, since) values (${tx.org}, ${number}, wl_now()) on conflict do nothing`)

export const deletePause = (tx: Tx, number: string): Promise<number> =>
  tx.count(sql`delete from number_pause where org = ${tx.org} and number = ${number}`)

// Texts in.

export const isReceived = async (db: Db, providerId: string): Promise<boolean> =>
  (await db.maybe(sql`select 1 as yes from inbound_text where org = ${db.org} and provider_id = ${providerId}`)) !== undefined

/** Stores an inbound text; false if one with the carrier's id is there. */
export const insertInbound = async (
  tx: Tx,
  it: {
    text: string
    channel: string
    thread: string
    number: string
    providerId: string
    meaning: Meaning
    media: number
    dataKey: string
    sealed: Buffer
  },
): Promise<boolean> =>
  (await tx.count(sql`
    insert into inbound_text (org, text, channel, thread, number, provider_id, at, meaning, media, data_key, sealed)
    values (${tx.org}, ${it.text}, ${it.channel}, ${it.thread}, ${it.number}, ${it.providerId}, date_trunc('milliseconds', wl_now()), ${it.meaning}, ${it.media}, ${it.dataKey}, ${it.sealed})
    on conflict do nothing`)) === 1

// Texts out.

export const findText = (db: Db, text: string): Promise<OutboundRow | undefined> =>
  db.maybe(sql`select * from outbound_text where org = ${db.org} and text = ${text}`)

/** A text that stands for the same thing and may have gone out or may still go. */
export const findSame = (db: Db, dedupe: Buffer): Promise<OutboundRow | undefined> =>
  db.maybe(sql`
    select * from outbound_text where org = ${db.org} and dedupe = ${dedupe} and state not in ('withdrawn', 'refused', 'not-taken')`)

export const insertOutbound = (tx: Tx, it: NewOutbound): Promise<number> =>
  tx.count(sql`
    insert into outbound_text (org, text, channel, thread, number, patient, purpose, template, receipt, verification, stop, visit, visit_at, dedupe,
      created_at, created_by, data_key, sealed, state, codes, due_at, use_by)
    values (${tx.org}, ${it.text}, ${it.channel}, ${it.thread}, ${it.number}, ${it.patient}, ${it.purpose}, ${it.template}, ${it.receipt},
      ${it.verification}, ${it.stop}, ${it.visit}, ${it.visitAt}, ${it.dedupe}, wl_now(), ${tx.by.actor}, ${it.dataKey}, ${it.sealed}, ${it.state},
      ${it.codes}::text[], ${it.dueAt}, ${it.useBy})`)

/** What the gate counts: texts to this number in the last seven days that share a budget, and reminders of one visit. */
export const countedTexts = (
  db: Db,
  it: { number: string; visit: string | null; without: string | null },
): Promise<{ purpose: string; visit: string | null; created_at: Date }[]> =>
  db.rows(sql`
    select purpose, visit, created_at from outbound_text
    where org = ${db.org} and number = ${it.number} and state not in ('withdrawn', 'refused', 'not-taken') and text is distinct from ${it.without}
      and ((purpose in ('recall', 'survey', 'marketing') and created_at > wl_now() - interval '8 days')
        or (purpose = 'reminder' and visit = ${it.visit}))`)

/** Withdraws what waits for a number; the confirmation of the stop itself stays. */
export const withdrawWaiting = (tx: Tx, number: string, codes: readonly GateCode[]): Promise<{ text: string; thread: string }[]> =>
  tx.rows(sql`
    update outbound_text set state = 'withdrawn', codes = ${codes}::text[]
    where org = ${tx.org} and number = ${number} and state in ('held', 'queued') and purpose <> 'stop-confirmation' returning text, thread`)

export const withdrawOfVisit = (
  tx: Tx,
  visit: string,
  codes: readonly GateCode[],
): Promise<{ text: string; thread: string; number: string }[]> =>
  tx.rows(sql`
    update outbound_text set state = 'withdrawn', codes = ${codes}::text[]
    where org = ${tx.org} and visit = ${visit} and state in ('held', 'queued') returning text, thread, number`)

/** Held texts of a number are judged again at once. */
export const releaseHeld = (tx: Tx, number: string): Promise<number> =>
  tx.count(sql`update outbound_text set due_at = wl_now() where org = ${tx.org} and number = ${number} and state = 'held'`)

export const newestReminders = (db: Db, visits: readonly string[]): Promise<{ visit: string; created_at: Date }[]> =>
  db.rows(sql`
    select visit, max(created_at) as created_at from outbound_text
    where org = ${db.org} and visit = any(${visits}::uuid[]) and purpose = 'reminder' and state not in ('withdrawn', 'refused', 'not-taken') group by visit`)

// A text on its way.

/** What is due, of each organisation its oldest: one with a thousand texts leaves room for the others. */
export const dueTexts = (sweep: Db, it: { most: number; each: number; without: readonly string[] }): Promise<DueRow[]> =>
  sweep.rows(sql`
    select d.org, d.text, d.number from org o cross join lateral (
      select t.org, t.text, t.number, t.due_at from outbound_text t
      where t.org = o.org and t.state in ('held', 'queued') and t.due_at <= wl_now() order by t.due_at, t.text limit ${it.each}
    ) d where o.org <> all(${it.without}::uuid[]) order by d.due_at, d.text limit ${it.most}`)

export const lockDue = (tx: Tx, text: string): Promise<OutboundRow | undefined> =>
  tx.maybe(sql`
    select * from outbound_text where org = ${tx.org} and text = ${text} and state in ('held', 'queued') and due_at <= wl_now() for update skip locked`)

/** The guarded step before the carrier is called: committed first, so that no crash can make a second call. */
export const setSending = (tx: Tx, text: string): Promise<{ attempt: number; sent_at: Date }> =>
  tx.one(sql`
    update outbound_text set state = 'sending', attempt = attempt + 1, sent_at = wl_now(), codes = '{}', problem = null
    where org = ${tx.org} and text = ${text} and state in ('held', 'queued') returning attempt, sent_at`)

export const setWaitingText = (tx: Tx, text: string, state: 'held' | 'queued', dueAt: Date, codes: readonly GateCode[]): Promise<number> =>
  tx.count(sql`
    update outbound_text set state = ${state}, due_at = ${dueAt}, codes = ${codes}::text[]
    where org = ${tx.org} and text = ${text} and state in ('held', 'queued')`)

export const setLater = (tx: Tx, text: string, ms: number): Promise<number> =>
  tx.count(sql`
    update outbound_text set due_at = wl_now() + ${ms} * interval '1 millisecond'
    where org = ${tx.org} and text = ${text} and state in ('held', 'queued')`)

export const setWithdrawn = (tx: Tx, text: string, codes: readonly GateCode[]): Promise<number> =>
  tx.count(sql`
    update outbound_text set state = 'withdrawn', codes = ${codes}::text[] where org = ${tx.org} and text = ${text} and state in ('held', 'queued')`)

/** The carrier took it. What a callback already brought stays. */
export const setAccepted = (
  tx: Tx,
  text: string,
  it: { providerId: string; delivery: CarrierStatus; from: readonly TextState[] },
): Promise<number> =>
  tx.count(sql`
    update outbound_text set state = 'accepted', provider_id = coalesce(provider_id, ${it.providerId}), delivery = coalesce(delivery, ${it.delivery}), look_up_at = null
    where org = ${tx.org} and text = ${text} and state = any(${it.from}::text[])`)

/** The carrier did not take it: for good, or it goes back into the queue. Only the attempt that was refused. */
export const setRefused = (tx: Tx, text: string, it: { attempt: number; problem: string; againAt: Date | null }): Promise<number> =>
  it.againAt === null
    ? tx.count(sql`
        update outbound_text set state = 'refused', problem = ${it.problem}
        where org = ${tx.org} and text = ${text} and state in ('sending', 'unknown') and attempt = ${it.attempt}`)
    : tx.count(sql`
        update outbound_text set state = 'queued', problem = ${it.problem}, due_at = ${it.againAt}
        where org = ${tx.org} and text = ${text} and state = 'sending' and attempt = ${it.attempt}`)

export const setUnknown = (tx: Tx, text: string, it: { attempt: number; lookUpAt: Date; problem: string }): Promise<number> =>
  tx.count(sql`
    update outbound_text set state = 'unknown', look_up_at = ${it.lookUpAt}, look_ups = 0, absences = 0, problem = ${it.problem}
    where org = ${tx.org} and text = ${text} and state = 'sending' and attempt = ${it.attempt}`)

// A text of which nobody knows.

/** Claimed and never answered: whoever held it is gone. */
export const staleClaims = (sweep: Db, staleMs: number, most: number): Promise<(DueRow & { attempt: number })[]> =>
  sweep.rows(sql`
    select org, text, number, attempt from outbound_text
    where state = 'sending' and sent_at <= wl_now() - ${staleMs} * interval '1 millisecond' order by sent_at limit ${most}`)

/** The next look-up of each organisation: one at a time, because what one finds is known to the next. */
export const dueLookUps = (sweep: Db, it: { most: number; without: readonly string[] }): Promise<DueRow[]> =>
  sweep.rows(sql`
    select d.org, d.text, d.number from org o cross join lateral (
      select t.org, t.text, t.number, t.look_up_at from outbound_text t
      where t.org = o.org and t.state = 'unknown' and t.look_up_at is not null and t.look_up_at <= wl_now() order by t.look_up_at limit 1
    ) d where o.org <> all(${it.without}::uuid[]) order by d.look_up_at limit ${it.most}`)

/** Takes one look-up for oneself by moving the next one on; a node that dies now is followed by that one. */
export const claimLookUp = (tx: Tx, text: string, nextAt: Date): Promise<OutboundRow | undefined> =>
  tx.maybe(sql`
    update outbound_text set look_up_at = ${nextAt}, look_ups = look_ups + 1
    where org = ${tx.org} and text = ${text} and state = 'unknown' and look_up_at <= wl_now() returning *`)

/** Nobody looks it up any more: a person decides. */
export const setNotLookedUp = (tx: Tx, text: string, problem: string): Promise<number> =>
  tx.count(sql`
    update outbound_text set look_up_at = null, problem = ${problem} where org = ${tx.org} and text = ${text} and state = 'unknown'`)

export const setLookUpLater = (tx: Tx, text: string, ms: number): Promise<number> =>
  tx.count(sql`
    update outbound_text set look_up_at = wl_now() + ${ms} * interval '1 millisecond'
    where org = ${tx.org} and text = ${text} and state = 'unknown' and look_up_at is not null`)

export const knownProviderIds = (db: Db, number: string, since: Date): Promise<{ provider_id: string }[]> =>
  db.rows(sql`
    select provider_id from outbound_text
    where org = ${db.org} and number = ${number} and provider_id is not null and created_at > ${since}::timestamptz - interval '1 day'`)

export const setLookedUp = (
  tx: Tx,
  text: string,
  it: { state: 'unknown' | 'not-taken'; lookUpAt: Date | null; absences: number },
): Promise<number> =>
  tx.count(sql`
    update outbound_text set state = ${it.state}, look_up_at = ${it.lookUpAt}, absences = ${it.absences}
    where org = ${tx.org} and text = ${text} and state = 'unknown'`)

// What the carrier reports.

/** The text that a report is about: by the carrier's id, or by our own that came back with the address. */
export const findReported = (db: Db, channel: string, providerId: string, hint: string | null): Promise<OutboundRow | undefined> =>
  db.maybe(sql`
    select * from outbound_text
    where org = ${db.org} and channel = ${channel} and (provider_id = ${providerId} or (provider_id is null and text = ${hint}::uuid))
    order by provider_id nulls last limit 1`)

export const lockText = (tx: Tx, text: string): Promise<OutboundRow | undefined> =>
  tx.maybe(sql`select * from outbound_text where org = ${tx.org} and text = ${text} for update`)

export const setReported = (
  tx: Tx,
  text: string,
  it: { providerId: string; delivery: CarrierStatus; problem: string | null },
): Promise<number> =>
  tx.count(sql`
    update outbound_text set state = 'accepted', provider_id = ${it.providerId}, delivery = ${it.delivery}, problem = ${it.problem}, look_up_at = null
    where org = ${tx.org} and text = ${text}`)

// What a thread shows.

export const outboundOf = (db: Db, thread: string, before: Date, most: number): Promise<OutboundRow[]> =>
  db.rows(sql`
    select * from outbound_text where org = ${db.org} and thread = ${thread} and created_at <= ${before} order by created_at desc, text desc limit ${most}`)

export const inboundOf = (db: Db, thread: string, before: Date, most: number): Promise<InboundRow[]> =>
  db.rows(sql`
    select text, thread, at, meaning, media, data_key, sealed from inbound_text
    where org = ${db.org} and thread = ${thread} and at <= ${before} order by at desc, text desc limit ${most}`)

/** The newest text of each thread, in either direction. */
export const newestTexts = (
  db: Db,
  threads: readonly string[],
): Promise<
  { thread: string; direction: 'in' | 'out'; text: string; at: Date; purpose: string | null; data_key: string; sealed: Buffer }[]
> =>
  db.rows(sql`
    select t.thread, n.* from unnest(${threads}::uuid[]) as t(thread) cross join lateral (
      (select 'in' as direction, text, at, null as purpose, data_key, sealed from inbound_text
        where org = ${db.org} and thread = t.thread order by at desc limit 1)
      union all
      (select 'out', text, created_at, purpose, data_key, sealed from outbound_text
        where org = ${db.org} and thread = t.thread order by created_at desc limit 1)
      order by at desc limit 1) n`)
