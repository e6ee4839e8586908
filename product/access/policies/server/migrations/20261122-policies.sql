-- What others must ask before they act: agreements, the archive's policy, the organisation's keys, emergency switches.

create table agreement (
  org uuid not null,
  agreement uuid not null,
  counterparty text not null check (counterparty ~ '^[a-z0-9][a-z0-9-]{1,39}$'),
  kind text not null check (kind in ('baa')),
  starts_on date not null,
  ends_on date check (ends_on >= starts_on),
  recorded_at timestamptz not null default wl_now(),
  recorded_by uuid,
  ended_at timestamptz,
  primary key (org, agreement)
);
select wl_tenant_table('agreement', 'select, insert');
-- An agreement is ended, never edited: another one is another row.
grant update (ended_at) on agreement to wardline_app;
create index agreement_counterparty on agreement (org, counterparty, kind) where ended_at is null;

-- Signed archive policies, whole as crypto encodes them; the columns repeat what stands in them. Versions rise by one, old ones stay.
create table archive_policy (
  org uuid not null,
  version int not null check (version >= 1),
  statement bytea not null,
  statement_hash bytea not null check (length(statement_hash) = 32),
  period uuid not null,
  public_key bytea not null check (length(public_key) = 32),
  threshold int not null check (threshold >= 1),
  custodians int not null check (custodians >= threshold),
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  stored_at timestamptz not null default wl_now(),
  primary key (org, version)
);
select wl_tenant_table('archive_policy', 'select, insert');

-- The organisation's root (its private half is offline) and the directory key, whose private half is sealed outside the database.
create table organisation_keys (
  org uuid not null,
  version int not null check (version >= 1),
  root_public_key bytea not null check (length(root_public_key) = 32),
  directory_public_key bytea not null check (length(directory_public_key) = 32),
  directory_statement bytea not null,
  data_key uuid not null,
  sealed bytea not null,
  stored_at timestamptz not null default wl_now(),
  primary key (org, version)
);
select wl_tenant_table('organisation_keys', 'select, insert');

create table emergency_switch (
  org uuid not null,
  name text not null check (name in ('patient-texts-stopped')),
  set_at timestamptz not null default wl_now(),
  set_by uuid,
  primary key (org, name)
);
select wl_tenant_table('emergency_switch', 'select, insert, delete');
