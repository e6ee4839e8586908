-- Sealed envelopes in their conversation's gapless order, and how far each device has got.

-- The envelope stands under the outer wrap of its month. Erased, the tombstone takes its place: hashes enough to verify the chain through it.
create table message (
  org uuid not null,
  conversation uuid not null,
  sequence bigint not null check (sequence >= 1),
  epoch bigint not null,
  person uuid not null,
  device uuid not null,
  msg_id uuid not null,
  hash bytea not null check (length(hash) = 32),
  at timestamptz not null,
  data_key uuid,
  sealed bytea,
  tombstone_prev bytea,
  tombstone_rest bytea,
  primary key (org, conversation, sequence),
  check ((data_key is null) = (sealed is null) and (sealed is null) = (tombstone_prev is not null) and (sealed is null) = (tombstone_rest is not null))
);
-- The same (device, message id) is stored once, whatever is sent under it later.
create unique index message_once on message (org, device, msg_id);
select wl_tenant_table('message', 'select, insert');
grant update (data_key, sealed, tombstone_prev, tombstone_rest) on message to wardline_app;

-- Watermarks: one row for each (conversation, device).
create table receipt (
  org uuid not null,
  conversation uuid not null,
  device uuid not null,
  person uuid not null,
  delivered bigint not null,
  shown bigint not null,
  moved_at timestamptz not null,
  primary key (org, conversation, device),
  check (shown <= delivered)
) with (fillfactor = 60);
create index receipt_of_person on receipt (org, person, conversation);
select wl_tenant_table('receipt', 'select, insert, update');
