import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { RekeyWord } from '@wardline/product/team/conversations/contract'
import type { ConversationRow, EpochRow, ListedRow, RemovalRow, SealSetRow, ServedEpochRow } from './tables.ts'

/** The nil id: every conversation. */
export const everywhere = '00000000-0000-0000-0000-000000000000'

/** One conversation. */
export const findConversation = (db: Db, id: string): Promise<ConversationRow | undefined> =>
  db.maybe(sql`select * from conversation where org = ${db.org} and id = ${id}`)

/** The direct conversation of two people. */
export const findPair = (db: Db, pair: readonly [string, string]): Promise<ConversationRow | undefined> =>
  db.maybe(sql`select * from conversation where org = ${db.org} and kind = 'direct' and pair_a = ${pair[0]} and pair_b = ${pair[1]}`)

/** One conversation, locked: whatever happens in it has an order from here on. */
export const lockConversation = (tx: Tx, id: string): Promise<ConversationRow | undefined> =>
  tx.maybe(sql`select * from conversation where org = ${tx.org} and id = ${id} for update`)

/** Every conversation in which the person is a member, locked in the order of their ids. */
export const lockConversationsOf = (tx: Tx, person: string): Promise<{ id: string }[]> =>
  tx.rows(sql`
    select id from conversation c
    where org = ${tx.org} and id = any(array(select conversation from conversation_member where org = ${tx.org} and person = ${person} and removed_at is null))
    order by id for update`)

/** Whether the person is a member now. */
export const isMember = async (db: Db, conversation: string, person: string): Promise<boolean> =>
  (await db.maybe(sql`
    select 1 from conversation_member where org = ${db.org} and conversation = ${conversation} and person = ${person} and removed_at is null`)) !==
  undefined

/** Which of these people are members now. */
export const membersAmong = (db: Db, conversation: string, people: readonly string[]): Promise<{ person: string }[]> =>
  db.rows(sql`
    select person from conversation_member
    where org = ${db.org} and conversation = ${conversation} and person = any(${people}::uuid[]) and removed_at is null`)

/** The ids of a person's conversations. */
export const conversationIdsOf = (db: Db, person: string): Promise<{ conversation: string }[]> =>
  db.rows(sql`select conversation from conversation_member where org = ${db.org} and person = ${person} and removed_at is null`)

/** A person's conversations (or one of them) as the list shows them. Reads the log of team/messages: how far my devices are, what is unread. */
export const listConversations = (db: Db, person: string, only: string | null): Promise<ListedRow[]> =>
  db.rows(sql`
    select c.*, m.members, s.shown, u.unread
    from conversation_member mine
    cross join lateral (select * from conversation k where k.org = ${db.org} and k.id = mine.conversation limit 1) c
    cross join lateral (
      select json_agg(json_build_object('person', x.person, 'since', x.since, 'removed', x.removed_at is not null) order by x.since, x.person) as members
      from conversation_member x where x.org = ${db.org} and x.conversation = c.id
    ) m
    cross join lateral (
      select coalesce(max(r.shown), 0) as shown from receipt r where r.org = ${db.org} and r.conversation = c.id and r.person = ${person}
    ) s
    cross join lateral (
      select count(*)::int as unread from (
        select 1 from message g where g.org = ${db.org} and g.conversation = c.id and g.sequence > s.shown and g.person <> ${person} limit 100
      ) beyond
    ) u
    where mine.org = ${db.org} and mine.person = ${person} and mine.removed_at is null and (${only}::uuid is null or mine.conversation = ${only}::uuid)
    order by coalesce(c.last_at, c.created_at) desc, c.id`)

/** Begins a conversation; its epoch is stored with it. */
export const insertConversation = (
  tx: Tx,
  it: { id: string; kind: 'direct' | 'group'; pair: readonly [string, string] | null; epochHash: Uint8Array; month: string },
): Promise<ConversationRow> =>
  tx.one(sql`
    insert into conversation (org, id, kind, pair_a, pair_b, epoch, epoch_hash, epoch_month)
    values (${tx.org}, ${it.id}, ${it.kind}, ${it.pair?.[0] ?? null}, ${it.pair?.[1] ?? null}, 1, ${Buffer.from(it.epochHash)}, ${it.month})
    returning *`)

