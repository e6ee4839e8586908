-- Conversations, their members and their sealed epochs.

-- One row is the order of everything that happens in a conversation: sends, epochs, removals and revocations lock it.
create table conversation (
  org uuid not null,
  id uuid not null,
  kind text not null check (kind in ('direct', 'group')),
  -- The two people of a direct conversation, the lesser id first.
  pair_a uuid,
  pair_b uuid,
  created_at timestamptz not null default wl_now(),
  epoch bigint not null,
  epoch_hash bytea not null check (length(epoch_hash) = 32),
  -- First message under the epoch, and the sequence before it; the month whose data key seals what belongs to it.
  epoch_used_at timestamptz,
  epoch_from bigint not null default 0,
  epoch_month text not null,
  -- Why the next message needs a new epoch, as far as a stored event says so.
  rekey text check (rekey in ('removal', 'user-key', 'role', 'policy', 'dispute')),
  disputed boolean not null default false,
  last_sequence bigint not null default 0,
  last_at timestamptz,
  primary key (org, id),
  check ((kind = 'direct') = (pair_a is not null and pair_b is not null and pair_a < pair_b))
) with (fillfactor = 60);
create unique index conversation_pair on conversation (org, pair_a, pair_b) where kind = 'direct';
select wl_tenant_table('conversation', 'select, insert, update');

-- Who is in a conversation now, or was. A member sends and is served while `removed_at` is null.
create table conversation_member (
  org uuid not null,
  conversation uuid not null,
  person uuid not null,
  -- The epoch that brought them (again).
  since bigint not null,
  removed_at timestamptz,
  primary key (org, conversation, person)
);
create index conversation_of_person on conversation_member (org, person, conversation) where removed_at is null;
select wl_tenant_table('conversation_member', 'select, insert, update');

-- Accepted epochs. The statement stands under the outer wrap; its hash, commitment and signature outlive an erasure.
create table epoch (
  org uuid not null,
  conversation uuid not null,
  n bigint not null check (n >= 1),
  hash bytea not null check (length(hash) = 32),
  author uuid not null,
  author_device uuid not null,
  history text not null check (history in ('from-join', 'all')),
  at timestamptz not null default wl_now(),
  data_key uuid not null,
  sealed bytea not null,
  primary key (org, conversation, n)
);
select wl_tenant_table('epoch', 'select, insert');

-- M_n for each member of the roster; a repair replaces one.
create table member_seal (
  org uuid not null,
  conversation uuid not null,
  n bigint not null,
  person uuid not null,
  missing boolean not null default false,
  repaired_by uuid,
  data_key uuid not null,
  sealed bytea not null,
  primary key (org, conversation, person, n)
);
select wl_tenant_table('member_seal', 'select, insert, update');

-- K_i for a newcomer, where E_i's history rule allows it.
create table history_seal (
  org uuid not null,
  conversation uuid not null,
  n bigint not null,
  person uuid not null,
  given_by uuid not null,
  data_key uuid not null,
  sealed bytea not null,
  primary key (org, conversation, person, n)
);
select wl_tenant_table('history_seal', 'select, insert');

-- Candidate sets of recipient seals: the author's, and one a person who found that it differs.
create table seal_set (
  org uuid not null,
  conversation uuid not null,
  n bigint not null,
  person uuid not null,
  hash bytea not null check (length(hash) = 32),
  at timestamptz not null default wl_now(),
  data_key uuid not null,
  sealed bytea not null,
  primary key (org, conversation, n, person)
);
select wl_tenant_table('seal_set', 'select, insert');

-- Removals and re-admissions, one chain for each (conversation or all, person). The nil id means all conversations.
create table removal (
  org uuid not null,
  conversation uuid not null,
  person uuid not null,
  version bigint not null check (version >= 1),
  removed boolean not null,
  hash bytea not null check (length(hash) = 32),
  statement bytea not null,
  at timestamptz not null default wl_now(),
  primary key (org, conversation, person, version)
);
create index removal_of_person on removal (org, person, conversation, version desc);
select wl_tenant_table('removal', 'select, insert');

-- The last envelope that a device sent in a conversation: what its next one must follow, and what a revocation names.
create table sender_head (
  org uuid not null,
  conversation uuid not null,
  device uuid not null,
  hash bytea not null check (length(hash) = 32),
  primary key (org, device, conversation)
) with (fillfactor = 60);
select wl_tenant_table('sender_head', 'select, insert, update');
