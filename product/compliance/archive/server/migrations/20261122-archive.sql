-- Requests to open the archive of team messages. The keys that open it are never here: they lie in shares with the custodians.

create table archive_request (
  org uuid not null,
  request uuid not null,
  requester uuid not null,
  -- The officer's signed statement as crypto encodes it, and its hash.
  opening bytea not null,
  opening_hash bytea not null check (length(opening_hash) = 32),
  -- Reason and salt, which the statement names by their hash only.
  data_key uuid not null,
  sealed bytea not null,
  asked_at timestamptz not null default wl_now(),
  decision text check (decision in ('approved', 'refused')),
  decided_by uuid,
  decided_at timestamptz,
  -- Where the log has request and approval; null until they are numbered.
  requested_index bigint,
  approved_index bigint,
  released_at timestamptz,
  primary key (org, request),
  check ((decision is null) = (decided_by is null) and (decision is null) = (decided_at is null)),
  -- Two people, whatever the code above this does.
  check (decision is distinct from 'approved' or decided_by <> requester),
  check (released_at is null or decision is not distinct from 'approved' and requested_index is not null and approved_index is not null)
);
create index archive_request_newest on archive_request (org, asked_at desc);
select wl_tenant_table('archive_request', 'select, insert');
grant update (decision, decided_by, decided_at, requested_index, approved_index, released_at) on archive_request to wardline_app;

create table archive_scope (
  org uuid not null,
  request uuid not null,
  conversation uuid not null,
  first_epoch bigint not null check (first_epoch >= 1),
  last_epoch bigint not null check (last_epoch >= first_epoch),
  primary key (org, request, conversation)
);
create index archive_scope_conversation on archive_scope (org, conversation);
select wl_tenant_table('archive_scope', 'select, insert');