/** Moves a locked conversation to its next epoch: nothing is demanded of it any more. */
export const moveEpoch = (tx: Tx, id: string, n: number, hash: Uint8Array, month: string): Promise<number> =>
  tx.count(sql`
    update conversation set epoch = ${n}, epoch_hash = ${Buffer.from(hash)}, epoch_month = ${month}, epoch_from = last_sequence,
      epoch_used_at = null, rekey = null, disputed = false
    where org = ${tx.org} and id = ${id} and epoch = ${n - 1}`)

/**
 * Makes the roster the members: who is new or back counts from epoch n, who is not in it has left, and whose access has ended is none,
 * whatever the roster says. Returns who came and who went.
 */
export const putMembers = async (
  tx: Tx,
  conversation: string,
  people: readonly string[],
  n: number,
): Promise<{ came: string[]; went: string[] }> => {
  const came = await tx.rows<{ person: string }>(sql`
    insert into conversation_member (org, conversation, person, since)
    select ${tx.org}, ${conversation}, t.person, ${n} from unnest(${people}::uuid[]) as t(person)
    where not exists (select from person p where p.org = ${tx.org} and p.person = t.person and not p.active)
    on conflict (org, conversation, person) do update set since = excluded.since, removed_at = null
      where conversation_member.removed_at is not null
    returning person`)
  const went = await tx.rows<{ person: string }>(sql`
    update conversation_member set removed_at = wl_now()
    where org = ${tx.org} and conversation = ${conversation} and removed_at is null and not person = any(${people}::uuid[]) returning person`)
  return { came: came.map((row) => row.person), went: went.map((row) => row.person) }
}

/** Cuts a person off in these conversations, which are locked: they need a new epoch. Returns those in which the person was a member. */
export const cutOff = (tx: Tx, conversations: readonly string[], person: string): Promise<{ conversation: string }[]> =>
  tx.rows(sql`
    with gone as (
      update conversation_member set removed_at = wl_now()
      where org = ${tx.org} and conversation = any(${conversations}::uuid[]) and person = ${person} and removed_at is null returning conversation
    ), marked as (
      update conversation set rekey = 'removal' where org = ${tx.org} and id in (select conversation from gone)
    )
    select conversation from gone`)

/** Demands a new epoch of conversations that are locked. A removal's demand stays. */
export const demandEpoch = (tx: Tx, conversations: readonly string[], why: RekeyWord): Promise<number> =>
  tx.count(sql`
    update conversation set rekey = ${why} where org = ${tx.org} and id = any(${conversations}::uuid[]) and coalesce(rekey, '') not in ('removal', 'user-key', 'role')`)

/** Demands a new epoch of the next 500 conversations after an id, in the order in which everybody locks them. */
export const demandEpochAfter = (tx: Tx, after: string, why: RekeyWord): Promise<{ id: string }[]> =>
  tx.rows(sql`
    with page as (select id from conversation where org = ${tx.org} and id > ${after} order by id limit 500 for update),
    marked as (update conversation set rekey = ${why} where org = ${tx.org} and id in (select id from page) and rekey is null)
    select id from page order by id`)

/** Stores an accepted epoch's statement under the outer wrap. */
export const insertEpoch = (
  tx: Tx,
  it: {
    conversation: string
    n: number
    hash: Uint8Array
    author: string
    device: string
    history: string
    dataKey: string
    sealed: Buffer
  },
): Promise<number> =>
  tx.count(sql`
    insert into epoch (org, conversation, n, hash, author, author_device, history, data_key, sealed)
    values (${tx.org}, ${it.conversation}, ${it.n}, ${Buffer.from(it.hash)}, ${it.author}, ${it.device}, ${it.history}, ${it.dataKey}, ${it.sealed})`)

/** One epoch. */
export const findEpoch = (db: Db, conversation: string, n: number): Promise<EpochRow | undefined> =>
  db.maybe(sql`
    select n, hash, author, author_device, history, at, data_key, sealed from epoch where org = ${db.org} and conversation = ${conversation} and n = ${n}`)

/** Epochs `from` to `to` of a conversation, both included. */
export const epochsBetween = (db: Db, conversation: string, from: number, to: number): Promise<EpochRow[]> =>
  db.rows(sql`
    select n, hash, author, author_device, history, at, data_key, sealed from epoch
    where org = ${db.org} and conversation = ${conversation} and n between ${from} and ${to} order by n`)

/** The history rules of epochs. */
export const historyRules = (
  db: Db,
  conversation: string,
  epochs: readonly number[],
): Promise<{ n: number; history: 'from-join' | 'all' }[]> =>
  db.rows(sql`select n, history from epoch where org = ${db.org} and conversation = ${conversation} and n = any(${epochs}::bigint[])`)

