-- Signing in at the organisation's own identity provider.

create table sso_connection (
  org uuid not null references org (org),
  connection uuid not null,
  -- Rises with each change of the settings: an attempt that began under others is not finished.
  version int not null default 1,
  label text not null check (length(label) between 1 and 80),
  -- The word in the address of its sign-in page; one for the whole installation.
  address text not null check (address ~ '^[a-z0-9][a-z0-9-]{1,39}$'),
  state text not null check (state in ('off', 'on')),
  -- Whether the sign-in page shows it to everybody who comes.
  listed boolean not null default false,
  -- Whether somebody whom the directory created is linked at their first sign-in by the provider's name for them.
  first_link boolean not null default false,
  settings jsonb not null,
  -- The client secret of OpenID Connect.
  data_key uuid,
  sealed bytea,
  made_at timestamptz not null default wl_now(),
  changed_at timestamptz not null default wl_now(),
  -- The last sign-in that failed, for the administrator: a code and what exactly was wrong. No names of people.
  problem text,
  problem_detail text,
  problem_at timestamptz,
  worked_at timestamptz,
  primary key (org, connection)
);
select wl_tenant_table('sso_connection');
create unique index sso_connection_address on sso_connection (address);
create unique index sso_connection_id on sso_connection (connection);

-- Signing in begins before the organisation is known. These functions tell what a sign-in page shows, and nothing else.
create function wl_sso_offers(wanted text) returns table (org uuid, connection uuid, label text, address text)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
  as $$ select c.org, c.connection, c.label, c.address from public.sso_connection c
        where c.state = 'on' and (c.address = wanted or (wanted is null and c.listed)) order by c.label limit 20 $$;
create function wl_find_sso_connection(wanted uuid) returns uuid
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
  as 'select c.org from public.sso_connection c where c.connection = wanted';
create function wl_sso_address_taken(wanted text, but uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
  as 'select exists (select from public.sso_connection c where c.address = wanted and c.connection <> but)';
do $$ begin execute format('create policy find_sso_connection on sso_connection for select to %I using (true)', current_user); end $$;
revoke all on function wl_sso_offers(text), wl_find_sso_connection(uuid), wl_sso_address_taken(text, uuid) from public;
grant execute on function wl_sso_offers(text), wl_find_sso_connection(uuid), wl_sso_address_taken(text, uuid) to wardline_app;

-- Who is who: a provider's subject and a person. The provider and its subject are the key, never an e-mail address (OWASP ASVS 5.0, 6.8.1).
create table sso_link (
  org uuid not null,
  connection uuid not null,
  -- SHA-256 of the subject: it is compared, never shown.
  subject_hash bytea not null check (length(subject_hash) = 32),
  person uuid not null,
  linked_at timestamptz not null default wl_now(),
  -- Null: at the first sign-in, by the directory.
  linked_by uuid,
  used_at timestamptz,
  primary key (org, connection, subject_hash),
  foreign key (org, connection) references sso_connection (org, connection) on delete cascade,
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('sso_link');
create unique index sso_link_person on sso_link (org, person, connection);

-- A sign-in that has begun: what its end must match. The secrets are the browser's; here stand their hashes.
create table sso_attempt (
  org uuid not null,
  state_hash bytea not null check (length(state_hash) = 32),
  browser_hash bytea not null check (length(browser_hash) = 32),
  connection uuid not null,
  version int not null,
  purpose text not null check (purpose in ('sign-in', 'link', 'test')),
  -- Who links or tests.
  person uuid,
  place text not null,
  data_key uuid not null,
  sealed bytea not null,
  began_at timestamptz not null default wl_now(),
  until timestamptz not null,
  -- When an answer of the provider was taken: once.
  answered_at timestamptz,
  -- SAML: how this browser asks for what came, once.
  handover_hash bytea check (length(handover_hash) = 32),
  handed_at timestamptz,
  primary key (org, state_hash),
  foreign key (org, connection) references sso_connection (org, connection) on delete cascade
);
select wl_tenant_table('sso_attempt');
select wl_sweeper_may('sso_attempt', 'select, delete');
create index sso_attempt_until on sso_attempt (until);
create unique index sso_attempt_handover on sso_attempt (org, handover_hash) where handover_hash is not null;

-- Assertions that were taken, until they would have run out: none is good twice (SAML 2.0 profiles, 4.1.4.5).
create table sso_assertion (
  org uuid not null,
  connection uuid not null,
  assertion_hash bytea not null check (length(assertion_hash) = 32),
  until timestamptz not null,
  primary key (org, connection, assertion_hash)
);
select wl_tenant_table('sso_assertion', 'select, insert');
select wl_sweeper_may('sso_assertion', 'select, delete');
create index sso_assertion_until on sso_assertion (until);

-- A provider has just said who somebody is; good for one session, briefly.
create table sso_pass (
  org uuid not null,
  person uuid not null,
  connection uuid not null,
  until timestamptz not null,
  primary key (org, person),
  foreign key (org, connection) references sso_connection (org, connection) on delete cascade
);
select wl_tenant_table('sso_pass');

-- An organisation that demands its provider, and the named administrators who may come in without it when the provider is away.
create table sso_demand (
  org uuid not null references org (org),
  connection uuid not null,
  since timestamptz not null default wl_now(),
  primary key (org),
  foreign key (org, connection) references sso_connection (org, connection)
);
select wl_tenant_table('sso_demand');
create table sso_exempt (
  org uuid not null,
  person uuid not null,
  primary key (org, person),
  foreign key (org, person) references person (org, person)
);
select wl_tenant_table('sso_exempt');
