-- Keys of people and devices: statements in chains, and sealed vaults. Root, directory key and archive policy stand with access/policies.

-- Accepted statements about the organisation: authority, recipient policy, role key. One chain a subject.
create table trust_statement (
  org uuid not null,
  subject text not null,
  version bigint not null check (version >= 1),
  kind text not null check (kind in ('authority', 'recipient-policy', 'role-key')),
  hash bytea not null check (length(hash) = 32),
  statement bytea not null,
  at timestamptz not null default wl_now(),
  primary key (org, subject, version)
);
select wl_tenant_table('trust_statement', 'select, insert');

-- A person's newest keys. This row is what a change of keys locks, and what authoring relies on shares.
create table key_person (
  org uuid not null,
  person uuid not null,
  identity_key bytea not null check (length(identity_key) = 32),
  identity_version bigint not null,
  device_list_hash bytea not null check (length(device_list_hash) = 32),
  device_list_version bigint not null,
  user_key_id bytea not null check (length(user_key_id) = 32),
  user_key_version bigint not null,
  vault_version bigint not null,
  position bigint not null,
  primary key (org, person)
);
select wl_tenant_table('key_person', 'select, insert, update');

-- Accepted statements about people, in the order of their acceptance.
create table key_statement (
  org uuid not null,
  person uuid not null,
  position bigint not null check (position >= 1),
  kind text not null check (kind in ('identity', 'device-list', 'user-key', 'revocation')),
  version bigint not null check (version >= 1),
  hash bytea not null check (length(hash) = 32),
  statement bytea not null,
  at timestamptz not null default wl_now(),
  primary key (org, person, position)
);
create index key_statement_kind on key_statement (org, person, kind, position desc);
create unique index key_statement_hash on key_statement (org, hash);
select wl_tenant_table('key_statement', 'select, insert');

-- Devices that were ever enrolled. A revoked one stays, so that its id and key never come back.
create table device (
  org uuid not null,
  device uuid not null,
  person uuid not null,
  sign_key bytea not null check (length(sign_key) = 32),
  enrolled_at timestamptz not null default wl_now(),
  revoked_at timestamptz,
  primary key (org, device)
);
create index device_of_person on device (org, person);
create unique index device_sign_key on device (org, sign_key);
select wl_tenant_table('device', 'select, insert');
-- A device is cut off and stays so; whose it is and its key never change.
grant update (revoked_at) on device to wardline_app;

-- The newest sealed vault of a person, under the outer wrap.
create table vault (
  org uuid not null,
  person uuid not null,
  version bigint not null check (version >= 1),
  hash bytea not null check (length(hash) = 32),
  data_key uuid not null,
  sealed bytea not null,
  at timestamptz not null default wl_now(),
  primary key (org, person)
);
select wl_tenant_table('vault', 'select, insert, update');