/** Epochs after `after` with the seals that are this person's. */
export const servedEpochs = (db: Db, conversation: string, person: string, after: number, limit: number): Promise<ServedEpochRow[]> =>
  db.rows(sql`
    select e.n, e.hash, e.author, e.author_device, e.history, e.at, e.data_key, e.sealed, m.data_key as seal_key, m.sealed as seal,
      h.data_key as history_key, h.sealed as history_seal
    from epoch e
    left join member_seal m on m.org = e.org and m.conversation = e.conversation and m.n = e.n and m.person = ${person}
    left join history_seal h on h.org = e.org and h.conversation = e.conversation and h.n = e.n and h.person = ${person} and e.history = 'all'
    where e.org = ${db.org} and e.conversation = ${conversation} and e.n > ${after} order by e.n limit ${limit}`)

/** Stores member seals. */
export const insertMemberSeals = (
  tx: Tx,
  conversation: string,
  n: number,
  seals: readonly { readonly person: string; readonly dataKey: string; readonly sealed: Buffer }[],
): Promise<number> =>
  tx.count(sql`
    insert into member_seal (org, conversation, n, person, data_key, sealed)
    select ${tx.org}, ${conversation}, ${n}, person, data_key, sealed
    from unnest(${seals.map((it) => it.person)}::uuid[], ${seals.map((it) => it.dataKey)}::uuid[], ${seals.map((it) => it.sealed)}::bytea[]) as t(person, data_key, sealed)`)

/** Stores history seals; a person keeps the first that they were given. */
export const insertHistorySeals = (
  tx: Tx,
  conversation: string,
  giver: string,
  seals: readonly { readonly n: number; readonly person: string; readonly dataKey: string; readonly sealed: Buffer }[],
): Promise<number> =>
  tx.count(sql`
    insert into history_seal (org, conversation, n, person, given_by, data_key, sealed)
    select ${tx.org}, ${conversation}, n, person, ${giver}, data_key, sealed
    from unnest(${seals.map((it) => it.n)}::bigint[], ${seals.map((it) => it.person)}::uuid[], ${seals.map((it) => it.dataKey)}::uuid[], ${seals.map((it) => it.sealed)}::bytea[]) as t(n, person, data_key, sealed)
    on conflict do nothing`)

/** A person says that their own seal cannot be opened; 0 where they have none in that epoch, or have said so already. */
export const markMissing = (tx: Tx, conversation: string, n: number, person: string): Promise<number> =>
  tx.count(sql`
    update member_seal set missing = true where org = ${tx.org} and conversation = ${conversation} and n = ${n} and person = ${person} and not missing`)

/** Whether a person's own seal was reported and not replaced since. */
export const isMissing = async (db: Db, conversation: string, n: number, person: string): Promise<boolean> =>
  (await db.maybe(sql`
    select 1 from member_seal
    where org = ${db.org} and conversation = ${conversation} and n = ${n} and person = ${person} and missing`)) !== undefined

/** Replaces a seal that its owner has reported. */
export const replaceSeal = (
  tx: Tx,
  it: { conversation: string; n: number; person: string; by: string; dataKey: string; sealed: Buffer },
): Promise<number> =>
  tx.count(sql`
    update member_seal set missing = false, repaired_by = ${it.by}, data_key = ${it.dataKey}, sealed = ${it.sealed}
    where org = ${tx.org} and conversation = ${it.conversation} and n = ${it.n} and person = ${it.person} and missing`)

/** Stores a person's candidate set of recipient seals; one a person and epoch. */
export const insertSealSet = (
  tx: Tx,
  it: { conversation: string; n: number; person: string; hash: Uint8Array; dataKey: string; sealed: Buffer },
): Promise<number> =>
  tx.count(sql`
    insert into seal_set (org, conversation, n, person, hash, data_key, sealed)
    values (${tx.org}, ${it.conversation}, ${it.n}, ${it.person}, ${Buffer.from(it.hash)}, ${it.dataKey}, ${it.sealed}) on conflict do nothing`)

/** Candidate sets of epochs, oldest first: the author's is the first of each. */
export const sealSets = (db: Db, conversation: string, epochs: readonly number[]): Promise<SealSetRow[]> =>
  db.rows(sql`
    select n, person, hash, at, data_key, sealed from seal_set
    where org = ${db.org} and conversation = ${conversation} and n = any(${epochs}::bigint[]) order by n, at, person`)

