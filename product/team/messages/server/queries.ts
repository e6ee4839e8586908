import { pack, sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { KnownRow, LockedRow, MessageRow, ReceiptRow, SenderRow } from './tables.ts'

// The writer's statements read and move rows of team/conversations and team/devices: one statement for a batch, none for a message.
// A look-up by a whole key stands in a subquery with a limit of one: PostgreSQL then goes by that key whatever it believes of the tables'
// sizes. Its guesses are bad here, where every row of a big tenant has the same first column.

/** Statement 1: locks the conversations of a batch, in the order of their ids, so that two batches never wait in a ring. */
export const lockConversations = (tx: Tx, ids: readonly string[]): Promise<LockedRow[]> =>
  tx.rows(sql`
    select id, epoch, epoch_hash, epoch_used_at, epoch_from, epoch_month, rekey, last_sequence
    from conversation where org = ${tx.org} and id = any(${ids}::uuid[]) order by id for update`)

/**
 * Statement 2, whose snapshot is taken after the locks were given: for each sender of the batch whether the person is active here and a
 * member, whether the device may send, and what it sent last; in the order asked.
 */
export const sendersOf = (
  tx: Tx,
  senders: readonly { readonly conversation: string; readonly person: string; readonly device: string }[],
): Promise<SenderRow[]> =>
  tx.rows(sql`
    select coalesce((select m.removed_at is null from conversation_member m where m.org = ${tx.org} and m.conversation = w.conversation and m.person = w.person limit 1), false)
        and coalesce((select p.active from person p where p.org = ${tx.org} and p.person = w.person limit 1), false) as member,
      coalesce((select d.person = w.person and d.revoked_at is null from device d where d.org = ${tx.org} and d.device = w.device limit 1), false) as device,
      (select h.hash from sender_head h where h.org = ${tx.org} and h.device = w.device and h.conversation = w.conversation limit 1) as head
    from unnest(${senders.map((it) => it.conversation)}::uuid[], ${senders.map((it) => it.person)}::uuid[], ${senders.map((it) => it.device)}::uuid[])
      with ordinality as w(conversation, person, device, ord)
    order by w.ord`)

/** The other half of statement 2: which of the batch are stored already, by their place in it, from 1. */
export const knownOf = (tx: Tx, sends: readonly { readonly device: string; readonly msgId: string }[]): Promise<KnownRow[]> =>
  tx.rows(sql`
    select w.ord::int, x.conversation, x.sequence, x.hash, x.at
    from unnest(${sends.map((it) => it.device)}::uuid[], ${sends.map((it) => it.msgId)}::uuid[]) with ordinality as w(device, msg_id, ord)
    cross join lateral (
      select k.conversation, k.sequence, k.hash, k.at from message k where k.org = ${tx.org} and k.device = w.device and k.msg_id = w.msg_id limit 1
    ) x`)

/** An accepted message as the writer stores it. */
export interface NewMessage {
  readonly conversation: string
  readonly sequence: number
  readonly epoch: number
  readonly person: string
  readonly device: string
  readonly msgId: string
  readonly hash: Uint8Array
  readonly sealed: Buffer
}

/** Statement 3: stores a batch's messages, moves the senders' heads and the conversations' last sequences. It leaves together with the commit. */
export function insertMessages(tx: Tx, messages: readonly NewMessage[], dataKey: string): void {
  const sealed = pack(messages.map((it) => it.sealed))
  const hashes = pack(messages.map((it) => it.hash))
  // The last message of each chain and of each conversation, by index into the batch.
  const heads = [...new Map(messages.map((it, i) => [`${it.conversation} ${it.device}`, i])).values()]
  const lasts = [...new Map(messages.map((it, i) => [it.conversation, i])).values()]
  tx.send(sql`
    with t as (
      select * from unnest(${messages.map((it) => it.conversation)}::uuid[], ${messages.map((it) => it.sequence)}::bigint[],
        ${messages.map((it) => it.epoch)}::bigint[], ${messages.map((it) => it.person)}::uuid[], ${messages.map((it) => it.device)}::uuid[],
        ${messages.map((it) => it.msgId)}::uuid[], ${hashes.starts}::int[], ${sealed.starts}::int[], ${sealed.lengths}::int[])
        as t(conversation, sequence, epoch, person, device, msg_id, hash_start, start, length)
    ), stored as (
      insert into message (org, conversation, sequence, epoch, person, device, msg_id, hash, at, data_key, sealed)
      select ${tx.org}, conversation, sequence, epoch, person, device, msg_id, substring(${hashes.bytes}::bytea from hash_start for 32),
        ${tx.at}, ${dataKey}, substring(${sealed.bytes}::bytea from start for length) from t
    ), heads as (
      insert into sender_head (org, conversation, device, hash)
      select ${tx.org}, conversation, device, substring(${hashes.bytes}::bytea from start for 32)
      from unnest(${heads.map((i) => messages[i]!.conversation)}::uuid[], ${heads.map((i) => messages[i]!.device)}::uuid[],
        ${heads.map((i) => hashes.starts[i]!)}::int[]) as h(conversation, device, start)
      on conflict (org, device, conversation) do update set hash = excluded.hash
    )
    update conversation c set last_sequence = l.last, last_at = ${tx.at}, epoch_used_at = coalesce(c.epoch_used_at, ${tx.at})
    from unnest(${lasts.map((i) => messages[i]!.conversation)}::uuid[], ${lasts.map((i) => messages[i]!.sequence)}::bigint[]) as l(id, last)
    where c.org = ${tx.org} and c.id = any(${lasts.map((i) => messages[i]!.conversation)}::uuid[]) and c.id = l.id`)
}

/**
 * Messages of a conversation before a sequence, newest first, as far as this person may have them: those of epochs for which they hold a
 * member seal, or a history seal that the epoch's own rule allows.
 */
export const pageOf = (db: Db, conversation: string, person: string, before: number, limit: number): Promise<MessageRow[]> =>
  db.rows(sql`
    select x.conversation, x.sequence, x.epoch, x.person, x.device, x.msg_id, x.hash, x.at, x.data_key, x.sealed, x.tombstone_prev, x.tombstone_rest
    from message x
    where x.org = ${db.org} and x.conversation = ${conversation} and x.sequence < ${before}
      and x.epoch = any(array(
        select s.n from member_seal s where s.org = ${db.org} and s.conversation = ${conversation} and s.person = ${person}
        union all
        select h.n from history_seal h join epoch e on e.org = h.org and e.conversation = h.conversation and e.n = h.n and e.history = 'all'
        where h.org = ${db.org} and h.conversation = ${conversation} and h.person = ${person}))
    order by x.sequence desc limit ${limit}`)

/**
 * What a device lacks: of each of these conversations of its person everything beyond a sequence, by the same history rule as pages,
 * oldest first, at most `limit` in all and no more after `bytes`; `found` says how many there were up to `limit`.
 */
export const restOf = (
  db: Db,
  person: string,
  wants: readonly { readonly conversation: string; readonly since: number }[],
  most: { readonly limit: number; readonly bytes: number },
): Promise<(MessageRow & { readonly found: number })[]> =>
  db.rows(sql`
    select * from (
    select r.*, count(*) over ()::int as found,
      coalesce(sum(octet_length(r.sealed)) over (order by r.conversation, r.sequence rows between unbounded preceding and 1 preceding), 0) as before
    from (
    select x.conversation, x.sequence, x.epoch, x.person, x.device, x.msg_id, x.hash, x.at, x.data_key, x.sealed, x.tombstone_prev, x.tombstone_rest
    from unnest(${wants.map((it) => it.conversation)}::uuid[], ${wants.map((it) => it.since)}::bigint[]) as w(conversation, since)
    cross join lateral (
      select * from message x
      where x.org = ${db.org} and x.conversation = w.conversation and x.sequence > w.since
        and x.epoch = any(array(
          select s.n from member_seal s where s.org = ${db.org} and s.conversation = w.conversation and s.person = ${person}
          union all
          select h.n from history_seal h join epoch e on e.org = h.org and e.conversation = h.conversation and e.n = h.n and e.history = 'all'
          where h.org = ${db.org} and h.conversation = w.conversation and h.person = ${person}))
      order by x.sequence limit ${most.limit}
    ) x
    order by x.conversation, x.sequence limit ${most.limit}
    ) r
    ) t where before < ${most.bytes} order by conversation, sequence`)

/** Where a person's conversations stand. */
export const endsOf = (db: Db, person: string): Promise<{ conversation: string; sequence: number; epoch: number }[]> =>
  db.rows(sql`
    select m.conversation, c.last_sequence as sequence, c.epoch
    from conversation_member m
    cross join lateral (select k.last_sequence, k.epoch from conversation k where k.org = ${db.org} and k.id = m.conversation limit 1) c
    where m.org = ${db.org} and m.person = ${person} and m.removed_at is null`)

/** For each of these people how many conversations they have and the sum of their last sequences; each conversation is read once. */
export const digestsOf = (db: Db, people: readonly string[]): Promise<{ person: string; conversations: number; sequences: number }[]> =>
  db.rows(sql`
    with mine as materialized (
      select person, conversation from conversation_member where org = ${db.org} and person = any(${people}::uuid[]) and removed_at is null
    ), ends as materialized (
      select id, last_sequence from conversation where org = ${db.org} and id = any(array(select distinct conversation from mine))
    )
    select mine.person, count(*)::int as conversations, sum(ends.last_sequence)::bigint as sequences
    from mine join ends on ends.id = mine.conversation group by mine.person`)

/** Watermarks of a conversation's present members. */
export const receiptsOf = (db: Db, conversation: string): Promise<ReceiptRow[]> =>
  db.rows(sql`
    select r.conversation, r.device, r.person, r.delivered, r.shown, r.moved_at
    from receipt r join conversation_member m on m.org = r.org and m.conversation = r.conversation and m.person = r.person and m.removed_at is null
    where r.org = ${db.org} and r.conversation = ${conversation} order by r.person, r.device`)

/** What devices have and may report, locked in one order: their watermarks, their membership, and the conversations' ends. */
export const lockReceipts = (
  tx: Tx,
  reports: readonly { readonly conversation: string; readonly device: string; readonly person: string }[],
): Promise<{ conversation: string; device: string; delivered: number; shown: number; last: number }[]> =>
  tx.rows(sql`
    select w.conversation, w.device, coalesce(r.delivered, 0) as delivered, coalesce(r.shown, 0) as shown, c.last_sequence as last
    from unnest(${reports.map((it) => it.conversation)}::uuid[], ${reports.map((it) => it.device)}::uuid[], ${reports.map((it) => it.person)}::uuid[]) as w(conversation, device, person)
    cross join lateral (select k.last_sequence from conversation k where k.org = ${tx.org} and k.id = w.conversation limit 1) c
    cross join lateral (select 1 from conversation_member m where m.org = ${tx.org} and m.conversation = w.conversation and m.person = w.person and m.removed_at is null limit 1) m
    cross join lateral (select 1 from device d where d.org = ${tx.org} and d.device = w.device and d.person = w.person and d.revoked_at is null limit 1) d
    left join lateral (select x.delivered, x.shown from receipt x where x.org = ${tx.org} and x.conversation = w.conversation and x.device = w.device limit 1) r on true`)

/** Moves watermarks; never back, whoever else moved them meanwhile. */
export const putReceipts = (
  tx: Tx,
  moved: readonly {
    readonly conversation: string
    readonly device: string
    readonly person: string
    readonly delivered: number
    readonly shown: number
  }[],
): Promise<number> =>
  tx.count(sql`
    insert into receipt (org, conversation, device, person, delivered, shown, moved_at)
    select ${tx.org}, conversation, device, person, delivered, shown, ${tx.at}
    from unnest(${moved.map((it) => it.conversation)}::uuid[], ${moved.map((it) => it.device)}::uuid[], ${moved.map((it) => it.person)}::uuid[],
      ${moved.map((it) => it.delivered)}::bigint[], ${moved.map((it) => it.shown)}::bigint[]) as t(conversation, device, person, delivered, shown)
    order by conversation, device
    on conflict (org, conversation, device) do update set delivered = greatest(receipt.delivered, excluded.delivered),
      shown = greatest(receipt.shown, excluded.shown), moved_at = excluded.moved_at`)

/** Messages of a conversation up to a sequence, to be erased. */
export const erasable = (tx: Tx, conversation: string, upTo: number, limit: number): Promise<MessageRow[]> =>
  tx.rows(sql`
    select conversation, sequence, epoch, person, device, msg_id, hash, at, data_key, sealed, tombstone_prev, tombstone_rest
    from message where org = ${tx.org} and conversation = ${conversation} and sequence <= ${upTo} and sealed is not null
    order by sequence limit ${limit} for update`)

/** Puts a tombstone in an envelope's place. */
export const putTombstone = (tx: Tx, conversation: string, sequence: number, prev: Uint8Array, rest: Uint8Array): Promise<number> =>
  tx.count(sql`
    update message set data_key = null, sealed = null, tombstone_prev = ${Buffer.from(prev)}, tombstone_rest = ${Buffer.from(rest)}
    where org = ${tx.org} and conversation = ${conversation} and sequence = ${sequence}`)

/** Messages of epochs `from` to `to` of a conversation after a sequence, in their order, whoever may read them. */
export const messagesBetween = (
  db: Db,
  scope: { readonly conversation: string; readonly from: number; readonly to: number },
  after: number,
  limit: number,
): Promise<MessageRow[]> =>
  db.rows(sql`
    select conversation, sequence, epoch, person, device, msg_id, hash, at, data_key, sealed, tombstone_prev, tombstone_rest from message
    where org = ${db.org} and conversation = ${scope.conversation} and sequence > ${after} and epoch between ${scope.from} and ${scope.to}
    order by sequence limit ${limit}`)

/** A conversation in which somebody wrote in a time, without what was written. */
export interface ConversationTrace {
  readonly conversation: string
  readonly kind: 'direct' | 'group'
  readonly people: readonly string[]
  readonly first_epoch: number
  readonly last_epoch: number
  readonly messages: number
  readonly first_at: Date
  readonly last_at: Date
}

/** Conversations of which all these people are or were members and in which messages were sent in [from, to) (ms), the newest first. */
export const conversationsOf = (db: Db, people: readonly string[], from: number, to: number, limit: number): Promise<ConversationTrace[]> =>
  db.rows(sql`
    select c.id as conversation, c.kind, t.first_epoch, t.last_epoch, t.messages, t.first_at, t.last_at,
      (select array_agg(x.person order by x.person) from conversation_member x where x.org = ${db.org} and x.conversation = c.id) as people
    from conversation c
    cross join lateral (
      select min(epoch) as first_epoch, max(epoch) as last_epoch, count(*)::int as messages, min(at) as first_at, max(at) as last_at from message m
      where m.org = ${db.org} and m.conversation = c.id and m.at >= to_timestamp(${from} / 1000.0) and m.at < to_timestamp(${to} / 1000.0)
    ) t
    where c.org = ${db.org} and t.messages > 0
      and (select count(*) from conversation_member x where x.org = ${db.org} and x.conversation = c.id and x.person = any(${people}::uuid[])) = ${people.length}
    order by t.last_at desc, c.id limit ${limit}`)