/** The conversation's newest epoch is disputed. */
export const markDisputed = (tx: Tx, conversation: string): Promise<number> =>
  tx.count(sql`update conversation set disputed = true where org = ${tx.org} and id = ${conversation}`)

/** The newest removal or re-admission of each of these people, for this conversation and for all. */
export const newestRemovals = (db: Db, conversation: string, people: readonly string[]): Promise<RemovalRow[]> =>
  db.rows(sql`
    select distinct on (person, conversation) conversation, person, version, removed, hash, statement, at from removal
    where org = ${db.org} and person = any(${people}::uuid[]) and conversation = any(${[conversation, everywhere]}::uuid[])
    order by person, conversation, version desc`)

/** All removals of a conversation, and those from everywhere of people who are or were in it. */
export const removalsOf = (db: Db, conversation: string): Promise<RemovalRow[]> =>
  db.rows(sql`
    select conversation, person, version, removed, hash, statement, at from removal
    where org = ${db.org} and (conversation = ${conversation} or conversation = ${everywhere}
      and person in (select person from conversation_member where org = ${db.org} and conversation = ${conversation}))
    order by at, conversation, person, version limit 10000`)

/** Appends a removal or re-admission. */
export const insertRemoval = (tx: Tx, it: Omit<RemovalRow, 'at'>): Promise<number> =>
  tx.count(sql`
    insert into removal (org, conversation, person, version, removed, hash, statement)
    values (${tx.org}, ${it.conversation}, ${it.person}, ${it.version}, ${it.removed}, ${it.hash}, ${it.statement})`)

/** Which of these (device, envelope) pairs are envelopes of that device in the conversation: its head, or one of the last 2,000 in the log of team/messages. */
export const knownEnvelopes = (
  db: Db,
  conversation: string,
  heads: readonly { readonly device: string; readonly envelope: Uint8Array }[],
): Promise<{ device: string }[]> =>
  db.rows(sql`
    select w.device from unnest(${heads.map((it) => it.device)}::uuid[], ${heads.map((it) => Buffer.from(it.envelope))}::bytea[]) as w(device, hash)
    where (select h.hash = w.hash from sender_head h where h.org = ${db.org} and h.device = w.device and h.conversation = ${conversation} limit 1)
      or exists (
        select 1 from message m where m.org = ${db.org} and m.conversation = ${conversation} and m.device = w.device and m.hash = w.hash
          and m.sequence > (select last_sequence - 2000 from conversation where org = ${db.org} and id = ${conversation}))`)

/** The last envelope of a device in each conversation. */
export const headsOfDevice = (db: Db, device: string): Promise<{ conversation: string; envelope: Buffer }[]> =>
  db.rows(sql`select conversation, hash as envelope from sender_head where org = ${db.org} and device = ${device} order by conversation`)

/** Whether the person's access has not ended. */
export const isWorking = async (db: Db, person: string): Promise<boolean> =>
  (await db.maybe(sql`select 1 from person where org = ${db.org} and person = ${person} and active`)) !== undefined

/** The directory's hand, if there is one. */
export const findHand = (db: Db): Promise<{ person: string; device: string; data_key: string; sealed: Buffer } | undefined> =>
  db.maybe(sql`select person, device, data_key, sealed from directory_hand where org = ${db.org}`)

/** Keeps the seed of the directory's hand. */
export const insertHand = (tx: Tx, it: { person: string; device: string; dataKey: string; sealed: Buffer }): Promise<number> =>
  tx.count(sql`
    insert into directory_hand (org, person, device, data_key, sealed) values (${tx.org}, ${it.person}, ${it.device}, ${it.dataKey}, ${it.sealed})`)

/** The first signature under a statement that names the hand. */
export const findNaming = (db: Db): Promise<{ statement: Buffer; signed_by: string } | undefined> =>
  db.maybe(sql`select statement, signed_by from hand_naming where org = ${db.org}`)

/** Keeps it, in place of an older one. */
export const putNaming = (tx: Tx, it: { statement: Uint8Array; by: string }): Promise<number> =>
  tx.count(sql`
    insert into hand_naming (org, statement, signed_by) values (${tx.org}, ${Buffer.from(it.statement)}, ${it.by})
    on conflict (org) do update set statement = excluded.statement, signed_by = excluded.signed_by, signed_at = wl_now()`)

/** Two who would make the hand at once come one after the other. */
export const lockOrganisation = (tx: Tx): Promise<number> => tx.count(sql`select 1 from org where org = ${tx.org} for no key update`)
